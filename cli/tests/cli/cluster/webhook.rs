//! The webhook of a controller: a real API server asks it, also after its certificate was renewed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use meshglot_apiserver::installed;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::{Value, json};

use super::site::Site;

/// A controller with a webhook; dropped, it is ended.
struct Asked {
    child: Child,
    url: String,
}

impl Asked {
    fn start(site: &Site, words: &[&str]) -> Self {
        let words = [&["controller", "--backend", "istio", "--webhook-address", "127.0.0.1:0"], words].concat();
        let mut child = site.command(&words, &site.kubeconfig).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a stream")).lines().map(|line| line.expect("UTF-8"));
        let url = lines.filter_map(|line| line.strip_prefix("webhook        ").map(str::to_owned)).next().expect("an address");
        Self { child, url }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes a certificate of a new authority; what has to be trusted.
fn renewed(folder: &Path) -> String {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(["127.0.0.1".to_owned()]).expect("an address").signed_by(&key, &authority).expect("a certificate");
    fs::write(folder.join("tls.key"), key.serialize_pem()).expect("written");
    fs::write(folder.join("tls.crt"), own.pem()).expect("written");
    authority.pem()
}

/// As docs/webhook.md has it, but for where it is and that nothing passes without it.
fn configuration(url: &str, bundle: &str) -> Value {
    let rule = |group: &str| json!({"apiGroups": [group], "apiVersions": ["*"], "resources": ["*"], "operations": ["CREATE", "UPDATE"]});
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "meshglot"},
        "webhooks": [{
            "name": "policy.meshglot.dev", "admissionReviewVersions": ["v1"], "sideEffects": "None", "timeoutSeconds": 5,
            "failurePolicy": "Fail", "matchPolicy": "Equivalent",
            "clientConfig": {"url": url, "caBundle": STANDARD.encode(bundle)},
            "rules": [rule("split.smi-spec.io"), rule("specs.smi-spec.io"), rule("access.smi-spec.io"), rule("meshglot.dev")],
        }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_denied_and_a_renewed_certificate_is_taken() {
    if !installed() {
        return;
    }
    let site = Site::own("asked", &[], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    let folder = tempfile::tempdir().expect("a folder");
    let first = renewed(folder.path());
    let asked = Asked::start(&site, &["--webhook-certificate", &folder.path().display().to_string()]);
    site.apply(&configuration(&asked.url, &first)).await;
    let mut wrong = site.split("canary", [90, 10]);
    wrong["spec"]["backends"][0]["service"] = "Web_1".into();
    site.file("wrong.json", &wrong.to_string());
    let denied = || {
        let said = site.run(&["apply", "-f", "wrong.json", "--dry-run"]);
        (said.code != Some(0)).then_some(said.err)
    };
    site.until("it is denied", async || denied().is_some_and(|why| why.contains("denied the request: MG0010"))).await;
    site.apply(&site.split("other", [90, 10])).await;

    let second = renewed(folder.path());
    site.apply(&configuration(&asked.url, &second)).await;
    site.until("it is denied by the other certificate", async || denied().is_some_and(|why| why.contains("MG0010"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn check_says_whether_the_api_server_trusts_it() {
    if !installed() {
        return;
    }
    let site = Site::own("own", &[], &[]).await;
    let check = || site.run(&["check", "--backend", "istio", "-o", "json", "--lease-namespace", "own"]).out;
    let says = |words: &str| check().contains(words);
    assert!(!says("\"webhook\""), "there is none, and nothing is said of it");
    let installed = meshglot::capture(&["install", "--backend", "istio", "--webhook", "--namespace", "own", "-o", "json"], b"");
    let installed: Value = serde_json::from_str(&installed.stdout).expect("JSON");
    let all = installed["items"].as_array().expect("a list");
    let mut configuration = all.iter().find(|one| one["kind"] == "ValidatingWebhookConfiguration").expect("it is there").clone();
    site.apply(&configuration).await;
    assert!(says("its configuration has no caBundle yet"), "{}", check());
    let asked = Asked::start(&site, &["--lease-namespace", "own"]);
    site.until("it is trusted", async || says("the API server trusts its certificate, which is good until 20")).await;
    drop(asked);
    let folder = tempfile::tempdir().expect("a folder");
    configuration["webhooks"][0]["clientConfig"]["caBundle"] = STANDARD.encode(renewed(folder.path())).into();
    site.apply(&configuration).await;
    assert!(says("caBundle does not trust its certificate"), "{}", check());
}

#[test]
fn a_folder_without_a_certificate_is_told_at_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display().to_string();
    let words = ["controller", "--backend", "istio", "--webhook-address", "127.0.0.1:0", "--webhook-certificate", &path];
    let said = meshglot::capture(&words, b"");
    assert_eq!(said.exit, 3, "{}", said.stderr);
    assert!(said.stderr.contains("--webhook-certificate: ") && said.stderr.contains("tls.crt: No such file"), "{}", said.stderr);
}
