//! Pods with the sidecar of `meshglot inject`, and a control plane on the host: who may call whom, what the kubelet sees, what is left alone.

use std::process::Command;

use serde_json::Value;

use super::inject_site::{MeshedSite, POLICY, applications};

/// What curl says of a call: its status, or that there was none.
pub(super) fn curl(site: &MeshedSite, from: &str, url: &str) -> String {
    let words =
        ["-n", "bank", "exec", from, "-c", "main", "--", "/usr/bin/curl", "-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", url];
    site.try_kubectl(&words)
}

#[test]
fn injected_pods_call_each_other_by_identity_and_nobody_else_gets_in() {
    let Some(site) = MeshedSite::up() else { return };
    site.apply(&applications(&site));
    // The sidecar waits for the mesh to know the pod, and the application for the sidecar.
    for name in ["ledger", "teller"] {
        site.until(&format!("{name} has an address"), || !site.address(name).is_empty());
    }
    let main =
        site.kubectl(&["-n", "bank", "get", "pod", "-l", "app=ledger", "-o", "jsonpath={.items[0].status.containerStatuses[0].state}"]);
    assert!(main.contains("PodInitializing"), "the application has not begun: {main}");
    site.know(POLICY);
    for name in ["ledger", "teller", "plain", "node"] {
        site.kubectl(&["-n", "bank", "rollout", "status", &format!("deployment/{name}"), "--timeout=120s"]);
    }

    // By name, which UDP finds: with the sidecar's certificate, and only what a rule allows.
    site.until("the teller reads", || curl(&site, "deploy/teller", "http://ledger/health") == "200");
    assert_eq!(curl(&site, "deploy/teller", "http://ledger/other"), "403");
    // Without a sidecar there is no identity, whether the Service or the pod is dialled.
    let pod = site.address("ledger");
    for url in ["http://ledger/health".to_owned(), format!("http://{pod}:8080/health")] {
        let said = curl(&site, "deploy/plain", &url);
        assert_ne!(said, "200", "{url}");
        let host = Command::new("curl").args(["-s", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}"]).arg(&url).output().expect("curl");
        assert_ne!(String::from_utf8_lossy(&host.stdout), "200", "{url} from the host");
    }
    // Nor do the proxy's own ports lead anywhere; what was declared as a probe is told, and nothing else.
    assert_eq!(curl(&site, "deploy/plain", &format!("http://{pod}:15022/probe/main/readiness")), "200");
    assert_eq!(curl(&site, "deploy/plain", &format!("http://{pod}:15022/health")), "404");
    assert_eq!(curl(&site, "deploy/plain", &format!("http://{pod}:15006/health")), "000");
    // The store is asked for its health by gRPC, and nobody else gets to it.
    assert_ne!(curl(&site, "deploy/plain", &format!("http://{pod}:2379/health")), "200");
    assert_eq!(curl(&site, "deploy/plain", &format!("http://{pod}:15022/probe/store/readiness")), "200");
    // A port that was left out is open to all.
    assert_eq!(curl(&site, "deploy/plain", &format!("http://{pod}:8181/ready")), "200");

    // A Job ends, though a sidecar is beside it.
    site.apply(&site.injected(&job()));
    site.kubectl(&["-n", "bank", "wait", "--for=condition=complete", "job/once", "--timeout=120s"]);

    // Pods of the node's network, and those that say so, are as they were written.
    for (name, count) in [("ledger", 2), ("teller", 2), ("plain", 0), ("node", 0)] {
        let pods = site.kubectl(&["-n", "bank", "get", "pods", "-l", &format!("app={name}"), "-o", "json"]);
        let pods: Value = serde_json::from_str(&pods).expect("JSON");
        let status = &pods["items"][0]["status"];
        assert_eq!(status["initContainerStatuses"].as_array().map_or(0, Vec::len), count, "{name}: {status:#}");
        assert_eq!(status["containerStatuses"][0]["restartCount"], 0, "no probe has failed: {name}");
    }

    // What a container wants to be asked at its end is asked; where nobody answers the kubelet hears of it.
    for name in ["ledger", "teller"] {
        site.kubectl(&["-n", "bank", "delete", "pod", "-l", &format!("app={name}")]);
    }
    let failed = || {
        let selector = "--field-selector=reason=FailedPreStopHook";
        site.kubectl(&["-n", "bank", "get", "events", selector, "-o", "jsonpath={.items[*].involvedObject.name}"])
    };
    site.until("the teller's hook fails", || failed().contains("teller-"));
    assert!(!failed().contains("ledger-"), "{}", failed());
}

/// One call, and the end.
fn job() -> String {
    "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once, namespace: bank}\nspec:\n  backoffLimit: 20\n  template:\n    spec:\n      \
     serviceAccountName: teller\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: localhost/tools:1\n        \
     command: [/usr/bin/curl, -sf, -m, '5', 'http://ledger/health']\n"
        .to_owned()
}
