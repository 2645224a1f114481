//! A mesh that is lived with: what is done to its control plane and to its pods, while calls go on that may not fail and others that
//! may not come through.

use serde_json::Value;

use super::sample::bookshop;
use super::sidecar_site::{NAMESPACE, rolled_out, with_replicas};
use super::site::Site;

/// Calls a second of each of the two.
const RATE: u32 = 20;

/// Somebody who calls without an end, with the account of the front, and tells what became of each call.
fn caller(name: &str, url: &str) -> String {
    let args = format!("[-s, -m, '5', --rate, {RATE}/s, -o, /dev/null, -w, '%{{stderr}}%{{http_code}}\\n', '{url}[1-1000000]']");
    format!(
        "---\n{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: bookshop, labels: {{app: {name}}}}},\n \
         spec: {{serviceAccountName: frontend, terminationGracePeriodSeconds: 1,\n  \
         containers: [{{name: main, image: localhost/tools:1, command: [/usr/bin/curl], args: {args}}}]}}}}\n"
    )
}

/// What became of the calls until now, by how often.
fn told(site: &Site, name: &str) -> Vec<String> {
    site.kubectl(&["-n", "bookshop", "logs", name, "-c", "main"]).lines().map(str::to_owned).collect()
}

/// So many calls more are made, and none until now was otherwise than it has to be.
fn goes_on(site: &Site, after: &str) {
    for (name, want) in [("allowed", "200"), ("denied", "403")] {
        let before = told(site, name).len();
        site.until(&format!("{name} calls after {after}"), || told(site, name).len() >= before + 60);
        let all = told(site, name);
        let other: Vec<(usize, &String)> = all.iter().enumerate().filter(|(_, one)| *one != want).collect();
        assert!(other.is_empty(), "after {after}: of {} calls that are {name} these were otherwise: {other:?}", all.len());
    }
}

fn roots(site: &Site) -> String {
    site.try_kubectl(&["-n", "bookshop", "get", "configmap", "meshglot-root", "-o", "jsonpath={.data.ca\\.crt}"])
}

#[test]
fn no_call_feels_what_becomes_of_the_control_plane() {
    let Some(site) = with_replicas("2") else { return };
    let callers = [caller("allowed", "http://reviews.bookshop:9080/reviews/"), caller("denied", "http://ratings.bookshop:9080/ratings/")];
    bookshop(&site, "");
    site.apply(&callers.concat());
    for name in ["pod/allowed", "pod/denied"] {
        site.kubectl(&["-n", "bookshop", "wait", "--for=condition=Ready", name, "--timeout=120s"]);
    }
    goes_on(&site, "the beginning");

    site.kubectl(&[&NAMESPACE[..], &["rollout", "restart", "deployment/meshglot-controller"]].concat());
    rolled_out(&site, &NAMESPACE, "deployment/meshglot-controller");
    goes_on(&site, "all controllers were replaced");

    let holder =
        site.kubectl(&[&NAMESPACE[..], &["get", "lease", "meshglot-controller", "-o", "jsonpath={.spec.holderIdentity}"]].concat());
    let leader = holder.rsplit_once('_').expect("a pod and a number").0;
    site.kubectl(&[&NAMESPACE[..], &["delete", "pod", leader, "--force", "--grace-period=0"]].concat());
    rolled_out(&site, &NAMESPACE, "deployment/meshglot-controller");
    goes_on(&site, "the one that leads was killed");

    // Nobody has to be started again because the Secret was lost while control planes run.
    let before = roots(&site);
    site.kubectl(&[&NAMESPACE[..], &["delete", "secret", "meshglot-authority"]].concat());
    let secret = [&NAMESPACE[..], &["get", "secret", "meshglot-authority", "-o", "jsonpath={.metadata.labels}"]].concat();
    site.until("it is there again", || site.try_kubectl(&secret).contains("meshglot"));
    assert_eq!(roots(&site), before);

    // Another root, trusted beside the one before: pods that come now trust both, and those that are there are told.
    site.kubectl(&[&NAMESPACE[..], &["annotate", "secret", "meshglot-authority", "meshglot.dev/rotate-root=now"]].concat());
    site.until("both roots are published", || roots(&site).matches("BEGIN CERTIFICATE").count() == 2);
    assert!(roots(&site).contains(before.trim()), "the one before is trusted on");
    goes_on(&site, "another root is trusted");

    // Pods come and go.
    for replicas in ["8", "1"] {
        site.kubectl(&["-n", "bookshop", "scale", "deployment/reviews-v1", "--replicas", replicas]);
        rolled_out(&site, &["-n", "bookshop"], "deployment/reviews-v1");
        goes_on(&site, &format!("{replicas} replicas of the reviews"));
    }
    site.kubectl(&["-n", "bookshop", "rollout", "restart", "deployment/reviews-v1", "deployment/reviews-v2", "deployment/ratings"]);
    for name in ["reviews-v1", "reviews-v2", "ratings"] {
        rolled_out(&site, &["-n", "bookshop"], &format!("deployment/{name}"));
    }
    goes_on(&site, "all services were started again");

    // What was lost in a crash would be counted.
    let pods: Value = serde_json::from_str(&site.kubectl(&["get", "pods", "-A", "-o", "json"])).expect("JSON");
    for pod in pods["items"].as_array().expect("pods").iter().filter(|pod| pod["metadata"]["namespace"] != "kube-system") {
        let all = ["initContainerStatuses", "containerStatuses"].map(|name| pod["status"][name].as_array().cloned().unwrap_or_default());
        let restarts: u64 = all.concat().iter().filter_map(|one| one["restartCount"].as_u64()).sum();
        assert_eq!(restarts, 0, "{}", pod["metadata"]["name"]);
    }

    // Without controllers calls go on; then the namespace goes, in use as it is.
    let printed = site.meshglot(&["uninstall", "--backend", "builtin", "--inject"]);
    let file = site.folder.path().join("uninstall.yaml");
    std::fs::write(&file, printed).expect("written");
    site.kubectl(&["delete", "--ignore-not-found", "-f", file.to_str().expect("a path")]);
    goes_on(&site, "the controllers were uninstalled");
    site.kubectl(&["delete", "namespace", "bookshop", "--timeout=90s"]);
}
