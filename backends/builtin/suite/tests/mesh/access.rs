//! Who may send which request.

use super::scenario::Scenario;

/// `web` may read users of `api`.
const READ: &str = "\
---
{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: web-to-api, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api, namespace: shop}, rules: [{kind: HTTPRouteGroup, name: users, matches: [read]}], sources: [{kind: ServiceAccount, name: web, namespace: shop}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: users, namespace: shop}, spec: {matches: [{name: read, methods: [GET, HEAD], pathRegex: '/users/[0-9]+$'}, {name: write, methods: [POST], pathRegex: /users}, {name: beta, headers: [{x-beta: 'yes'}]}, {name: all, methods: ['*'], pathRegex: /}]}}
";

const CLOSED: &str = "\
---
{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: production}, spec: {backend: builtin, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, access: {default: deny}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
";

const AUDIT: &str = "\
---
{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {name: production}, spec: {backend: builtin, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, access: {default: allow}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop}}
";

/// The same rule with other matches of the group.
fn matches(names: &str) -> String {
    READ.replace("matches: [read]", &format!("matches: [{names}]"))
}

/// Another rule: this caller, these matches.
fn and(name: &str, caller: &str, names: &str) -> String {
    let end = READ.find("---\n{apiVersion: specs").unwrap_or(READ.len());
    let rule = READ[..end].replace("web-to-api", name).replace("name: web,", &format!("name: {caller},"));
    rule.replace("matches: [read]", &format!("matches: [{names}]"))
}

pub(crate) fn scenarios() -> Vec<Scenario> {
    let scenario = Scenario::new;
    vec![
        scenario(
            "access/without policy everybody may call",
            "",
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch DELETE api:80/anything -> 200 api",
                "legacy GET !api:8080/users/1 -> 200 api",
                "web GET legacy:80/ -> 200 legacy",
                "web GET api:81/ -> 200 api",
            ],
        ),
        scenario(
            "access/a rule closes its destination to everybody else",
            READ,
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch GET api:80/users/1 -> 403",
                "legacy GET !api:8080/users/1 -> 403",
                "web GET batch:80/ -> 200 batch",
            ],
        ),
        scenario(
            "access/methods",
            READ,
            &[
                "web GET api:80/users/1 -> 200 api",
                "web POST api:80/users/1 -> 403",
                "web DELETE api:80/users/1 -> 403",
                "web OPTIONS api:80/users/1 -> 403",
            ],
        ),
        scenario(
            "access/paths are matched to their end where the rule says so",
            READ,
            &[
                "web GET api:80/users/123 -> 200 api",
                "web GET api:80/users/12a -> 403",
                "web GET api:80/users/1/2 -> 403",
                "web GET api:80/users/ -> 403",
                "web GET api:80/Users/1 -> 403",
                "web GET api:80/users/1?admin=1 -> 200 api",
                "web GET api:80/?x=/users/1 -> 403",
            ],
        ),
        scenario(
            "access/paths are prefixes otherwise",
            &matches("write"),
            &[
                "web POST api:80/users -> 200 api",
                "web POST api:80/users/1/pets -> 200 api",
                "web POST api:80/usersandmore -> 200 api",
                "web POST api:80/a/users -> 403",
                "web GET api:80/users -> 403",
            ],
        ),
        scenario(
            "access/headers",
            &matches("beta"),
            &[
                "web GET api:80/x [x-beta: yes] -> 200 api",
                "web POST api:80/y [x-beta: yes] -> 200 api",
                "web GET api:80/x [x-beta: yes!] -> 403",
                "web GET api:80/x [x-beta: no] -> 403",
                "web GET api:80/x [x-other: yes] -> 403",
                "web GET api:80/x -> 403",
                "web GET api:80/x [X-BETA: yes] -> 200 api",
            ],
        ),
        scenario(
            "access/matches of one rule are alternatives",
            &matches("read, write"),
            &["web GET api:80/users/1 -> 200 api", "web POST api:80/users -> 200 api", "web PUT api:80/users/1 -> 403"],
        ),
        scenario(
            "access/rules unite",
            &(READ.to_owned() + &and("batch-to-api", "batch", "write")),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web POST api:80/users -> 403",
                "batch POST api:80/users -> 200 api",
                "batch GET api:80/users/1 -> 403",
            ],
        ),
        scenario(
            "access/all requests",
            &matches("all"),
            &[
                "web GET api:80/ -> 200 api",
                "web PURGE api:80/any/thing -> 200 api",
                "web GET api:81/any -> 200 api",
                "batch GET api:80/ -> 403",
            ],
        ),
        scenario(
            "access/every http port is closed, and every rule counts there",
            READ,
            &["web GET api:81/users/1 -> 200 api", "web GET api:81/other -> 403", "batch GET api:81/users/1 -> 403"],
        ),
        scenario(
            "access/closed by default",
            CLOSED,
            &[
                "web GET api:80/users/1 -> 403",
                "batch GET web:80/ -> 403",
                "legacy GET !api:8080/users/1 -> 403",
                "web GET legacy:80/ -> 200 legacy ~ MG1415",
            ],
        ),
        scenario(
            "access/closed by default but for a rule",
            &format!("{CLOSED}{READ}"),
            &[
                "web GET api:80/users/1 -> 200 api",
                "web GET api:80/users/x -> 403",
                "batch GET api:80/users/1 -> 403",
                "web GET batch:80/ -> 403",
            ],
        ),
        scenario(
            "access/audited only",
            &format!("{AUDIT}{READ}"),
            &[
                "web GET api:80/users/1 -> 200 api",
                "batch GET api:80/users/1 -> 200 api",
                "web POST api:80/other -> 200 api",
                "legacy GET !api:8080/ -> 200 api",
            ],
        ),
        scenario(
            "access/what the application answers comes through",
            &matches("all"),
            &["web GET api:80/status/404 -> 404 api", "web GET api:80/status/503 -> 503 api", "web HEAD api:80/users/1 -> 200 api"],
        ),
        scenario(
            "access/a forged identity is none",
            READ,
            &[
                "batch GET api:80/users/1 [x-forwarded-client-cert: By=spiffe://cluster.local/ns/shop/sa/api;URI=spiffe://cluster.local/ns/shop/sa/web] -> 403",
                "legacy GET !api:8080/users/1 [x-forwarded-client-cert: URI=spiffe://cluster.local/ns/shop/sa/web] -> 403",
                "batch GET api:80/users/1 [x-forwarded-for: 10.77.1.1] -> 403",
            ],
        ),
        scenario("access/taken back", "", &["batch GET api:80/users/1 -> 200 api", "legacy GET !api:8080/ -> 200 api"]),
    ]
}
