// The judges of these tests: each sees what is bad, in a page that is bad on purpose, and nothing in one that is not.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { before, test } from 'node:test';
import { audit } from './support/audit.mjs';
import { VIEWS, view } from './support/browser.mjs';
import { words } from './support/command.mjs';
import { atTheEnd } from './support/ended.mjs';

const POLICY = "default-src 'self'; frame-ancestors 'none'";

const page = (head, body) => `<!doctype html><html lang="en"><head><title>Page</title>${head}</head>
<body><main><h1>Page</h1>${body}</main></body></html>`;

const PAGES = {
    '/good': page('', '<p>Nothing is wrong here.</p>'),
    '/inline': page('', '<p style="color: red">A style of its own.</p>'),
    '/script': page('<script>window.__ran = true</script>', ''),
    '/foreign': page('', '<img alt="elsewhere" src="http://elsewhere.invalid/x.png">'),
    '/missing': page('', '<img alt="missing" src="nowhere.png">'),
    '/pale': page('<link rel="stylesheet" href="pale.css">', '<p>Hard to read.</p>'),
    '/unnamed': page('', '<img src="icon.svg">'),
    '/throws': page('<script src="throws.js"></script>', ''),
    '/asks': page('<script src="asks.js"></script>', ''),
};

const FILES = {
    '/pale.css': ['text/css', 'p { color: #bbb; background: #fff } @media (prefers-color-scheme: dark) { p { color: #444; background: #333 } }'],
    '/icon.svg': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
    '/throws.js': ['text/javascript', 'throw new Error("on purpose")'],
    '/asks.js': ['text/javascript', 'alert("on purpose")'],
    '/favicon.ico': ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg"/>'],
};

const site = {};

before(async () => {
    const server = createServer(({ url }, response) => {
        const [kind, text] = FILES[url] ?? ['text/html; charset=utf-8', PAGES[url]];
        response.writeHead(text === undefined ? 404 : 200, { 'Content-Type': kind, 'Content-Security-Policy': POLICY });
        response.end(text);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    atTheEnd(async () => void (server.closeAllConnections(), server.close()));
    site.base = `http://127.0.0.1:${server.address().port}/`;
    site.at = (path) => site.base + path;
});

/** What is told of a page in a view, and what axe says. */
async function judged(path, options) {
    const seen = await view(site, { cookie: false, ...options });
    await seen.open(path);
    const grave = await audit(seen);
    await seen.close();
    return { told: seen.told, grave };
}

for (const options of VIEWS) {
    const { scripts, theme } = options;
    const how = `${scripts ? 'with' : 'without'} JavaScript, ${theme}`;

    test(`nothing is told of a good page, ${how}`, async () => {
        const { told, grave } = await judged('good', options);
        assert.deepEqual([told.all(), grave], [[], []]);
    });

    test(`violations, strangers and missing files are told, ${how}`, async () => {
        assert.match((await judged('inline', options)).told.violations.join(), /style-src/);
        assert.match((await judged('foreign', options)).told.foreign.join(), /elsewhere\.invalid/);
        assert.match((await judged('missing', options)).told.failed.join(), /nowhere\.png: 404/);
    });

    test(`axe sees pale text and a picture without words, ${how}`, async () => {
        assert.match((await judged('pale', options)).grave.join(), /serious color-contrast/);
        assert.match((await judged('unnamed', options)).grave.join(), /critical image-alt/);
    });
}

test('errors, dialogs and forbidden scripts are told where JavaScript runs', async () => {
    assert.match((await judged('throws')).told.errors.join(), /on purpose/);
    assert.match((await judged('asks')).told.dialogs.join(), /alert on purpose/);
    assert.match((await judged('script')).told.violations.join(), /script-src/);
});

test('a command line falls into words as in a shell', () => {
    assert.deepEqual(words(`meshglot can sa/a GET 'http://a/?x=1&y=$z' -H "x: \\"1\\""`), [
        'meshglot', 'can', 'sa/a', 'GET', 'http://a/?x=1&y=$z', '-H', 'x: "1"',
    ]);
    assert.deepEqual(words(`a 'it'\\''s' ""`), ['a', "it's", '']);
    assert.throws(() => words(`a 'b`));
});
