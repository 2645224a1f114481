//! Generated policy: few names, so that objects meet, and every odd value that is valid or refused.

use proptest::prelude::*;
use serde_json::{Value, json};

const SERVICES: [&str; 5] = ["web", "web-v1", "web-v2", "api", "absent"];
const GROUPS: [&str; 3] = ["ab", "beta", "lost"];
const NAMESPACES: [&str; 2] = ["shop", "blog"];

/// One object of the input.
pub(crate) fn object() -> impl Strategy<Value = Value> {
    prop_oneof![4 => service(), 3 => split(), 2 => group(), 3 => workload(), 1 => namespace(), 1 => slice(), 3 => target(), 1 => tcp_route()]
}

/// A model of up to a dozen objects, no two of one key.
pub(crate) fn objects() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(object(), 0..14).prop_map(|objects| {
        let mut seen = std::collections::BTreeSet::new();
        objects.into_iter().filter(|object| seen.insert(key(object))).collect()
    })
}

/// A world in which requests arrive: every Service has its own workload, every account runs somewhere; policy and
/// the odder objects lie over it.
pub(crate) fn world() -> impl Strategy<Value = Vec<Value>> {
    let ports = prop::sample::select(vec![
        json!([{"name": "http", "port": 80, "targetPort": 8080}]),
        json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "tcp-raw", "port": 9000, "targetPort": 9000}]),
        json!([{"name": "http", "port": 80, "targetPort": 8080}, {"name": "http-admin", "port": 81, "targetPort": 9090}]),
        json!([{"port": 80, "targetPort": 8080}]),
    ]);
    let policy = prop::collection::vec(prop_oneof![3 => target(), 3 => group(), 1 => split(), 1 => tcp_route(), 1 => mesh()], 2..10);
    (prop::collection::vec(ports, 6), policy).prop_map(|(ports, policy)| {
        let names = NAMESPACES.iter().flat_map(|namespace| ["web", "web-v1", "api"].map(|name| (name, *namespace)));
        let mut objects: Vec<Value> = names
            .zip(ports)
            .flat_map(|((name, namespace), ports)| {
                let labels = json!({"app": name});
                let account = name.split('-').next();
                let containers = json!([{"name": "app", "ports": [{"containerPort": 8080}]}]);
                let template = json!({"metadata": {"labels": labels}, "spec": {"serviceAccountName": account, "containers": containers}});
                // Consul knows no namespaces: one Service name there is one service.
                let service = if namespace == "shop" { name.to_owned() } else { format!("{namespace}-{name}") };
                [
                    json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(&service, namespace), "spec": {"selector": labels, "ports": ports}}),
                    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name, namespace),
                        "spec": {"selector": {"matchLabels": labels}, "template": template}}),
                ]
            })
            .collect();
        let mut seen: std::collections::BTreeSet<String> = objects.iter().map(key).collect();
        objects.extend(policy.into_iter().filter(|object| seen.insert(key(object))));
        objects
    })
}

fn mesh() -> impl Strategy<Value = Value> {
    let access = prop::sample::select(vec!["targeted", "deny", "allow"]);
    let anchoring = prop::sample::select(vec!["start", "full"]);
    (access, anchoring).prop_map(|(access, anchoring)| {
        let spec = json!({"backend": "istio", "access": {"default": access}, "smi": {"pathAnchoring": anchoring}});
        json!({"apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "main"}, "spec": spec})
    })
}

/// What makes two objects the same.
pub(crate) fn key(object: &Value) -> String {
    format!("{}/{}/{}", object["kind"], object["metadata"]["namespace"], object["metadata"]["name"])
}

fn metadata(name: &str, namespace: &str) -> Value {
    json!({"name": name, "namespace": namespace})
}

fn service() -> impl Strategy<Value = Value> {
    let ports = prop::sample::select(vec![
        json!([{"name": "http", "port": 80, "targetPort": 8080}]),
        json!([{"name": "http", "port": 80}, {"name": "tcp-admin", "port": 9000}]),
        json!([{"port": 80}]),
        json!([{"name": "db", "port": 5432, "appProtocol": "tcp"}]),
        json!([{"name": "grpc", "port": 80}]),
        json!([]),
    ]);
    let address = prop::sample::select(vec![Value::Null, json!("None"), json!("10.96.0.7"), json!("10.96.0.8")]);
    (prop::sample::select(&SERVICES[..4]), prop::sample::select(&NAMESPACES[..]), ports, address).prop_map(
        |(name, namespace, ports, address)| {
            let mut spec = json!({"selector": {"app": name.split('-').next()}, "ports": ports});
            if !address.is_null() {
                spec["clusterIP"] = address;
            }
            json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata(name, namespace), "spec": spec})
        },
    )
}

