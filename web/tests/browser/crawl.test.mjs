// Every internal link, and every way in which a form can be sent, leads to a page that is well made.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from './support/browser.mjs';
import { crawl, shared } from './support/crawl.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES } from './support/pages.mjs';

test('every link from the start page leads to a page that is well made', async () => {
    const dashboard = await serve(fixture('shop'));
    const digest = dashboard.folder.digest();
    const { wrong, pages } = await crawl(await view(dashboard));
    assert.deepEqual(wrong, []);
    assert.deepEqual(shared(pages), []);
    const paths = new Set([...pages.keys()].map((url) => new URL(url).pathname));
    const unlinked = Object.values(PAGES).filter((page) => !paths.has(new URL(page, dashboard.base).pathname));
    assert.deepEqual(unlinked, [], 'every page is linked from somewhere');
    assert.equal(dashboard.folder.digest(), digest, 'nothing was written');
});
