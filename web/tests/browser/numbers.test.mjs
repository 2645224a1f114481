// Who may call what, and where calls go: pages tell what the command line tells, cell by cell and number by number.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { answer, run, words } from './support/command.mjs';
import { serve } from './support/dashboard.mjs';
import { fixture } from './support/folder.mjs';
import { command } from './support/structure.mjs';

const INPUT = ['-f', 'shop', '-R'];

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** The page as data equals the answer of the command, and both are about something. */
async function same(path, line, something) {
    const page = await dashboard.json(path);
    assert.deepEqual(page, answer(dashboard.folder, line), path);
    assert.ok(something(page), `${path}: ${JSON.stringify(page).slice(0, 300)}`);
    return page;
}

for (const backend of [undefined, 'istio', 'linkerd', 'consul', 'builtin', 'all']) {
    for (const namespace of [undefined, 'shop']) {
        test(`the matrix, beside ${backend ?? 'nothing'}, of ${namespace ?? 'every namespace'}`, async () => {
            const query = new URLSearchParams({ ...(namespace && { ns: namespace }), ...(backend && { backend }) });
            const line = ['matrix', ...INPUT, ...(namespace ? ['--to', namespace] : []), ...(backend ? ['--backend', backend] : [])];
            const { cells } = await same(`access.json?${query}`, line, ({ cells }) => cells.some(({ allowed }) => allowed === 'requests'));

            // The table shows the same cells: who, what, and how much of it.
            const seen = await view(dashboard, { scripts: false });
            await seen.open(`access?${query}`);
            const shown = await seen.page.locator('[role="grid"] tbody td').evaluateAll((all) =>
                all.filter((cell) => cell.querySelector('a')).map((cell) => {
                    const { searchParams } = new URL(cell.querySelector('a').href);
                    return { from: searchParams.get('from'), to: searchParams.get('to'), nothing: cell.classList.contains('none'), text: cell.innerText };
                }),
            );
            assert.ok(shown.length >= 36, `${shown.length} cells`);
            for (const { from, to, nothing, text } of shown) {
                const [, of, name] = from.split('/');
                const [service, inside, port] = to.split(/[.:]/);
                const cell = cells.find((one) => one.caller.name === name && one.caller.namespace === of && one.service === `${inside}/${service}` && one.port === Number(port));
                if (cell === undefined) continue; // A caller without a proxy has no account to be found by.
                assert.equal(nothing, cell.allowed === 'nothing', `${from} ${to}`);
                for (const request of cell.requests.slice(0, 3)) assert.ok(text.includes(request), `${from} ${to}: ${request} in ${text}`);
            }
            await seen.close();
        });
    }
}

test('the matrix as a file', async () => {
    for (const [query, more] of [['', []], ['?ns=shop&backend=istio', ['--to', 'shop', '--backend', 'istio']]]) {
        const { text } = await dashboard.get(`access.csv${query}`);
        assert.equal(text, run(dashboard.folder, ['matrix', ...INPUT, ...more, '-o', 'csv']).stdout);
    }
});

/** Words of pages for what becomes of a call. */
const VERDICTS = { allow: 'allowed', deny: 'denied', noRoute: 'no route', error: 'error', unknown: 'unknown' };

/** Callers, ports, methods and paths of the shop: allowed, denied by caller, by method and by path, and connections. */
const CALLS = [
    ['web', 'reviews', 'GET', '/reviews/7'],
    ['web', 'reviews', 'GET', '/reviews'],
    ['web', 'reviews', 'POST', '/reviews'],
    ['web', 'reviews', 'GET', '/reviews/7/edit'],
    ['batch', 'reviews', 'GET', '/reviews/7'],
    ['web', 'reviews-v2', 'GET', '/reviews'],
    ['web', 'ratings', 'GET', '/'],
    ['ratings', 'web', 'DELETE', '/a b?c=d&e'],
];

for (const [caller, service, method, path] of CALLS) {
    test(`the trace of ${caller} ${method} ${service}${path}`, async () => {
        const query = new URLSearchParams({ from: `sa/shop/${caller}`, to: `${service}.shop`, method, path });
        const url = `http://${service}.shop${path}`;
        const line = ['can', `sa/shop/${caller}`, method, url, ...INPUT, '--backend', 'all'];
        const can = await same(`access/explain.json?${query}`, line, ({ backends }) => backends.length === 4);

        const seen = await view(dashboard, { scripts: false });
        await seen.open(`access/explain?${query}`);
        const text = await seen.page.locator('main').innerText();
        assert.ok(text.includes(VERDICTS[can.neutral.verdict]), text);
        if (can.neutral.rule) assert.ok(text.includes(can.neutral.rule), can.neutral.rule);
        for (const miss of can.neutral.misses) assert.ok(text.includes(miss), miss);
        const rows = await seen.page.locator('main tbody tr').allInnerTexts();
        for (const { name, decision } of can.backends) {
            const row = rows.find((one) => one.startsWith(name));
            assert.ok(row.includes(VERDICTS[decision.verdict]), `${name}: ${decision.verdict} in ${row}`);
        }
        const said = run(dashboard.folder, words(await command(seen)).slice(1));
        assert.equal(said.status, can.answer === 'yes' ? 0 : 1, said.stderr);
        await seen.close();
    });
}

test('a connection, and a call with headers', async () => {
    await same('access/explain.json?from=sa%2Fshop%2Freviews&to=db.shop%3A5432&method=TCP', ['can', 'sa/shop/reviews', 'TCP', 'tcp://db.shop:5432', ...INPUT, '--backend', 'all'], ({ answer }) => answer === 'yes');
    const header = 'x-tenant: acme\nx-note: a=b&c';
    const query = new URLSearchParams({ from: 'sa/shop/web', to: 'reviews.shop', method: 'GET', path: '/reviews', header });
    const flags = header.split('\n').flatMap((one) => ['-H', one]);
    await same(`access/explain.json?${query}`, ['can', 'sa/shop/web', 'GET', 'http://reviews.shop/reviews', ...flags, ...INPUT, '--backend', 'all'], () => true);
});

test('fifty simulations, each with its own seed', async () => {
    // The same cases each time: a generator with a fixed beginning chooses them.
    let state = 1;
    const draw = (below) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state >>> 16) % below;
    };
    const seen = await view(dashboard, { scripts: false });
    let allowed = 0;
    for (let seed = 1; seed <= 50; seed += 1) {
        const [caller, service, method, path] = CALLS[draw(CALLS.length)];
        const count = 1 + draw(5000);
        const query = new URLSearchParams({ from: `sa/shop/${caller}`, to: `${service}.shop`, method, path, n: count, seed });
        const url = `http://${service}.shop${path}`;
        const line = ['simulate', '--from', `sa/shop/${caller}`, method, url, '-c', `${count}`, '--seed', `${seed}`, ...INPUT, '--backend', 'all'];
        const { neutral } = await same(`simulate.json?${query}`, line, ({ backends }) => backends.length === 4);
        allowed += neutral.decision.verdict === 'allow' ? 1 : 0;

        // The page shows the same shares and counts.
        await seen.open(`simulate?${query}`);
        const text = await seen.page.locator('main').innerText();
        const shares = neutral.decision.shares.flatMap(({ to, share }) => [to, share]);
        const sample = neutral.sample.map((drawn) => `${drawn.count} of ${count}`);
        for (const one of [...shares, ...sample]) assert.ok(text.includes(one), `${query}: ${one} in\n${text}`);
    }
    assert.ok(allowed > 5 && allowed < 45, `${allowed} of 50 are allowed`);
    await seen.close();
});
