// Who gets in, by what name and with what method: everything that is refused, and that a refusal tells nothing.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { view } from './support/browser.mjs';
import { serve, start } from './support/dashboard.mjs';
import { atTheEnd } from './support/ended.mjs';
import { fixture } from './support/folder.mjs';
import { ask, cookie } from './support/http.mjs';
import { PAGES, inForm } from './support/pages.mjs';

const ADDRESSES = Object.values(PAGES);
const DATA = ['index.json', 'policies.json', 'access.csv', 'topology.svg', inForm(PAGES['policy-istio'], 'yaml')];

/** Words of the policy that stand in no address: nobody who is not let in may read them. */
const SECRETS = /ratings|sql|5432/;

let dashboard;

before(async () => {
    dashboard = await serve(fixture('shop'));
});

/** Asks without a session. */
const stranger = (path, headers = {}, rest = {}) => ask(dashboard.at(path), { headers, ...rest });

test('without a cookie each page is locked, and says how it opens', async () => {
    for (const path of [...ADDRESSES, 'events', 'nowhere']) {
        const { status, headers, text } = await stranger(path);
        assert.equal(status, 401, path);
        assert.match(headers['content-type'], /^text\/html/, path);
        assert.match(text, /<h1>/, path);
        assert.match(text, /meshglot dashboard/, path);
        assert.doesNotMatch(text, SECRETS, path);
    }
    for (const path of DATA) {
        const { status, text } = await stranger(path);
        assert.equal(status, 401, path);
        assert.doesNotMatch(text, SECRETS, path);
    }
});

test('a cookie that nobody gave out opens nothing', async () => {
    const [name, value] = dashboard.cookie.split('=');
    for (const forged of [`${name}=`, `${name}=${value.slice(1)}`, `${name}=${'0'.repeat(value.length)}`, `other=${value}`]) {
        assert.equal((await stranger('about', { Cookie: forged })).status, 401, forged);
    }
    assert.equal((await stranger('about', { Cookie: `a=b; ${dashboard.cookie}; c=d` })).status, 200, 'among others it is found');
});

test('whether it lives can be asked by anybody, and tells nothing else', async () => {
    const { status, text } = await stranger('healthz');
    assert.deepEqual([status, text.trim()], [200, 'ok']);
});

test('another name is refused, and the flag that allows it is named', async () => {
    const port = new URL(dashboard.base).port;
    for (const host of ['mesh.example', `mesh.example:${port}`, '127.0.0.1:1', `127.0.0.1.mesh.example:${port}`, `evil@127.0.0.1:${port}`]) {
        for (const path of ['', 'policies', 'access.csv']) {
            const { status, text } = await stranger(path, { Cookie: dashboard.cookie, Host: host });
            assert.equal(status, 403, `${host} ${path}`);
            assert.match(text, /--allow-host/, host);
            assert.doesNotMatch(text, SECRETS, host);
        }
    }
});

test('a name that is hostile text is shown as text', async () => {
    const { status, text } = await stranger('about', { Cookie: dashboard.cookie, Host: '<img src=x onerror=alert(1)>' });
    assert.ok(status === 400 || status === 403, `${status}`);
    assert.doesNotMatch(text, /<img src=x/);
});

test('a name that is allowed is served', async () => {
    const other = await serve(fixture('shop'), ['--allow-host', 'mesh.example']);
    const named = (host) => ask(other.at('about'), { headers: { Cookie: other.cookie, Host: host } });
    assert.equal((await named('mesh.example')).status, 200);
    assert.equal((await named('mesh.example:8443')).status, 200);
    assert.equal((await named('other.example')).status, 403);
    await other.stop();
});

test('a page of another origin is refused', async () => {
    const { origin } = new URL(dashboard.base);
    const from = (Origin, rest) => stranger('playground', { Cookie: dashboard.cookie, Origin }, rest);
    const post = { method: 'POST', body: 'text=' };
    for (const foreign of ['http://mesh.example', 'null', origin.replace('http:', 'https:').replace(/\d+$/, '1'), `${origin}.mesh.example`]) {
        assert.equal((await from(foreign)).status, 403, `GET ${foreign}`);
        assert.equal((await from(foreign, post)).status, 403, `POST ${foreign}`);
    }
    assert.equal((await from(origin)).status, 200);
});

