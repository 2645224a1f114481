// What pages say when there is nothing to show, when something is wrong, missing, old, or too much.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audit } from './support/audit.mjs';
import { view } from './support/browser.mjs';
import { serve } from './support/dashboard.mjs';
import { files, fixture } from './support/folder.mjs';
import { PAGES } from './support/pages.mjs';
import { structure } from './support/structure.mjs';

const SOON = 10_000;

/** Opens each page, and expects it to be well made whatever there is to show; its main text by name. */
async function visit(dashboard, pages = PAGES, statuses = [200]) {
    const seen = await view(dashboard);
    const texts = {};
    for (const [name, path] of Object.entries(pages)) {
        const answer = await seen.open(path);
        assert.ok(statuses.includes(answer.status()), `${name}: ${answer.status()}`);
        const told = seen.told.take().filter((line) => !line.includes(`: ${answer.status()}`) && !line.includes(`status of ${answer.status()}`));
        assert.deepEqual([await structure(seen), told], [[], []], name);
        texts[name] = await seen.page.locator('main').innerText();
    }
    await seen.close();
    return texts;
}

/** Pages that are about no object by name, and so are there whatever the policy is. */
const ANYWHERE = {
    ...Object.fromEntries(Object.entries(PAGES).filter(([, path]) => !/^(ns|policies)\/|focus|explain|simulate\?|ns=/.test(path))),
    access: 'access',
};

test('an empty folder: each page is there, and the first says how to begin', async () => {
    const dashboard = await serve(files('shop'));
    const texts = await visit(dashboard, ANYWHERE);
    assert.match(texts.overview, /meshglot \w+/, 'a command to begin with');
    for (const name of ['topology', 'services', 'policies', 'access']) assert.match(texts[name], /\bno\b|nothing|empty|yet/i, name);
    const seen = await view(dashboard);
    await seen.open('');
    assert.deepEqual(await audit(seen), []);
    dashboard.folder.write('shop.yaml', '{apiVersion: v1, kind: Service, metadata: {name: first, namespace: shop}, spec: {selector: {app: a}, ports: [{port: 80}]}}\n');
    await seen.open('services');
    await seen.page.getByText('first').first().waitFor({ timeout: SOON });
    await seen.close();
    await dashboard.stop();
});

test('files without policy: what runs is shown', async () => {
    const folder = fixture('shop');
    folder.remove('policy.yaml');
    const dashboard = await serve(folder);
    const texts = await visit(dashboard, ANYWHERE);
    assert.match(texts.services, /reviews-v2/);
    assert.match(texts.policies, /\bno\b|nothing|empty|yet/i);
    await dashboard.stop();
});

test('broken YAML: code and place are told, and the rest is shown', async () => {
    const folder = fixture('shop');
    folder.write('broken.yaml', 'kind: TrafficSplit\n  metadata: {\n');
    const dashboard = await serve(folder);
    const texts = await visit(dashboard);
    assert.match(texts.overview, /MG0001/);
    assert.match(texts.overview, /shop\/broken\.yaml:\d+/);
    assert.match(texts.policies, /reviews-canary/);
    assert.match(texts.policies, /1 mistake/, 'every page says that something is missing');
    dashboard.folder.remove('broken.yaml');
    const seen = await view(dashboard);
    await seen.open('policies');
    await seen.page.getByText('1 mistake').waitFor({ state: 'detached', timeout: SOON });
    await seen.close();
    await dashboard.stop();
});

test('a mistake in a policy stands on its page, at its line', async () => {
    const folder = fixture('shop');
    folder.edit('policy.yaml', '    weight: 10\n', '    weight: ten\n');
    const dashboard = await serve(folder);
    const texts = await visit(dashboard, { overview: '', policies: 'policies' });
    const line = dashboard.folder.read('policy.yaml').split('\n').findIndex((text) => text.includes('weight: ten')) + 1;
    assert.match(texts.overview, new RegExp(`shop/policy\\.yaml:${line}\\b`));
    assert.match(texts.overview, /MG0302/);
    await dashboard.stop();
});

