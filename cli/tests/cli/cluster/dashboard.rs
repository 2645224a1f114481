//! The web view of a cluster: what is there, what becomes of it, and what may not be seen.

use meshglot_apiserver::{User, installed};
use serde_json::json;

use super::pages::Pages;
use super::site::Site;

fn shown(site: &Site, user: Option<&User>) -> Pages {
    let kubeconfig = user.map_or_else(|| site.kubeconfig.clone(), |user| site.kubeconfig_of(user));
    Pages::start(site.command(&["dashboard", "--no-token"], &kubeconfig), "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_followed_also_while_it_is_away() {
    if !installed() {
        return;
    }
    let mut site = Site::own("shown", &[], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let shown = shown(&site, None);
    let (page, edited) = ("/policies/TrafficSplit/shown/canary.json", "\"weight\":37");
    assert!(shown.shows(page, "\"weight\":90"), "{}", shown.get(page));
    site.apply(&site.split("canary", [37, 63])).await;
    site.until("the edit is shown", async || shown.shows(page, edited)).await;
    let overview = shown.get("/policies");
    assert!(overview.contains("kubectl") && overview.contains("-o yaml | meshglot"), "a command that gives the same: {overview}");
    assert!(!overview.contains("Not the newest state"));

    site.server.as_mut().expect("its own").kill();
    site.until("that it is away is shown", async || shown.get("/policies").contains("Not the newest state")).await;
    assert!(shown.shows(page, edited), "the last state stays");
    site.server.as_mut().expect("its own").restart().await.expect("it comes back");
    site.until("it is back", async || !shown.get("/policies").contains("Not the newest state")).await;
    site.apply(&site.split("canary", [41, 59])).await;
    site.until("the next edit is shown", async || shown.shows(page, "\"weight\":41")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_listed_is_told_on_every_page() {
    if !installed() {
        return;
    }
    let reader = User::new("reader", &[]);
    let site = Site::own("shown", &[], std::slice::from_ref(&reader)).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let rules = json!([{"apiGroups": ["", "split.smi-spec.io"], "resources": ["services", "trafficsplits"], "verbs": ["list", "watch"]}]);
    let group = "rbac.authorization.k8s.io";
    let metadata = json!({"name": "reader"});
    site.apply(&json!({"apiVersion": format!("{group}/v1"), "kind": "ClusterRole", "metadata": metadata, "rules": rules})).await;
    site.apply(&json!({
        "apiVersion": format!("{group}/v1"), "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "reader"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": "reader"}],
    }))
    .await;
    let shown = shown(&site, Some(&reader));
    assert!(shown.shows("/policies/TrafficSplit/shown/canary.json", "\"weight\":90"));
    for page in ["/", "/policies"] {
        let text = shown.get(page);
        assert!(text.contains("hidden:") && text.contains("traffictargets.access.smi-spec.io"), "{page}: {text}");
        assert!(text.contains("auth can-i list"), "{page}");
    }
}
