// What there is, what is wrong and what would change: pages count what the command line lists.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { answer, run, words } from './support/command.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { PAGES, WITHOUT_COMMAND, inForm } from './support/pages.mjs';
import { command } from './support/structure.mjs';

const INPUT = ['-f', 'shop', '-R'];
const BACKENDS = ['istio', 'linkerd', 'consul', 'builtin'];

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** The page as data equals the answer of the command. */
async function same(path, line) {
    const page = await dashboard.json(path);
    assert.deepEqual(page, answer(dashboard.folder, line), path);
    return page;
}

/** Names of the objects that a mesh gets. */
function rendered(backend) {
    return run(dashboard.folder, ['render', ...INPUT, '--backend', backend, '-o', 'name']).stdout.trim().split('\n');
}

/** Text of the main part of a page. */
async function main(path) {
    const seen = await view(dashboard, { scripts: false });
    await seen.open(path);
    const text = await seen.page.locator('main').innerText();
    await seen.close();
    return text;
}

test('the overview counts what there is', async () => {
    const overview = await dashboard.json('index.json');
    const source = ['policy.yaml', 'shop.yaml'].map((file) => dashboard.folder.read(file)).join('\n');
    const written = (kind) => source.match(new RegExp(`^kind: ${kind}$`, 'gm')).length;
    assert.equal(overview.services, written('Service'));
    assert.equal(overview.workloads, written('Deployment'));
    for (const { kind, count } of overview.policies) assert.equal(count, written(kind), kind);
    for (const { name, objects } of overview.backends) assert.equal(objects, rendered(name).length, name);
    const { summary } = answer(dashboard.folder, ['lint', ...INPUT, '--backend', 'all']);
    assert.deepEqual(overview.findings, summary);

    const seen = await view(dashboard, { scripts: false });
    await seen.open('');
    const cards = await seen.page.locator('main .card').allInnerTexts();
    const policies = overview.policies.reduce((sum, { count }) => sum + count, 0);
    const shows = (heading, number) => assert.ok(cards.some((card) => card.startsWith(heading) && new RegExp(`\\b${number}\\b`).test(card)), `${heading}: ${number} in ${cards}`);
    shows('Policy', policies);
    shows('Services', overview.services);
    shows('Findings', summary.errors + summary.warnings + summary.infos);
    for (const { name, objects } of overview.backends) shows(name, objects);
    await seen.close();
});

test('each number of the overview leads to a list of as many', async () => {
    const overview = await dashboard.json('index.json');
    const seen = await view(dashboard, { scripts: false });
    const rows = async (path) => {
        await seen.open(path);
        return seen.page.locator('main table').first().locator('tbody tr').count();
    };
    assert.equal(await rows('services'), overview.services);
    assert.equal(await rows('policies'), overview.policies.reduce((sum, { count }) => sum + count, 0));
    for (const { kind, count } of overview.policies) assert.equal(await rows(`policies?kind=${kind}`), count, kind);
    const { errors, warnings, infos } = overview.findings;
    assert.equal(await rows('findings'), errors + warnings + infos);
    for (const [severity, count] of Object.entries({ error: errors, warning: warnings, info: infos })) {
        assert.equal(await rows(`findings?severity=${severity}`), count, severity);
    }
    await seen.close();
});

test('findings', async () => {
    const { diagnostics, losses } = await same('findings.json', ['lint', ...INPUT, '--backend', 'all']);
    assert.ok(losses.length > 2);
    // What stands in backticks is set as code.
    const text = (await main('findings')).replaceAll('`', '');
    for (const { code, message } of [...diagnostics, ...losses]) {
        assert.ok(text.includes(code), code);
        assert.ok(text.includes(message.replaceAll('`', '')), message);
    }
});

