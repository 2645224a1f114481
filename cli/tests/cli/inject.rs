//! `meshglot inject`: text in, text out.

use meshglot::capture;
use serde_json::Value;
use test_case::test_case;

const MANIFESTS: &str = "\
# Kept as it is written.
apiVersion: v1
kind: Service
metadata: {name: reviews} # by hand
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: reviews-v1}
spec:
  template:
    spec: {containers: [{name: main, image: reviews, readinessProbe: {grpc: {port: 8080}}, livenessProbe: {httpGet: {port: admin}}}]}
---
apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1, kind: DaemonSet, metadata: {name: logs}, spec: {template: {spec: {hostNetwork: true, containers: [{name: main}]}}}}
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: report}
  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: main, image: report}]}}}}}
";

fn objects(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).expect("YAML")
}

#[test]
fn pods_get_a_sidecar_and_the_rest_comes_out_as_it_came_in() {
    let said = capture(&["inject", "-f", "-", "--control-plane", "10.96.0.20:15010"], MANIFESTS.as_bytes());
    assert_eq!(said.exit, 0, "{}", said.stderr);
    let told: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(told[0], "deployment \"reviews-v1\" injected");
    assert!(told[1].starts_with("warning: deployment \"reviews-v1\": main/liveness: the port \"admin\" is none"), "{told:?}");
    let rest = ["daemonset \"logs\" left alone: it shares the network of its node", "cronjob \"report\" injected"];
    assert_eq!(told[2..], rest);
    assert!(said.stdout.starts_with(MANIFESTS.split_once("---\n").expect("several").0), "{}", said.stdout);

    let all = objects(&said.stdout);
    assert_eq!(all.iter().map(|one| one["kind"].as_str()).collect::<Vec<_>>(), ["Service", "Deployment", "DaemonSet", "CronJob"].map(Some));
    let proxy = |template: &Value| template["spec"]["initContainers"][1]["args"].to_string();
    assert!(proxy(&all[1]["spec"]["template"]).contains("\"$(POD_NAMESPACE)/reviews-v1\""));
    assert!(proxy(&all[1]["spec"]["template"]).contains("\"main/readiness=grpc:8080\""));
    assert!(proxy(&all[3]["spec"]["jobTemplate"]["spec"]["template"]).contains("10.96.0.20:15010"));
    assert_eq!(all[2]["spec"]["template"]["spec"].get("initContainers"), None);

    // What has a sidecar keeps it.
    let again = capture(&["inject", "-f", "-", "-q"], said.stdout.as_bytes());
    assert_eq!((again.exit, objects(&again.stdout), again.stderr.as_str()), (0, all, ""));
}

#[test]
fn what_makes_no_sense_is_not_printed() {
    let wrong = |text: &str, words: &[&str]| {
        let said = capture(&[&["inject", "-f", "-"], words].concat(), text.as_bytes());
        assert_eq!(said.stdout, "");
        (said.exit, said.stderr)
    };
    let (exit, told) = wrong("{apiVersion: apps/v1, kind: Deployment, metadata: {name: empty}}", &[]);
    assert!(exit == 3 && told.contains("<stdin>:1:1: deployment \"empty\": it has no template of a pod"), "{told}");
    let ports = MANIFESTS
        .replace("    spec: {containers", "    metadata: {annotations: {meshglot.dev/exclude-inbound-ports: web}}\n    spec: {containers");
    let (exit, told) = wrong(&ports, &[]);
    assert!(exit == 3 && told.contains("`web` is no port"), "{told}");
    assert_eq!(wrong("a: [", &[]).0, 3);
    assert_eq!(wrong(MANIFESTS, &["--control-plane", "somewhere"]).0, 2);
}

#[test]
fn roots_are_certificates_and_no_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let (key, out) = (rcgen::KeyPair::generate().expect("a key"), folder.path().join("meshed.yaml"));
    let root = rcgen::CertificateParams::default().self_signed(&key).expect("a certificate").pem();
    let path = folder.path().join("root.pem");
    let words = ["inject", "-f", "-", "--roots", path.to_str().expect("a path"), "--out", out.to_str().expect("a path")];
    std::fs::write(&path, &root).expect("written");
    assert_eq!(capture(&words, MANIFESTS.as_bytes()).exit, 0);
    let written = std::fs::read_to_string(&out).expect("written");
    assert_eq!(objects(&written)[1]["spec"]["template"]["metadata"]["annotations"]["meshglot.dev/roots"], root);
    std::fs::write(&path, root + &key.serialize_pem()).expect("written");
    let said = capture(&words, MANIFESTS.as_bytes());
    assert!(said.exit == 3 && said.stderr.contains("a private key"), "{}", said.stderr);
}

/// Pods that ask for sidecars which nobody could serve are a slip of whoever installs.
#[test_case(&["install", "--backend", "istio", "--inject"], "--inject: sidecars are those of the backend builtin" ; "of another mesh")]
#[test_case(&["install", "--backends", "istio,linkerd", "--inject"], "--inject: sidecars are those of the backend builtin" ; "of other meshes")]
#[test_case(&["install", "--backend", "istio", "--capture-image", "capture:1"], "--inject" ; "an image for nothing")]
#[test_case(&["controller", "--backend", "istio", "--inject-control-plane", "mesh:15010"], "--webhook-address" ; "without a webhook")]
#[test_case(&["controller", "--backend", "istio", "--webhook-address", "127.0.0.1:0", "--inject-control-plane", "mesh"], "--inject-control-plane: `mesh` is no HOST:PORT" ; "without a port")]
fn sidecars_by_the_webhook_need_somebody_to_ask(words: &[&str], why: &str) {
    let said = capture(words, b"");
    assert_eq!((said.exit, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.contains(why), "{}", said.stderr);
}

/// Nobody is asked who is gone: what asks goes first.
#[test]
fn what_asks_for_sidecars_goes_before_those_who_answer() {
    let kinds = |words: &[&str]| -> Vec<String> {
        let said = capture(&[words, &["-o", "json", "-q"]].concat(), b"");
        assert_eq!(said.exit, 0, "{}", said.stderr);
        let all: Value = serde_json::from_str(&said.stdout).expect("JSON");
        let kind = |one: &Value| one["kind"].as_str().unwrap_or_default().to_owned();
        all["items"].as_array().expect("a list").iter().map(kind).collect()
    };
    let gone = kinds(&["uninstall", "--backend", "builtin", "--inject"]);
    assert_eq!(gone[..2], ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]);
    assert_eq!(gone.last().map(String::as_str), Some("Secret"));
    let made = kinds(&["install", "--backend", "builtin", "--inject"]);
    assert_eq!(made.last().map(String::as_str), Some("MutatingWebhookConfiguration"));
    assert!(!kinds(&["install", "--backend", "istio", "--webhook"]).contains(&"MutatingWebhookConfiguration".to_owned()));
}
