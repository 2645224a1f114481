//! Connections whose bytes nobody looks at.

use super::scenario::Scenario;

fn rule(to: &str, ports: &str) -> String {
    format!(
        "---\n{{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {{name: web-to-{to}, namespace: shop}}, spec: {{destination: {{kind: ServiceAccount, name: {to}, namespace: shop}}, rules: [{{kind: TCPRoute, name: {to}}}], sources: [{{kind: ServiceAccount, name: web, namespace: shop}}]}}}}\n\
         ---\n{{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {{name: {to}, namespace: shop}}, spec: {{matches: {{ports: [{ports}]}}}}}}\n"
    )
}

const HTTP: &str = "\
---
{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: web-to-api, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api, namespace: shop}, rules: [{kind: HTTPRouteGroup, name: all}], sources: [{kind: ServiceAccount, name: web, namespace: shop}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: all, namespace: shop}, spec: {matches: [{name: all, pathRegex: /}]}}
";

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new(
            "tcp/open without policy",
            "",
            &["web TCP api:9000 -> echo", "batch TCP api:9000 -> echo", "web LISTEN db:5432 -> banner", "legacy TCP !api:9000 -> echo"],
        ),
        Scenario::new(
            "tcp/a rule names who may connect",
            &rule("api", "9000"),
            &["web TCP api:9000 -> echo", "batch TCP api:9000 -> closed", "legacy TCP !api:9000 -> closed"],
        ),
        Scenario::new("tcp/a rule names ports", &rule("api", "9000"), &["web TCP api:9000 -> echo", "web TCP api:9001 -> closed"]),
        Scenario::new(
            "tcp/a server that speaks first says nothing to who is refused",
            &rule("db", "5432"),
            &["web LISTEN db:5432 -> banner", "batch LISTEN db:5432 -> closed", "legacy LISTEN !db:5432 -> closed"],
        ),
        Scenario::new(
            "tcp/rules of requests let no connection in",
            HTTP,
            &["web GET api:80/ -> 200 api", "web TCP api:9000 -> closed", "web LISTEN api:9001 -> closed"],
        ),
        Scenario::new(
            "tcp/a rule of connections lets every request of its port in",
            &rule("api", "80, 9000"),
            &["web GET api:80/any -> 200 api", "web GET api:81/any -> 403", "batch GET api:80/any -> 403", "web TCP api:9000 -> echo"],
        ),
        Scenario::new(
            "tcp/splits by connection",
            "---\n{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: api, namespace: shop}, spec: {service: api, backends: [{service: api, weight: 0}, {service: api-v2, weight: 1}]}}\n",
            &["web TCP api:9000 -> echo", "web GET api:80/ -> 200 api-v2"],
        ),
        Scenario::new("tcp/taken back", "", &["batch TCP api:9000 -> echo", "batch LISTEN db:5432 -> banner"]),
    ]
}
