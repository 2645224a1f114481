//! `prune`, `adopt` and `release`.

use std::io::{Read as _, Write as _};

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use super::super::terminal::terminal;
use super::site::Site;

const ROUTE: &str = "virtualservice.networking.istio.io/shop/meshglot-web";

fn route(site: &Site) -> Value {
    let mut route = site.object("networking.istio.io/v1", "VirtualService", "meshglot-web", &Value::Null);
    route.as_object_mut().expect("an object").remove("spec");
    route
}

/// Somebody's object of the name that the split renders.
fn foreign(site: &Site) -> Value {
    let mut foreign = route(site);
    let route = json!({"route": [{"destination": {"host": "web-v1"}}], "timeout": "3s"});
    foreign["spec"] = json!({"hosts": ["elsewhere.example"], "http": [route], "exportTo": ["."]});
    foreign["metadata"]["labels"] = json!({"team": "a"});
    foreign
}

/// What `prune` shows on a terminal where somebody types this, and its exit code.
fn answered(site: &Site, answer: &str) -> (String, Option<i32>) {
    let (mut ours, theirs) = terminal(24);
    let stream = || theirs.try_clone().expect("a stream");
    let mut command = site.command(&["prune", "--backend", "istio"], &site.kubeconfig);
    let mut child = command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().expect("it starts");
    ours.write_all(answer.as_bytes()).expect("typed");
    drop((command, theirs));
    let mut text = Vec::new();
    // Linux ends a terminal that nobody holds with an error, not with an end of file.
    let _ = ours.read_to_end(&mut text);
    (String::from_utf8(text).expect("UTF-8"), child.wait().expect("it ends").code())
}

