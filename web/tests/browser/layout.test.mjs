// Pages fit: on narrow screens, enlarged, with more space between letters, and on paper.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES } from './support/pages.mjs';

/** WCAG 1.4.10 asks for 320 CSS pixels, 1.4.4 for twice the size: half the pixels of a window of 1280. */
const WINDOWS = [
    ['320 pixels', { width: 320, height: 640 }],
    ['twice the size', { width: 640, height: 400, scale: 2 }],
];

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** What makes the page wider than its window, outside of parts that scroll by themselves. */
function wide() {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const scrolls = (element) => element !== null && (getComputedStyle(element).overflowX !== 'visible' || scrolls(element.parentElement));
    const outside = [...document.body.querySelectorAll('*')].filter((element) => {
        // What is placed absolutely is cut only by what it is placed in.
        const holder = getComputedStyle(element).position === 'absolute' ? element.offsetParent : element.parentElement;
        return element.getBoundingClientRect().right > width + 1 && !scrolls(holder);
    });
    return [`${document.documentElement.scrollWidth} of ${width}`, ...outside.slice(0, 3).map((element) => element.outerHTML.slice(0, 120))];
}

/** WCAG 1.4.12. The content security policy forbids a style sheet; a script may set properties. */
function spread() {
    for (const element of document.querySelectorAll('body *')) {
        element.style.letterSpacing = '0.12em';
        element.style.wordSpacing = '0.16em';
        element.style.lineHeight = '1.5';
    }
}

for (const [how, size] of WINDOWS) {
    test(`no page scrolls sideways at ${how}, letters spread or not`, async () => {
        const seen = await view(dashboard, size);
        const wrong = {};
        for (const [name, path] of Object.entries(PAGES)) {
            await seen.open(path);
            const close = await seen.page.evaluate(wide);
            await seen.page.evaluate(spread);
            const far = await seen.page.evaluate(wide);
            if (close.length + far.length > 0) wrong[name] = { close, far };
        }
        assert.deepEqual(wrong, {});
        await seen.close();
    });
}

test('what scrolls by itself can be scrolled by keyboard', async () => {
    const seen = await view(dashboard, { width: 320, height: 640 });
    const wrong = [];
    for (const path of Object.values(PAGES)) {
        await seen.open(path);
        wrong.push(
            ...(await seen.page.evaluate(() =>
                [...document.querySelectorAll('main *')]
                    .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
                    .filter((element) => element.tabIndex < 0 && element.querySelector('a, button, input, [tabindex="0"]') === null)
                    .map((element) => `${location.pathname}: ${element.outerHTML.slice(0, 100)}`),
            )),
        );
    }
    assert.deepEqual(wrong, []);
    await seen.close();
});

test('on paper there is the answer, and nothing to click', async () => {
    const seen = await view(dashboard, { theme: 'dark' });
    for (const [name, path] of Object.entries(PAGES)) {
        await seen.open(path);
        // Each page anew: a navigation forgets it.
        await seen.page.emulateMedia({ media: 'print' });
        assert.equal(await seen.page.locator('h1').isVisible(), true, name);
        assert.equal(await seen.page.locator('header nav').isVisible(), false, name);
        const [ground, ink] = await seen.page.evaluate(() => {
            const light = (colour) => colour.match(/[\d.]+/g).map(Number).slice(0, 3).reduce((sum, part) => sum + part, 0) / 3;
            const { backgroundColor, color } = getComputedStyle(document.body);
            return [backgroundColor === 'rgba(0, 0, 0, 0)' ? 255 : light(backgroundColor), light(color)];
        });
        assert.ok(ground > 240 && ink < 100, `${name}: dark on light, whatever the theme: ${ground} ${ink}`);
        assert.deepEqual(await seen.page.evaluate(wide), [], name);
    }
    await seen.close();
});

test('the matrix of a small shop is one sheet of paper', async () => {
    const seen = await view(dashboard);
    await seen.open(PAGES.access);
    const pdf = await seen.page.pdf({ format: 'A4', landscape: true, margin: { top: '10mm', bottom: '10mm', left: '10mm', right: '10mm' } });
    assert.equal(pdf.toString('latin1').match(/\/Type \/Page\b/g).length, 1);
    await seen.close();
});

test('reloading, going back and going forward show the same state', async () => {
    const seen = await view(dashboard);
    const main = () => seen.page.locator('main').innerText();
    const states = [
        'policies?kind=traffictarget', PAGES.access, 'access?ns=shop&backend=istio', PAGES['access-compare'], PAGES['access-explain'],
        PAGES['topology-focus'], PAGES['policy-istio'], PAGES['policy-diff'], PAGES['simulate-answer'], 'capabilities?feature=split',
    ];
    const texts = [];
    for (const path of states) {
        await seen.open(path);
        texts.push(await main());
        await seen.page.reload();
        assert.equal(await main(), texts.at(-1), `reloaded: ${path}`);
    }
    for (let at = states.length - 2; at >= 0; at -= 1) {
        await seen.page.goBack();
        assert.deepEqual([seen.page.url(), await main()], [dashboard.at(states[at]), texts[at]], 'back');
    }
    for (let at = 1; at < states.length; at += 1) {
        await seen.page.goForward();
        assert.deepEqual([seen.page.url(), await main()], [dashboard.at(states[at]), texts[at]], 'forward');
    }
    assert.deepEqual(seen.told.all(), []);
    await seen.close();
});
