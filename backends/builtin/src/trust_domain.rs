//! The trust domain of identities: a cluster has one control plane, which signs for one.

use std::sync::Arc;

use meshglot_translator::ir::MeshSettings;
use meshglot_translator::resolve::View;

use crate::NAME;

/// Of which the identities of a Mesh's workloads are. A Mesh that says another one than the first of this backend is not obeyed in that
/// (MG0201): its workloads go on, and nobody of the one counts in the other.
pub(crate) fn signed(mesh: &MeshSettings, view: &View<'_>) -> Arc<str> {
    let ours = mesh.backend.as_deref().filter(|backend| *backend == NAME);
    ours.and_then(|backend| view.trust_domain_of(backend)).unwrap_or_else(|| mesh.trust_domain.clone())
}
