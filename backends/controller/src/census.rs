//! What runs on each Mesh: its namespaces and workloads, counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::resolve::Model;

/// How many namespaces and workloads a Mesh has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) namespaces: usize,
    pub(crate) workloads: usize,
}

/// All Meshes that have any, by name. Namespaces are those that the cluster has or that something is in.
pub(crate) fn census(model: &Model) -> BTreeMap<Arc<str>, Count> {
    let mut workloads: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
    for key in model.keys() {
        if key.kind == meshglot_translator::ir::Kind::Namespace {
            workloads.entry(&key.name).or_default();
        } else if !key.namespace.is_empty() {
            *workloads.entry(&key.namespace).or_default() += usize::from(key.kind.runs_pods());
        }
    }
    let mut found: BTreeMap<Arc<str>, Count> = BTreeMap::new();
    for (namespace, workloads) in workloads {
        let Some(mesh) = model.mesh_of(namespace) else { continue };
        let count = found.entry(mesh.name.clone()).or_default();
        count.namespaces += 1;
        count.workloads += workloads;
    }
    found
}
