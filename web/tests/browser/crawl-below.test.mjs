// Every internal link below a base path: nothing leads out of it, with and without its last slash.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { crawl, shared } from './support/crawl.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { ask } from './support/http.mjs';
import { PAGES } from './support/pages.mjs';

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'), ['--base-path', '/mesh/']);
});

test('every link stays below the base path', async () => {
    assert.match(dashboard.base, /^http:\/\/127\.0\.0\.1:\d+\/mesh\/$/);
    // Without JavaScript: `crawl` is with it.
    const { wrong, pages } = await crawl(await view(dashboard, { scripts: false }));
    assert.deepEqual([wrong, shared(pages)], [[], []]);
    assert.ok(pages.size > Object.keys(PAGES).length);
});

test('a deep link can be reloaded, and follows edits there too', async () => {
    const seen = await view(dashboard);
    await seen.open(PAGES['policy-istio']);
    await seen.page.reload();
    assert.match(await seen.page.title(), /web-reads-reviews/);
    assert.deepEqual(seen.told.all(), []);
    const events = await seen.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('/sse/')));
    assert.ok(events.every((name) => name.includes('/mesh/sse/state')), events.join());
    await seen.close();
});

test('the base path without its slash leads to the start page, and nothing is served beside it', async () => {
    const { origin } = new URL(dashboard.base);
    const headers = { Cookie: dashboard.cookie };
    const bare = await ask(`${origin}/mesh`, { headers });
    assert.deepEqual([bare.status >= 301 && bare.status <= 308, bare.headers.location], [true, '/mesh/']);
    for (const path of ['/', '/policies', '/meshes', '/assets/']) {
        assert.equal((await ask(origin + path, { headers })).status, 404, path);
    }
});
