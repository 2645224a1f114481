// Everything by keyboard alone: a journey, each key that the page of keys lists, and the way of Tab through every page.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES } from './support/pages.mjs';

/** Key presses from the start page to the line of the rule that keeps `batch` out. */
const MOST = 25;

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** A window whose keys are counted. */
async function counted(path = '') {
    const seen = await view(dashboard);
    await seen.open(path);
    const keys = { count: 0 };
    keys.press = async (...names) => {
        for (const name of names) {
            keys.count += 1;
            await seen.page.keyboard.press(name);
        }
    };
    /** Tab until the element with the focus is a link to such an address. */
    keys.tabTo = async (address) => {
        for (let tabs = 0; tabs < 100; tabs += 1) {
            await keys.press('Tab');
            if (address.test(await seen.page.evaluate(() => document.activeElement.getAttribute('href') ?? ''))) return;
        }
        assert.fail(`no link to ${address} by Tab on ${seen.page.url()}`);
    };
    return { seen, page: seen.page, keys };
}

/** Presses keys that lead to another page. */
async function leads({ page, keys }, names, address) {
    await Promise.all([page.waitForURL(address), keys.press(...names)]);
    await page.waitForLoadState('load');
}

test(`why batch is denied, the policy, the line: within ${MOST} keys`, async () => {
    const window = await counted();
    const { seen, page, keys } = window;
    await leads(window, ['g', 'm'], /\/access$/);
    await keys.press('j');
    assert.match((await page.evaluate(() => document.activeElement.href)) ?? '', /batch/, 'the first row is that of batch');
    for (let cells = 0; cells < 8; cells += 1) {
        const to = await page.evaluate(() => new URL(document.activeElement.href).searchParams.get('to'));
        if (/^reviews\.shop/.test(to)) break;
        await keys.press('ArrowRight');
    }
    await leads(window, ['Enter'], /\/access\/explain\?.*batch/);
    assert.match(await page.locator('main').innerText(), /denied/);
    await keys.press('Tab', 'Enter'); // The skip link.
    await keys.tabTo(/\/policies\/traffictarget\/shop\/web-reads-reviews/);
    await leads(window, ['Enter'], /\/policies\/traffictarget\/shop\/web-reads-reviews.*#L\d+$/);
    const line = page.locator(':target');
    assert.equal(await line.count(), 1, page.url());
    const number = Number(page.url().match(/#L(\d+)$/)[1]);
    const text = dashboard.folder.read('policy.yaml').split('\n')[number - 1].trim();
    assert.ok((await line.innerText()).includes(text), `line ${number} is ${text}`);
    assert.equal(await line.evaluate((element) => { const { top, bottom } = element.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }), true);
    assert.ok(keys.count <= MOST, `${keys.count} keys`);
    assert.deepEqual(seen.told.all(), []);
    await seen.close();
});

for (const [names, address] of [
    ['?', /\/keys$/],
    ['g o', /:\d+\/$/],
    ['g t', /\/topology$/],
    ['g s', /\/services$/],
    ['g p', /\/policies$/],
    ['g m', /\/access$/],
    ['g c', /\/capabilities$/],
    ['g y', /\/playground$/],
    ['g l', /\/live$/],
    ['g x', /\/proxies$/],
    ['g e', /\/events$/],
]) {
    test(`${names} leads there from anywhere`, async () => {
        const window = await counted(names === 'g c' ? 'about' : 'capabilities');
        await leads(window, names.split(' '), address);
        await window.seen.close();
    });
}

test('/ goes to the search field, Esc leaves it, and letters in it are letters', async () => {
    const { seen, page, keys } = await counted('policies');
    await keys.press('/');
    const field = page.locator('main input[type="search"]').first();
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    await page.keyboard.type('gp?jk');
    assert.deepEqual([await field.inputValue(), page.url()], ['gp?jk', dashboard.at('policies')]);
    await keys.press('Escape');
    assert.equal(await field.evaluate((element) => element === document.activeElement), false);
    await page.keyboard.press('Control+g');
    await page.keyboard.press('m');
    assert.equal(page.url(), dashboard.at('policies'), 'what belongs to the browser is left to it');
    await seen.close();
});

test('a search leads to what was searched', async () => {
    const window = await counted('policies');
    const { seen, page, keys } = window;
    await keys.press('/');
    await page.keyboard.type('canary');
    await leads(window, ['Enter'], /q=canary/);
    await keys.press('j');
    await leads(window, ['Enter'], /\/policies\/trafficsplit\/shop\/reviews-canary/);
    await seen.close();
});

test('j and k go through rows, and Enter opens one', async () => {
    const window = await counted('policies');
    const { seen, page, keys } = window;
    const at = () => page.evaluate(() => [...document.querySelectorAll('tbody tr')].findIndex((row) => row.contains(document.activeElement)));
    await keys.press('j');
    assert.equal(await at(), 0);
    await keys.press('j', 'j');
    assert.equal(await at(), 2);
    await keys.press('k');
    assert.equal(await at(), 1);
    await keys.press('k', 'k', 'k');
    assert.equal(await at(), 0, 'the first stays the first');
    await leads(window, ['Enter'], /\/policies\/\w+\//);
    await seen.close();
});

test('[ and ] go through tabs, d to the differences', async () => {
    const window = await counted(PAGES['policy-split']);
    const { seen, page } = window;
    const tabs = await page.locator('.tabs a').evaluateAll((all) => all.map(({ href }) => href));
    assert.ok(tabs.length >= 7);
    const current = async () => tabs.indexOf(await page.locator('.tabs a[aria-current]').evaluate(({ href }) => href));
    assert.equal(await current(), 0);
    for (let at = 1; at < tabs.length; at += 1) {
        await leads(window, [']'], tabs[at]);
        assert.equal(await current(), at);
    }
    await leads(window, ['['], tabs.at(-2));
    await page.goto(tabs[0]);
    await leads(window, ['d'], /tab=diff/);
    await seen.close();
});

test('arrows go through the cells of the matrix, and stay within it', async () => {
    const { seen, page, keys } = await counted(PAGES.access);
    const cells = page.locator('[role="grid"] td');
    const links = page.locator('[role="grid"] td a');
    assert.equal(await links.evaluateAll((all) => all.filter(({ tabIndex }) => tabIndex === 0).length), 1, 'Tab stops once in the grid');
    await links.first().focus();
    const place = () => page.evaluate(() => {
        const cell = document.activeElement.closest('td');
        return [cell.parentElement.rowIndex, cell.cellIndex];
    });
    assert.deepEqual(await place(), [1, 1]);
    await keys.press('ArrowRight', 'ArrowDown');
    assert.deepEqual(await place(), [2, 2]);
    await keys.press('ArrowLeft', 'ArrowUp', 'ArrowUp', 'ArrowLeft');
    assert.deepEqual(await place(), [1, 1]);
    await keys.press('End');
    const columns = (await cells.count()) / (await page.locator('[role="grid"] tbody tr').count());
    assert.deepEqual(await place(), [1, columns]);
    await keys.press('Home');
    assert.deepEqual(await place(), [1, 1]);
    await seen.close();
});

test('y copies the YAML that is shown', async () => {
    const { seen, page, keys } = await counted(`${PAGES['policy-split']}?tab=istio`);
    await seen.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await keys.press('y');
    await page.locator('[aria-live="polite"]').first().getByText(/copied/i).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /kind: VirtualService/);
    await seen.close();
});

test('the command of a page can be copied', async () => {
    const { seen, page } = await counted('policies');
    await seen.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.locator('footer .cli button').click();
    await page.getByText('Copied').waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.locator('footer .cli code').textContent());
    await seen.close();
});

test('keys can be turned off, which stays', async () => {
    const window = await counted('keys');
    const { seen, page, keys } = window;
    const button = page.getByRole('button', { name: /keys are on/i });
    await button.click();
    await page.getByRole('button', { name: /keys are off/i }).waitFor();
    await seen.open('about');
    await keys.press('g', 'p', '?');
    await page.waitForTimeout(300);
    assert.equal(page.url(), dashboard.at('about'));
    await seen.open('keys');
    await page.getByRole('button', { name: /keys are off/i }).click();
    await leads(window, ['g', 'p'], /\/policies$/);
    await seen.close();
});

test('the page of keys lists each key that does something, and no other', async () => {
    const { keys } = await dashboard.json('keys.json');
    const listed = new Set(keys.map((key) => key.keys));
    for (const key of ['?', '/', 'g o', 'g t', 'g s', 'g p', 'g m', 'j', 'k', 'Enter', '[', ']', 'y', 'd', 'p', 'Esc']) assert.ok(listed.has(key), key);
    const { text } = await dashboard.get((await dashboard.get('keys')).text.match(/assets\/app\.\w+\.js/)[0]);
    for (const { keys: names } of keys) {
        const last = names.split(' ').at(-1);
        if (last.length === 1 && !'←↑→↓'.includes(last)) assert.ok(text.includes(`${last}: `) || text.includes(`'${last}': `), names);
    }
});

test('Tab goes through every page from the skip link to its end, and shows where it is', async () => {
    const seen = await view(dashboard);
    const { page } = seen;
    for (const [name, path] of Object.entries(PAGES)) {
        await seen.open(path);
        const stops = [];
        for (let tabs = 0; tabs < 400; tabs += 1) {
            await page.keyboard.press('Tab');
            const stop = await page.evaluate(() => {
                const element = document.activeElement;
                if (element === document.body) return null;
                const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
                const { width, height } = element.getBoundingClientRect();
                const shown = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
                return { text: element.outerHTML.slice(0, 100), marked: shown && width > 0 && height > 0, last: element.closest('footer') !== null, skip: element.getAttribute('href') === '#main' };
            });
            if (stop === null) break;
            stops.push(stop);
        }
        assert.ok(stops.length < 400, `${name}: Tab has no end`);
        assert.equal(stops[0].skip, true, `${name}: the first stop skips to the content`);
        assert.equal(stops.at(-1).last, true, `${name}: the last stop is in the footer, not ${stops.at(-1).text}`);
        assert.deepEqual(stops.filter(({ marked }) => !marked).map(({ text }) => text), [], `${name}: a stop that cannot be seen`);
    }
    await seen.close();
});

test('the skip link leads to the content', async () => {
    const { seen, page, keys } = await counted('policies');
    await keys.press('Tab', 'Enter', 'Tab');
    assert.equal(await page.evaluate(() => document.activeElement.closest('main') !== null), true);
    await seen.close();
});
