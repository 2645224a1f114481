//! Documents that users and other programs write are read by the wire types, and written back unchanged.

use meshglot_crds::shared::{Duration, IntOrString};
use meshglot_crds::specs::HttpMethod;
use meshglot_crds::{HttpRouteGroup, IdentityBinding, Mesh, TcpRoute, TrafficSplit, TrafficTarget, UdpRoute};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn read<T: DeserializeOwned + Serialize>(document: Value) -> T {
    let read: T = serde_json::from_value(document.clone()).expect("is read");
    let written = serde_json::to_value(&read).expect("is written");
    assert_eq!(written, document, "written back unchanged");
    read
}

fn weights(version: &str, weights: &[Value]) -> Vec<IntOrString> {
    let backends: Vec<Value> =
        weights.iter().enumerate().map(|(at, weight)| json!({ "service": format!("web-v{at}"), "weight": weight })).collect();
    let split: TrafficSplit = read(json!({
        "apiVersion": format!("split.smi-spec.io/{version}"),
        "kind": "TrafficSplit",
        "metadata": { "name": "web", "namespace": "shop" },
        "spec": { "service": "web", "backends": backends },
    }));
    split.spec.backends.into_iter().map(|backend| backend.weight).collect()
}

#[test]
fn the_mesh_of_the_reference() {
    let mesh: Mesh = read(json!({
        "apiVersion": "meshglot.dev/v1alpha1",
        "kind": "Mesh",
        "metadata": { "name": "main" },
        "spec": {
            "backend": "istio",
            "namespaceSelector": { "matchLabels": { "mesh": "main" } },
            "trustDomain": "prod.example",
            "access": { "default": "deny" },
            "mutualTls": { "mode": "strict" },
            "allowLossy": ["MG1104"],
            "jwtProviders": [{
                "name": "corp",
                "issuer": "https://id.example.com",
                "audiences": ["shop"],
                "jwks": { "uri": "https://id.example.com/keys" },
            }],
            "istio": { "revision": "stable", "normalization": "mergeSlashes" },
            "builtin": { "certificates": { "lifetime": "12h" } },
        },
    }));
    let certificates = mesh.spec.builtin.and_then(|builtin| builtin.certificates);
    let lifetime = certificates.and_then(|certificates| certificates.lifetime);
    assert_eq!(lifetime, Some(Duration("12h".into())));
}

#[test]
fn a_mesh_with_every_option() {
    read::<Mesh>(json!({
        "apiVersion": "meshglot.dev/v1alpha1",
        "kind": "Mesh",
        "metadata": { "name": "all" },
        "spec": {
            "backend": "consul",
            "namespaceSelector": { "matchExpressions": [{ "key": "mesh", "operator": "In", "values": ["all"] }] },
            "systemNamespace": "mesh-system",
            "clusterDomain": "cluster.local",
            "trustDomain": "prod.example",
            "access": { "default": "targeted" },
            "mutualTls": { "mode": "permissive" },
            "egress": { "default": "deny" },
            "smi": { "pathAnchoring": "full" },
            "rootCertificate": { "secretName": "root" },
            "jwtProviders": [{ "name": "corp", "issuer": "corp", "jwks": { "inline": "{}" }, "header": "x-token" }],
            "allowLossy": ["MG1104"],
            "allowWidening": ["MG1306"],
            "pinDefaults": true,
            "paused": false,
            "driftPolicy": "report",
            "istio": {
                "rootNamespace": "istio-system", "revision": "stable", "dataPlane": "ambient",
                "gatewaySelector": { "istio": "ingressgateway" }, "pseudoHeaders": false, "anyTrustDomain": false,
                "normalization": "decodeAndMergeSlashes", "accessLogProvider": "envoy", "tracingProvider": "otel",
            },
            "linkerd": {
                "controlPlaneNamespace": "linkerd", "clusterNetworks": ["10.0.0.0/8", "fd00::/8"],
                "probeNetworks": ["0.0.0.0/0"], "defaultInboundPolicy": "all-unauthenticated",
                "opaquePorts": [25, 11211], "rejectAmbiguousPaths": true,
            },
            "consul": {
                "address": "https://consul.example:8501", "datacenter": "dc1", "enterprise": true,
                "namespaces": { "mirroring": true, "prefix": "k8s-" }, "acls": true,
                "defaultIntentionPolicy": "deny", "peers": ["west"], "egressGateway": "egress",
                "ingressGateway": "front", "splitMode": "subsets",
            },
            "builtin": {
                "certificates": { "lifetime": "24h", "rootLifetime": "8760h" },
                "ports": { "inbound": 15006, "outbound": 15001, "metrics": 15090, "health": 15021 },
                "explicit": true,
            },
        },
        "status": {
            "observedGeneration": 4,
            "conditions": [{
                "type": "Ready", "status": "True", "reason": "InForce", "message": "",
                "observedGeneration": 4, "lastTransitionTime": "2026-08-20T09:12:00Z",
            }],
            "namespaces": 3, "workloads": 12, "version": "1.22.1",
        },
    }));
}

