// A browser per test file, and views into it: with or without JavaScript, light or dark, of any size.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atTheEnd } from './ended.mjs';
import { CHROMIUM, chromium } from './peers.mjs';
import { Told } from './told.mjs';

/** Milliseconds for one step in a page; the program is built without optimisation, and machines are busy. */
const STEP = 20_000;

/** Every kind of view a page must be right in; colours do not depend on scripts, so that dark is seen once. */
export const VIEWS = [
    { scripts: true, theme: 'light' },
    { scripts: true, theme: 'dark' },
    { scripts: false, theme: 'light' },
];

let launched;

/** The browser of this file, started when it is first asked for. It reaches nothing but this machine. */
function browser() {
    launched ??= (async () => {
        const profile = mkdtempSync(join(tmpdir(), 'meshglot-chromium-'));
        atTheEnd(async () => rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
        const started = await chromium.launch({
            executablePath: CHROMIUM,
            env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
            chromiumSandbox: process.getuid?.() !== 0,
            args: [
                '--disable-gpu',
                '--disable-quic',
                '--no-first-run',
                '--disable-background-networking',
                '--disable-component-update',
                '--disable-sync',
                '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
            ],
        });
        atTheEnd(() => started.close());
        return started;
    })();
    return launched;
}

/** A window of its own: no cookie, no cache of another. */
class View {
    constructor(dashboard, context, page, session, told) {
        Object.assign(this, { dashboard, context, page, session, told });
    }

    /** Opens a page, given without a leading slash; the answer of the server. */
    async open(path = '') {
        return this.page.goto(this.dashboard.at(path), { waitUntil: 'load' });
    }

    /** The text that people see, with white space as it is. */
    text() {
        return this.page.locator('body').innerText();
    }

    async close() {
        await this.context.close();
    }
}

/**
 * Opens a window that is logged in, unless `cookie` is false.
 * `scripts`: whether JavaScript runs. `width`, `height` in CSS pixels, `scale`: device pixels for each.
 */
export async function view(dashboard, { scripts = true, theme = 'light', width = 1280, height = 800, scale = 1, cookie = true, ...more } = {}) {
    const context = await (await browser()).newContext({
        javaScriptEnabled: scripts,
        colorScheme: theme,
        viewport: { width, height },
        deviceScaleFactor: scale,
        locale: 'en-GB',
        timezoneId: 'UTC',
        ...more,
    });
    context.setDefaultTimeout(STEP);
    if (cookie) {
        const [name, ...value] = dashboard.cookie.split('=');
        await context.addCookies([{ name, value: value.join('='), url: dashboard.base, httpOnly: true, sameSite: 'Strict' }]);
    }
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    const told = new Told(new URL(dashboard.base).origin);
    await told.listen(page, session);
    return new View(dashboard, context, page, session, told);
}
