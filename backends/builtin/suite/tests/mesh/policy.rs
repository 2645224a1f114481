//! Policy as scenarios write it: small objects with names of their own.

/// A Mesh with this below `spec`.
pub(crate) fn mesh(spec: &str) -> String {
    format!("---\n{{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: production}}, spec: {{backend: builtin, {spec}}}}}\n")
}

/// What becomes of calls that no rule names.
pub(crate) fn default(word: &str) -> String {
    mesh(&format!("access: {{default: {word}}}"))
}

/// Matches of requests by the name of their group.
pub(crate) fn group(name: &str, matches: &str) -> String {
    object("specs.smi-spec.io/v1alpha4", "HTTPRouteGroup", name, &format!("matches: [{matches}]"))
}

/// Ports by the name of their route; none: all.
pub(crate) fn ports(name: &str, ports: &str) -> String {
    object("specs.smi-spec.io/v1alpha4", "TCPRoute", name, &format!("matches: {{ports: [{ports}]}}"))
}

/// One source: an account of `shop`.
pub(crate) fn account(name: &str) -> String {
    format!("{{kind: ServiceAccount, name: {name}, namespace: shop}}")
}

/// A rule that is a group of requests; `matches`: some of it.
pub(crate) fn requests(group: &str, matches: &str) -> String {
    let matches = if matches.is_empty() { String::new() } else { format!(", matches: [{matches}]") };
    format!("{{kind: HTTPRouteGroup, name: {group}{matches}}}")
}

/// A rule that is a route of ports.
pub(crate) fn connections(route: &str) -> String {
    format!("{{kind: TCPRoute, name: {route}}}")
}

/// Sources may call an account of `shop` as rules say. `to` may have a port behind a colon.
pub(crate) fn target(name: &str, to: &str, sources: &str, rules: &str) -> String {
    let (to, port) = to.split_once(':').map_or((to, String::new()), |(to, port)| (to, format!(", port: {port}")));
    let spec = format!("destination: {{kind: ServiceAccount, name: {to}, namespace: shop{port}}}, sources: [{sources}], rules: [{rules}]");
    object("access.smi-spec.io/v1alpha3", "TrafficTarget", name, &spec)
}

/// Shares of `api`, by the names of their Services and the weights; `more` stands behind them.
pub(crate) fn split(backends: &[(&str, u64)], more: &str) -> String {
    let backends: Vec<String> = backends.iter().map(|(service, weight)| format!("{{service: {service}, weight: {weight}}}")).collect();
    object("split.smi-spec.io/v1alpha4", "TrafficSplit", "api", &format!("service: api, backends: [{}]{more}", backends.join(", ")))
}

/// Any object of `shop`.
pub(crate) fn object(version: &str, kind: &str, name: &str, spec: &str) -> String {
    format!("---\n{{apiVersion: {version}, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {{{spec}}}}}\n")
}

/// `web` may read users of `api`; the group has more matches, for other rules.
pub(crate) fn read() -> String {
    target("web-to-api", "api", &account("web"), &requests("users", "read")) + &users()
}

/// The same rule with other matches of the group.
pub(crate) fn reads(matches: &str) -> String {
    target("web-to-api", "api", &account("web"), &requests("users", matches)) + &users()
}

/// Matches of many sorts.
pub(crate) fn users() -> String {
    group(
        "users",
        "{name: read, methods: [GET, HEAD], pathRegex: '/users/[0-9]+$'}, {name: write, methods: [POST], pathRegex: /users}, \
         {name: beta, headers: [{x-beta: 'yes'}]}, {name: all, methods: ['*'], pathRegex: /}",
    )
}
