// Every page of the view, as a list of addresses.

/** Tabs of a policy page. */
export const TABS = ['source', 'istio', 'linkerd', 'consul', 'builtin', 'diff', 'effect'];

/** Pages that no command answers. */
export const WITHOUT_COMMAND = new Set(['keys', 'playground', 'simulate']);

/**
 * Name and address of each page for one shop; the name is also that of its picture.
 * `target` and `split` are policies of the namespace; `caller` asks for `path` of `host`. `mesh` may be absent.
 */
function addresses({ namespace, service, target, split, mesh, caller, host, path, to }) {
    const word = encodeURIComponent;
    const from = `from=${word(`sa/${namespace}/${caller}`)}`;
    return {
        overview: '',
        topology: 'topology',
        'topology-focus': `topology?ns=${namespace}&focus=${word(`${namespace}/${service}`)}`,
        services: 'services',
        service: `ns/${namespace}/services/${service}`,
        policies: 'policies',
        ...Object.fromEntries(TABS.map((tab) => [`policy-${tab}`, `policies/traffictarget/${namespace}/${target}?tab=${tab}`])),
        'policy-split': `policies/trafficsplit/${namespace}/${split}`,
        ...(mesh === undefined ? {} : { 'policy-mesh': `policies/mesh/-/${mesh}` }),
        access: `access?ns=${namespace}`,
        'access-compare': `access?ns=${namespace}&compare=${word('istio,linkerd')}`,
        'access-explain': `access/explain?${from}&to=${word(`${host}.${namespace}`)}&method=GET&path=${word(path)}`,
        findings: 'findings',
        code: 'codes/MG1210',
        rendered: 'rendered/linkerd',
        capabilities: 'capabilities',
        switch: `switch?to=${to}`,
        simulate: 'simulate',
        'simulate-answer': `simulate?${from}&to=${word(`${host}.${namespace}`)}&method=GET&path=${word(path)}&n=1000&seed=7`,
        playground: 'playground',
        about: 'about',
        keys: 'keys',
    };
}

/** Of `fixtures/shop`; the call that is explained is denied. */
export const PAGES = addresses({
    namespace: 'shop',
    service: 'reviews',
    target: 'web-reads-reviews',
    split: 'reviews-canary',
    mesh: 'shop',
    caller: 'batch',
    host: 'reviews',
    path: '/reviews/7',
    to: 'istio',
});

/** Pages of a mesh that runs, of `web/examples/live.rs` by `fixtures/shop`. */
export const RUNNING = {
    live: 'live',
    'live-filtered': 'live?svc=shop/reviews&verdict=denied',
    'live-none': 'live?q=nothing-has-this',
    proxies: 'proxies',
    events: 'events',
    topology: 'topology',
    'topology-focus': 'topology?focus=shop/reviews&edges=allowed,denied,observed',
    service: 'ns/shop/services/reviews',
};

/** Of `examples/istio-to-linkerd`: what is in the pictures. */
export const PICTURES = addresses({
    namespace: 'bookstore',
    service: 'catalogue',
    target: 'storefront-to-orders',
    split: 'catalogue',
    caller: 'storefront',
    host: 'orders',
    path: '/orders/7',
    to: 'linkerd',
});

/** Of `meshglot demo`: what is in the pictures of a mesh that runs. */
export const PICTURES_OF_DEMO = {
    live: 'live',
    proxies: 'proxies',
    events: 'events',
    'topology-observed': 'topology?edges=allowed,denied,observed',
};

/** The same address in another form: the form stands at the end of the path. */
export function inForm(address, form) {
    const [path, query] = address.split('?');
    return `${path === '' ? 'index' : path}.${form}${query === undefined ? '' : `?${query}`}`;
}
