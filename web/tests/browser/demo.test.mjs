// `meshglot demo` as a newcomer meets it: the shop, the link that says why something is missing, the view, and an edit that mends it.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { audit } from './support/audit.mjs';
import { view } from './support/browser.mjs';
import { Demo, SOON } from './support/demo.mjs';
import { atTheEnd } from './support/ended.mjs';

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
