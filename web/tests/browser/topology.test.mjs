// The picture of who calls whom says what the table below it says, and neither says more than the engine.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { answer } from './support/command.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** Edges of the picture, without those of its legend, and rows of the table of edges. */
async function drawn({ page }) {
    const edges = await page.locator('main svg .edge').evaluateAll((all) => all.filter((edge) => edge.closest('.legend') === null).map((edge) => edge.querySelector('title')?.textContent ?? ''));
    const rows = await page.locator('main table tbody tr').evaluateAll((all) => all.map((row) => row.innerText.replace(/\s+/g, ' ')));
    return { edges, rows };
}

for (const query of ['', '?ns=shop', '?ns=shop&focus=shop%2Freviews']) {
    test(`topology${query}: as many edges in the picture as rows in the table`, async () => {
        const seen = await view(dashboard, { scripts: false });
        await seen.open(`topology${query}`);
        const { edges, rows } = await drawn(seen);
        assert.ok(edges.length > 0);
        assert.equal(edges.length, rows.length, `${edges.join('\n')}\n--\n${rows.join('\n')}`);
        for (const edge of edges) assert.notEqual(edge.trim(), '', 'an edge without words');
        await seen.close();
    });
}

test('who is let in is drawn, as the matrix says, but for the versions behind a split', async () => {
    const { cells } = answer(dashboard.folder, ['matrix', '-f', 'shop', '-R']);
    const pairs = new Set(cells.filter(({ allowed, caller }) => allowed !== 'nothing' && caller.kind === 'serviceAccount').map(({ caller, service }) => `${caller.name} ${service.split('/')[1]}`));
    const seen = await view(dashboard, { scripts: false });
    await seen.open('topology');
    const { rows } = await drawn(seen);
    for (const pair of pairs) {
        const [from, to] = pair.split(' ');
        if (/-v\d$/.test(to)) continue;
        assert.ok(rows.some((row) => row.includes(from) && row.includes(to) && /allowed/.test(row)), `${pair} in\n${rows.join('\n')}`);
    }
    await seen.close();
});

test('a split is drawn by its shares', async () => {
    const seen = await view(dashboard, { scripts: false });
    await seen.open('topology?ns=shop&focus=shop%2Freviews');
    const words = await seen.page.locator('main svg').first().innerText().catch(() => '');
    const text = words || (await seen.page.locator('main svg').first().evaluate((svg) => svg.textContent));
    assert.match(text, /90\s?%/);
    assert.match(text, /10\s?%/);
    await seen.close();
});

test('denied calls are drawn on demand, with a line of their own and a word', async () => {
    const seen = await view(dashboard, { scripts: false });
    await seen.open('topology?ns=shop&focus=shop%2Freviews&edges=allowed&edges=denied');
    const denied = seen.page.locator('main svg .edge.denied:not(.legend *)');
    assert.ok((await denied.count()) > 0);
    const dash = (edge) => edge.evaluate((element) => getComputedStyle(element.querySelector('.line')).strokeDasharray);
    assert.notEqual(await dash(denied.first()), 'none');
    assert.match(await denied.first().evaluate((edge) => edge.textContent), /denied|✕|✘/);
    await seen.close();
});

test('a focus that is not there is told, and others are offered', async () => {
    const { status, text } = await dashboard.get('topology?focus=shop%2Fnobody');
    assert.ok([200, 404].includes(status), `${status}`);
    assert.match(text, /nobody/);
});

test('the picture is a file that shows the same alone', async () => {
    const { text, headers } = await dashboard.get('topology.svg?ns=shop');
    assert.match(headers['content-type'], /^image\/svg\+xml/);
    assert.doesNotMatch(text, /(href|src)="http/, 'nothing from elsewhere');
    const seen = await view(dashboard);
    await seen.open('topology.svg?ns=shop');
    const colours = await seen.page.evaluate(() => {
        const edge = document.querySelector('.edge .line');
        return [document.documentElement.tagName, getComputedStyle(edge).stroke, getComputedStyle(document.querySelector('text')).fill];
    });
    assert.equal(colours[0], 'svg');
    assert.notEqual(colours[1], 'none', 'its style comes with it');
    assert.deepEqual(seen.told.all(), []);
    await seen.close();
});

test('Tab walks the services in the order of the table, and Enter opens one', async () => {
    const seen = await view(dashboard);
    const { page } = seen;
    await seen.open('topology?ns=shop');
    const nodes = page.locator('main svg a.node');
    const hrefs = await nodes.evaluateAll((all) => all.map((node) => node.getAttribute('href')));
    assert.ok(hrefs.length >= 6, `${hrefs.length} nodes`);
    await nodes.first().focus();
    for (const href of hrefs) {
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute('href')), href);
        const { style, width } = await page.evaluate(() => {
            const { outlineStyle, strokeWidth } = getComputedStyle(document.activeElement.querySelector('.box') ?? document.activeElement);
            return { style: getComputedStyle(document.activeElement).outlineStyle + outlineStyle, width: strokeWidth };
        });
        assert.ok(style !== 'nonenone' || parseFloat(width) > 1, 'where the focus is can be seen');
        await page.keyboard.press('Tab');
    }
    await nodes.first().focus();
    await Promise.all([page.waitForURL((url) => `${url.pathname}${url.search}` !== '/topology?ns=shop'), page.keyboard.press('Enter')]);
    await seen.close();
});

test('with forced colours, lines and words are still there', async () => {
    const seen = await view(dashboard, { forcedColors: 'active' });
    await seen.open('topology?ns=shop');
    const [ground, line, words] = await seen.page.evaluate(() => [
        getComputedStyle(document.body).backgroundColor,
        getComputedStyle(document.querySelector('main svg .edge .line')).stroke,
        getComputedStyle(document.querySelector('main svg .node text')).fill,
    ]);
    assert.notEqual(line, ground);
    assert.notEqual(words, ground);
    await seen.close();
});
