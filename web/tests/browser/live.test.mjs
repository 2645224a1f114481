// Pages of a mesh that runs: lines come by themselves, once each, and take neither focus nor place; pausing stops them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { before, test } from 'node:test';
import { audit } from './support/audit.mjs';
import { VIEWS, view } from './support/browser.mjs';
import { crawl } from './support/crawl.mjs';
import { atTheEnd } from './support/ended.mjs';
import { fixture } from './support/folder.mjs';
import { mesh } from './support/mesh.mjs';
import { RUNNING } from './support/pages.mjs';
import { structure } from './support/structure.mjs';

/** Milliseconds within which a line must show. */
const SOON = 15_000;

/** As many lines a page keeps. */
const MOST = 200;

let running;

before(async () => {
    running = await mesh(fixture('shop'));
});

/** A window without a cookie, on a mesh of its own unless one is given. */
async function opened(path, { own = true, ...options } = {}) {
    const served = own ? await mesh(fixture('shop')) : running;
    const seen = await view(served, { cookie: false, ...options });
    await seen.open(path);
    const { page } = seen;
    const lines = page.locator('#calls tr');
    return {
        served,
        seen,
        page,
        lines,
        ids: () => lines.evaluateAll((all) => all.map(({ id }) => Number(id.slice(1)))),
        shows: (text) => lines.getByText(text, { exact: true }).first().waitFor({ timeout: SOON }),
        says: (text) => page.locator('#streaming').getByText(text).waitFor({ timeout: 3 * SOON }),
        connected: () => page.locator('#streaming').getByText('as they come').waitFor({ timeout: SOON }),
        close: async () => void (await seen.close(), own ? await served.stop() : undefined),
    };
}

