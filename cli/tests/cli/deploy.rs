//! What `hack/deploy` installs is what `meshglot install` prints, by kustomize and by Helm, as the real programs build it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use meshglot::capture;
use meshglot_apiserver::peer;
use meshglot_translator::render::write::yaml_stream;
use serde_json::{Value, json};
use test_case::test_case;

use super::pages;

const FOLDER: &str = "hack/deploy";

/// What of the chart says that it is of Helm, and of `install` how to upgrade without it.
const APART: [&str; 3] = ["/metadata/labels/helm.sh~1chart", "/metadata/labels/app.kubernetes.io~1managed-by", "/metadata/annotations"];

fn said(words: &[&str]) -> String {
    let said = capture(words, b"");
    assert_eq!(said.exit, 0, "{}", said.stderr);
    said.stdout
}

/// As `install` is told it.
fn backend_words(backend: &str) -> Vec<&str> {
    match backend {
        "meshes" => Vec::new(),
        "builtin-inject" => vec!["--backend", "builtin", "--inject"],
        backend => vec!["--backend", backend],
    }
}

/// Objects by kind and name.
fn objects(text: &str) -> BTreeMap<String, Value> {
    let all: Vec<Value> = serde_saphyr::from_multiple(text).expect("YAML");
    let name = |one: &Value| format!("{} {}", one["kind"], one["metadata"]["name"]);
    all.into_iter().map(|one| (name(&one), one)).collect()
}

/// Fails with the first object that is otherwise.
fn same(built: &BTreeMap<String, Value>, installed: &BTreeMap<String, Value>) {
    assert_eq!(built.keys().collect::<Vec<_>>(), installed.keys().collect::<Vec<_>>());
    for (name, one) in built {
        assert!(*one == installed[name], "{name}:\n{one:#}\n{:#}", installed[name]);
    }
}

/// A file's text, made again where it is not so.
fn current(path: &str, text: &str) {
    pages::current(&format!("{FOLDER}/{path}"), |_| text.to_owned());
}

/// What a program prints; `None`: it is not installed, which one line says.
fn built(program: &str, words: &[&str]) -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER);
    let said = Command::new(peer(program)?).args(words).current_dir(folder).output().expect("it runs");
    assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    Some(String::from_utf8_lossy(&said.stdout).into_owned())
}

#[test]
fn definitions_are_ours() {
    current("kustomize/crds/crds.yaml", &said(&["crds"]));
    let Some(chart) = built("helm", &["template", "meshglot-crds", "helm/meshglot-crds"]) else { return };
    same(&objects(&chart), &objects(&said(&["crds"])));
}

#[test]
fn rules_of_the_chart_are_what_a_controller_needs() {
    let mut rules = BTreeMap::new();
    for backend in ["consul", "istio", "linkerd", "meshes"] {
        let all = objects(&said(&[&["install", "--no-crds"], &backend_words(backend)[..]].concat()));
        let of = |kind: &str| all[&format!("\"{kind}\" \"meshglot-controller\"")]["rules"].clone();
        rules.insert(backend, json!({"cluster": of("ClusterRole"), "own": of("Role")}));
    }
    let all = objects(&said(&["install", "--backend", "istio", "--no-crds", "--webhook"]));
    let of = |kind: &str| all[&format!("\"{kind}\" \"meshglot-webhook\"")]["rules"].clone();
    rules.insert("webhook", json!({"cluster": of("ClusterRole"), "own": of("Role")}));
    let all = objects(&said(&["install", "--backend", "builtin", "--no-crds", "--inject"]));
    let of = |kind: &str, name: &str| all[&format!("\"{kind}\" \"meshglot-{name}\"")]["rules"].clone();
    rules.insert("inject", json!({"cluster": of("ClusterRole", "webhook"), "own": of("Role", "webhook")}));
    rules.insert("builtin", json!({"cluster": of("ClusterRole", "controller"), "own": of("Role", "controller")}));
    let text = yaml_stream([json!(rules)]).expect("YAML");
    current("helm/meshglot/rules.yaml", &text);
}

#[test_case("istio")]
#[test_case("linkerd")]
#[test_case("consul")]
#[test_case("meshes")]
#[test_case("builtin")]
#[test_case("builtin-inject")]
fn kustomize_builds_what_install_prints(backend: &str) {
    let path = format!("kustomize/{backend}");
    let installed = said(&[&["install"], &backend_words(backend)[..]].concat());
    let all: Vec<Value> = serde_saphyr::from_multiple(&installed).expect("YAML");
    let own = all.into_iter().filter(|one| one["kind"] != "CustomResourceDefinition");
    current(&format!("{path}/controller.yaml"), &yaml_stream(own).expect("YAML"));
    let Some(text) = built("kustomize", &["build", &path]) else { return };
    same(&objects(&text), &objects(&installed));
}

