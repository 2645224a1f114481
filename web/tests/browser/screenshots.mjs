// Takes a picture of every page, light and dark, wide and narrow, and writes them below `docs/screenshots/`.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { Demo, SOON } from './support/demo.mjs';
import { atTheEnd } from './support/ended.mjs';
import { example } from './support/folder.mjs';
import { PICTURES, PICTURES_OF_DEMO } from './support/pages.mjs';
import { ROOT } from './support/peers.mjs';
import { small } from './support/picture.mjs';
import { THEMES, WIDTHS, file } from './support/pictures.mjs';

const FOLDER = join(ROOT, 'docs/screenshots');

/** Bytes of all pictures: they lie in everybody's checkout. */
const MOST = 5 << 20;

/** Dots from the top of a page to the end of its picture. */
const SHORTEST = 400;
const TALLEST = 1100;

/** Takes the pictures of pages in one window; file name to bytes. */
async function taken(dashboard, pages, theme, width) {
    const seen = await view(dashboard, { theme, width, height: TALLEST });
    const pictures = [];
    for (const [page, path] of Object.entries(pages)) {
        await seen.page.setViewportSize({ width, height: SHORTEST });
        const answer = await seen.open(path);
        assert.equal(answer.status(), 200, path);
        const height = await seen.page.evaluate(() => document.documentElement.scrollHeight);
        await seen.page.setViewportSize({ width, height: Math.min(height, TALLEST) });
        pictures.push([file(page, theme, width), small(await seen.page.screenshot({ animations: 'disabled' }))]);
    }
    assert.deepEqual(seen.told.all(), []);
    await seen.close();
    return pictures;
}

test('pictures of every page', async (t) => {
    const dashboard = await serve(example('istio-to-linkerd'));
    const demo = await new Demo().start();
    atTheEnd(() => demo.stop());
    const pictures = [];
    // A door opens once: whoever comes first brings the others in.
    const first = await view(demo, { cookie: false });
    await first.page.goto(demo.web);
    await first.page.goto(demo.at('live?verdict=denied'));
    await first.page.locator('#calls tr').filter({ hasText: 'bookshop/batch' }).first().waitFor({ timeout: SOON });
    [demo.cookie] = (await first.context.cookies()).map(({ name, value }) => `${name}=${value}`);
    await first.close();
    for (const theme of THEMES) {
        for (const width of WIDTHS) {
            pictures.push(...(await taken(dashboard, PICTURES, theme, width)));
            pictures.push(...(await taken(demo, PICTURES_OF_DEMO, theme, width)));
        }
    }
    const bytes = pictures.reduce((sum, [, picture]) => sum + picture.length, 0);
    t.diagnostic(`${pictures.length} pictures, ${bytes} bytes`);
    assert.ok(bytes <= MOST, `${bytes} bytes, more than ${MOST}`);
    mkdirSync(FOLDER, { recursive: true });
    for (const old of readdirSync(FOLDER).filter((name) => name.endsWith('.png'))) rmSync(join(FOLDER, old));
    for (const [name, picture] of pictures) writeFileSync(join(FOLDER, name), picture);
});