async fn with_split() -> (Site, Value) {
    let site = Site::own("shop", &["istio"], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    let canary = site.split("canary", [90, 10]);
    site.apply(&canary).await;
    (site, canary)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_policy_renders_is_listed_then_deleted() {
    if !installed() || crds().is_none() {
        return;
    }
    let (site, canary) = with_split().await;
    let said = site.run(&["prune", "--dry-run"]);
    assert!(said.code == Some(2) && said.err.contains("says which mesh it is for"), "{}", said.err);
    let controller = site.controller("istio");
    assert_eq!(site.run(&["wait", "ts/canary", "-n", "shop"]).code, Some(0));
    let said = site.run(&["prune", "--dry-run"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{}", said.err);
    assert!(said.err.contains("nothing to delete, 1 owned object kept"), "{}", said.err);
    drop(controller);
    site.delete(&canary).await;
    // Another one that nobody renders, and one that is somebody else's.
    site.apply_as("somebody", &site.object("networking.istio.io/v1", "VirtualService", "other", &json!({"hosts": ["a"]}))).await;
    let said = site.run(&["prune", "--dry-run", "--backend", "istio"]);
    assert_eq!((said.code, said.out.as_str()), (Some(1), format!("{ROUTE}  owned, no policy renders it\n").as_str()), "{}", said.err);
    assert!(said.err.contains("1 object would be deleted, 0 owned objects kept"), "{}", said.err);
    let said = site.run(&["prune", "--backend", "istio", "-o", "json", "--dry-run"]);
    let list: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&list["items"][0]["metadata"]["name"], &list["items"][0]["kind"]), (&json!("meshglot-web"), &json!("VirtualService")));
    // Nobody can be asked here.
    let said = site.run(&["prune", "--backend", "istio"]);
    assert!(said.code == Some(2) && said.err.contains("nobody can be asked"), "{}", said.err);
    // Somebody who sees what it is about can.
    let (text, code) = answered(&site, "n\n");
    assert!(code == Some(1) && text.contains("nothing was deleted"), "{code:?} {text}");
    let list = text.find(&format!("{ROUTE}  owned")).expect("the list");
    assert!(text.find("delete 1 object? [y/N]").is_some_and(|question| question > list), "{text}");
    assert!(site.get(&route(&site)).await.is_some());
    let said = site.run(&["prune", "--backend", "istio", "-y", "-o", "name"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), format!("{ROUTE}\n").as_str()), "{}", said.err);
    assert!(site.get(&route(&site)).await.is_none());
    assert!(site.get(&site.object("networking.istio.io/v1", "VirtualService", "other", &Value::Null)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_deleted_where_that_is_not_safe() {
    if !installed() || crds().is_none() {
        return;
    }
    let (site, canary) = with_split().await;
    let controller = site.controller("istio");
    assert_eq!(site.run(&["wait", "ts/canary", "-n", "shop"]).code, Some(0));
    drop(controller);
    let prune = || site.run(&["prune", "-y", "--backend", "istio"]);
    let is_kept = async |words: &str, code: i32| {
        let said = prune();
        assert!(said.code == Some(code) && said.err.contains(words), "{:?} {}", said.code, said.err);
        assert!(site.get(&route(&site)).await.is_some());
    };
    // What policy is refused keeps what it had: its last good generation renders it, and where nobody knows that it is kept all the same.
    let mut wrong = canary.clone();
    wrong["spec"]["backends"] = json!([{"service": "web-v1", "weight": 0}]);
    site.apply(&wrong).await;
    is_kept("nothing to delete, 1 owned object kept", 0).await;
    site.forget_generations().await;
    is_kept("TrafficSplit/shop/canary is refused, and may come back", 0).await;
    // A pause keeps it, too.
    let mut paused = canary.clone();
    paused["metadata"]["annotations"] = json!({"meshglot.dev/reconcile": "disabled"});
    paused["spec"]["service"] = json!("web-v1");
    paused["spec"]["backends"] = json!([{"service": "web-v2", "weight": 1}]);
    site.apply(&paused).await;
    is_kept("nothing to delete, 1 owned object kept", 0).await;
    // What replaces it has to be there first.
    paused["metadata"]["annotations"] = json!({});
    site.apply(&paused).await;
    is_kept("what policy renders is not there yet: virtualservice.networking.istio.io/shop/meshglot-web-v1", 3).await;
    let controller = site.controller("istio");
    site.until("the old one is gone", async || site.get(&route(&site)).await.is_none()).await;
    drop(controller);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_object_becomes_ours_and_nobodys_again() {
    if !installed() || crds().is_none() {
        return;
    }
    let (site, _) = with_split().await;
    site.apply_as("argocd", &foreign(&site)).await;
    let adopt = |words: &[&str]| site.run(&[&["adopt", "--backend", "istio", "-n", "shop"], words].concat());
    let before = site.get(&route(&site)).await;
    let said = adopt(&["virtualservice/meshglot-web"]);
    assert_eq!((said.code, said.out.as_str()), (Some(6), ""), "{}", said.err);
    for words in [".spec.hosts", ".spec.http", ".spec.exportTo", "of argocd", "--take"] {
        assert!(said.err.contains(words), "{words}: {}", said.err);
    }
    assert_eq!(site.get(&route(&site)).await, before);
    let said = adopt(&["virtualservice/nothing"]);
    assert!(said.code == Some(4) && said.err.contains("nothing would be put in its place"), "{}", said.err);
    let said = adopt(&["virtualservice/meshglot-web", "--take"]);
    assert_eq!((said.code, said.out), (Some(0), format!("{ROUTE} adopted\n")), "{}", said.err);
    let taken = site.get(&route(&site)).await.expect("it is there");
    assert_eq!(taken["metadata"]["labels"]["app.kubernetes.io/managed-by"], "meshglot");
    assert_eq!((&taken["metadata"]["labels"]["team"], &taken["spec"]["hosts"]), (&json!("a"), &json!(["web.shop.svc.cluster.local"])));
    // What somebody else had written besides is not in force any more.
    assert!(taken["spec"].get("exportTo").is_none() && taken["spec"]["http"][0].get("timeout").is_none(), "{taken:#}");
    assert_eq!(adopt(&["virtualservice/meshglot-web"]).out, format!("{ROUTE} unchanged\n"));
    // A controller takes it as its own.
    let controller = site.controller("istio");
    assert_eq!(site.run(&["wait", "ts/canary", "-n", "shop"]).code, Some(0));
    let said = site.run(&["release", "vs/meshglot-web", "-n", "shop"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
    let held = site.get(&route(&site)).await.expect("it is there");
    let said = site.run(&["release", "virtualservice/meshglot-web", "-n", "shop"]);
    assert_eq!((said.code, said.out), (Some(0), format!("{ROUTE} released\n")), "{}", said.err);
    let free = site.get(&route(&site)).await.expect("it is there");
    assert_eq!(free["spec"].to_string(), held["spec"].to_string());
    assert_eq!(free["metadata"]["labels"], json!({"team": "a"}));
    assert_eq!(free["metadata"]["annotations"], Value::Null);
    let managers = free["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    assert!(managers.iter().all(|one| one["manager"] != "meshglot"), "{managers:?}");
    let said = site.run(&["wait", "ts/canary", "-n", "shop", "--for", "condition=Ready=False"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    // That it has to be written again may be told first.
    site.until("it is somebody else's", async || site.run(&["status", "-n", "shop"]).out.contains("is there already, and not ours")).await;
    let said = site.run(&["release", "virtualservice/meshglot-web", "-n", "shop"]);
    assert_eq!((said.code, said.out), (Some(0), format!("{ROUTE} is not ours\n")));
    drop(controller);
    // What says what ours says is taken without a question.
    let said = adopt(&["virtualservice/meshglot-web"]);
    assert_eq!((said.code, said.out), (Some(0), format!("{ROUTE} adopted\n")), "{}", said.err);
    assert_eq!(site.run(&["release", "virtualservice/nobody", "-n", "shop"]).code, Some(4));
}