for (const [from, to] of [['istio', 'linkerd'], ['linkerd', 'istio'], ['consul', 'builtin']]) {
    test(`moving from ${from} to ${to}`, async () => {
        const plan = await dashboard.json(`switch.json?from=${from}&to=${to}`);
        const { effect } = answer(dashboard.folder, ['diff', '--from', from, '--to', to, ...INPUT]);
        assert.deepEqual(plan.effect, effect);
        assert.deepEqual(plan.create.slice().sort(), rendered(to).slice().sort());
        assert.deepEqual(plan.delete.slice().sort(), rendered(from).slice().sort());

        const text = await main(`switch?from=${from}&to=${to}`);
        assert.match(text, new RegExp(`Objects created\\s+${plan.create.length}\\b`));
        assert.match(text, new RegExp(`Objects removed\\s+${plan.delete.length}\\b`));
        assert.match(text, new RegExp(`Access\\s+${effect.access.length}\\b`));
        for (const { service, requests } of effect.access) {
            for (const one of [service.split('/')[1], ...requests.slice(0, 1)]) assert.ok(text.includes(one), one);
        }
    });
}

test('what compared meshes do otherwise in the matrix is what the command line counts', async () => {
    for (const [from, to] of [['istio', 'linkerd'], ['consul', 'builtin'], ['linkerd', 'builtin']]) {
        const { effect } = answer(dashboard.folder, ['diff', '--from', from, '--to', to, '--level', 'effect', ...INPUT]);
        const cells = new Set(effect.access.map(({ caller, service, port }) => JSON.stringify([caller, service, port])));
        const seen = await view(dashboard, { scripts: false });
        await seen.open(`access?compare=${from}%2C${to}`);
        assert.equal(await seen.page.locator('[role="grid"] td.differs').count(), cells.size, `${from} ${to}`);
        const text = await seen.page.locator('main').innerText();
        assert.match(text, cells.size === 0 ? /alike/ : new RegExp(`\\b${cells.size} differ`));
        await seen.close();
    }
});

test('capabilities', async () => {
    await same('capabilities.json', ['capabilities']);
    await same('capabilities.json?backend=istio', ['capabilities', '--backend', 'istio']);
    const { features } = await same('capabilities.json?used=yes', ['capabilities', '--only-used', ...INPUT]);
    assert.ok(features.length > 3);
    const seen = await view(dashboard, { scripts: false });
    await seen.open('capabilities?used=yes');
    const rows = await seen.page.locator('main tbody tr').evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.innerText)));
    const heads = await seen.page.locator('main thead th').allInnerTexts();
    assert.deepEqual(rows.map(([feature]) => feature.trim()), features.map(({ feature }) => feature));
    for (const [at, { backends }] of features.entries()) {
        for (const { backend, verdict, note, proof } of backends) {
            const cell = rows[at][heads.findIndex((head) => head.trim().toLowerCase() === backend)];
            for (const text of [verdict, note, proof]) assert.ok(cell.includes(text), `${features[at].feature} ${backend}: ${text}`);
        }
    }
    await seen.close();
});

/** Pages about one object: the command answers for all of them, so that the page is a part of its answer. */
const PARTS = /^policy-(istio|linkerd|consul|builtin|diff)$/;

/** Whether all of `part` stands in `whole`, the items of lists in the same order. */
function within(part, whole) {
    if (Array.isArray(part)) {
        const rest = [...whole];
        return part.every((one) => {
            const at = rest.findIndex((other) => within(one, other));
            rest.splice(0, at + 1);
            return at >= 0;
        });
    }
    if (part === null || typeof part !== 'object') return part === whole;
    return typeof whole === 'object' && whole !== null && Object.entries(part).every(([key, value]) => key in whole && within(value, whole[key]));
}

for (const [name, path] of Object.entries(PAGES)) {
    if (WITHOUT_COMMAND.has(name)) continue;
    test(`the command below ${name} runs, and answers the same`, async () => {
        const seen = await view(dashboard, { scripts: false });
        await seen.open(path);
        const line = await command(seen);
        await seen.close();
        const [program, ...rest] = words(line ?? 'none');
        assert.equal(program, 'meshglot');
        const { status, stderr } = run(dashboard.folder, rest);
        assert.ok(status <= 1, `${line}: ${status}\n${stderr}`);
        const data = await dashboard.get(inForm(path, 'json'));
        const told = run(dashboard.folder, [...rest, '-o', 'json']);
        if (data.status !== 200 || told.status > 1) return;
        const [page, said] = [data.text, told.stdout].map((text) => JSON.parse(text));
        if (page.kind !== said.kind) return;
        if (PARTS.test(name)) assert.ok(within(page, said), `${line} says ${told.stdout}, the page ${data.text}`);
        else assert.deepEqual(page, said, line);
    });
}
