//! The built-in mesh in Kubernetes: a controller that is the control plane, pods with sidecars, and nothing told to it but the cluster.

use super::inject::curl;
use super::inject_site::{MeshedSite, POLICY, applications};

#[test]
fn a_cluster_is_all_that_the_control_plane_is_told() {
    let Some(site) = MeshedSite::of_cluster() else { return };
    site.apply(&applications(&site));
    for name in ["ledger", "teller", "plain"] {
        site.kubectl(&["-n", "bank", "rollout", "status", &format!("deployment/{name}"), "--timeout=120s"]);
    }
    // Without a rule everybody may; the application itself does not know the path.
    site.until("the teller reads", || curl(&site, "deploy/teller", "http://ledger/health") == "200");
    assert_eq!(curl(&site, "deploy/teller", "http://ledger/other"), "404");

    site.apply(POLICY);
    let status = ["-n", "bank", "get", "traffictarget", "ledger", "-o", "jsonpath={.status.summary.ready} {.status.summary.backend}"];
    site.until("the rule is in force", || site.kubectl(&status) == "1/1 builtin");
    site.until("it is obeyed", || curl(&site, "deploy/teller", "http://ledger/other") == "403");
    assert_eq!(curl(&site, "deploy/teller", "http://ledger/health"), "200");
    assert_ne!(curl(&site, "deploy/plain", "http://ledger/health"), "200", "without a sidecar there is no identity");

    // Pods come and go: each joins by its token, and is called as soon as it is ready.
    site.kubectl(&["-n", "bank", "scale", "deployment/ledger", "--replicas=3"]);
    site.kubectl(&["-n", "bank", "rollout", "status", "deployment/ledger", "--timeout=120s"]);
    for _ in 0..12 {
        assert_eq!(curl(&site, "deploy/teller", "http://ledger/health"), "200");
    }
    site.kubectl(&["-n", "bank", "scale", "deployment/ledger", "--replicas=1"]);
    let ready = ["-n", "bank", "get", "deployment", "ledger", "-o", "jsonpath={.status.replicas}"];
    site.until("one is left", || site.kubectl(&ready) == "1");
    site.until("it is called alone", || (0..6).all(|_| curl(&site, "deploy/teller", "http://ledger/health") == "200"));

    // With the rule goes what it has closed.
    site.kubectl(&["-n", "bank", "delete", "traffictarget", "ledger"]);
    site.until("all may again", || curl(&site, "deploy/teller", "http://ledger/other") == "404");
}
