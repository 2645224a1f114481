// Markup in everything that people can write is shown as text, and nothing of it runs.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { crawl } from './support/crawl.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES } from './support/pages.mjs';

/** Leaves an attribute, then a tag; nothing of it may stand in a page as it is. */
const MARKUP = `in'"><xss-probe onclick=window.__xss=1><img src=x onerror=window.__xss=1>`;

/** Names of everything that a query may hold, on any page. */
const FIELDS = [
    'a', 'at', 'b', 'backend', 'back', 'compare', 'edges', 'feature', 'find', 'focus', 'from', 'headers', 'header', 'hide', 'hops', 'kind', 'loss', 'method',
    'n', 'namespace', 'ns', 'page', 'path', 'policy', 'q', 'ready', 'requests', 'scope', 'seed', 'severity', 'code', 'show', 'sort', 'svc', 'tab', 'text', 'before', 'to', 'token', 'url', 'used', 'verdict',
];

const ROUTES = [
    '', 'topology', 'services', 'ns/shop/services/web', 'policies', 'policies/traffictarget/shop/hostile', 'access', 'access/explain', 'capabilities', 'switch',
    'simulate', 'playground', 'findings', 'live', 'proxies', 'events', 'about', 'keys', 'theme', 'session', 'nowhere',
];

let dashboard;

before(async () => {
    const folder = fixture('hostile');
    folder.rename('policy.yaml', `file'"><xss-probe onclick=window.__xss=1>&amp;.yaml`);
    dashboard = await serve(folder);
});

/** Signs that markup of somebody else became part of the open document. */
async function intruded({ page }) {
    return page.evaluate(() => {
        const found = [...document.querySelectorAll('xss-probe, img[src="x"], [onclick], [onerror]')].map((element) => `became an element: ${element.outerHTML.slice(0, 120)}`);
        if (window.__xss !== undefined) found.push('a script of somebody else ran');
        return found;
    });
}

