//! `check`.

use meshglot_apiserver::{User, crds, installed};
use serde_json::{Value, json};

use super::site::{Said, Site};

/// The checks of a category that are not well, each with its level.
fn bad(said: &Said, category: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {} {}", said.out, said.err));
    let all = answer["checks"].as_array().expect("a list").clone();
    let of = all.into_iter().filter(|one| one["category"] == category && one["level"] != "ok");
    of.map(|one| format!("{}: {}", one["level"].as_str().unwrap_or_default(), one["message"].as_str().unwrap_or_default())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn before_an_installation() {
    if !installed() || crds().is_none() {
        return;
    }
    let viewer = User::new("viewer", &[]);
    let site = Site::own("shop", &["istio"], std::slice::from_ref(&viewer)).await;
    let said = site.run(&["check", "--pre", "--backend", "istio"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    for line in [
        "kubernetes-api\n--------------\n✔ can reach the API server at https://",
        "✔ may install meshglot",
        "✔ may install webhooks",
        "✔ may write what is rendered",
        "‼ no control plane of istio is seen",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    assert!(said.out.ends_with("Status check results are ✔\n"), "{}", said.out);
    assert_eq!(site.run(&["check", "--pre", "--backend", "istio", "--fail-on", "warning"]).code, Some(1));
    // Linkerd's kinds are not there.
    let said = site.run(&["check", "--pre", "--backend", "linkerd", "-o", "short"]);
    assert!(
        said.code == Some(1) && said.out.contains("definitions: linkerd: not served: ") && !said.out.contains("can reach"),
        "{}",
        said.out
    );
    let said = site.run_with(&["check", "--pre", "--backend", "istio", "-o", "json"], &site.kubeconfig_of(&viewer));
    let missing = bad(&said, "permissions");
    assert_eq!((said.code, missing.len()), (Some(1), 7), "{missing:?}");
    assert!(
        missing
            .iter()
            .any(|one| one.contains("may not write what is rendered") && one.contains("create virtualservices.networking.istio.io"))
    );
    let installs = |what: &str, verb: &str| missing.iter().any(|one| one.starts_with(what) && one.contains(verb));
    assert!(installs("error: may not install meshglot: ", "create deployments.apps"), "{missing:?}");
    assert!(installs("warning: may not install webhooks: ", "patch validatingwebhookconfigurations"), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_policy_and_what_is_in_its_way() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::own("shop", &["istio"], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    let canary = site.split("canary", [90, 10]);
    site.apply(&canary).await;
    let check = |words: &[&str]| site.run(&[&["check", "--backend", "istio", "-o", "json"], words].concat());
    let said = check(&["--wait=1s"]);
    let want = [
        "error: TrafficSplit/shop/canary: nobody has told yet how it stands",
        "error: virtualservice.networking.istio.io/shop/meshglot-web is not there",
    ];
    assert_eq!((said.code, bad(&said, "policy")), (Some(5), want.map(str::to_owned).to_vec()));
    assert_eq!(bad(&said, "controller"), ["warning: no controller is seen: there is no Lease meshglot-system/meshglot-controller"]);
    let controller = site.controller("istio");
    let said = check(&["--wait=60s"]);
    assert_eq!((said.code, bad(&said, "policy"), bad(&said, "controller")), (Some(0), vec![], vec![]), "{}", said.out);
    assert!(
        said.out.contains("holds the Lease, renewed") && said.out.contains("1 rendered object of istio as policy renders"),
        "{}",
        said.out
    );
    // The control plane, as Istio's installer labels it.
    let labels = json!({"app": "istiod"});
    let container = json!({"name": "discovery", "image": "docker.io/istio/pilot:1.27.0"});
    let spec = json!({"replicas": 1, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}});
    let mut istiod = site.object("apps/v1", "Deployment", "istiod", &spec);
    istiod["metadata"]["labels"] = labels;
    site.apply(&istiod).await;
    assert_eq!(bad(&check(&[]), "backend"), ["error: istio 1.27.0: shop/istiod: 0 of 1 ready"]);
    site.status(&istiod, &json!({"replicas": 1, "readyReplicas": 1})).await;
    assert_eq!(bad(&check(&[]), "backend"), [""; 0]);
    // Without a controller, which gives its Lease up, others edit.
    drop(controller);
    let said = check(&[]);
    assert_eq!(
        (said.code, bad(&said, "controller")),
        (Some(1), vec!["error: nobody holds the Lease: the last controller has given it up".to_owned()])
    );
    let mut route = site.object(
        "networking.istio.io/v1",
        "VirtualService",
        "meshglot-web",
        &json!({"hosts": ["a"], "http": [{"route": [{"destination": {"host": "web"}}]}]}),
    );
    site.edit(&route, &json!({"spec": {"hosts": ["elsewhere.example"]}})).await;
    let found = bad(&check(&[]), "policy");
    assert!(
        found.len() == 1
            && found[0].starts_with("warning: virtualservice.networking.istio.io/shop/meshglot-web has drifted, edited by kubectl-edit"),
        "{found:?}"
    );
    site.delete(&route).await;
    site.apply_as("somebody", &route).await;
    let found = bad(&check(&[]), "policy");
    assert_eq!(found, ["error: virtualservice.networking.istio.io/shop/meshglot-web is somebody else's, and in the way of ours"]);
    let said = site.run(&["check", "--backend", "istio"]);
    assert!(said.out.contains("meshglot adopt virtualservice/meshglot-web -n shop"), "{}", said.out);
    // What is ours and nobody renders.
    site.delete(&route).await;
    route["metadata"]["name"] = json!("left");
    route["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "meshglot", "meshglot.dev/backend": "istio"});
    site.apply(&route).await;
    let found = bad(&check(&[]), "policy");
    assert!(
        found.contains(&"warning: virtualservice.networking.istio.io/shop/left is ours, and no policy renders it".to_owned()),
        "{found:?}"
    );
}