fn split() -> impl Strategy<Value = Value> {
    let weight = prop_oneof![3 => (0u64..101).prop_map(Value::from), 1 => prop::sample::select(vec![json!("500m"), json!(4294967295u64), json!(-1), json!("1k")])];
    let backend = (prop::sample::select(&SERVICES[..]), weight).prop_map(|(service, weight)| json!({"service": service, "weight": weight}));
    let root = prop::sample::select(vec!["web", "api", "web.shop", "web.shop.svc.cluster.local", "www.example.com", "web-v1"]);
    let matches = prop::collection::vec(prop::sample::select(&GROUPS[..]), 0..3);
    let age = prop::sample::select(vec![Value::Null, json!("2026-01-01T00:00:00Z"), json!("2026-02-01T00:00:00Z")]);
    let name = prop::sample::select(vec!["a", "b", "web", "c-d"]);
    (name, prop::sample::select(&NAMESPACES[..]), root, prop::collection::vec(backend, 0..4), matches, age).prop_map(
        |(name, namespace, root, backends, matches, age)| {
            let mut metadata = metadata(name, namespace);
            if !age.is_null() {
                metadata["creationTimestamp"] = age;
            }
            let mut spec = json!({"service": root, "backends": backends});
            if !matches.is_empty() {
                spec["matches"] = matches.iter().map(|name| json!({"kind": "HTTPRouteGroup", "name": name})).collect();
            }
            json!({"apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": metadata, "spec": spec})
        },
    )
}

pub(crate) fn group() -> impl Strategy<Value = Value> {
    let path = prop::sample::select(vec!["/api", "/api$", "/a|/ab", ".*", "api", "/[0-9]+", "/(?=x)", ""]);
    let methods = prop::sample::select(vec![json!(["GET"]), json!(["*"]), json!(["GET", "POST"]), json!([])]);
    let headers =
        prop::sample::select(vec![Value::Null, json!({"x-a": "1"}), json!([{"x-a": "1"}, {"X-A": ".*"}]), json!([{"cookie": ".*beta.*"}])]);
    let one = (path, methods, headers, 0..4u8).prop_map(|(path, methods, headers, with)| {
        let mut one = json!({});
        if with & 1 != 0 {
            one["pathRegex"] = path.into();
        }
        if with & 2 != 0 {
            one["methods"] = methods;
        }
        if !headers.is_null() {
            one["headers"] = headers;
        }
        one
    });
    (prop::sample::select(&GROUPS[..2]), prop::sample::select(&NAMESPACES[..]), prop::collection::vec(one, 0..4)).prop_map(|(name, namespace, mut matches)| {
        for (index, one) in matches.iter_mut().enumerate() {
            one["name"] = format!("m{index}").into();
        }
        json!({"apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": metadata(name, namespace), "spec": {"matches": matches}})
    })
}

fn workload() -> impl Strategy<Value = Value> {
    let port = prop::sample::select(vec![8080, 80, 5432]);
    (prop::sample::select(vec!["web", "api"]), prop::sample::select(&NAMESPACES[..]), port).prop_map(|(name, namespace, port)| {
        let template = json!({
            "metadata": {"labels": {"app": name}},
            "spec": {"serviceAccountName": name, "containers": [{"name": "app", "ports": [{"containerPort": port}]}]},
        });
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(name, namespace), "spec": {"template": template}})
    })
}

pub(crate) fn target() -> impl Strategy<Value = Value> {
    let rule = prop_oneof![
        3 => (prop::sample::select(&GROUPS[..]), prop::sample::select(vec![json!([]), json!(["m0"]), json!(["m0", "m1"])]))
            .prop_map(|(name, matches)| json!({"kind": "HTTPRouteGroup", "name": name, "matches": matches})),
        1 => prop::sample::select(vec!["main", "sql", "every"]).prop_map(|name| json!({"kind": "TCPRoute", "name": name})),
    ];
    let source = (prop::sample::select(vec!["web", "api", "batch"]), prop::sample::select(&NAMESPACES[..]))
        .prop_map(|(name, namespace)| json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    let (rules, sources) = (prop::collection::vec(rule, 0..3), prop::collection::vec(source, 0..3));
    let place = (prop::sample::select(vec!["t1", "t2", "t3"]), prop::sample::select(&NAMESPACES[..]));
    (place, prop::sample::select(vec!["web", "api"]), rules, sources).prop_map(|((name, namespace), account, rules, sources)| {
        let spec = json!({"destination": {"kind": "ServiceAccount", "name": account}, "rules": rules, "sources": sources});
        json!({"apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget", "metadata": metadata(name, namespace), "spec": spec})
    })
}

pub(crate) fn tcp_route() -> impl Strategy<Value = Value> {
    let ports = prop::sample::select(vec![json!([80]), json!([5432, 80]), json!([8080]), json!([]), json!([9999])]);
    (prop::sample::select(vec!["main", "sql", "every"]), prop::sample::select(&NAMESPACES[..]), ports).prop_map(|(name, namespace, ports)| {
        json!({"apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "TCPRoute", "metadata": metadata(name, namespace), "spec": {"matches": {"ports": ports}}})
    })
}

fn namespace() -> impl Strategy<Value = Value> {
    let labels = prop::sample::select(vec![json!({}), json!({"meshglot.dev/inject": "disabled"})]);
    (prop::sample::select(&NAMESPACES[..]), labels)
        .prop_map(|(name, labels)| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}))
}

fn slice() -> impl Strategy<Value = Value> {
    (prop::sample::select(&SERVICES[..4]), prop::sample::select(&NAMESPACES[..]), 1u8..5, any::<bool>()).prop_map(
        |(service, namespace, host, ready)| {
            let mut metadata = metadata(&format!("{service}-{host}"), namespace);
            metadata["labels"] = json!({"kubernetes.io/service-name": service});
            json!({
                "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
                "endpoints": [{"addresses": [format!("10.1.0.{host}")], "conditions": {"ready": ready}}],
                "ports": [{"name": "http", "port": 8080}],
            })
        },
    )
}
