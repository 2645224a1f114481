//! What becomes of a controller in pods: it is killed, restarted under edits, moved to another version, and taken away.

use serde_json::Value;

use super::site::Site;

const NAMESPACE: [&str; 2] = ["-n", "meshglot-system"];

/// A split, and the Services that it is about.
fn shop(weight: u32) -> String {
    let service = |name: &str| {
        format!(
            "---\n{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: default}}, spec: {{ports: [{{name: http, port: 80}}]}}}}\n"
        )
    };
    format!(
        "apiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {{name: web, namespace: default}}\n\
         spec: {{service: web, backends: [{{service: web-v1, weight: {weight}}}, {{service: web-v2, weight: 1}}]}}\n{}",
        ["web", "web-v1", "web-v2"].map(service).concat()
    )
}

/// The first weight of the mesh's route; 0: there is none.
fn weight(site: &Site) -> u64 {
    let all: Value = serde_json::from_str(&site.kubectl(&["get", "virtualservices", "-A", "-o", "json"])).expect("JSON");
    all["items"][0]["spec"]["http"][0]["route"][0]["weight"].as_u64().unwrap_or_default()
}

fn leader(site: &Site) -> String {
    let path = "jsonpath={.spec.holderIdentity}";
    site.kubectl(&[&NAMESPACE[..], &["get", "lease", "meshglot-controller", "--ignore-not-found", "-o", path]].concat())
}

/// Edits the split, and waits until the mesh has it.
fn edited(site: &Site, to: u32) {
    site.apply(&shop(to));
    site.until(&format!("{to} is in force"), || weight(site) == u64::from(to));
}

#[test]
fn policy_stays_in_force_whatever_happens_to_its_controllers() {
    let Some(site) = Site::with_istio() else { return };
    site.apply(&site.meshglot(&["install", "--backend", "istio"]));
    let rolled_out =
        || site.kubectl(&[&NAMESPACE[..], &["rollout", "status", "deployment/meshglot-controller", "--timeout=120s"]].concat());
    rolled_out();
    edited(&site, 90);

    // The one that writes is gone without a word: the other one takes over.
    let first = leader(&site);
    let pod = first.split('_').next().expect("a pod");
    site.kubectl(&[&NAMESPACE[..], &["delete", "pod", pod, "--force", "--grace-period=0"]].concat());
    site.until("another one leads", || !leader(&site).is_empty() && leader(&site) != first);
    edited(&site, 80);

    // All are restarted while policy is edited.
    site.kubectl(&[&NAMESPACE[..], &["rollout", "restart", "deployment/meshglot-controller"]].concat());
    for to in 60..70 {
        edited(&site, to);
    }
    rolled_out();
    let pods: Value = serde_json::from_str(&site.kubectl(&[&NAMESPACE[..], &["get", "pods", "-o", "json"]].concat())).expect("JSON");
    for pod in pods["items"].as_array().expect("a list") {
        assert_eq!(pod["status"]["containerStatuses"][0]["restartCount"], 0, "none has ended by itself: {pod:#}");
    }

    // Another version keeps what was set, also by hand.
    site.kubectl(&[&NAMESPACE[..], &["scale", "deployment/meshglot-controller", "--replicas=1"]].concat());
    let upgraded = site.meshglot(&["upgrade", "--image", "meshglot:0.1.0", "-o", "json"]);
    let upgraded: Value = serde_json::from_str(&upgraded).expect("JSON");
    let deployment = upgraded["items"].as_array().expect("a list").iter().find(|one| one["kind"] == "Deployment").expect("it is there");
    assert_eq!(deployment["spec"]["replicas"], 1);
    site.apply(&upgraded.to_string());
    rolled_out();
    edited(&site, 50);

    // What is rendered outlives it.
    let gone = site.meshglot(&["uninstall", "--backend", "istio", "-q", "-o", "json"]);
    let file = site.folder.path().join("gone.json");
    std::fs::write(&file, gone).expect("written");
    site.kubectl(&["delete", "-f", &file.display().to_string()]);
    site.until("no pod is left", || site.kubectl(&[&NAMESPACE[..], &["get", "pods", "-o", "name"]].concat()).is_empty());
    assert_eq!(weight(&site), 50);
    let left = site.kubectl(&["get", "clusterroles,clusterrolebindings", "-o", "name"]);
    assert!(!left.contains("meshglot-controller"), "{left}");
}
