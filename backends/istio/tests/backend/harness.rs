//! Text to Istio's objects, as the tests of access compare them.

use meshglot_istio::Istio;
use meshglot_translator::diagnostic::{Code, Severity};
use meshglot_translator::ir::MeshSettings;
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::{Engine, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use serde_json::Value;

/// Objects, and losses as `CODE verdict text`, where the text is what the loss points at.
pub(crate) fn rendered(text: &str, accepted: &[Code]) -> (Vec<Value>, Vec<String>) {
    let (documents, diagnostics) = parse(&[Source::new("input.yaml", text)]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let model = Model::new(documents, ReadOptions::default()).with_implied_mesh(MeshSettings::default());
    let errors: Vec<_> = model.diagnostics().into_iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let target = Target { everything: true, accepted: accepted.iter().copied().collect(), ..Target::default() };
    let engine = Engine::new(&Istio, target, &model);
    let rendered = engine.rendered();
    let objects = rendered.objects.iter().map(|object| object.body()).collect();
    let losses = rendered.losses.iter().map(|loss| format!("{} {} {}", loss.code, loss.verdict, loss.origin.written())).collect();
    (objects, losses)
}

/// The policies of a text.
pub(crate) fn policies(text: &str) -> Vec<Value> {
    rendered(text, &[]).0.into_iter().filter(|object| object["kind"] == "AuthorizationPolicy").collect()
}

/// Compares name, namespace, sources and spec, and the beginnings of the losses.
pub(crate) fn assert_policies(text: &str, want: &str, losses: &[&str]) {
    let bare = |mut object: Value| {
        let sources = object["metadata"]["annotations"]["meshglot.dev/sources"].take();
        let metadata = object["metadata"].as_object_mut().expect("every object has metadata");
        metadata.retain(|field, _| field == "name" || field == "namespace");
        metadata.insert("sources".to_owned(), sources);
        object
    };
    let (documents, _) = parse(&[Source::new("want.yaml", want)]);
    let want: Vec<Value> = documents.iter().map(|document| bare(document.root().to_json())).collect();
    let (objects, told) = rendered(text, &[]);
    assert_eq!(objects.into_iter().map(bare).collect::<Vec<_>>(), want);
    let told: Vec<String> = told.iter().map(|loss| loss.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(told, losses);
}

/// A Deployment `api` on a port that speaks HTTP, and a target with one match of these fields.
pub(crate) fn with_match(fields: &str) -> String {
    let parts = [
        "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: 8080}]}}\n",
        &workload("Deployment", "api", "app: api"),
        &format!(
            "{{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {{name: g, namespace: shop}}, spec: {{matches: [{{name: m, {fields}}}]}}}}\n"
        ),
        "{apiVersion: access.smi-spec.io/v1alpha3, kind: TrafficTarget, metadata: {name: t, namespace: shop}, spec: {destination: {kind: ServiceAccount, name: api, namespace: shop}, rules: [{kind: HTTPRouteGroup, name: g}], sources: [{kind: ServiceAccount, name: web, namespace: shop}]}}\n",
    ];
    parts.join("---\n")
}

/// A workload in `shop` that runs as `api`.
pub(crate) fn workload(kind: &str, name: &str, labels: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{matchLabels: {{{labels}}}}}, template: {{metadata: {{labels: {{{labels}}}}}, spec: {{serviceAccountName: api, containers: [{{name: a, ports: [{{containerPort: 8080}}, {{containerPort: 9000}}]}}]}}}}}}}}\n"
    )
}
