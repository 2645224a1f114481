//! What lists and values of Linkerd's kinds mean when two objects are compared. The defaults are those that the CRDs
//! of the Gateway API and of Linkerd declare; a test holds them against the CRDs.

use meshglot_translator::diff::{List, Scalar, Shape};

const PARENTS: List = List::Keyed(&["kind", "namespace", "name", "port"]);
const BACKENDS: List = List::Keyed(&["kind", "namespace", "name", "port"]);

const ROUTE_LISTS: &[(&str, List)] = &[
    ("spec.parentRefs", PARENTS),
    ("spec.hostnames", List::Set),
    ("spec.rules", List::Ordered(&["name"])),
    // One of them is enough.
    ("spec.rules.*.matches", List::Set),
    ("spec.rules.*.matches.*.headers", List::Keyed(&["name"])),
    ("spec.rules.*.matches.*.queryParams", List::Keyed(&["name"])),
    ("spec.rules.*.backendRefs", BACKENDS),
];

const ROUTE_SCALARS: &[(&str, Scalar)] = &[
    ("spec.rules.*.matches.*.headers.*.name", Scalar::Lower),
    ("spec.rules.*.timeouts.request", Scalar::Duration),
    ("spec.rules.*.timeouts.backendRequest", Scalar::Duration),
];

const ANY_PATH: &str = r#"{"type": "PathPrefix", "value": "/"}"#;
const ANY_RULE: &str = r#"[{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}]}]"#;
const ANY_REQUEST: &str = r#"[{"path": {"type": "PathPrefix", "value": "/"}}]"#;

const HTTP_ROUTE: Shape = Shape {
    lists: ROUTE_LISTS,
    defaults: &[
        ("spec.parentRefs.*.group", r#""gateway.networking.k8s.io""#),
        ("spec.parentRefs.*.kind", r#""Gateway""#),
        ("spec.rules", ANY_RULE),
        ("spec.rules.*.matches", ANY_REQUEST),
        ("spec.rules.*.matches.*.path", ANY_PATH),
        ("spec.rules.*.matches.*.path.type", r#""PathPrefix""#),
        ("spec.rules.*.matches.*.path.value", r#""/""#),
        ("spec.rules.*.matches.*.headers.*.type", r#""Exact""#),
        ("spec.rules.*.matches.*.queryParams.*.type", r#""Exact""#),
        ("spec.rules.*.backendRefs.*.group", r#""""#),
        ("spec.rules.*.backendRefs.*.kind", r#""Service""#),
        ("spec.rules.*.backendRefs.*.weight", "1"),
    ],
    scalars: ROUTE_SCALARS,
    ignored: &[],
};

const TCP_ROUTE: Shape = Shape {
    lists: ROUTE_LISTS,
    defaults: &[
        ("spec.parentRefs.*.group", r#""gateway.networking.k8s.io""#),
        ("spec.parentRefs.*.kind", r#""Gateway""#),
        ("spec.rules.*.backendRefs.*.group", r#""""#),
        ("spec.rules.*.backendRefs.*.kind", r#""Service""#),
        ("spec.rules.*.backendRefs.*.weight", "1"),
    ],
    ..Shape::PLAIN
};

const SERVER: Shape = Shape {
    lists: &[("spec.podSelector.matchExpressions", List::Set), ("spec.podSelector.matchExpressions.*.values", List::Set)],
    defaults: &[("spec.accessPolicy", r#""deny""#), ("spec.proxyProtocol", r#""unknown""#)],
    ..Shape::PLAIN
};

const AUTHORIZATION_POLICY: Shape =
    Shape { lists: &[("spec.requiredAuthenticationRefs", List::Keyed(&["kind", "namespace", "name"]))], ..Shape::PLAIN };

const MESH_TLS_AUTHENTICATION: Shape =
    Shape { lists: &[("spec.identities", List::Set), ("spec.identityRefs", List::Keyed(&["kind", "namespace", "name"]))], ..Shape::PLAIN };

const NETWORK_AUTHENTICATION: Shape =
    Shape { lists: &[("spec.networks", List::Keyed(&["cidr"])), ("spec.networks.*.except", List::Set)], ..Shape::PLAIN };

pub(crate) fn shape(kind: &str) -> Shape {
    match kind {
        "HTTPRoute" => HTTP_ROUTE,
        "TCPRoute" => TCP_ROUTE,
        "Server" => SERVER,
        "AuthorizationPolicy" => AUTHORIZATION_POLICY,
        "MeshTLSAuthentication" => MESH_TLS_AUTHENTICATION,
        "NetworkAuthentication" => NETWORK_AUTHENTICATION,
        _ => Shape::PLAIN,
    }
}
