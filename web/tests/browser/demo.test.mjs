// `meshglot demo` as a newcomer meets it: the shop, the link that says why something is missing, the view, and an edit that mends it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { audit } from './support/audit.mjs';
import { view } from './support/browser.mjs';
import { atTheEnd, withParent } from './support/ended.mjs';
import { files } from './support/folder.mjs';
import { MESHGLOT } from './support/peers.mjs';

/** Milliseconds until a demo has said everything, or a page shows what it should. */
const SOON = 60_000;

/** A demo, with what it has said. */
class Demo {
    async start() {
        this.here = files('empty').parent;
        this.out = '';
        this.child = spawn(MESHGLOT, ['demo'], { cwd: this.here, stdio: ['ignore', 'pipe', 'pipe'] });
        withParent(this.child);
        for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', (text) => (this.out += text));
        for (const end = Date.now() + SOON; !this.out.includes('does all of it hold?'); ) {
            if (this.child.exitCode !== null || Date.now() > end) throw new Error(`it is not ready:\n${this.out}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        this.shop = this.out.match(/Bookshop\s+(\S+)/)[1];
        this.web = this.out.match(/Web view\s+(\S+)/)[1];
        this.base = new URL('/', this.web).href;
        this.folder = join(this.here, 'meshglot-demo');
        return this;
    }

    at(path = '') {
        return this.base + path;
    }

    async stop() {
        if (this.child.exitCode === null && this.child.signalCode === null) {
            const gone = once(this.child, 'exit');
            this.child.kill('SIGINT');
            await gone;
        }
        return this.child.exitCode;
    }
}

let demo;

before(async () => {
    demo = await new Demo().start();
    atTheEnd(() => demo.stop());
});

test('the journey: what is missing, why, who is denied, an edit, and nothing is left', async () => {
    const seen = await view(demo, { cookie: false });
    const { page } = seen;
    await page.goto(demo.web);
    // The shop draws itself again every two seconds, so that each step waits for what it is about.
    await page.goto(demo.shop);
    await page.getByText('The stars are missing: the ratings answered 403.').waitFor({ timeout: SOON });
    assert.deepEqual(await audit(seen), []);
    await page.getByRole('link', { name: 'why?' }).click();
    await page.waitForURL('**/access/explain?**');
    assert.match(await page.locator('main').innerText(), /PUT only/);

    await page.goto(demo.at('topology?edges=allowed,denied,observed'));
    await page.getByText(/bookshop\/batch was denied at bookshop\/reviews/).first().waitFor({ state: 'attached', timeout: SOON });
    await page.goto(demo.at('live?verdict=denied'));
    await page.locator('#calls tr').filter({ hasText: 'bookshop/batch' }).first().waitFor({ timeout: SOON });
    await page.goto(demo.at('proxies'));
    assert.equal(await page.getByRole('row').filter({ hasText: 'bookshop/' }).count(), 6);

    const file = join(demo.folder, 'policies/ratings.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('PUT', 'GET'));
    await page.goto(demo.shop);
    await page.getByText('★').first().waitFor({ timeout: SOON });
    assert.equal(await page.getByText('missing').count(), 0);
    await page.goto(demo.at('events'));
    await page.getByText('revision 2').first().waitFor({ timeout: SOON });
    await seen.close();

    assert.equal(await demo.stop(), 0);
    assert.equal(existsSync(demo.folder), false);
    assert.match(demo.out, /all 6 proxies have it/);
});
