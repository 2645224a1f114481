// The playground: policy that is typed, chosen as a file, or carried by a link, and nothing of it kept or sent elsewhere.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { answer, run } from './support/command.mjs';
import { serve } from './support/dashboard.mjs';
import { files, fixture } from './support/folder.mjs';

const SUBMIT = 'Show what becomes of it';

let dashboard;
let policy;

before(async () => {
    const folder = fixture('shop');
    policy = `${folder.read('shop.yaml')}---\n${folder.read('policy.yaml')}`;
    // What is typed is not what is served.
    dashboard = await serve(files('other'));
});

/** Opens it, fills in the text, and sends it. */
async function play(seen, text) {
    await seen.open('playground');
    await seen.page.getByLabel('Policy, and the Services').fill(text);
    await Promise.all([seen.page.waitForEvent('load'), seen.page.getByRole('button', { name: SUBMIT }).click()]);
}

for (const scripts of [true, false]) {
    const how = scripts ? 'with' : 'without';

    test(`what is typed is rendered as on the command line, ${how} JavaScript`, async () => {
        const seen = await view(dashboard, { scripts });
        await play(seen, policy);
        const folder = files('typed', { 'policy.yaml': policy });
        for (const backend of ['istio', 'linkerd', 'consul', 'builtin']) {
            const yaml = run(folder, ['render', '-f', 'typed', '--backend', backend]).stdout;
            const shown = (await seen.page.locator(`#rendered-${backend} .yaml .text`).allTextContents()).join('\n');
            assert.equal(shown.trim(), yaml.trim(), backend);
        }
        const { diagnostics, losses } = answer(folder, ['lint', '-f', 'typed', '--backend', 'all']);
        const text = await seen.page.locator('main').innerText();
        for (const { code } of [...diagnostics, ...losses]) assert.ok(text.includes(code), code);
        assert.equal(await seen.page.getByLabel('Policy, and the Services').inputValue(), policy, 'what was typed stays');
        assert.deepEqual(seen.told.all(), []);
        await seen.close();
    });

    test(`a file is read in place of the text, ${how} JavaScript`, async () => {
        const seen = await view(dashboard, { scripts });
        await seen.open('playground');
        await seen.page.getByLabel('Or a file').setInputFiles({ name: 'policy.yaml', mimeType: 'application/yaml', buffer: Buffer.from(policy) });
        await Promise.all([seen.page.waitForEvent('load'), seen.page.getByRole('button', { name: SUBMIT }).click()]);
        assert.match(await seen.page.locator('main').innerText(), /web-reads-reviews/);
        await seen.close();
    });

    test(`a mistake is told at its place, and the text stays, ${how} JavaScript`, async () => {
        const seen = await view(dashboard, { scripts });
        const broken = policy.replace('weight: 10', 'weight: ten');
        await play(seen, broken);
        const text = await seen.page.locator('main').innerText();
        const line = broken.split('\n').findIndex((one) => one.includes('weight: ten')) + 1;
        assert.match(text, /MG0302/);
        assert.match(text, new RegExp(`:${line}:`));
        assert.equal(await seen.page.getByLabel('Policy, and the Services').inputValue(), broken);
        await seen.close();
    });
}

test('what an edit changes is told', async () => {
    const seen = await view(dashboard, { scripts: false });
    await seen.open('playground');
    await seen.page.getByLabel('Policy, and the Services').fill(policy.replace('weight: 90', 'weight: 30'));
    await seen.page.getByText('Compare with an earlier state').click();
    await seen.page.getByLabel('Before').fill(policy);
    await Promise.all([seen.page.waitForEvent('load'), seen.page.getByRole('button', { name: SUBMIT }).click()]);
    const change = await seen.page.locator('main').innerText();
    assert.match(change, /What the edit changes/);
    assert.match(change, /90(\.00)?\s?%/);
    assert.match(change, /75(\.00)?\s?%/);
    await seen.close();
});

test('a link holds the text behind its #, which no server is asked for', async () => {
    const seen = await view(dashboard);
    const asked = [];
    seen.page.on('request', (request) => asked.push(request.url()));
    await play(seen, policy);
    await seen.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await seen.page.getByRole('button', { name: 'Copy link' }).click();
    await seen.page.getByText('Copied').waitFor();
    const link = await seen.page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /\/playground#s=[\w-]+$/);
    const packed = link.split('#')[1];
    assert.ok(asked.every((url) => !url.includes(packed)), 'the text is in no address that is asked for');

    const other = await view(dashboard);
    await other.page.goto(link);
    await other.page.getByText('web-reads-reviews').first().waitFor();
    assert.equal(await other.page.getByLabel('Policy, and the Services').inputValue(), policy);
    assert.deepEqual([seen.told.all(), other.told.all()], [[], []]);
    await other.close();
    await seen.close();
});

test('a link that holds nothing says so', async () => {
    const seen = await view(dashboard);
    for (const packed of ['s=%%%', 's=AAAA', 's=<img src=x onerror=window.__xss=1>']) {
        await seen.open('about');
        await seen.open(`playground#${packed}`);
        await seen.page.getByText(/holds no policy/i).waitFor();
        assert.equal(await seen.page.evaluate(() => window.__xss), undefined);
    }
    assert.deepEqual([seen.told.errors, seen.told.dialogs], [[], []]);
    await seen.close();
});

test('more text than is taken is refused in words', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: new URL(dashboard.base).origin };
    const send = (text) => dashboard.get('playground', { method: 'POST', headers, body: new URLSearchParams({ text }).toString() });
    const { status, text } = await send(`# ${'x'.repeat(1 << 20)}`);
    assert.ok([200, 413].includes(status), `${status}`);
    assert.match(text, /KiB|too large|more than/i);
    const bomb = `a: &a [x]\n${Array.from({ length: 40 }, (_, at) => `b${at}: &b${at} [*${at === 0 ? 'a' : `b${at - 1}`}, *${at === 0 ? 'a' : `b${at - 1}`}]`).join('\n')}\n`;
    const begun = Date.now();
    assert.equal((await send(bomb)).status, 200);
    assert.ok(Date.now() - begun < 5_000, 'aliases that grow without end are cut off');
});