/** Something between a browser and a server that can be cut: what was connected breaks, and nothing connects until it is joined. */
async function between(served) {
    const sockets = new Set();
    let whole = true;
    const server = createServer((near) => {
        if (!whole) return near.destroy();
        const far = connect(served.port, '127.0.0.1');
        for (const socket of [near, far]) {
            sockets.add(socket);
            socket.on('error', () => {}).on('close', () => { sockets.delete(socket); near.destroy(); far.destroy(); });
        }
        return near.pipe(far).pipe(near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const base = `http://127.0.0.1:${server.address().port}/`;
    const end = () => { whole = false; sockets.forEach((socket) => socket.destroy()); };
    atTheEnd(async () => void (end(), server.close()));
    return { base, at: (path = '') => base + path, cut: end, join: () => { whole = true; } };
}

/** Run in a page: counts what changes in it from now on, in `__changes`. */
function watchMain() {
    window.__changes = 0;
    new MutationObserver((all) => (window.__changes += all.length)).observe(document.querySelector('main'), { childList: true, subtree: true, characterData: true, attributes: true });
}

/** Whether each line is there once, the newest first, and none is missing between them. */
function whole(ids) {
    return ids.every((id, at) => at === 0 || id === ids[at - 1] - 1);
}

for (const options of VIEWS) {
    const how = `${options.scripts ? 'with' : 'without'} JavaScript, ${options.theme}`;

    for (const [name, path] of Object.entries(RUNNING)) {
        test(`${name}, ${how}`, async () => {
            const seen = await view(running, { cookie: false, ...options });
            const answer = await seen.open(path);
            const wrong = [...(await structure(seen)), ...seen.told.take(), ...(await audit(seen))];
            assert.deepEqual([answer.status(), wrong], [200, []]);
            await seen.close();
        });
    }
}

test('no page scrolls sideways at 320 pixels', async () => {
    const seen = await view(running, { cookie: false, width: 320, height: 640 });
    for (const [name, path] of Object.entries(RUNNING)) {
        await seen.open(path);
        const [whole, width] = await seen.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(whole <= width, `${name}: ${whole} of ${width}`);
    }
    await seen.close();
});

test('every link leads to a page that is well made, the feed too', async () => {
    const seen = await view(running, { cookie: false });
    const markup = async ({ page }) => page.evaluate(() => [...document.querySelectorAll('xss-probe, [onclick]')].map(({ outerHTML }) => outerHTML.slice(0, 100)));
    const { wrong, pages } = await crawl(seen, markup);
    assert.deepEqual(wrong, []);
    const paths = new Set([...pages.keys()].map((url) => new URL(url).pathname));
    for (const path of ['/live', '/proxies', '/events']) assert.ok(paths.has(path), path);
    assert.equal(await seen.page.evaluate(() => window.__xss), undefined);
    await seen.close();
});

test('queries full of markup run nothing, and nothing of it becomes an element', async () => {
    const seen = await view(running, { cookie: false });
    const markup = encodeURIComponent(`in'"><xss-probe onclick=window.__xss=1><img src=x onerror=window.__xss=1>`);
    for (const path of ['live', 'events', 'proxies', 'topology', 'ns/shop/services/reviews']) {
        for (const fields of [['svc', 'from', 'to', 'q'], ['verdict', 'kind', 'edges', 'focus', 'ns', 'after', 'run']]) {
            await seen.open(`${path}?${fields.map((field) => `${field}=${markup}`).join('&')}`);
            const found = await seen.page.evaluate(() => [document.querySelectorAll('main xss-probe, [onclick], [onerror]').length, window.__xss]);
            assert.deepEqual([found, seen.told.dialogs, seen.told.violations], [[0, undefined], [], []], `${path} ${fields}`);
        }
    }
    await seen.close();
});

test('calls show as they end, without loading the page again', async () => {
    const { served, seen, page, lines, ids, shows, connected, close } = await opened('live');
    await connected();
    await page.evaluate(() => (window.__mark = true));
    served.tell('calls 1 /new');
    await shows('GET /new/1');
    served.tell('denied 3 /<b>markup</b>');
    await shows('GET /<b>markup</b>/3');
    assert.match(await lines.first().innerText(), /denied/);
    assert.deepEqual([whole(await ids()), await page.evaluate(() => window.__mark)], [true, true]);
    assert.deepEqual(seen.told.all(), []);
    await close();
});

test('no more lines are kept than can be read, the newest of them', async () => {
    const { served, ids, shows, connected, lines, close } = await opened('live');
    await connected();
    served.tell('calls 150 /first');
    await shows('GET /first/150');
    served.tell('calls 150 /second');
    await shows('GET /second/150');
    assert.deepEqual([await lines.count(), whole(await ids())], [MOST, true]);
    await close();
});

test('a filter holds for what comes', async () => {
    const { served, lines, shows, connected, close } = await opened('live?verdict=denied');
    await connected();
    served.tell('calls 5 /let-in');
    served.tell('denied 1 /kept-out');
    await shows('GET /kept-out/1');
    assert.equal(await lines.getByText('/let-in').count(), 0);
    await close();
});

test('paused, nothing changes; then what came is shown', async () => {
    const { served, page, ids, shows, says, connected, close } = await opened('live');
    await connected();
    await page.keyboard.press('p');
    await says('Paused');
    assert.equal(await page.locator('#pause').innerText(), 'Go on');
    await page.evaluate(watchMain);
    served.tell('calls 20 /meanwhile');
    await page.waitForTimeout(4_000);
    assert.equal(await page.evaluate(() => window.__changes), 0);
    await page.locator('#pause').click();
    await shows('GET /meanwhile/20');
    assert.equal(whole(await ids()), true);
    await close();
});

test('until its stream is there the page says that it connects, and paused it stays as it is when that comes', async () => {
    const served = await mesh(fixture('shop'));
    const seen = await view(served, { cookie: false });
    const { page } = seen;
    const says = (text) => page.locator('#streaming').getByText(text).waitFor({ timeout: SOON });
    let open;
    const held = new Promise((resolve) => (open = resolve));
    await page.route('**/sse/live**', async (route) => { await held; await route.continue(); });
    await seen.open('live');
    await says('Connecting');
    await page.keyboard.press('p');
    await says('Paused');
    await page.evaluate(watchMain);
    const answered = page.waitForResponse(/\/sse\/live/);
    open();
    await answered;
    await page.waitForTimeout(1_000);
    assert.equal(await page.evaluate(() => window.__changes), 0);
    await page.locator('#pause').click();
    await says('as they come');
    await seen.close();
    await served.stop();
});

test('focus and place stay while lines come', async () => {
    const { served, page, shows, connected, close } = await opened('live', { height: 500 });
    await connected();
    const link = page.locator('#calls tr').nth(20).locator('a').last();
    await link.focus();
    await link.evaluate((element) => element.scrollIntoView({ block: 'center' }));
    const line = await link.evaluate((element) => element.closest('tr').id);
    const top = () => page.evaluate((id) => Math.round(document.getElementById(id).getBoundingClientRect().top), line);
    const before = await top();
    served.tell('calls 30 /above');
    await shows('GET /above/30');
    assert.ok(Math.abs((await top()) - before) <= 2, `${before} became ${await top()}`);
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr')?.id), line);
    // A line that somebody is at is not taken away, however many come.
    served.tell('calls 190 /more');
    await shows('GET /more/190');
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr')?.id), line);
    await close();
});

test('what is read aloud is a summary, at most every ten seconds', async () => {
    const { served, page, shows, connected, close } = await opened('live');
    await connected();
    await page.evaluate(() => {
        window.__aloud = [];
        const line = document.querySelector('#summary');
        new MutationObserver(() => window.__aloud.push([performance.now(), line.textContent])).observe(line, { childList: true, characterData: true, subtree: true });
    });
    assert.equal(await page.locator('#summary').getAttribute('aria-live'), 'polite');
    served.tell('calls 7 /heard');
    served.tell('denied 2 /heard-too');
    await shows('GET /heard-too/2');
    served.tell('every 200');
    await page.waitForTimeout(21_000);
    const aloud = await page.evaluate(() => window.__aloud);
    assert.ok(aloud.length >= 1 && aloud.length <= 3, JSON.stringify(aloud));
    assert.match(aloud[0][1], /^\d+ calls, 2 denied$/);
    for (let at = 1; at < aloud.length; at += 1) assert.ok(aloud[at][0] - aloud[at - 1][0] > 9_500, JSON.stringify(aloud));
    await close();
});

test('200 calls a second change the page some times a second', async () => {
    const { served, page, connected, shows, close } = await opened('live');
    await connected();
    served.tell('every 5');
    await shows('GET /steady');
    const changes = await page.evaluate(async () => {
        let batches = 0;
        const watch = new MutationObserver(() => (batches += 1));
        watch.observe(document.querySelector('#calls'), { childList: true });
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        watch.disconnect();
        return batches;
    });
    // Many calls are one change: a change for each would be six hundred.
    assert.ok(changes >= 1 && changes <= 60, `${changes} changes in three seconds`);
    await close();
});

test('a connection that breaks is taken up again, each call once', async () => {
    const served = await mesh(fixture('shop'));
    const line = await between(served);
    const seen = await view(line, { cookie: false });
    await seen.open('live');
    const lines = seen.page.locator('#calls tr');
    const shows = (text) => lines.getByText(text, { exact: true }).first().waitFor({ timeout: SOON });
    const says = (text) => seen.page.locator('#streaming').getByText(text).waitFor({ timeout: SOON });
    await says('as they come');
    for (const round of [1, 2]) {
        served.tell(`calls 5 /before-${round}`);
        await shows(`GET /before-${round}/5`);
        line.cut();
        await says('Reconnecting');
        served.tell(`calls 25 /away-${round}`);
        line.join();
        await shows(`GET /away-${round}/25`);
        await says('as they come');
    }
    served.tell('calls 1 /back');
    await shows('GET /back/1');
    const ids = await lines.evaluateAll((all) => all.map(({ id }) => Number(id.slice(1))));
    assert.deepEqual([whole(ids), ids.length], [true, 41 + 2 * 30 + 1], JSON.stringify(ids));
    assert.equal(await seen.page.locator('#gap').isVisible(), false);
    await seen.close();
    await served.stop();
});

test('after a restart the page is that of the new process, each call once', async () => {
    const { served, page, ids, shows, connected, close } = await opened('live');
    await connected();
    served.tell('calls 60 /old');
    await shows('GET /old/60');
    await served.stop();
    await served.start();
    // The start script is the same, so that ids begin anew.
    await page.locator('#calls').getByText('/old/60').waitFor({ state: 'detached', timeout: 2 * SOON });
    await connected();
    served.tell('calls 2 /new');
    await shows('GET /new/2');
    const now = await ids();
    assert.deepEqual([now[0], now.at(-1), whole(now)], [43, 1, true], JSON.stringify(now));
    await close();
});

test('without a connection the page says so and asks every ten seconds', async () => {
    const { served, shows, says, connected, close } = await opened('live');
    await connected();
    await served.stop();
    await says('asking every 10 s');
    await served.start();
    served.tell('calls 1 /asked');
    await connected();
    await shows('GET /asked/1');
    await close();
});

test('events show as they happen, and a repeat in its place', async () => {
    const { served, page, connected, close } = await opened('events');
    await connected();
    const lines = page.locator('#events tr');
    const before = await lines.count();
    served.tell('happens something <i>new</i>');
    await lines.getByText('something <i>new</i>').waitFor({ timeout: SOON });
    served.tell('happens something <i>new</i>');
    await lines.getByText('2 times').waitFor({ timeout: SOON });
    assert.equal(await lines.count(), before + 1);
    const link = lines.first().locator('a');
    await Promise.all([page.waitForURL(/#e3$/), link.click()]);
    assert.equal(await page.locator(':target').count(), 1);
    await close();
});

test('proxies are asked for again by themselves', async () => {
    const { served, page, close } = await opened('proxies');
    served.tell('stale shop/web');
    await page.locator('tbody').getByText('stale').waitFor({ timeout: 2 * SOON });
    await close();
});

test('by keyboard: g l, g x, g e, rows and the filter', async () => {
    const { page, seen, close } = await opened('', { own: false });
    for (const [key, path] of [['l', 'live'], ['x', 'proxies'], ['e', 'events']]) {
        await Promise.all([page.waitForURL(running.at(path)), page.keyboard.press('g').then(() => page.keyboard.press(key))]);
        await page.waitForLoadState('load');
    }
    await seen.open('live');
    await page.keyboard.press('j');
    assert.equal(await page.evaluate(() => document.activeElement.closest('tr')?.parentElement.id), 'calls');
    await page.keyboard.press('/');
    await page.keyboard.type('xss-probe');
    await Promise.all([page.waitForURL(/q=xss-probe/), page.keyboard.press('Enter')]);
    assert.equal(await page.locator('#calls tr').count(), 1);
    await close();
});

test('without JavaScript the page is that of the moment, and says how to ask again', async () => {
    const { served, page, close } = await opened('live?verdict=denied', { scripts: false });
    assert.equal(await page.locator('#calls tr').count(), 1);
    assert.equal(await page.locator('#pause').isVisible(), false);
    served.tell('denied 1 /later');
    const again = async () => (await served.get('live?verdict=denied')).text.includes('/later/1');
    for (const end = Date.now() + SOON; !(await again()) && Date.now() < end; ) await page.waitForTimeout(50);
    await Promise.all([page.waitForEvent('load'), page.getByRole('link', { name: 'ask again' }).click()]);
    assert.equal(await page.locator('#calls tr').count(), 2);
    await close();
});
