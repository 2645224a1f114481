//! `get`, `describe`, `status`, `wait` and `events`.

use meshglot_apiserver::{User, crds, installed};
use serde_json::{Value, json};

use super::site::Site;

/// How a split stands, as a controller writes it.
fn status(generation: i64, ready: &str, reason: &str) -> Value {
    let condition = |type_: &str, status: &str| {
        json!({"type": type_, "status": status, "reason": reason, "message": "in words", "observedGeneration": generation,
               "lastTransitionTime": "2026-11-22T12:00:00Z"})
    };
    let stalled = if reason == "Refused" { "True" } else { "False" };
    json!({
        "observedGeneration": generation,
        "conditions": [condition("Ready", ready), condition("Stalled", stalled)],
        "summary": {"ready": "1/1", "backend": "istio", "loss": "exact", "objects": "1/1"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_shown_as_kubectl_names_them() {
    if !installed() {
        return;
    }
    let site = Site::shared("look-get").await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let said = site.run(&["get", "ts", "-n", "look-get"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert!(said.out.starts_with("NAMESPACE") && said.out.contains("look-get   canary"), "{}", said.out);
    let said = site.run(&["get", "ts/canary", "-n", "look-get", "-o", "json"]);
    let object: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&object["apiVersion"], &object["kind"]), (&json!("split.smi-spec.io/v1alpha4"), &json!("TrafficSplit")));
    assert_eq!(object["spec"]["backends"][0]["weight"], 90);
    assert!(object["metadata"].get("managedFields").is_none());
    let said = site.run(&["get", "svc", "-n", "look-get", "-o", "name"]);
    assert_eq!(said.out, "service/web\nservice/web-v1\nservice/web-v2\n");
    let said = site.run(&["get", "svc/wep", "-n", "look-get"]);
    assert!(said.code == Some(4) && said.err.contains("not found: service/wep (did you mean service/web"), "{}", said.err);
    let said = site.run(&["get", "trafficsplitz"]);
    assert!(said.code == Some(2) && said.err.contains("did you mean trafficsplit?"), "{}", said.err);
    // Pages are put together: more objects than one holds.
    for number in 0..3 {
        let maps: Vec<Value> = (0..170).map(|at| site.object("v1", "ServiceAccount", &format!("a{number}-{at}"), &Value::Null)).collect();
        for mut map in maps {
            map.as_object_mut().expect("an object").remove("spec");
            site.apply(&map).await;
        }
    }
    assert_eq!(site.run(&["get", "sa", "-n", "look-get", "-o", "name"]).out.lines().count(), 510);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_wait_look_at_the_newest_generation() {
    if !installed() {
        return;
    }
    let site = Site::shared("look-status").await;
    let canary = site.split("canary", [90, 10]);
    site.apply(&canary).await;
    let said = site.run(&["status", "-n", "look-status"]);
    assert!(said.code == Some(1) && said.out.contains("TrafficSplit/look-status/canary  Unknown  Starting"), "{}", said.out);
    let said = site.run(&["wait", "ts/canary", "-n", "look-status", "--timeout", "1s"]);
    assert!(said.code == Some(5) && said.err.contains("nobody has told yet how it stands"), "{}", said.err);
    site.status(&canary, &status(1, "True", "InForce")).await;
    let said = site.run(&["status", "-n", "look-status"]);
    assert!(said.code == Some(0) && said.out.contains("canary  True"), "{}", said.out);
    let said = site.run(&["wait", "ts/canary", "-n", "look-status"]);
    assert_eq!((said.code, said.out.as_str()), (Some(0), "TrafficSplit/look-status/canary is Ready\n"));
    // What was said of an older generation is said of that.
    site.apply(&site.split("canary", [50, 50])).await;
    let said = site.run(&["status", "ts/canary", "-n", "look-status", "-o", "json"]);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((said.code, &answer["objects"][0]["reason"]), (Some(1), &json!("Reconciling")));
    assert_eq!(site.run(&["wait", "ts/canary", "-n", "look-status", "--timeout", "600ms"]).code, Some(5));
    site.status(&canary, &status(2, "False", "Refused")).await;
    let said = site.run(&["wait", "ts/canary", "-n", "look-status"]);
    assert!(said.code == Some(1) && said.err.contains("Refused: in words"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_object_and_of_ours() {
    if !installed() {
        return;
    }
    let site = Site::shared("look-events").await;
    site.apply(&site.split("canary", [90, 10])).await;
    let event = |name: &str, reporter: &str, about: &str, time: &str| {
        json!({
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": name, "namespace": "look-events"},
            "eventTime": time, "type": "Warning", "reason": "Lossy", "note": format!("said by {reporter}"), "action": "Render",
            "regarding": {"apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "namespace": "look-events", "name": about},
            "reportingController": reporter, "reportingInstance": "one",
        })
    };
    site.apply(&event("one", "meshglot.dev/controller", "canary", "2026-11-22T12:00:02.000000Z")).await;
    site.apply(&event("two", "flagger", "canary", "2026-11-22T12:00:01.000000Z")).await;
    site.apply(&event("three", "meshglot.dev/controller", "other", "2026-11-22T12:00:03.000000Z")).await;
    let messages = |words: &[&str]| {
        let said = site.run(&[&["events", "-o", "json"], words].concat());
        let answer: Value = serde_json::from_str(&said.out).expect("JSON");
        assert_eq!((said.code, &answer["kind"]), (Some(0), &json!("ObjectEvents")));
        let all = answer["events"].as_array().expect("a list").clone();
        all.iter().map(|one| format!("{} {}", one["object"], one["message"]).replace('"', "")).collect::<Vec<_>>()
    };
    let [canary, other] = ["TrafficSplit/look-events/canary", "TrafficSplit/look-events/other"];
    let want = [format!("{canary} said by flagger"), format!("{canary} said by meshglot.dev/controller")];
    assert_eq!(messages(&["--for", "ts/canary", "-n", "look-events"]), want);
    let want = [&canary, &other].map(|object| format!("{object} said by meshglot.dev/controller"));
    assert_eq!(messages(&["-n", "look-events"]), want);
    let said = site.run(&["events", "--for", "ts/canary", "-n", "look-events"]);
    assert!(said.out.starts_with("LAST") && said.out.lines().nth(1).is_some_and(|line| line.contains("Warning  Lossy")), "{}", said.out);
    let said = site.run(&["describe", "ts/canary", "-n", "look-events"]);
    assert!(said.out.contains("Events:\n") && said.out.contains("said by flagger"), "{} {}", said.out, said.err);
    assert_eq!(site.run(&["events", "--for", "canary"]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_tells_how_what_is_rendered_stands() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::own("shop", &["istio"], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    let canary = site.split("canary", [90, 10]);
    site.apply(&canary).await;
    let controller = site.controller("istio");
    assert_eq!(site.run(&["wait", "ts/canary", "-n", "shop", "--timeout", "30s"]).code, Some(0));
    let row = |words: &str| {
        let said = site.run(&["describe", "ts/canary", "-n", "shop"]);
        let line = said.out.lines().find(|line| line.contains("virtualservice.networking.istio.io/shop/meshglot-web"));
        assert!(line.is_some_and(|line| line.contains(words)), "{} {}", said.out, said.err);
    };
    row("in force");
    drop(controller);
    let route = site.object("networking.istio.io/v1", "VirtualService", "meshglot-web", &Value::Null);
    site.edit(&route, &json!({"spec": {"hosts": ["elsewhere.example"]}})).await;
    row("drifted, edited by kubectl-edit");
    site.delete(&route).await;
    row("not there");
    let mut foreign = route.clone();
    foreign["spec"] = json!({"hosts": ["web"], "http": [{"route": [{"destination": {"host": "web-v1"}}]}]});
    site.apply_as("somebody", &foreign).await;
    row("somebody else's object has its name");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_told() {
    if !installed() {
        return;
    }
    let nobody = User::new("nobody", &[]);
    let site = Site::own("shop", &[], std::slice::from_ref(&nobody)).await;
    let said = site.run_with(&["get", "ts"], &site.kubeconfig_of(&nobody));
    assert!(said.code == Some(4) && said.err.contains("forbidden") && said.err.contains("User \"nobody\""), "{}", said.err);
    let said = site.run(&["get", "referencegrants"]);
    assert!(said.code == Some(4) && said.err.contains("does not have ReferenceGrant"), "{}", said.err);
    site.file("gone", "{apiVersion: v1, kind: Config, clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: a, user: {}}], contexts: [{name: a, context: {cluster: a, user: a}}], current-context: a}");
    let said = site.run(&["get", "ts", "--kubeconfig", "gone"]);
    assert!(said.code == Some(4) && said.err.contains("the API server at https://127.0.0.1:1/ does not answer"), "{}", said.err);
    let said = site.run(&["get", "ts", "--kubeconfig", "gone", "--config-dir", "mesh"]);
    assert!(said.code == Some(2) && said.err.contains("--config-dir and --kubeconfig: which of them is asked?"), "{}", said.err);
    let said = site.run(&["get", "ts", "--context", "production"]);
    assert!(said.code == Some(3) && said.err.contains("production"), "{}", said.err);
    let said = site.run_with(&["get", "ts"], &site.folder.path().join("nothing"));
    assert!(said.code == Some(4) && said.err.contains("looked for --config-dir, --admin and MESHGLOT_CONFIG_DIR"), "{}", said.err);
    // A folder that is named in the environment is asked before the cluster of the environment.
    let said = site.command(&["get", "ts"], &site.kubeconfig).env("MESHGLOT_CONFIG_DIR", "mesh").output().expect("it runs");
    assert!(String::from_utf8_lossy(&said.stderr).contains("no control plane at mesh/"), "{said:?}");
}