/** Markup that stands in a text as it is. */
function raw(text) {
    return [...text.matchAll(/.{0,60}(<xss-probe|in'"|<img src=x).{0,60}/g)].map(([found]) => found);
}

test('nothing in the policy runs, on any page that can be reached', async () => {
    const { wrong, pages } = await crawl(await view(dashboard), intruded);
    assert.deepEqual(wrong, []);
    assert.ok(pages.size > 20, `${pages.size} pages`);
});

test('markup of the policy is shown as it was written', async () => {
    const seen = await view(dashboard);
    const shows = async (path, texts) => {
        await seen.open(path);
        const text = await seen.page.locator('main').innerText();
        for (const one of texts) assert.ok(text.includes(one), `${path} shows ${one}:\n${text}`);
        assert.deepEqual([await intruded(seen), seen.told.take()], [[], []], path);
    };
    await shows('policies/httproutegroup/shop/hostile?tab=source', [
        `file'"><xss-probe onclick=window.__xss=1>&amp;.yaml`, // The name of the file.
        'annotation"><xss-probe onclick=window.__xss=1>',
        'label"><xss-probe onclick=window.__xss=1>',
        '/path"><xss-probe onclick=window.__xss=1><img src=x onerror=window.__xss=1>',
        'header"><xss-probe onclick=window.__xss=1>',
        'escaped already &lt;xss-probe&gt;',
    ]);
    await shows('policies/trafficsplit/shop/hostile?tab=source', ['${alert(1)} {{ 7 * 7 }} <xss-probe>']);
    await shows('ns/shop/services/web', ['port"><xss-probe>']);
    await shows('', ['name"><xss-probe onclick=window.__xss=1>', '<xss-probe onclick=window.__xss=1>']);
    await seen.close();
});

test('a picture, and data that a browser opens by itself, run nothing either', async () => {
    const seen = await view(dashboard);
    for (const path of ['topology.svg', 'index.json', 'policies.json', 'access.csv', 'policies/traffictarget/shop/hostile.yaml?tab=linkerd']) {
        const answer = await seen.page.goto(dashboard.at(path)).catch((error) => error);
        // What is saved rather than shown cannot run.
        if (answer instanceof Error) assert.match(answer.message, /ERR_ABORTED|Download/, path);
        else assert.deepEqual([answer.status(), await intruded(seen)], [200, []], path);
        assert.deepEqual(seen.told.dialogs, [], path);
    }
    await seen.close();
});

test('markup in the query of any page is escaped or refused', async () => {
    const wrong = [];
    for (const route of ROUTES) {
        const every = FIELDS.map((field) => `${field}=${encodeURIComponent(MARKUP)}`);
        for (const query of [...every, every.join('&'), encodeURIComponent(MARKUP)]) {
            const { status, headers, text } = await dashboard.get(`${route}?${query}`);
            const where = `${route}?${query.slice(0, 40)}`;
            if (status >= 500) wrong.push(`${where}: ${status}`);
            if (/html|svg|xml/.test(headers['content-type'] ?? '')) wrong.push(...raw(text).map((found) => `${where}: ${found}`));
            if (/[<>"']/.test(headers.location ?? '')) wrong.push(`${where}: Location: ${headers.location}`);
        }
    }
    assert.deepEqual(wrong, []);
});

test('markup in a path is escaped or refused', async () => {
    const part = encodeURIComponent(MARKUP);
    const paths = [part, `policies/${part}/a/b`, `policies/trafficsplit/${part}/b`, `policies/trafficsplit/shop/${part}`, `ns/${part}/services/web`, `ns/shop/services/${part}`, `assets/${part}`, `policies.${part}`];
    for (const path of paths) {
        const { status, text } = await dashboard.get(path);
        assert.equal(status, 404, path);
        assert.deepEqual(raw(text), [], path);
    }
});

test('queries full of markup run nothing in a browser', async () => {
    const seen = await view(dashboard);
    for (const route of ROUTES.filter((route) => route !== 'theme')) {
        await seen.open(`${route}?${FIELDS.map((field) => `${field}=${encodeURIComponent(MARKUP)}`).join('&')}`);
        assert.deepEqual([await intruded(seen), seen.told.dialogs, seen.told.violations], [[], [], []], route);
    }
    await seen.close();
});

for (const scripts of [true, false]) {
    const how = scripts ? 'with' : 'without';

    test(`what is typed into forms comes back as text, ${how} JavaScript`, async () => {
        const seen = await view(dashboard, { scripts });
        for (const route of ['policies', 'capabilities', 'topology', 'services', 'access/explain', 'simulate', 'playground']) {
            await seen.open(route);
            await seen.page.locator('main form details').evaluateAll((all) => all.forEach((one) => { one.open = true; }));
            const fields = seen.page.locator('main form').first().locator('input:not([type]), input[type="text"], input[type="search"], textarea');
            const count = await fields.count();
            assert.ok(count > 0, `${route} has fields`);
            for (let at = 0; at < count; at += 1) await fields.nth(at).fill(MARKUP);
            await Promise.all([seen.page.waitForEvent('load'), seen.page.locator('main form button:not([type="button"])').first().click()]);
            const kept = await seen.page.locator('main form').first().locator('input, textarea').evaluateAll((all) => all.map(({ value }) => value));
            assert.ok(kept.includes(MARKUP), `${route} keeps what was typed: ${kept}`);
            assert.deepEqual([await intruded(seen), seen.told.dialogs, seen.told.violations], [[], [], []], route);
        }
        await seen.close();
    });
}

test('markup that comes with an edit runs nothing', async () => {
    const own = await serve(fixture('shop'));
    const seen = await view(own);
    await seen.open(PAGES['policy-source']);
    own.folder.edit('policy.yaml', '# Everything in the shop is closed', `# edited ${MARKUP} </code></pre><script>window.__xss=1</script>\n# Everything in the shop is closed`);
    own.folder.edit('policy.yaml', 'name: web-reads-reviews\n', `name: web-reads-reviews\n  annotations: {note: 'edited <xss-probe onclick=window.__xss=1>'}\n`);
    await seen.page.getByText('edited <xss-probe').first().waitFor();
    assert.deepEqual([await intruded(seen), seen.told.all()], [[], []]);
    await seen.close();
    await own.stop();
});
