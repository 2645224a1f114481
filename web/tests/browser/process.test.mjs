// The program around the view: what it says on which stream, and how it ends.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { view } from './support/browser.mjs';
import { serve, start } from './support/dashboard.mjs';
import { files, fixture } from './support/folder.mjs';
import { MESHGLOT } from './support/peers.mjs';

for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`${signal} ends it at once, with a page open`, async () => {
        const dashboard = await serve(fixture('shop'));
        const seen = await view(dashboard);
        await seen.open('about');
        const begun = Date.now();
        assert.equal(await dashboard.stop(signal), 0);
        assert.ok(Date.now() - begun < 5_000, `${Date.now() - begun} ms`);
        await seen.close();
    });
}

test('the port and the address are as asked', async () => {
    const first = await serve(fixture('shop'));
    const { port } = new URL(first.base);
    const taken = spawnSync(MESHGLOT, ['dashboard', '-f', 'shop', '--port', port], { cwd: first.folder.parent, encoding: 'utf8' });
    assert.deepEqual([taken.status, taken.stdout], [6, ''], taken.stderr);
    assert.match(taken.stderr, new RegExp(`${port}`));
    await first.stop();
    const second = await serve(fixture('shop'), ['--port', port, '--address', '127.0.0.1']);
    assert.equal(new URL(second.base).port, port, 'a port that is free again can be taken at once');
    await second.stop();
});

test('input that is not there is an error, not an empty view', () => {
    const folder = files('shop');
    const { status, stdout, stderr } = spawnSync(MESHGLOT, ['dashboard', '-f', 'nowhere'], { cwd: folder.parent, encoding: 'utf8' });
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, /nowhere/);
});

test('what is wrong with the policy keeps nobody from seeing it', async () => {
    const dashboard = await start(files('shop', { 'policy.yaml': 'kind: [' }));
    assert.match(dashboard.out, /^http:\/\/\S+\n$/);
    assert.equal(await dashboard.stop(), 0);
});
