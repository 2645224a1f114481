//! `diff --base cluster`.

use meshglot_apiserver::{crds, installed};
use serde_json::{Value, json};

use super::site::Site;

/// The split as people have it in a file, with a Service that the cluster knows better.
const FILE: &str = "\
apiVersion: split.smi-spec.io/v1alpha4
kind: TrafficSplit
metadata: {name: canary, namespace: shop}
spec: {service: web, backends: [{service: web-v1, weight: 90}, {service: web-v2, weight: 10}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{name: http, port: 80}]}}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_apart_from_drift() {
    if !installed() || crds().is_none() {
        return;
    }
    let site = Site::own("shop", &["istio"], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    site.file("policy.yaml", FILE);
    let controller = site.controller("istio");
    assert_eq!(site.run(&["wait", "ts/canary", "-n", "shop"]).code, Some(0));
    drop(controller);
    let diff = |words: &[&str]| site.run(&[&["diff", "-f", "policy.yaml", "--base", "cluster"], words].concat());
    let said = diff(&[]);
    assert!(said.code == Some(0) && said.out.starts_with("no difference between cluster https://"), "{} {}", said.out, said.err);
    assert!(said.err.contains("1 of the input not looked at") && !said.out.contains("drift"), "{} {}", said.out, said.err);

    // Whichever version people write: the cluster has them all.
    site.file("policy.yaml", &FILE.replace("v1alpha4", "v1alpha3"));
    let said = diff(&[]);
    assert_eq!(said.code, Some(0), "{} {}", said.out, said.err);

    site.file("policy.yaml", &FILE.replace("weight: 90", "weight: 70").replace("weight: 10", "weight: 30"));
    let said = diff(&["-o", "name"]);
    let want = "~ trafficsplit/shop/canary\n~ virtualservice.networking.istio.io/shop/meshglot-web   2 fields\n";
    assert_eq!((said.code, said.out.as_str()), (Some(1), want), "{}", said.err);

    let route = site.object("networking.istio.io/v1", "VirtualService", "meshglot-web", &Value::Null);
    site.edit(&route, &json!({"spec": {"hosts": ["elsewhere.example"]}})).await;
    let said = diff(&["-o", "name"]);
    assert_eq!((said.code, said.out), (Some(1), format!("{want}# drift, not part of this change: 1 object (--show-drift)\n")));
    let said = diff(&["--show-drift"]);
    assert!(said.out.contains("istio    ~ VirtualService/shop/meshglot-web"), "{}", said.out);
    let drifted = "istio    virtualservice.networking.istio.io/shop/meshglot-web drifted, edited by kubectl-edit";
    assert!(said.out.contains(drifted) && said.out.contains("spec.hosts"), "{}", said.out);
    // Drift alone is no difference of the input.
    site.file("policy.yaml", FILE);
    let said = diff(&["-o", "json"]);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((said.code, &answer["summary"]["drift"], &answer["summary"]["rendered"]), (Some(0), &json!(1), &json!(0)));
    assert_eq!(answer["drift"][0]["stands"], "drifted");
    let fields = answer["drift"][0]["fields"].to_string();
    assert!(fields.contains("/spec/hosts") && fields.contains("elsewhere.example"), "{fields}");

    // A new object beside what is there, in another version; what it refers to is in the cluster.
    let other = FILE
        .replace("name: canary", "name: other")
        .replace("service: web,", "service: web-v1,")
        .replace("service: web-v1, weight", "service: web, weight");
    site.file("policy.yaml", &other.replace("v1alpha4", "v1alpha3"));
    let said = diff(&["-o", "name"]);
    let want = "+ trafficsplit/shop/other\n+ virtualservice.networking.istio.io/shop/meshglot-web-v1\n";
    assert!(said.code == Some(1) && said.out.starts_with(want), "{} {}", said.out, said.err);
    site.file("policy.yaml", "a: b: c");
    assert_eq!(diff(&[]).code, Some(3));
    let said = site.run(&["diff", "-f", "policy.yaml", "--base", "none", "--show-drift"]);
    assert_eq!(said.code, Some(2), "{}", said.err);
}
