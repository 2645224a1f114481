//! Mesh: which namespaces run on which backend, and what holds for all of them.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind::{Column, Kind, Scope};
use crate::rules::rule;
use crate::shared::{DnsLabel, HostName, LossCode, ObjectName, Selector};
use crate::structural::{Body, schema};
use crate::{GROUP, Metadata, Status};

mod builtin;
mod consul;
mod istio;
mod jwt;
mod linkerd;

pub use builtin::{BuiltinOptions, Certificates, ProxyPorts};
pub use consul::{ConsulNamespaces, ConsulOptions, IntentionPolicy, SplitMode};
pub use istio::{DataPlane, IstioOptions, Normalization};
pub use jwt::{Jwks, JwtProvider};
pub use linkerd::{InboundPolicy, LinkerdOptions};

pub(crate) const fn kind() -> Kind {
    Kind {
        group: GROUP,
        versions: &["v1alpha1"],
        kind: "Mesh",
        plural: "meshes",
        singular: "mesh",
        short_names: &["mgm"],
        scope: Scope::Cluster,
        own_columns: &[
            Column { name: "BACKEND", type_: "string", path: ".spec.backend", wide: false },
            Column { name: "NAMESPACES", type_: "integer", path: ".status.namespaces", wide: false },
            Column { name: "PAUSED", type_: "boolean", path: ".spec.paused", wide: false },
        ],
        schema: LazyLock::new(|| schema::<Mesh>(Body::ours())),
    }
}

/// Says which namespaces run on which backend, and what holds for all of them. Its name has at most 63
/// characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rule("size(self.metadata.name) <= 63", "MG0012: the name of a Mesh has at most 63 characters"),
]))]
pub struct Mesh {
    /// `meshglot.dev/v1alpha1`.
    pub api_version: String,
    /// `Mesh`.
    pub kind: String,
    /// Standard object metadata.
    pub metadata: Metadata,
    /// Backend, namespaces and mesh-wide settings.
    pub spec: MeshSpec,
    /// What became of the mesh, written by the controller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<MeshStatus>,
}

/// Backend, namespaces and mesh-wide settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeshSpec {
    /// The service mesh that policy is rendered to. `--backend` on the command line replaces this field and
    /// nothing else.
    pub backend: BackendName,
    /// Which namespaces run on this mesh; none may be in two (MG0201). Absent: all but `kube-system`,
    /// `kube-public`, `kube-node-lease` and `systemNamespace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<Selector>,
    /// Namespace of mesh-wide rendered objects, and of your mesh-wide policies and Secrets; who may write there
    /// may decide for the whole mesh. Absent: `meshglot`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_namespace: Option<DnsLabel>,
    /// Suffix of the cluster's Service names. Absent: `cluster.local`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_domain: Option<HostName>,
    /// First part of every SPIFFE ID. Two meshes trust each other's sources only if it is equal. Absent:
    /// `clusterDomain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_domain: Option<HostName>,
    /// Access where no rule decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<MeshAccess>,
    /// Mutual TLS of the whole mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mutual_tls: Option<MeshMutualTls>,
    /// Calls to hosts outside the mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub egress: Option<MeshEgress>,
    /// How SMI objects are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smi: Option<MeshSmi>,
    /// The root that signs workload certificates: the builtin mesh uses it; on the others it belongs to the
    /// vendor's installation and `meshglot check` compares it. Absent: the mesh's own root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_certificate: Option<RootCertificate>,
    /// Who may issue tokens that access rules ask for, by name; at most 16. Absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub jwt_providers: Option<Vec<JwtProvider>>,
    /// Codes of losses that are accepted for this mesh. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub allow_lossy: Option<Vec<LossCode>>,
    /// Codes of the few losses that allow more than was written, accepted for this mesh. Each shows in
    /// `meshglot check` for ever. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-list-type" = "set"))]
    pub allow_widening: Option<Vec<LossCode>>,
    /// Write the same defaults on every backend where nobody wrote anything: no timeout, no retries, least
    /// request, no outlier detection, permissive mutual TLS. Absent: false, each backend has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin_defaults: Option<bool>,
    /// Write nothing and prune nothing; what is in force stays. Absent: false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<bool>,
    /// What to do about edits of rendered objects by others. Absent: `correct`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_policy: Option<DriftPolicy>,
    /// Options of Istio; kept and ignored on other backends. Absent: the defaults of its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub istio: Option<IstioOptions>,
    /// Options of Linkerd; kept and ignored on other backends. Absent: the defaults of its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linkerd: Option<LinkerdOptions>,
    /// Options of Consul; kept and ignored on other backends. Absent: the defaults of its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consul: Option<ConsulOptions>,
    /// Options of the builtin mesh; kept and ignored on other backends. Absent: the defaults of its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builtin: Option<BuiltinOptions>,
}

/// A service mesh that policy can be rendered to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BackendName {
    /// Istio.
    Istio,
    /// Linkerd.
    Linkerd,
    /// Consul service mesh.
    Consul,
    /// The mesh that comes with this project.
    Builtin,
}

/// Access where no rule decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeshAccess {
    /// What happens to a request that no rule names; `allow` is reported as MG0501. Absent: `targeted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<AccessDefault>,
}

/// What happens to a request that no access rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AccessDefault {
    /// Denied by workloads that are the destination of a rule, allowed by all others.
    Targeted,
    /// Denied by every workload of the mesh.
    Deny,
    /// Allowed; rules are audited, not enforced.
    Allow,
}

/// Mutual TLS of the whole mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeshMutualTls {
    /// What workloads accept where no MutualTLSPolicy says otherwise; weaker than an access rule needs is MG0505.
    /// Absent: the backend's own default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<MeshMutualTlsMode>,
}

/// What workloads accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MeshMutualTlsMode {
    /// Mutual TLS only.
    Strict,
    /// Mutual TLS and plain text.
    Permissive,
}

/// Calls to hosts outside the mesh.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeshEgress {
    /// What happens to calls to outside hosts that no ExternalService names (MG0508). Absent: the backend's own
    /// default; `allow` on builtin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<EgressDefault>,
}

/// What happens to calls to hosts outside that no ExternalService names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum EgressDefault {
    /// They pass.
    Allow,
    /// They are refused.
    Deny,
}

/// How SMI objects are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeshSmi {
    /// Where the path regexes of HTTPRouteGroups are anchored (MG0504 warns of literals with an open end).
    /// Absent: `start`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_anchoring: Option<PathAnchoring>,
}

/// Where a path regex is anchored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PathAnchoring {
    /// At the start of the path only, as SMI says: `/api` matches `/apix` too.
    Start,
    /// At both ends, as Envoy and Open Service Mesh do: `/api` matches `/api` only.
    Full,
}

/// The root that signs workload certificates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RootCertificate {
    /// Name of a Secret in `systemNamespace` with the keys `ca.crt` (bundle of trusted roots, old ones too),
    /// `tls.crt` and `tls.key` (MG0109).
    pub secret_name: ObjectName,
}

/// What to do about edits of rendered objects by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum DriftPolicy {
    /// Write our fields again.
    Correct,
    /// Leave the edit and report it.
    Report,
    /// Leave the edit and say nothing.
    Ignore,
}

/// What became of the mesh, written by the controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MeshStatus {
    /// The status that all kinds have.
    #[serde(flatten)]
    pub common: Status,
    /// How many namespaces run on this mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub namespaces: Option<i32>,
    /// How many workloads run on this mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub workloads: Option<i32>,
    /// Version of the backend that was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