#[test]
fn the_status_of_the_reference() {
    read::<TrafficSplit>(json!({
        "apiVersion": "split.smi-spec.io/v1alpha4",
        "kind": "TrafficSplit",
        "metadata": { "name": "reviews", "namespace": "shop", "generation": 4, "uid": "kept" },
        "spec": { "service": "reviews", "backends": [] },
        "status": {
            "observedGeneration": 4,
            "conditions": [{
                "type": "Ready", "status": "False", "reason": "Refused", "observedGeneration": 4,
                "lastTransitionTime": "2026-08-20T09:12:00Z",
                "message": "istio: MG1103 path regex cannot be said; generation 3 stays in force",
            }],
            "summary": { "ready": "0/1", "backend": "istio", "loss": "refused", "objects": "0/1", "synced": "-" },
            "backends": [{
                "name": "istio", "mesh": "main", "verdict": "refused", "desired": 1, "applied": 0,
                "lastGood": { "generation": 3, "time": "2026-08-19T17:00:00Z", "revision": "reviews-api-6f9c" },
                "losses": [{
                    "code": "MG1103", "verdict": "refused", "path": ".spec.rules[0].matches[0]",
                    "at": "HTTPRouteGroup/shop/reviews-api#read",
                }],
                "moreLosses": 0,
            }],
            "overridden": [{ "path": ".spec.timeout", "by": "RoutePolicy/shop/web-fast" }],
        },
    }));
}

#[test]
fn weights_of_every_version() {
    let text = |text: &str| IntOrString::String(text.into());
    assert_eq!(
        weights("v1alpha1", &[json!("500m"), json!("1"), json!("1k"), json!(1)]),
        [text("500m"), text("1"), text("1k"), IntOrString::Int(1)]
    );
    assert_eq!(weights("v1alpha4", &[json!(90), json!(4294967295u32)]), [IntOrString::Int(90), IntOrString::Int(4_294_967_295)]);
}

/// The API server takes it; the resolver answers MG0302.
#[test]
fn a_weight_below_zero_is_read() {
    assert_eq!(weights("v1alpha2", &[json!(-1)]), [IntOrString::Int(-1)]);
}

#[test]
fn a_fraction_is_no_weight() {
    let read = serde_json::from_value::<IntOrString>(json!(0.5));
    assert!(read.is_err());
}

#[test]
fn route_groups_in_both_places_with_both_shapes_of_headers() {
    let old: HttpRouteGroup = read(json!({
        "apiVersion": "specs.smi-spec.io/v1alpha2",
        "kind": "HTTPRouteGroup",
        "metadata": { "name": "api" },
        "matches": [{ "name": "read", "pathRegex": "/api", "methods": ["GET", "*"], "headers": { "x-a": "b.*" } }],
    }));
    let matches = old.matches.expect("are at the top level");
    assert_eq!(matches[0].methods, Some(vec![HttpMethod::Get, HttpMethod::Any]));
    let new: HttpRouteGroup = read(json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4",
        "kind": "HTTPRouteGroup",
        "metadata": { "name": "api" },
        "spec": { "matches": [{ "name": "read", "headers": [{ "x-a": "b.*" }] }] },
    }));
    assert!(new.matches.is_none());
}

