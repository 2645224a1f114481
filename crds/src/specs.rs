//! HTTPRouteGroup, TCPRoute and UDPRoute: named matches of requests and connections (SMI `specs.smi-spec.io`).

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::{Kind, Scope};
use crate::structural::{Body, schema};
use crate::{Metadata, Status};

pub(crate) const fn http_route_group() -> Kind {
    Kind {
        group: "specs.smi-spec.io",
        versions: &["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"],
        kind: "HTTPRouteGroup",
        plural: "httproutegroups",
        singular: "httproutegroup",
        short_names: &["htr", "hrg"],
        scope: Scope::Namespaced,
        own_columns: &[],
        schema: LazyLock::new(|| schema::<HttpRouteGroup>(Body::smi())),
    }
}

pub(crate) const fn tcp_route() -> Kind {
    Kind {
        group: "specs.smi-spec.io",
        versions: &["v1alpha1", "v1alpha2", "v1alpha3", "v1alpha4"],
        kind: "TCPRoute",
        plural: "tcproutes",
        singular: "tcproute",
        short_names: &["tr"],
        scope: Scope::Namespaced,
        own_columns: &[],
        schema: LazyLock::new(|| schema::<TcpRoute>(Body::smi())),
    }
}

pub(crate) const fn udp_route() -> Kind {
    Kind {
        group: "specs.smi-spec.io",
        versions: &["v1alpha4"],
        kind: "UDPRoute",
        plural: "udproutes",
        singular: "udproute",
        short_names: &["ur"],
        scope: Scope::Namespaced,
        own_columns: &[],
        schema: LazyLock::new(|| schema::<UdpRoute>(Body::smi())),
    }
}

/// Named matches of HTTP requests, for use by splits, access rules and policies. It does nothing by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteGroup {
    /// `specs.smi-spec.io/` and a version, v1alpha1 to v1alpha4; all are read alike.
    pub api_version: String,
    /// `HTTPRouteGroup`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// Matches in the place of v1alpha1 and v1alpha2. Beside `spec.matches` they must be equal to them (MG0013).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<HttpMatch>>,
    /// Matches in the place of v1alpha3 and v1alpha4.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<HttpRouteGroupSpec>,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// Matches in the place of v1alpha3 and v1alpha4.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpRouteGroupSpec {
    /// The matches of the group; a request needs one of them. Each has its own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<Vec<HttpMatch>>,
}

/// A match: all that is written in it must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpMatch {
    /// Name of the match within its group, by which rules pick it.
    pub name: String,
    /// Regular expression over the path without the query, anchored at its start only, unless
    /// `Mesh.spec.smi.pathAnchoring` is `full`; in the common subset of RE2 and Rust (MG0009). Absent: any path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_regex: Option<String>,
    /// HTTP methods, of which a request has one; `*` is any method. Absent: any method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<HttpMethod>>,
    /// Headers that must all be there: a map from name to a regular expression over the whole value, or a list
    /// of such maps with one key each (MG0004, MG0011). Absent: any headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "open")]
    pub headers: Option<Value>,
}

/// A node of any shape: the published API has two for headers, the translator reads both.
fn open(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
}

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "each is the method of its name")]
pub enum HttpMethod {
    #[serde(rename = "*")]
    Any,
    Get,
    Head,
    Put,
    Post,
    Delete,
    Connect,
    Options,
    Trace,
    Patch,
}

/// TCP connections to some ports, for use by access rules. It does nothing by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TcpRoute {
    /// `specs.smi-spec.io/` and a version, v1alpha1 to v1alpha4; all are read alike.
    pub api_version: String,
    /// `TCPRoute`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// The ports. Absent: all ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<PortRouteSpec>,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// UDP datagrams to some ports, for use by access rules. It does nothing by itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UdpRoute {
    /// `specs.smi-spec.io/v1alpha4`.
    pub api_version: String,
    /// `UDPRoute`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// The ports. Absent: all ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<PortRouteSpec>,
    /// What became of the object, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// The ports of a TCPRoute or UDPRoute.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortRouteSpec {
    /// One match. Absent: all ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matches: Option<PortMatch>,
}

/// A match of ports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PortMatch {
    /// Name of the match. Absent: it has none, and needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Ports of the destination's Services, 1 to 65535 (MG0303), of which one is enough; an empty list is all
    /// ports. Absent: all ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ports: Option<Vec<i32>>,
}