test('a file that can no longer be read: the last state stays, and every page says why', async () => {
    const dashboard = await serve(fixture('shop'));
    const seen = await view(dashboard);
    await seen.open(PAGES['policy-split']);
    dashboard.folder.makeUnreadable('policy.yaml');
    await seen.page.getByText(/not the newest/i).first().waitFor({ timeout: SOON });
    assert.match(await seen.page.locator('main').innerText(), /weight: 90/);
    const texts = await visit(dashboard);
    for (const [name, text] of Object.entries(texts)) {
        assert.match(text, /not the newest/i, name);
        assert.match(text, /policy\.yaml/, name);
    }
    assert.match(dashboard.err, /policy\.yaml/);
    const mended = fixture('shop').read('policy.yaml').replace('weight: 90', 'weight: 55');
    dashboard.folder.write('policy.yaml', mended);
    await seen.page.getByText('weight: 55').first().waitFor({ timeout: SOON });
    assert.doesNotMatch(await seen.page.locator('main').innerText(), /not the newest/i);
    await seen.close();
    await dashboard.stop();
});

test('a file that is too large is told, and the rest is shown', async () => {
    const folder = fixture('shop');
    folder.write('large.yaml', `# ${'x'.repeat(1 << 20)}\n`.repeat(65));
    const dashboard = await serve(folder);
    const texts = await visit(dashboard, { overview: '', policies: 'policies' });
    assert.match(texts.overview, /MG0012/);
    assert.match(texts.overview, /shop\/large\.yaml/);
    assert.match(texts.policies, /reviews-canary/);
    await dashboard.stop();
});

test('what is not there says so, and what was perhaps meant', async () => {
    const dashboard = await serve(fixture('shop'));
    const missing = {
        nowhere: 'nowhere',
        policy: 'policies/trafficsplit/shop/reviews-canari',
        kind: 'policies/trafficsplits-/shop/reviews-canary',
        service: 'ns/shop/services/review',
        tab: `${PAGES['policy-split']}?tab=isto`,
        backend: 'capabilities?backend=isto',
        target: 'switch?to=isto',
    };
    const texts = await visit(dashboard, missing, [400, 404]);
    assert.match(texts.policy, /reviews-canary/);
    assert.match(texts.service, /reviews/);
    for (const name of ['tab', 'backend', 'target']) assert.match(texts[name], /istio/, name);
    for (const [name, text] of Object.entries(texts)) {
        assert.match(text, /request \w+/i, `${name}: a number to name it by`);
        assert.doesNotMatch(text, /panicked|\.rs:\d|stack/i, name);
    }
    await dashboard.stop();
});

test('a question about somebody or something unknown is answered with what is wrong with it', async () => {
    const dashboard = await serve(fixture('shop'));
    const questions = {
        explain: PAGES['access-explain'].replace('sa%2Fshop%2Fbatch', 'bach'),
        simulate: PAGES['simulate-answer'].replace('sa%2Fshop%2Fbatch', 'bach'),
        service: PAGES['simulate-answer'].replace('reviews.shop', 'review.shop'),
        port: PAGES['access-explain'].replace('reviews.shop', 'reviews.shop%3A81'),
        focus: 'topology?focus=shop%2Freview',
    };
    const texts = await visit(dashboard, questions, [200, 400, 404]);
    assert.match(texts.explain, /bach/);
    assert.match(texts.simulate, /bach/);
    assert.match(texts.service, /reviews/);
    assert.match(texts.port, /error|no port/i);
    assert.match(texts.focus, /reviews/);
    await dashboard.stop();
});

test('numbers that make no sense are refused, not taken', async () => {
    const dashboard = await serve(fixture('shop'));
    for (const [field, value] of [['n', '-1'], ['n', '1e99'], ['n', '999999999999'], ['seed', 'x'], ['hops', '-1'], ['hops', '99999999999999999999']]) {
        const path = field === 'hops' ? `topology?focus=shop%2Freviews&hops=${value}` : `${PAGES['simulate-answer'].replace(new RegExp(`&${field}=\\d+`), '')}&${field}=${value}`;
        const { status, text } = await dashboard.get(path);
        assert.ok([200, 400].includes(status), `${field}=${value}: ${status}`);
        assert.doesNotMatch(text, /NaN|panicked/, `${field}=${value}`);
    }
    await dashboard.stop();
});
