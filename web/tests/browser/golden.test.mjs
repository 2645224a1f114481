// The YAML that pages show and give is what `render` writes, byte for byte, and the source is what people wrote.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { run, words } from './support/command.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { inForm } from './support/pages.mjs';
import { command } from './support/structure.mjs';

const POLICIES = ['traffictarget/shop/web-reads-reviews', 'traffictarget/shop/reviews-use-db', 'trafficsplit/shop/reviews-canary', 'httproutegroup/shop/reviews-api'];
const BACKENDS = ['istio', 'linkerd', 'consul', 'builtin'];

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** Objects of a stream of YAML, as texts. */
function documents(text) {
    return text.split('---\n').filter((one) => one !== '');
}

/** What the command at the foot of a page prints. */
async function printed(seen) {
    const line = words((await command(seen)) ?? 'none');
    assert.deepEqual(line.slice(0, 2), ['meshglot', 'render']);
    const { status, stdout, stderr } = run(dashboard.folder, line.slice(1));
    assert.ok(status <= 1, stderr);
    return stdout;
}

/** Lines of the listings of a page, numbers and notes left out. */
function listed({ page }) {
    return page.locator('main .yaml').evaluateAll((all) => all.map((listing) => [...listing.querySelectorAll('.text')].map((line) => `${line.textContent}\n`).join('')));
}

for (const backend of BACKENDS) {
    test(`everything that ${backend} gets`, async () => {
        const seen = await view(dashboard, { scripts: false });
        await seen.open(`rendered/${backend}`);
        const { headers, text } = await dashboard.get(`rendered/${backend}.yaml`);
        assert.match(headers['content-type'], /^application\/yaml/);
        assert.equal(text, await printed(seen));
        await seen.close();
    });

    for (const policy of POLICIES) {
        test(`what ${backend} gets for ${policy}`, async () => {
            const path = `policies/${policy}?tab=${backend}`;
            const { headers, text } = await dashboard.get(inForm(path, 'yaml'));
            assert.match(headers['content-type'], /^application\/yaml/);
            const own = documents(text);
            assert.ok(own.length > 0);

            // Its objects are some of those that `render` writes for the whole policy, in the same order.
            const whole = documents(run(dashboard.folder, ['render', '-f', 'shop', '-R', '--backend', backend]).stdout);
            assert.deepEqual(own, whole.filter((one) => own.includes(one)));
            // Where the mesh has annotations, they tell which: neither one more nor one less.
            const name = policy.split('/').at(-1);
            for (const one of whole.filter((text) => text.includes('meshglot.dev/sources: '))) {
                assert.equal(own.includes(one), new RegExp(`meshglot.dev/sources: .*/${name}\\b`).test(one), one);
            }

            // The page shows the same text.
            const seen = await view(dashboard, { scripts: false });
            await seen.open(path);
            assert.equal((await listed(seen)).join('---\n'), text);
            // And says where each field came from: the command prints the same places.
            const provenance = await printed(seen);
            for (const one of own) assert.ok(provenance.includes(one), one);
            const places = await seen.page.locator('main .yaml a.from').evaluateAll((all) => all.map((link) => [link.getAttribute('href'), link.textContent]));
            assert.ok(places.length > 0, 'a field that came from somewhere');
            for (const [href] of places) assert.match(href, /\/policies\/\w+\/[\w-]+\/[\w-]+(\?[^#]*)?#L\d+$/);
            await seen.close();
        });
    }
}

test('a field leads to the line that it came from', async () => {
    const lines = dashboard.folder.read('policy.yaml').split('\n');
    const seen = await view(dashboard, { scripts: false });
    await seen.open('policies/trafficsplit/shop/reviews-canary?tab=linkerd');
    const field = seen.page.locator('main .yaml li', { has: seen.page.locator('.text', { hasText: 'weight: 90' }) }).first();
    await field.locator('a.from').first().click();
    await seen.page.waitForURL(/#L\d+$/);
    const number = Number(seen.page.url().match(/#L(\d+)$/)[1]);
    assert.match(lines[number - 1], /weight: 90|service: reviews-v1/);
    assert.equal(await seen.page.locator(':target').count(), 1);
    await seen.close();
});

test('the source is shown line by line, each with an anchor', async () => {
    const lines = dashboard.folder.read('policy.yaml').split('\n');
    const seen = await view(dashboard, { scripts: false });
    for (const policy of POLICIES) {
        await seen.open(`policies/${policy}?tab=source`);
        const shown = await seen.page.locator('main .yaml li').evaluateAll((all) => all.map((line) => [line.id, line.querySelector('.text').textContent]));
        assert.ok(shown.length > 5, `${shown.length} lines`);
        for (const [id, text] of shown) assert.equal(text, lines[Number(id.slice(1)) - 1], id);
        assert.ok(shown.some(([, text]) => text.endsWith(`name: ${policy.split('/').at(-1)}`)));
    }
    await seen.close();
});

test('the source as a file is what was written', async () => {
    const { text } = await dashboard.get('policies/trafficsplit/shop/reviews-canary.yaml?tab=source');
    assert.ok(dashboard.folder.read('policy.yaml').includes(text), text);
    assert.match(text, /kind: TrafficSplit/);
});
