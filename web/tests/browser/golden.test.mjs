// The YAML on a policy's page is what `render` writes, byte for byte, and so is the source.

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

/** Documents of a text of YAML, without the comments above them. */
function documents(text) {
    return text.split(/^---\n/m).map((one) => one.replace(/^(#.*\n)+/, '').trim()).filter((one) => one !== '');
}

for (const policy of POLICIES) {
    for (const backend of BACKENDS) {
        test(`${policy} on ${backend}`, async () => {
            const path = `policies/${policy}?tab=${backend}`;
            const seen = await view(dashboard, { scripts: false });
            await seen.open(path);
            const line = words(await command(seen));
            assert.deepEqual([line[0], line[1], line.includes(backend)], ['meshglot', 'render', true]);
            const { status, stdout, stderr } = run(dashboard.folder, line.slice(1));
            assert.ok(status <= 1, stderr);

            const yaml = await dashboard.get(inForm(path, 'yaml'));
            assert.match(yaml.headers['content-type'], /^application\/yaml/);
            assert.equal(yaml.text, stdout, 'as a file');

            // What the page shows is the same text, of which everything else is marked as not selectable.
            const shown = await seen.page.locator('main pre.yaml, main .yaml').evaluateAll((all) => all.map((block) => block.textContent));
            for (const one of documents(yaml.text)) {
                assert.ok(shown.some((text) => text.includes(one)), `the page shows\n${one}\nnot\n${shown.join('\n')}`);
            }
            await seen.close();

            // And every object is one of those that the whole policy is rendered to.
            const whole = new Set(documents(run(dashboard.folder, ['render', '-f', 'shop', '-R', '--backend', backend]).stdout));
            for (const one of documents(yaml.text)) assert.ok(whole.has(one), one);
        });
    }
}

test('the source is shown line by line, each with an anchor', async () => {
    const lines = dashboard.folder.read('policy.yaml').split('\n');
    const seen = await view(dashboard, { scripts: false });
    await seen.open('policies/trafficsplit/shop/reviews-canary?tab=source');
    const shown = await seen.page.locator('main [id^="L"]').evaluateAll((all) => all.map(({ id, textContent }) => [Number(id.slice(1)), textContent]));
    assert.ok(shown.length > 5, `${shown.length} lines`);
    for (const [number, text] of shown) assert.ok(text.includes(lines[number - 1]), `line ${number}: ${text}`);
    const all = shown.map(([, text]) => text).join('\n');
    for (const line of ['kind: TrafficSplit', 'service: reviews-v1', 'weight: 90', 'weight: 10']) assert.ok(all.includes(line), line);
    await seen.close();
});

test('the source as a file is what was written', async () => {
    const { text } = await dashboard.get('policies/trafficsplit/shop/reviews-canary.yaml?tab=source');
    assert.ok(dashboard.folder.read('policy.yaml').includes(text.trim()), text);
    assert.match(text, /kind: TrafficSplit/);
});