#[test_case("istio")]
#[test_case("linkerd")]
#[test_case("consul")]
fn the_component_of_kustomize_adds_what_the_webhook_adds(backend: &str) {
    let installed = said(&["install", "--backend", backend, "--webhook"]);
    let without = objects(&said(&["install", "--backend", backend]));
    let all: Vec<Value> = serde_saphyr::from_multiple(&installed).expect("YAML");
    let is_added = |one: &Value| !without.contains_key(&format!("{} {}", one["kind"], one["metadata"]["name"]));
    current("kustomize/webhook/webhook.yaml", &yaml_stream(all.into_iter().filter(is_added)).expect("YAML"));
    let Some(text) = built("kustomize", &["build", &format!("kustomize/{backend}-webhook")]) else { return };
    same(&objects(&text), &objects(&installed));
}

#[test_case("istio", &["--webhook"], &["webhook.enabled=true"] ; "webhook")]
#[test_case("istio", &[], &[] ; "as it is")]
#[test_case("builtin", &[], &[] ; "a control plane")]
#[test_case("builtin", &["--inject"], &["inject.enabled=true"] ; "sidecars")]
#[test_case("builtin", &["--inject", "--web"], &["inject.enabled=true,web.enabled=true"] ; "a view")]
#[test_case("builtin", &["--inject", "--image", "registry.example/meshglot:next", "--capture-image", "registry.example/capture:next"], &["inject.enabled=true,image.repository=registry.example/meshglot,image.tag=next,inject.captureImage.repository=registry.example/capture,inject.captureImage.tag=next"] ; "images of sidecars")]
#[test_case("meshes", &[], &[] ; "what Meshes name")]
#[test_case("linkerd", &["--replicas", "3"], &["replicas=3"] ; "replicas")]
#[test_case("consul", &["--image", "registry.example/meshglot:next"], &["image.repository=registry.example/meshglot,image.tag=next"] ; "image")]
#[test_case("istio", &["--allow-lossy", "MG1101,MG1102"], &["allowLossy={MG1101,MG1102}"] ; "losses")]
#[test_case("istio", &["--namespace", "elsewhere"], &[] ; "another namespace")]
fn helm_builds_what_install_prints(backend: &str, words: &[&str], values: &[&str]) {
    let namespace = words.iter().position(|word| *word == "--namespace").map_or("meshglot-system", |at| words[at + 1]);
    let backend_value = format!("backend={backend}");
    let mut template = vec!["template", "meshglot", "helm/meshglot", "--namespace", namespace, "--set", &backend_value];
    values.iter().for_each(|value| template.extend(["--set", value]));
    let Some(text) = built("helm", &template) else { return };
    let mut installed = objects(&said(&[&["install", "--no-crds"], &backend_words(backend)[..], words].concat()));
    // Helm makes it, where that is asked for.
    installed.retain(|name, _| !name.starts_with("\"Namespace\""));
    let plain =
        |all: BTreeMap<String, Value>| -> BTreeMap<String, Value> { all.into_iter().map(|(name, one)| (name, without(one))).collect() };
    same(&plain(objects(&text)), &plain(installed));
}

fn without(mut object: Value) -> Value {
    for path in APART {
        let (parent, name) = path.rsplit_once('/').expect("a path");
        if let Some(parent) = object.pointer_mut(parent).and_then(Value::as_object_mut) {
            parent.remove(&name.replace("~1", "/"));
        }
    }
    object
}

#[test_case("backend=nothing" ; "no such mesh")]
#[test_case("backend=istio,replica=2" ; "a value that is misspelt")]
#[test_case("backend=istio,webhook.enable=true" ; "a value of the webhook that is misspelt")]
#[test_case("replicas=2" ; "no mesh at all")]
#[test_case("backend=istio,inject.enabled=true" ; "sidecars of another mesh")]
fn helm_refuses_what_is_wrong(values: &str) {
    let Some(helm) = peer("helm") else { return };
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(FOLDER).join("helm/meshglot");
    let said = Command::new(helm).args(["template", "meshglot"]).arg(chart).args(["--set", values]).output().expect("it runs");
    assert!(!said.status.success() && String::from_utf8_lossy(&said.stderr).contains("values"), "{said:?}");
}