test('a token opens once, and the next one is printed then', async () => {
    const fresh = await start(fixture('shop'));
    const url = await fresh.token();
    assert.match(fresh.out, /^http:\/\/127\.0\.0\.1:\d+\/session\?token=[\w-]{32,}\n$/);
    for (const wrong of ['', 'x', url.slice(-10)]) {
        const answer = await ask(url.replace(/token=.*/, `token=${wrong}`));
        assert.deepEqual([answer.status, cookie(answer)], [401, undefined], `token ${wrong}`);
    }
    const entered = await ask(url);
    assert.equal(entered.status, 303);
    assert.equal(new URL(entered.headers.location, url).pathname, '/');
    const { pair, attributes } = cookie(entered);
    assert.ok(['httponly', 'samesite=strict', 'path=/'].every((attribute) => attributes.includes(attribute)), attributes.join());

    const again = await ask(url);
    assert.deepEqual([again.status, cookie(again)], [401, undefined], 'the same token');
    assert.match(again.text, /once/);

    const second = await fresh.token(2);
    assert.notEqual(second, url);
    const other = cookie(await ask(second)).pair;
    assert.notEqual(other, pair, 'each browser has a session of its own');
    for (const Cookie of [pair, other]) {
        assert.equal((await ask(new URL('/about', url).href, { headers: { Cookie } })).status, 200);
    }
    assert.equal(fresh.out.split('\n').length, 2, 'stdout is one line');
    assert.equal(await fresh.stop('SIGINT'), 0);
});

test('in a browser the printed address leads to the start page, and no script sees the cookie', async () => {
    const fresh = await start(fixture('shop'));
    const url = await fresh.token();
    fresh.base = new URL('/', url).href;
    const seen = await view(fresh, { cookie: false });
    const answer = await seen.page.goto(url);
    assert.deepEqual([answer.status(), seen.page.url()], [200, fresh.base]);
    assert.equal(await seen.page.evaluate(() => document.cookie), '');
    const [kept] = await seen.context.cookies();
    assert.deepEqual([kept.httpOnly, kept.sameSite], [true, 'Strict']);
    assert.deepEqual(seen.told.all(), []);

    await seen.page.goBack();
    await seen.page.goto(new URL('about', fresh.base).href);
    assert.match(await seen.page.title(), /About/);
    await seen.close();
    await fresh.stop();
});

test('clicked on a page of another site, the printed address opens the view after one more click', async () => {
    const fresh = await start(fixture('shop'));
    const url = await fresh.token();
    fresh.base = new URL('/', url).href;
    // A terminal in a browser, say. To a browser, localhost and 127.0.0.1 are two sites.
    const terminal = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(`<a href="${url}">${url}</a>`));
    atTheEnd(async () => void (terminal.closeAllConnections(), terminal.close()));
    terminal.listen(0, 'localhost');
    await once(terminal, 'listening');
    const seen = await view(fresh, { cookie: false });
    await seen.page.goto(`http://localhost:${terminal.address().port}/`);
    await seen.page.getByRole('link').click();
    await seen.page.waitForURL(fresh.base);
    // A strict cookie is not sent on the way from there: the page that says so has the way in.
    if (/Locked/.test(await seen.page.title())) await seen.page.locator('main').getByRole('link').first().click();
    await seen.page.getByRole('heading', { name: 'Overview' }).waitFor({ timeout: 5_000 });
    await seen.close();
    await fresh.stop();
});

