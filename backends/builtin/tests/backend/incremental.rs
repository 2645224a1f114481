//! After every edit the rendering is the one that a fresh start would give.

use std::sync::Arc;

use meshglot_translator::render::Engine;

use crate::harness::{documents, engine, model};

/// A Service with address and endpoints, a headless one, one that is missing, a workload that calls and is called,
/// and who may call it.
const INPUT: &str = "
{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {name: root, namespace: shop}, spec: {service: root, matches: [{kind: HTTPRouteGroup, name: group}], backends: [{service: kv, weight: 1}, {service: missing, weight: 1}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: group, namespace: shop}, spec: {matches: [{name: beta, pathRegex: /beta}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: root, namespace: shop}, spec: {clusterIP: 10.96.0.1, selector: {app: root}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: kv, namespace: shop}, spec: {clusterIP: None, selector: {app: root}, ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {meshglot.dev/inject: disabled}}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: kv, namespace: shop, labels: {kubernetes.io/service-name: kv}}, ports: [{port: 80}], endpoints: [{addresses: [10.1.0.4]}]}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: root, namespace: shop}, spec: {template: {metadata: {labels: {app: root, meshglot.dev/inject: enabled}}, spec: {containers: [{name: main}]}}}}
---
{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: root, namespace: shop}, spec: {template: {metadata: {labels: {app: other, meshglot.dev/inject: enabled}}, spec: {containers: [{name: main}]}}}}
---
{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: target, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: default}, rules: [{kind: HTTPRouteGroup, name: group}, {kind: TCPRoute, name: port}], sources: [{kind: ServiceAccount, name: web}]}}
---
{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: other, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: default}, rules: [{kind: TCPRoute, name: port}], sources: [{kind: ServiceAccount, name: web}]}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {name: port, namespace: shop}, spec: {matches: {ports: [80]}}}
";

fn text(engine: &Engine<'_>) -> String {
    let rendered = engine.rendered();
    let losses: Vec<String> = rendered.losses.iter().map(|loss| format!("{} {}", loss.code, loss.message)).collect();
    format!("{}\n{losses:#?}", rendered.to_yaml().expect("every JSON value has a YAML form"))
}

#[test]
fn each_object_may_go_and_come_back() {
    let documents = documents(&[INPUT]);
    let mut model_now = model(documents.clone());
    let mut engine_now = engine(&model_now);
    let all = text(&engine_now);
    for gone in &documents {
        let key = model_now.key_of(gone).expect("every document is an object that is read");
        let changed = model_now.put(&key, Vec::new());
        engine_now.update(&model_now, &changed);
        let rest = documents.iter().filter(|document| !Arc::ptr_eq(document, gone)).cloned().collect();
        assert_eq!(text(&engine_now), text(&engine(&model(rest))), "without {key}");

        let changed = model_now.put(&key, vec![gone.clone()]);
        engine_now.update(&model_now, &changed);
        assert_eq!(text(&engine_now), all, "with {key} again");
    }
}