#[test]
fn the_identity_binding_of_the_reference() {
    let binding: IdentityBinding = read(json!({
        "apiVersion": "access.smi-spec.io/v1alpha4",
        "kind": "IdentityBinding",
        "metadata": { "name": "partner", "namespace": "shop" },
        "spec": { "schemes": { "serviceAccount": "partner", "spiffeIdentities": ["other.example/ns/web/sa/front"] } },
    }));
    let schemes = binding.spec.schemes;
    assert_eq!(schemes.service_account.as_deref(), Some("partner"));
    assert_eq!(schemes.spiffe_identities, Some(vec!["other.example/ns/web/sa/front".into()]));
    assert_eq!(schemes.pod_label_selector, None);
    read::<IdentityBinding>(json!({
        "apiVersion": "access.smi-spec.io/v1alpha4",
        "kind": "IdentityBinding",
        "metadata": { "name": "canary" },
        "spec": { "schemes": { "podLabelSelector": { "matchLabels": { "track": "canary" } } } },
    }));
}

#[test]
fn the_traffic_target_of_the_reference() {
    let target: TrafficTarget = read(json!({
        "apiVersion": "access.smi-spec.io/v1alpha4",
        "kind": "TrafficTarget",
        "metadata": { "name": "partner-to-api", "namespace": "shop" },
        "spec": {
            "destination": { "kind": "ServiceAccount", "name": "api" },
            "rules": [{ "kind": "HTTPRouteGroup", "name": "api-routes" }],
            "sources": [{ "apiGroup": "access.smi-spec.io", "kind": "IdentityBinding", "name": "partner" }],
        },
    }));
    let spec = target.spec.expect("is under spec");
    let rules = spec.rules.expect("has rules");
    assert_eq!(rules[0].matches, None);
    assert_eq!(spec.sources.expect("has sources")[0].api_group.as_deref(), Some("access.smi-spec.io"));
    assert!(target.destination.is_none() && target.sources.is_none() && target.specs.is_none());
}

#[test]
fn traffic_targets_in_both_places_with_both_shapes_of_ports() {
    let old: TrafficTarget = read(json!({
        "apiVersion": "access.smi-spec.io/v1alpha1",
        "kind": "TrafficTarget",
        "metadata": { "name": "api", "namespace": "shop" },
        "destination": { "kind": "ServiceAccount", "name": "api", "namespace": "shop", "port": "8080" },
        "specs": [{ "kind": "HTTPRouteGroup", "name": "api-routes", "matches": ["read", "write"] }],
        "sources": [{ "kind": "ServiceAccount", "name": "web", "namespace": "front" }],
    }));
    assert!(old.spec.is_none());
    let destination = old.destination.expect("is at the top level");
    assert_eq!(destination.port, Some(IntOrString::String("8080".into())));
    let new: TrafficTarget = read(json!({
        "apiVersion": "access.smi-spec.io/v1alpha2",
        "kind": "TrafficTarget",
        "metadata": { "name": "api" },
        "spec": { "destination": { "kind": "ServiceAccount", "name": "api", "port": 8080 } },
    }));
    let spec = new.spec.expect("is under spec");
    assert_eq!(spec.destination.and_then(|destination| destination.port), Some(IntOrString::Int(8080)));
    assert!(spec.sources.is_none() && spec.rules.is_none());
}

#[test]
fn routes_of_ports_with_and_without_ports() {
    let ports = |version: &str, body: Option<Value>| {
        let mut document = json!({
            "apiVersion": format!("specs.smi-spec.io/{version}"),
            "kind": "TCPRoute",
            "metadata": { "name": "db" },
        });
        if let Some(body) = body {
            document["spec"] = body;
        }
        let spec = read::<TcpRoute>(document).spec;
        spec.and_then(|spec| spec.matches).and_then(|matches| matches.ports)
    };
    assert_eq!(ports("v1alpha1", None), None);
    assert_eq!(ports("v1alpha3", Some(json!({}))), None);
    assert_eq!(ports("v1alpha4", Some(json!({ "matches": { "name": "db" } }))), None);
    assert_eq!(ports("v1alpha4", Some(json!({ "matches": { "ports": [] } }))), Some(vec![]));
    // The resolver answers MG0303.
    assert_eq!(ports("v1alpha4", Some(json!({ "matches": { "ports": [3306, 70000] } }))), Some(vec![3306, 70000]));
    let udp: UdpRoute = read(json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4",
        "kind": "UDPRoute",
        "metadata": { "name": "dns" },
        "spec": { "matches": { "name": "dns", "ports": [53] } },
    }));
    let matches = udp.spec.and_then(|spec| spec.matches).expect("has matches");
    assert_eq!(matches.name.as_deref(), Some("dns"));
}
