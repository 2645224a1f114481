//! `apply` and `delete`.

use std::process::Stdio;
use std::time::Duration;

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use super::site::Site;

/// A namespace, its Services and a split: all at once.
fn policy(namespace: &str, weights: [u32; 2]) -> String {
    let service = |name: &str| {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {namespace}}}, spec: {{ports: [{{name: http, port: 80}}]}}}}\n"
        )
    };
    format!(
        "{{apiVersion: split.smi-spec.io/v1alpha3, kind: TrafficSplit, metadata: {{name: canary, namespace: {namespace}}},
 spec: {{service: web, backends: [{{service: web-v1, weight: {}}}, {{service: web-v2, weight: {}}}]}}}}
---
{{apiVersion: v1, kind: Namespace, metadata: {{name: {namespace}}}}}
---
{}---
{}---
{}",
        weights[0],
        weights[1],
        service("web"),
        service("web-v1"),
        service("web-v2")
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_is_applied_as_a_whole_or_not_at_all() {
    if !installed() {
        return;
    }
    let site = Site::shared("edit-apply").await;
    site.file("policy.yaml", &policy("edit-new", [90, 10]));
    let apply = |words: &[&str]| site.run(&[&["apply", "-f", "policy.yaml"], words].concat());
    let canary = json!({"apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": "canary", "namespace": "edit-new"}});
    let said = apply(&["--dry-run"]);
    assert!(
        said.code == Some(1) && said.out.contains("trafficsplit.split.smi-spec.io/canary would be created\n"),
        "{} {}",
        said.out,
        said.err
    );
    assert_eq!(site.get(&canary).await, None);
    let said = apply(&[]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.starts_with("namespace/edit-new created\n") && said.out.contains("service/web created\n"), "{}", said.out);
    let there = site.get(&canary).await.expect("it is there");
    assert_eq!(there["metadata"]["managedFields"][0]["manager"], "meshglot-cli");
    let said = apply(&[]);
    assert!(said.code == Some(0) && said.out.lines().all(|line| line.ends_with(" unchanged")), "{} {}", said.out, said.err);
    assert_eq!(site.get(&canary).await, Some(there));
    site.file("policy.yaml", &policy("edit-new", [50, 50]));
    let said = apply(&["--dry-run"]);
    assert!(
        said.code == Some(1) && said.out.contains("canary would be configured\n") && said.out.contains("service/web unchanged\n"),
        "{}",
        said.out
    );
    // Somebody else owns what differs: nothing is written, neither that nor anything else.
    let mut taken = canary.clone();
    let backends = json!([{"service": "web-v1", "weight": 70}, {"service": "web-v2", "weight": 30}]);
    taken["spec"] = json!({"service": "web", "backends": backends});
    site.apply_as("flagger", &taken).await;
    let more = format!(
        "{}---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: new, namespace: edit-new}}}}\n",
        policy("edit-new", [50, 50])
    );
    site.file("policy.yaml", &more);
    let said = apply(&[]);
    assert!(
        said.code == Some(6) && said.err.contains("of flagger: nothing was written") && said.err.contains(".spec.backends"),
        "{}",
        said.err
    );
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "new", "namespace": "edit-new"}});
    assert_eq!(site.get(&account).await, None);
    let said = apply(&["--force-conflicts"]);
    assert!(said.code == Some(0) && said.out.contains("canary configured\n"), "{} {}", said.out, said.err);
    assert_eq!(site.get(&canary).await.expect("it is there")["spec"]["backends"][0]["weight"], 50);
    // What the API server refuses.
    site.file("policy.yaml", &policy("edit-new", [50, 50]).replace("service: web,", "service: 7,"));
    let said = apply(&[]);
    assert!(said.code == Some(3) && said.err.contains("nothing was written"), "{}", said.err);
    site.file(
        "policy.yaml",
        &policy("edit-new", [50, 50])
            .replace("namespace: edit-new}", "namespace: edit-nowhere}")
            .replace("name: edit-new}", "name: edit-other}"),
    );
    let said = apply(&[]);
    assert!(said.code == Some(4) && said.err.contains("edit-nowhere"), "{:?} {}", said.code, said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_is_deleted_by_name() {
    if !installed() {
        return;
    }
    let site = Site::shared("edit-delete").await;
    let canary = site.split("canary", [90, 10]);
    site.apply(&canary).await;
    let delete = |words: &[&str]| site.run(&[&["delete"], words].concat());
    assert_eq!(delete(&["ts", "-n", "edit-delete"]).code, Some(2));
    // Of the context's namespace: there is none of its name there.
    let said = delete(&["ts/canary"]);
    assert_eq!(said.code, Some(4), "{}", said.err);
    let said = delete(&["svc/web", "-n", "edit-delete"]);
    assert!(said.code == Some(2) && said.err.contains("kubectl delete does it"), "{}", said.err);
    let said = delete(&["ts/canary", "-n", "edit-delete", "--dry-run"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), "trafficsplit.split.smi-spec.io/canary would be deleted\n"));
    assert!(site.get(&canary).await.is_some());
    let said = delete(&["ts/canary", "-n", "edit-delete"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "trafficsplit.split.smi-spec.io/canary deleted\n"));
    assert_eq!(site.get(&canary).await, None);
    assert_eq!(delete(&["ts/canary", "-n", "edit-delete"]).code, Some(4));
    assert_eq!(delete(&["ts/canary", "-n", "edit-delete", "--ignore-not-found"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_waits_until_a_controller_has_it_in_force() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::own("shop", &["istio"], &[]).await;
    let _controller = site.controller("istio");
    site.file("policy.yaml", &policy("shop", [90, 10]));
    let said = site.run(&["apply", "-f", "policy.yaml", "--wait", "--timeout", "60s"]);
    assert!(said.code == Some(0) && said.out.ends_with("TrafficSplit/shop/canary is Ready\n"), "{} {}", said.out, said.err);
    site.file("policy.yaml", &policy("shop", [80, 20]));
    assert_eq!(site.run(&["apply", "-f", "policy.yaml", "--wait"]).code, Some(0));
    let mut route = site.object("networking.istio.io/v1", "VirtualService", "meshglot-web", &Value::Null);
    route = site.get(&route).await.expect("it is rendered");
    assert_eq!(route["spec"]["http"][0]["route"][0]["weight"], 4);
    // What can never come into force ends the wait.
    site.file("policy.yaml", &policy("shop", [0, 0]));
    let said = site.run(&["apply", "-f", "policy.yaml", "--wait", "--timeout", "60s"]);
    assert!(said.code == Some(1) && said.err.contains("TrafficSplit/shop/canary: "), "{:?} {} {}", said.code, said.out, said.err);

    // What is wrong for a moment does not: a controller is told of objects one by one.
    let spec = json!({"service": "late", "backends": [{"service": "late", "weight": 1}]});
    let split = site.object("split.smi-spec.io/v1alpha4", "TrafficSplit", "hasty", &spec);
    site.apply(&split).await;
    site.until("it is told to be wrong", async || {
        let conditions = site.get(&split).await.unwrap_or_default()["status"]["conditions"].to_string();
        conditions.contains("MG0101")
    })
    .await;
    let mut waits = site
        .command(&["wait", "ts/hasty", "-n", "shop", "--timeout", "60s"], &site.kubeconfig)
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(waits.try_wait().expect("it is ours").is_none(), "it has given up");
    site.services(&["late"]).await;
    assert!(waits.wait().expect("it is ours").success());
}
