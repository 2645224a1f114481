//! `meshglot switch` on a real API server, with a controller that serves what Meshes name.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use meshglot_apiserver::{crds, definitions, installed};
use serde_json::{Value, json};

use super::site::{Controller, Site};

fn mesh(backend: &str) -> Value {
    json!({"apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "main"}, "spec": {"backend": backend}})
}

/// A pod as a ReplicaSet makes it and an injector has left it.
fn pod(site: &Site, name: &str, proxy: &str) -> Value {
    let owner =
        json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-v1-7c9f", "uid": "00000000-0000-4000-8000-000000000000"});
    let spec = json!({
        "serviceAccountName": "web", "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "main", "image": "web"}, {"name": proxy, "image": "proxy"}],
    });
    let mut pod = site.object("v1", "Pod", name, &spec);
    pod["metadata"]["labels"] = json!({"app": "web-v1", "pod-template-hash": "7c9f"});
    pod["metadata"]["ownerReferences"] = json!([owner]);
    pod
}

/// Policy in force on Istio, and a pod there.
async fn on_istio() -> (Site, Controller) {
    let site = Site::own("shop", &["istio", "linkerd", "gateway-api"], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    let template = json!({
        "metadata": {"labels": {"app": "web-v1"}},
        "spec": {"serviceAccountName": "web", "containers": [{"name": "main", "image": "web", "ports": [{"containerPort": 80}]}]},
    });
    let deployment = json!({"selector": {"matchLabels": {"app": "web-v1"}}, "template": template});
    let routes = json!({"matches": [{"name": "all", "pathRegex": "/api", "methods": ["GET"]}]});
    let account = |name: &str| json!({"kind": "ServiceAccount", "name": name, "namespace": "shop"});
    let target = json!({"destination": account("web"), "rules": [{"kind": "HTTPRouteGroup", "name": "api"}], "sources": [account("ann")]});
    let mut web = site.object("v1", "ServiceAccount", "web", &Value::Null);
    web.as_object_mut().expect("an object").remove("spec");
    site.apply(&web).await;
    for object in [
        mesh("istio"),
        site.object("apps/v1", "Deployment", "web-v1", &deployment),
        site.object("specs.smi-spec.io/v1alpha4", "HTTPRouteGroup", "api", &routes),
        site.object("access.smi-spec.io/v1alpha4", "TrafficTarget", "callers", &target),
        site.split("canary", [90, 10]),
        pod(&site, "web-v1-7c9f-a", "istio-proxy"),
    ] {
        site.apply(&object).await;
    }
    let controller = site.controller_of(&["--backends", "istio,linkerd"]);
    let said = site.run(&["wait", "mgm/main", "ts/canary", "tt/callers", "-n", "shop"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    (site, controller)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_names_what_moves_and_nothing_is_changed() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let (site, _controller) = on_istio().await;
    let foreign = site.object("networking.istio.io/v1", "VirtualService", "legacy", &json!({"hosts": ["legacy"]}));
    site.apply_as("somebody", &foreign).await;
    let before = site.get(&mesh("")).await.expect("it is there");
    for words in [&["--dry-run"][..], &["--dry-run=server"]] {
        let said = site.run(&[&["switch", "--to", "linkerd"], words].concat());
        assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
        for line in [
            "Plan  istio → linkerd   namespaces: default, meshglot-system, shop",
            "  Mesh/main backend istio → linkerd",
            "  ✔ 6 kinds of linkerd are served",
            "  keep until cut-over 2   authorizationpolicy 1, virtualservice 1",
            "  not touched, not ours 1   virtualservice 1",
            "  restart Deployment/shop/web-v1: 1 pod in istio",
        ] {
            assert!(said.out.lines().any(|one| one == line), "{line} is not in\n{}", said.out);
        }
        assert!(said.out.contains("nobody may do what they could not, or may not what they could"), "{}", said.out);
        assert_eq!(said.out.contains("the API server would take every write"), words[0].ends_with("server"), "{}", said.out);
        assert!(said.err.contains("nothing was changed"), "{}", said.err);
    }
    let said = site.run(&["switch", "--to", "linkerd", "--dry-run", "-o", "json"]);
    let plan: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(
        (&plan["kind"], &plan["from"], &plan["namespaces"]),
        (&json!("ClusterSwitch"), &json!(["istio"]), &json!(["default", "meshglot-system", "shop"]))
    );
    assert!(plan["create"].as_array().is_some_and(|all| all.len() > 5), "{plan:#}");
    // Nobody can be asked here.
    let said = site.run(&["switch", "--to", "linkerd"]);
    assert!(said.code == Some(2) && said.err.contains("nobody can be asked"), "{}", said.err);
    assert_eq!(site.get(&mesh("")).await.expect("it is there")["spec"], before["spec"]);
    // What is there already is no plan.
    let said = site.run(&["switch", "--to", "istio", "--wait"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (Some(0), "Nothing to change: all that was asked for is on istio already\nMesh/main is in force on istio\n")
    );
    // Where definitions are missing nothing is begun.
    let said = site.run(&["switch", "--to", "consul", "-y"]);
    assert!(said.code == Some(1) && said.out.contains("✘ consul: not served"), "{}{}", said.out, said.err);
    assert_eq!(site.get(&mesh("")).await.expect("it is there")["spec"], before["spec"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_followed_until_the_last_pod_has_moved() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let (site, _controller) = on_istio().await;
    let said = site.run(&["switch", "--to", "linkerd", "-y", "--wait", "--timeout", "1s"]);
    assert!(said.code == Some(5) && said.err.contains("with --wait goes on waiting"), "{}{}", said.out, said.err);
    // Given again it only waits, and in the end for the pod alone.
    site.until("the pod is all that is left", async || {
        let said = site.run(&["switch", "--to", "linkerd", "--wait", "--timeout", "1s"]);
        said.code == Some(5) && said.err.contains("restart it in linkerd")
    })
    .await;
    // While it is on its way the other commands know of both.
    let said = site.run(&["check", "-o", "json"]);
    let checks: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(checks["backend"], "istio, linkerd", "{checks:#}");
    for what in ["2 rendered objects of istio as policy renders", "7 rendered objects of linkerd as policy renders"] {
        assert!(said.out.contains(what), "{what} is not in {checks:#}");
    }
    let said = site.run(&["describe", "tt/callers", "-n", "shop"]);
    assert!(said.out.contains("Rendered for istio:") && said.out.contains("Rendered for linkerd:"), "{}", said.out);
    let said = site.run(&["prune", "--backend", "istio", "--dry-run"]);
    assert!(said.code == Some(0) && said.err.contains("nothing to delete, 2 owned objects kept"), "{}{}", said.out, said.err);
    // The same again shows where it is, and waits.
    let mut command = site.command(&["switch", "--to", "linkerd", "--wait"], &site.kubeconfig);
    let mut following = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut out = BufReader::new(following.stdout.take().expect("a stream"));
    let mut first = String::new();
    out.read_line(&mut first).expect("a line");
    assert!(first.starts_with("Under way  Mesh/main: istio: on its way to linkerd:"), "{first}");
    site.apply(&pod(&site, "web-v1-7c9f-b", "linkerd-proxy")).await;
    site.delete(&pod(&site, "web-v1-7c9f-a", "")).await;
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    let ended = following.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(0), "{rest}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(rest.ends_with("Mesh/main is in force on linkerd\n"), "{rest}");
    let route = site.object("networking.istio.io/v1", "VirtualService", "meshglot-web", &Value::Null);
    site.until("nothing is left on Istio", async || site.get(&route).await.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_namespace_goes_alone_and_comes_back() {
    if !installed() || crds().is_none() || definitions("linkerd").is_none() {
        return;
    }
    let (site, _controller) = on_istio().await;
    site.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "bank"}})).await;
    let said = site.run(&["switch", "--to", "linkerd", "--scope", "nowhere", "--dry-run"]);
    assert!(said.code == Some(4) && said.err.contains("there is no namespace `nowhere`"), "{}", said.err);
    let said = site.run(&["switch", "--to", "linkerd", "--scope", "shop", "-y"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    assert!(said.out.ends_with("Mesh/main-linkerd is made for linkerd\nMesh/main selects other namespaces\n"), "{}", said.out);
    site.apply(&pod(&site, "web-v1-7c9f-b", "linkerd-proxy")).await;
    site.delete(&pod(&site, "web-v1-7c9f-a", "")).await;
    let said = site.run(&["switch", "--to", "linkerd", "--scope", "shop", "--wait"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let said = site.run(&["status", "ts/canary", "-n", "shop"]);
    assert!(said.out.contains("linkerd"), "{}", said.out);

    let said = site.run(&["switch", "--to", "istio", "--scope", "shop", "-y"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    site.apply(&pod(&site, "web-v1-7c9f-c", "istio-proxy")).await;
    site.delete(&pod(&site, "web-v1-7c9f-b", "")).await;
    site.until("it is back", async || site.run(&["status", "ts/canary", "-n", "shop"]).out.contains("istio")).await;
    let mut second = mesh("");
    second["metadata"]["name"] = json!("main-linkerd");
    assert!(site.get(&second).await.is_none(), "it has no namespace");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_mesh_there_is_nothing_to_switch() {
    if !installed() {
        return;
    }
    let site = Site::own("shop", &[], &[]).await;
    let said = site.run(&["switch", "--to", "linkerd", "--dry-run"]);
    assert!(said.code == Some(3) && said.err.contains("no Mesh says which backend") && said.err.contains("--backends"), "{}", said.err);
    let said = site.run(&["switch", "--to", "built-in", "--dry-run"]);
    assert!(said.code == Some(2) && said.err.contains("builtin"), "{}", said.err);
}
