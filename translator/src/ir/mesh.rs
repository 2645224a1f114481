//! What holds for all policy of one mesh, every default filled in.

use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// Codes of losses that are accepted.
    pub allow_lossy: BTreeSet<Code>,
    /// `istio.revision`: label `istio.io/rev` on rendered objects.
    pub istio_revision: Option<Arc<str>>,
    /// `linkerd.opaquePorts`.
    pub linkerd_opaque_ports: BTreeSet<u16>,
    /// `consul.namespaces.mirroring` of Consul Enterprise, with its prefix.
    pub consul_mirroring: Option<Arc<str>>,
    /// `consul.defaultIntentionPolicy: allow` is declared.
    pub consul_default_allow: bool,
    /// `builtin.ports.inbound` and `.outbound`.
    pub builtin_ports: (u16, u16),
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
            allow_lossy: BTreeSet::new(),
            istio_revision: None,
            linkerd_opaque_ports: [25, 587, 3306, 4444, 5432, 6379, 9300, 11211].into(),
            consul_mirroring: None,
            consul_default_allow: false,
            builtin_ports: (15006, 15001),
        }
    }
}
