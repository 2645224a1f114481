//! Policy as texts, rendered for the built-in mesh.

use std::sync::Arc;

use meshglot_builtin::Builtin;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::resolve::ReadOptions;
use meshglot_xds::World;

/// The texts, rendered; what stayed is taken from `before`.
pub(crate) fn world(text: &str, before: &World) -> Arc<World> {
    let plan = plan(text);
    let rendered = plan.engines[0].1.rendered();
    Arc::new(World::of(rendered.objects, before).expect("what is rendered is served"))
}

pub(crate) fn plan(text: &str) -> Plan {
    let sources = [Source::new("policy.yaml", text)];
    Plan::of(&sources, Vec::new(), ReadOptions::default(), Chosen::These(vec![&Builtin]), [].into())
}

/// A Service with an address, its Deployment, and endpoints.
pub(crate) fn service(name: &str, number: u8) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  clusterIP: 10.0.0.{number}\n  selector: {{app: {name}}}\n  ports: [{{name: http, port: 80, targetPort: 8080}}]\n\
         ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
         template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec: {{serviceAccountName: {name}, containers: [{{name: app, image: x, ports: [{{containerPort: 8080}}]}}]}}\n\
         ---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {{name: {name}-1, namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}}\naddressType: IPv4\nports: [{{name: http, port: 8080}}]\n\
         endpoints: [{{addresses: [10.1.0.{number}], conditions: {{ready: true}}, targetRef: {{kind: Pod, name: {name}-1}}}}]\n"
    )
}

/// A split of calls to `web` between `web` and `web-2`.
pub(crate) fn split(weight: u32) -> String {
    format!(
        "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {{name: web, namespace: shop}}\nspec:\n  service: web\n  \
         backends: [{{service: web, weight: {weight}}}, {{service: web-2, weight: 10}}]\n"
    )
}

/// Two versions of a front end, and who calls it.
pub(crate) fn shop() -> String {
    [service("caller", 1), service("web", 2), service("web-2", 3), split(90)].concat()
}
