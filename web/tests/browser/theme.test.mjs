// Light and dark: as the system says until somebody chooses, and then as chosen, without JavaScript too.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { audit } from './support/audit.mjs';
import { view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** Whether the ground of the page is dark. */
async function dark({ page }) {
    const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [red, green, blue] = colour.match(/[\d.]+/g).map(Number);
    return red + green + blue < 3 * 128;
}

for (const scripts of [true, false]) {
    const how = scripts ? 'with' : 'without';

    test(`the system decides until somebody chooses, ${how} JavaScript`, async () => {
        for (const theme of ['light', 'dark']) {
            const seen = await view(dashboard, { scripts, theme });
            await seen.open('policies');
            assert.equal(await dark(seen), theme === 'dark');
            await seen.close();
        }
    });

    test(`a choice stays, leads back to the page, and can be taken back, ${how} JavaScript`, async () => {
        const seen = await view(dashboard, { scripts, theme: 'light' });
        await seen.open('access?ns=shop');
        const here = seen.page.url();
        await seen.page.getByRole('link', { name: 'Theme: dark' }).click();
        await seen.page.waitForURL(here);
        assert.equal(await dark(seen), true);
        assert.deepEqual(await audit(seen), [], 'dark on a light system');
        await seen.page.getByRole('link', { name: 'Policies' }).first().click();
        await seen.page.waitForURL(/policies/);
        assert.equal(await dark(seen), true, 'on other pages too');
        await seen.page.getByRole('link', { name: 'Theme: system' }).click();
        await seen.page.waitForURL(/policies/);
        assert.equal(await dark(seen), false);
        await seen.close();
    });
}

test('each page is told apart by what it was drawn with', async () => {
    const { headers } = await dashboard.get('policies');
    assert.match(headers.vary, /cookie/i);
    const known = { 'If-None-Match': headers.etag };
    assert.equal((await dashboard.get('policies', { headers: known })).status, 304);
    const cookies = `${dashboard.cookie}; ${(await dashboard.get('theme?to=dark')).headers['set-cookie'][0].split(';')[0]}`;
    assert.equal((await dashboard.get('policies', { headers: { ...known, Cookie: cookies } })).status, 200);
});
