//! What is applied: callers and those whom they call, with sidecars and without, and one rule.

/// Where everybody serves.
pub(super) const PORT: u16 = 8080;

/// What is called.
pub(super) const PATH: &str = "/items/42?page=2";

/// What no rule lets in.
pub(super) const OTHER: &str = "/else";

/// One caller, and one server behind a Service with an address.
pub(super) fn pair(namespace: &str, is_meshed: bool) -> String {
    let service = format!("ports: [{{name: http, port: 80, targetPort: {PORT}}}]");
    [
        head(namespace, is_meshed),
        deployment(namespace, "server", 1),
        deployment(namespace, "caller", 1),
        format!("---\n{{apiVersion: v1, kind: Service, metadata: {{name: server, namespace: {namespace}}}, spec: {{selector: {{app: server}}, {service}}}}}\n"),
    ]
    .concat()
}

/// So many pods whose addresses are called, and who calls them.
pub(super) fn fleet(pods: usize) -> String {
    let service = format!("clusterIP: None, ports: [{{name: http, port: {PORT}, targetPort: {PORT}}}]");
    [
        head("fleet", true),
        deployment("fleet", "target", pods),
        deployment("fleet", "prober", 1),
        format!("---\n{{apiVersion: v1, kind: Service, metadata: {{name: target, namespace: fleet}}, spec: {{selector: {{app: target}}, {service}}}}}\n"),
    ]
    .concat()
}

/// Lets one account read what is called of another, and nothing else.
pub(super) fn rule(namespace: &str, to: &str, from: &str) -> String {
    format!(
        "---\n{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: items, namespace: {namespace}}},\n \
         spec: {{matches: [{{name: read, methods: [GET], pathRegex: '/items/[0-9]+'}}]}}}}\n---\n{}\n",
        target(namespace, to, from)
    )
}

/// The rule's list of callers, as one object of JSON.
pub(super) fn target(namespace: &str, to: &str, from: &str) -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "access.smi-spec.io/v1alpha4", "kind": "TrafficTarget", "metadata": {"name": to, "namespace": namespace},
        "spec": {
            "destination": {"kind": "ServiceAccount", "name": to},
            "sources": [{"kind": "ServiceAccount", "name": from}],
            "rules": [{"kind": "HTTPRouteGroup", "name": "items", "matches": ["read"]}],
        },
    })
}

fn head(namespace: &str, is_meshed: bool) -> String {
    let label = if is_meshed { "{meshglot.dev/inject: enabled}" } else { "{}" };
    format!("---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}, labels: {label}}}}}\n")
}

/// Pods of an account of the same name.
fn deployment(namespace: &str, name: &str, replicas: usize) -> String {
    format!(
        "---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}, namespace: {namespace}}}}}\n---\n\
         apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      \
         serviceAccountName: {name}\n      terminationGracePeriodSeconds: 1\n      containers:\n      - name: main\n        \
         image: localhost/bench:1\n        args: [{}, serve, '0.0.0.0:{PORT}']\n        ports: [{{name: web, containerPort: {PORT}}}]\n        \
         readinessProbe: {{httpGet: {{path: /, port: web}}, periodSeconds: 2}}\n",
        crate::proxy::WORD_PART
    )
}