test('every answer forbids what is not ours', async () => {
    for (const path of [...ADDRESSES, ...DATA, 'healthz', 'nowhere', 'theme?to=dark', 'session?token=x']) {
        const { headers, status } = await dashboard.get(path);
        assert.ok(status < 500, `${path}: ${status}`);
        const policy = headers['content-security-policy'] ?? '';
        assert.match(policy, /default-src '(self|none)'/, path);
        assert.match(policy, /frame-ancestors 'none'/, path);
        assert.match(policy, /base-uri 'none'/, path);
        assert.doesNotMatch(policy, /unsafe-|\*|https?:|data:|blob:/, path);
        assert.equal(headers['x-content-type-options'], 'nosniff', path);
        assert.match(headers['referrer-policy'], /^(no-referrer|same-origin)$/, path);
        assert.match(headers['cache-control'], /no-cache|no-store/, path);
        assert.match(headers['cache-control'], /private|no-store/, path);
    }
});

test('nothing can be written: every route takes GET, and the playground alone POST', async () => {
    const digest = dashboard.folder.digest();
    const routes = new Set([...ADDRESSES, ...DATA, 'events', 'healthz', 'theme', 'session'].map((address) => address.split('?')[0]));
    for (const route of routes) {
        for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
            if (route === 'playground' && method === 'POST') continue;
            const { status, headers } = await dashboard.get(route, { method, body: method === 'OPTIONS' ? undefined : 'x=y' });
            assert.equal(status, 405, `${method} ${route}`);
            assert.match(headers.allow, /GET/, `${method} ${route}`);
        }
    }
    assert.equal(dashboard.folder.digest(), digest);
});

test('what is posted to the playground is stored nowhere', async () => {
    const digest = dashboard.folder.digest();
    const before = await dashboard.get('policies.json');
    const policy = 'apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {name: only-posted, namespace: shop}\nspec: {service: ratings, backends: [{service: ratings, weight: 1}]}\n';
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: new URL(dashboard.base).origin };
    const body = new URLSearchParams({ text: policy }).toString();
    const posted = await dashboard.get('playground', { method: 'POST', headers, body });
    assert.equal(posted.status, 200, posted.text.slice(0, 500));
    assert.match(posted.text, /only-posted/);
    assert.equal((await dashboard.get('policies.json')).text, before.text);
    assert.doesNotMatch((await dashboard.get('playground')).text, /only-posted/);
    assert.equal(dashboard.folder.digest(), digest);
});

test('a body without end is cut off', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: new URL(dashboard.base).origin };
    // The server may hang up before it has read everything, which is an answer too.
    const outcome = await dashboard.get('playground', { method: 'POST', headers, body: `text=${'a'.repeat(200 << 20)}` }).then(
        ({ status }) => status,
        ({ code }) => code,
    );
    assert.ok([413, 'EPIPE', 'ECONNRESET'].includes(outcome), `${outcome}`);
    assert.equal((await dashboard.get('healthz')).status, 200);
});

test('no path leads out of the view', async () => {
    for (const path of ['/assets/../../../etc/passwd', '/assets/..%2f..%2f..%2fetc%2fpasswd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/policies/..%2f..%2fshop%2fshop.yaml']) {
        const answer = await dashboard.get('', { path });
        assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
        assert.doesNotMatch(answer.text, /root:/, path);
    }
});

test('the theme leads back into the view only', async () => {
    for (const back of ['https://mesh.example/', '//mesh.example/', '/\\mesh.example/', 'javascript:alert(1)', '/\r\nSet-Cookie: a=b']) {
        const { status, headers } = await dashboard.get(`theme?to=dark&back=${encodeURIComponent(back)}`);
        assert.equal(status, 303, back);
        assert.equal(new URL(headers.location, dashboard.base).origin, new URL(dashboard.base).origin, back);
        assert.deepEqual(headers['set-cookie'].length, 1, back);
    }
});

test('no page shows a token or a cookie', async () => {
    const secrets = [dashboard.cookie.split('=')[1], ...dashboard.tokens().map((url) => url.split('token=')[1])];
    for (const path of [...ADDRESSES, ...DATA, 'about.json']) {
        const { text } = await dashboard.get(path);
        for (const secret of secrets) assert.ok(!text.includes(secret), path);
    }
});
