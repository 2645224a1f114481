//! What holds for all policy of one mesh, every default filled in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::access::AccessDefault;
use super::pattern::PathAnchoring;
use crate::diagnostic::Code;

/// A `Mesh`, or the one implied by `--backend` where none is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeshSettings {
    /// Its name; `default` if implied.
    pub name: Arc<str>,
    /// The backend that the object names; the command line may replace it.
    pub backend: Option<Arc<str>>,
    /// Where mesh-wide objects live.
    pub system_namespace: Arc<str>,
    /// Suffix of Service names.
    pub cluster_domain: Arc<str>,
    /// First part of every SPIFFE ID.
    pub trust_domain: Arc<str>,
    /// How SMI path regexes end.
    pub path_anchoring: PathAnchoring,
    /// What happens to a request that no access rule names.
    pub access_default: AccessDefault,
    /// Codes of losses that are accepted.
    pub allow_lossy: BTreeSet<Code>,
    /// `istio.revision`: label `istio.io/rev` on rendered objects.
    pub istio_revision: Option<Arc<str>>,
    /// `istio.rootNamespace`.
    pub istio_root_namespace: Arc<str>,
    /// `istio.pseudoHeaders`: `request.headers[:path]` may be used.
    pub istio_pseudo_headers: bool,
    /// `istio.anyTrustDomain`: sources whatever their trust domain.
    pub istio_any_trust_domain: bool,
    /// `linkerd.controlPlaneNamespace`.
    pub linkerd_control_plane: Arc<str>,
    /// `linkerd.probeNetworks`, sorted.
    pub linkerd_probe_networks: BTreeSet<Arc<str>>,
    /// `linkerd.rejectAmbiguousPaths`.
    pub linkerd_reject_ambiguous: bool,
    /// `linkerd.opaquePorts`.
    pub linkerd_opaque_ports: BTreeSet<u16>,
    /// `consul.namespaces.mirroring` of Consul Enterprise, with its prefix.
    pub consul_mirroring: Option<Arc<str>>,
    /// `consul.acls`: ServiceAccount name and Consul service name are the same.
    pub consul_acls: bool,
    /// `consul.peers`, sorted.
    pub consul_peers: BTreeSet<Arc<str>>,
    /// `consul.defaultIntentionPolicy: allow` is declared.
    pub consul_default_allow: bool,
    /// `builtin.ports.inbound` and `.outbound`.
    pub builtin_ports: (u16, u16),
    /// `builtin.explicit`: listeners for callers that nothing captures.
    pub builtin_explicit: bool,
}

impl Default for MeshSettings {
    fn default() -> Self {
        Self {
            name: "default".into(),
            backend: None,
            system_namespace: "meshglot".into(),
            cluster_domain: "cluster.local".into(),
            trust_domain: "cluster.local".into(),
            path_anchoring: PathAnchoring::Start,
            access_default: AccessDefault::Targeted,
            allow_lossy: BTreeSet::new(),
            istio_revision: None,
            istio_root_namespace: "istio-system".into(),
            istio_pseudo_headers: true,
            istio_any_trust_domain: false,
            linkerd_control_plane: "linkerd".into(),
            linkerd_probe_networks: ["0.0.0.0/0".into(), "::/0".into()].into(),
            linkerd_reject_ambiguous: false,
            linkerd_opaque_ports: [25, 587, 3306, 4444, 5432, 6379, 9300, 11211].into(),
            consul_mirroring: None,
            consul_acls: false,
            consul_peers: BTreeSet::new(),
            consul_default_allow: false,
            builtin_ports: (15006, 15001),
            builtin_explicit: false,
        }
    }
}
