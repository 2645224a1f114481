//! Templates before and after.

use serde_json::{Value, json};
use test_case::test_case;

use super::*;
use crate::Roots;

fn settings() -> Settings {
    Settings {
        image: "meshglot:1".to_owned(),
        capture_image: "meshglot-capture:1".to_owned(),
        control_plane: "control:15010".to_owned(),
        trust_domain: "cluster.local".to_owned(),
        roots: Roots::ConfigMap("meshglot-root".to_owned()),
    }
}

fn template() -> Value {
    json!({
        "metadata": { "labels": { "app": "reviews" }, "annotations": { "meshglot.dev/exclude-inbound-ports": "9090" } },
        "spec": {
            "securityContext": { "fsGroup": 7 },
            "initContainers": [{ "name": "migrate", "image": "m" }],
            "containers": [{
                "name": "main", "image": "reviews", "securityContext": { "runAsUser": 5 }, "unknown": [1],
                "ports": [{ "containerPort": 8080 }, { "containerPort": 9090 }, { "containerPort": 53, "protocol": "UDP" }],
                "livenessProbe": { "tcpSocket": { "port": 8080 } }
            }],
            "volumes": [{ "name": "data", "emptyDir": {} }]
        }
    })
}

fn injected(template: &Value, settings: &Settings) -> Value {
    match inject(template, "reviews", settings) {
        Ok(Outcome::Injected { template, .. }) => template,
        other => panic!("{other:?}"),
    }
}

fn args(container: &Value) -> String {
    items(&container["args"]).filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_sidecar_is_there_before_everything_else_and_the_rest_is_as_it_was() {
    let after = injected(&template(), &settings());
    let names: Vec<_> = items(&after["spec"]["initContainers"]).map(|container| container["name"].as_str()).collect();
    assert_eq!(names, [Some("meshglot-capture"), Some("meshglot-proxy"), Some("migrate")]);
    let [capture, proxy] = [0, 1].map(|at| &after["spec"]["initContainers"][at]);
    assert_eq!(args(capture), "proxy capture --apply --user 2102 --served 8080 --leave 9090,15020,15022,15023 --leave-outbound 53");
    assert_eq!(capture["securityContext"]["capabilities"], json!({ "drop": ["ALL"], "add": ["NET_ADMIN"] }));
    assert_eq!((&proxy["restartPolicy"], &proxy["securityContext"]["runAsUser"]), (&json!("Always"), &json!(2102)));
    assert_eq!(proxy["securityContext"]["capabilities"], json!({ "drop": ["ALL"] }));
    let said = args(proxy);
    assert!(said.contains("--workload $(POD_NAMESPACE)/reviews") && said.contains("--control-plane control:15010"), "{said}");
    assert!(said.ends_with("--probes 0.0.0.0:15022 --probe main/liveness=8080"), "{said}");

    // Without what is ours it is what it was.
    let mut rest = after;
    rest["spec"]["initContainers"].as_array_mut().expect("a list").drain(..2);
    rest["spec"]["volumes"].as_array_mut().expect("a list").truncate(1);
    rest["spec"]["containers"][0]["livenessProbe"] = json!({ "tcpSocket": { "port": 8080 } });
    assert_eq!(rest, template());
}

#[test]
fn token_and_roots_are_one_volume() {
    let sources = |settings: &Settings| injected(&template(), settings)["spec"]["volumes"][1]["projected"]["sources"].clone();
    assert_eq!(sources(&settings())[0]["serviceAccountToken"]["audience"], "meshglot");
    assert_eq!(sources(&settings())[1]["configMap"]["name"], "meshglot-root");
    let text = Settings { roots: Roots::Text("PEM".to_owned()), ..settings() };
    assert_eq!(injected(&template(), &text)["metadata"]["annotations"]["meshglot.dev/roots"], "PEM");
    assert_eq!(sources(&text)[1]["downwardAPI"]["items"][0]["path"], "ca.crt");
    // A template that has neither labels nor annotations gets one.
    let bare = json!({ "spec": { "containers": [{ "name": "main" }] } });
    assert_eq!(injected(&bare, &text)["metadata"], json!({ "annotations": { "meshglot.dev/roots": "PEM" } }));
}

#[test]
fn resources_are_those_of_annotations() {
    let mut asked = template();
    asked["metadata"]["annotations"]["meshglot.dev/proxy-memory-limit"] = json!("64Mi");
    let resources = &injected(&asked, &settings())["spec"]["initContainers"][1]["resources"];
    assert_eq!(*resources, json!({ "requests": { "cpu": "10m", "memory": "32Mi" }, "limits": { "memory": "64Mi" } }));
}

#[test_case("/spec/hostNetwork", json!(true), Left::HostNetwork)]
#[test_case("/metadata/labels/meshglot.dev~1inject", json!("disabled"), Left::Disabled; "by label")]
#[test_case("/metadata/annotations/meshglot.dev~1inject", json!("disabled"), Left::Disabled; "by annotation")]
#[test_case("/spec/nodeSelector", json!({ "kubernetes.io/os": "windows" }), Left::Windows)]
fn what_is_left_alone(pointer: &str, value: Value, why: Left) {
    let mut template = template();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    template.pointer_mut(parent).expect("a parent")[key.replace("~1", "/")] = value;
    assert_eq!(inject(&template, "reviews", &settings()), Ok(Outcome::Left(why)));
}

#[test]
fn twice_is_once() {
    let once = injected(&template(), &settings());
    assert_eq!(inject(&once, "reviews", &settings()), Ok(Outcome::Left(Left::Injected)));
}

#[test]
fn mistakes_are_told() {
    let mut wrong = template();
    wrong["metadata"]["annotations"]["meshglot.dev/exclude-outbound-ports"] = json!("25,all");
    let error = inject(&wrong, "reviews", &settings()).expect_err("a mistake").to_string();
    assert_eq!(error, "the annotation meshglot.dev/exclude-outbound-ports: `all` is no port");
    wrong["metadata"]["labels"]["meshglot.dev/inject"] = json!("yes");
    assert_eq!(inject(&wrong, "reviews", &settings()), Err(InjectError::Word("yes".to_owned())));
    for (pointer, value) in [("/metadata/annotations", json!("none")), ("/spec/volumes", json!({}))] {
        let mut wrong = template();
        *wrong.pointer_mut(pointer).expect("it is there") = value;
        assert_eq!(inject(&wrong, "reviews", &settings()), Err(InjectError::Shape(pointer)));
    }
    assert_eq!(inject(&json!({ "spec": {} }), "reviews", &settings()), Err(InjectError::NoContainers));
}
