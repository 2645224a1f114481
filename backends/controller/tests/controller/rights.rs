//! What a controller may do is what it does: each right of its roles is used, and none is missing.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use meshglot_apiserver::{ApiServer, Settings, asked, crds, installed};
use meshglot_controller::{Election, OwnCertificate, Right, rights, webhook_rights, webhook_roles};
use serde_json::{Value, json};

use crate::cluster::{Cluster, settings, split, until, virtual_service, with};
use crate::webhook;

#[tokio::test(flavor = "multi_thread")]
async fn each_right_is_used_and_none_is_missing() {
    if !installed() || crds().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (rules, log) = (folder.path().join("rules.json"), folder.path().join("audit.log"));
    let all = json!({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}],
    });
    fs::write(&rules, all.to_string()).expect("written");
    let flags = vec![
        format!("--audit-policy-file={}", rules.display()),
        format!("--audit-log-path={}", log.display()),
        "--audit-log-mode=blocking".to_owned(),
    ];
    let server = ApiServer::start_with(Settings { flags, ..Settings::default() }).await.expect("a server");
    let cluster = Cluster::on(server, meshglot_crds::all().iter().map(|kind| kind.crd()).collect(), &["istio", "gateway-api"]).await;
    for role in webhook_roles("meshglot-controller", "shop", true) {
        cluster.apply(&role).await;
    }
    let account = cluster.account(&["istio"]).await;
    let election = || Some(Election { namespace: "shop".to_owned(), identity: "one".to_owned(), duration: Duration::from_secs(3) });
    let start = async || {
        let client = cluster.server.access().client_that_asks_once(&account).await.expect("a client");
        let webhook = Some(OwnCertificate::new("shop").that_injects(true));
        with(client, meshglot_controller::Settings { election: election(), webhook, ..settings("istio") })
    };

    // Everything that becomes of an object: it comes, is edited by others, is refused, stands in, is deleted; and objects of every
    // other kind of policy.
    let running = start().await;
    running.tells("in force: ").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let others = serde_json::from_str::<Value>(include_str!("rights/policy.json")).expect("JSON");
    for object in others.as_array().expect("a list") {
        cluster.apply(object).await;
    }
    for object in others.as_array().expect("a list") {
        if !object["apiVersion"].as_str().is_some_and(|version| version == "v1" || version == "apps/v1") {
            let is_told = async || cluster.get(object).await.is_some_and(|object| !object["status"]["conditions"].is_null());
            until(&format!("{} is told", object["kind"]), is_told).await;
        }
    }
    cluster.edit(&virtual_service(), &json!({"spec": {"hosts": ["elsewhere.example"]}})).await;
    running.tells("corrected ").await;
    let refused = split("web", [0, 0]);
    cluster.apply(&refused).await;
    cluster.comes(&web, "Ready", "False", "Invalid").await;
    // The certificate of the webhook is made, trusted, and made again.
    cluster.apply(&webhook::configuration(&json!({}))).await;
    running.tells("caBundle of ValidatingWebhookConfiguration meshglot is written").await;
    let mut mutating = webhook::configuration(&json!({}));
    mutating["kind"] = "MutatingWebhookConfiguration".into();
    cluster.apply(&mutating).await;
    running.tells("caBundle of MutatingWebhookConfiguration meshglot is written").await;
    cluster.edit(&webhook::secret(), &json!({"data": {"tls.key": ""}})).await;
    running.tells("is made anew: ").await;
    running.end().await;
    // Another one reads what the first one has kept.
    let running = start().await;
    running.tells("in force: ").await;
    cluster.apply(&split("web", [1, 1])).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    cluster.delete(&web).await;
    // Its rule goes before the workload that it is about.
    cluster.delete(&others[6]).await;
    cluster.delete(&others[2]).await;
    let rules = cluster.api("security.istio.io/v1", "AuthorizationPolicy", None).await;
    until("no rule is left", async || rules.list(&Default::default()).await.expect("a list").items.is_empty()).await;
    until("it is gone", async || cluster.get(&virtual_service()).await.is_none()).await;
    // A kind that is not served is looked for where definitions are.
    let name = "virtualservices.networking.istio.io";
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}});
    cluster.delete(&definition).await;
    running.tells("VirtualService").await;
    running.end().await;

    let asked = asked(&log, account.name()).expect("a log");
    assert_eq!(asked.refused, [""; 0], "not allowed, and asked for");
    let backend = meshglot_registry::find("istio").expect("a backend");
    let granted: BTreeSet<String> = [rights(&[backend]), webhook_rights(true)].concat().iter().flat_map(Right::requests).collect();
    // An Event that comes again after a minute is counted in the one that is there: nobody waits for that here.
    let (unused, beyond) = asked.beside(&granted, &["patch events.k8s.io/events"]);
    assert_eq!((unused, beyond), (Vec::new(), Vec::new()), "(granted and not used, used and not granted)");
}
