//! A mesh that is lived with: what is done to its control plane, to its definitions and to its pods, while calls go on that may not fail
//! and others that may not come through; all of it within a rotation of the root.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::callers::{self, goes_on};
use super::rights;
use super::sample::bookshop;
use super::sidecar_site::{NAMESPACE, rolled_out, with_flags};
use super::site::Site;

/// A root is replaced within a minute of overlap and five of the last certificate's life; a minute is for looks at the clock.
const ROTATION: Duration = Duration::from_secs(7 * 60);

/// The definition of splits.
const SPLITS: &str = "trafficsplits.split.smi-spec.io";

/// Without a version and a field of splits.
fn older(newest: &Value) -> Value {
    let mut all = newest.clone();
    let items = all["items"].as_array_mut().expect("definitions");
    let splits = items.iter_mut().find(|one| one["metadata"]["name"] == SPLITS).expect("it is there");
    let versions = splits["spec"]["versions"].as_array_mut().expect("versions");
    versions.retain(|version| version["name"] != "v1alpha1");
    for version in versions {
        let spec = version.pointer_mut("/schema/openAPIV3Schema/properties/spec").expect("a schema");
        spec["properties"].as_object_mut().expect("fields").remove("matches").expect("it was there");
        // Rules may be about it.
        spec.as_object_mut().expect("a schema").remove("x-kubernetes-validations");
    }
    all
}

fn roots(site: &Site) -> String {
    site.try_kubectl(&["-n", "bookshop", "get", "configmap", "meshglot-root", "-o", "jsonpath={.data.ca\\.crt}"])
}

#[test]
fn no_call_feels_what_becomes_of_the_control_plane() {
    let Some(site) = with_flags("2", &["--xds-certificate-lifetime=5m", "--xds-root-overlap=1m"]) else { return };
    bookshop(&site, "");
    callers::begin(&site);

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

    // The definitions of policy are those of an older version, and then these.
    let newest: Value = serde_json::from_str(&site.meshglot(&["crds", "-o", "json"])).expect("JSON");
    for definitions in [older(&newest), newest] {
        site.apply_by_force(&definitions.to_string());
        goes_on(&site, "other definitions");
    }
    let reads = "jsonpath={.spec.versions[*].schema.openAPIV3Schema.properties.spec.properties.matches.type}";
    assert_eq!(site.kubectl(&["get", "customresourcedefinition", SPLITS, "-o", reads]), "array array array array");

    // Pods come and go.
    for replicas in ["20", "1"] {
        site.kubectl(&["-n", "bookshop", "scale", "deployment/reviews-v1", "--replicas", replicas]);
        rolled_out(&site, &["-n", "bookshop"], "deployment/reviews-v1");
        goes_on(&site, &format!("{replicas} replicas of the reviews"));
    }
    site.kubectl(&["-n", "bookshop", "rollout", "restart", "deployment/reviews-v1", "deployment/reviews-v2", "deployment/ratings"]);
    for name in ["reviews-v1", "reviews-v2", "ratings"] {
        rolled_out(&site, &["-n", "bookshop"], &format!("deployment/{name}"));
    }
    goes_on(&site, "all services were started again");

    // The new root signs after its overlap, and the old one goes when the last certificate by it has ended. All pods have others by then.
    let is_another = || roots(&site).matches("BEGIN CERTIFICATE").count() == 1 && !roots(&site).contains(before.trim());
    let begin = Instant::now();
    while !is_another() {
        assert!(begin.elapsed() < ROTATION, "the old root is trusted still:\n{}", roots(&site));
        goes_on(&site, "certificates are renewed");
        std::thread::sleep(Duration::from_secs(5));
    }
    goes_on(&site, "the old root is gone");

    // What was lost in a crash would be counted.
    let pods: Value = serde_json::from_str(&site.kubectl(&["get", "pods", "-A", "-o", "json"])).expect("JSON");
    for pod in pods["items"].as_array().expect("pods").iter().filter(|pod| pod["metadata"]["namespace"] != "kube-system") {
        let all = ["initContainerStatuses", "containerStatuses"].map(|name| pod["status"][name].as_array().cloned().unwrap_or_default());
        let restarts: u64 = all.concat().iter().filter_map(|one| one["restartCount"].as_u64()).sum();
        assert_eq!(restarts, 0, "{}", pod["metadata"]["name"]);
    }

    rights::hold(&site);
    let upgraded = site.meshglot(&["upgrade", "--image", "meshglot:test", "--capture-image", "meshglot-capture:test"]);
    assert!(upgraded.contains("--xds-certificate-lifetime=5m") && upgraded.contains("--xds-root-overlap=1m"), "{upgraded}");

    // Without controllers calls go on; then the namespace goes, in use as it is.
    let printed = site.meshglot(&["uninstall", "--backend", "builtin", "--inject"]);
    let file = site.folder.path().join("uninstall.yaml");
    std::fs::write(&file, printed).expect("written");
    site.kubectl(&["delete", "--ignore-not-found", "-f", file.to_str().expect("a path")]);
    goes_on(&site, "the controllers were uninstalled");
    site.kubectl(&["delete", "namespace", "bookshop", "--timeout=90s"]);
}
