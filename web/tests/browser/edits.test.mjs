// Edits of the files show in open pages: at once with JavaScript, with the next load without, and never at a cost of place.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES } from './support/pages.mjs';

/** Milliseconds within which an edit must show: files are followed, not asked for by the minute. */
const SOON = 10_000;

/** A dashboard of its own, since it is edited, and a page of it that is marked: a page that is loaded again has no mark. */
async function opened(path, options) {
    const dashboard = await serve(fixture('shop'));
    const seen = await view(dashboard, options);
    await seen.open(path);
    await seen.page.evaluate(() => (window.__mark = true));
    const main = seen.page.locator('main');
    return {
        dashboard,
        seen,
        folder: dashboard.folder,
        shows: (text) => main.getByText(text).filter({ visible: true }).first().waitFor({ timeout: SOON }),
        text: () => main.innerText(),
        marked: () => seen.page.evaluate(() => window.__mark === true),
        close: async () => void (await seen.close(), await dashboard.stop()),
    };
}

test('an edit shows in an open page, which is not loaded again', async () => {
    const { seen, folder, shows, marked, close } = await opened(PAGES['policy-split']);
    await shows('weight: 90');
    folder.edit('policy.yaml', 'weight: 90', 'weight: 75');
    await shows('weight: 75');
    folder.edit('policy.yaml', 'weight: 75', 'weight: 60');
    await shows('weight: 60');
    assert.equal(await marked(), true);
    assert.deepEqual(seen.told.all(), []);
    await close();
});

test('focus, scroll and what is being typed stay where they are', async () => {
    const { seen, folder, shows, marked, close } = await opened('policies', { height: 300 });
    const field = seen.page.locator('main input[type="search"]').first();
    await field.fill('canary');
    await seen.page.evaluate(() => window.scrollTo(0, 120));
    folder.write('more.yaml', 'apiVersion: specs.smi-spec.io/v1alpha4\nkind: TCPRoute\nmetadata: {name: added-later, namespace: shop}\nspec: {matches: {ports: [5433]}}\n');
    await shows('added-later');
    assert.deepEqual([await marked(), await field.inputValue(), await seen.page.evaluate(() => window.scrollY)], [true, 'canary', 120]);
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    folder.remove('more.yaml');
    await seen.page.getByText('added-later').waitFor({ state: 'detached', timeout: SOON });
    await close();
});

for (const [name, path, find, replace, text] of [
    ['the overview', PAGES.overview, 'metadata:\n  name: sql\n', 'metadata:\n  name: SQL\n', /MG\d{4}/],
    ['the matrix', PAGES.access, 'matches: [one, list]', 'matches: [one, list, write]', /POST/],
    ['a trace', PAGES['access-explain'], '- {kind: ServiceAccount, name: web}', '- {kind: ServiceAccount, name: web}\n  - {kind: ServiceAccount, name: batch}', /allowed/],
    ['the topology', PAGES.topology, 'weight: 90', 'weight: 30', /75\s?%/],
    ['what a mesh gets', `${PAGES['policy-split']}?tab=linkerd`, 'weight: 90', 'weight: 33', 'weight: 33'],
]) {
    test(`an edit shows in ${name}`, async () => {
        const { folder, shows, marked, close } = await opened(path);
        folder.edit('policy.yaml', find, replace);
        await shows(text);
        assert.equal(await marked(), true);
        await close();
    });
}

test('a policy that is deleted leaves a page that says so', async () => {
    const { folder, shows, close } = await opened(PAGES['policy-split']);
    await shows('weight: 90');
    folder.edit('policy.yaml', 'kind: TrafficSplit\nmetadata:\n  name: reviews-canary', 'kind: TrafficSplit\nmetadata:\n  name: renamed');
    await shows(/not there|no such|is gone|There is no/i);
    await close();
});

test('paused, a page stays as it is until it goes on', async () => {
    const { seen, folder, shows, text, close } = await opened(PAGES['policy-split']);
    const line = seen.page.locator('[aria-live="polite"]').first();
    await seen.page.keyboard.press('p');
    await line.getByText(/paused/i).waitFor();
    folder.edit('policy.yaml', 'weight: 90', 'weight: 75');
    await line.getByText(/newer/i).waitFor({ timeout: SOON });
    assert.match(await text(), /weight: 90/);
    await seen.page.keyboard.press('p');
    await shows('weight: 75');
    await close();
});

test('without JavaScript the next load shows it', async () => {
    const dashboard = await serve(fixture('shop'));
    const seen = await view(dashboard, { scripts: false });
    await seen.open(PAGES['policy-split']);
    const { etag } = (await dashboard.get(PAGES['policy-split'])).headers;
    dashboard.folder.edit('policy.yaml', 'weight: 90', 'weight: 75');
    const changed = async () => (await dashboard.get(PAGES['policy-split'], { headers: { 'If-None-Match': etag } })).status === 200;
    for (const end = Date.now() + SOON; !(await changed()) && Date.now() < end; ) await seen.page.waitForTimeout(100);
    await seen.page.reload();
    assert.match(await seen.page.locator('main').innerText(), /weight: 75/);
    await seen.close();
    await dashboard.stop();
});

test('a dashboard that ends is told, and the page stays', async () => {
    const { dashboard, seen, text, close } = await opened(PAGES['policy-split']);
    await dashboard.stop();
    await seen.page.locator('[aria-live="polite"]').first().getByText(/reconnecting|not connected/i).waitFor({ timeout: SOON });
    assert.match(await text(), /weight: 90/);
    await close();
});
