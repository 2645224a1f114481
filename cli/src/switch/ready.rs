//! What has to be there before policy can move.

use meshglot_translator::render::Backend;

use crate::check::{Check, backend, controller, served};
use crate::cluster::Cluster;
use crate::install::serves;

const CATEGORY: &str = "controller";

pub(super) fn look(cluster: &Cluster, to: &'static dyn Backend, namespace: &str) -> Vec<Check> {
    // Of the built-in mesh a cluster keeps no objects.
    let mut checks: Vec<Check> = if to.kinds().is_empty() { Vec::new() } else { vec![served(cluster, to)] };
    checks.extend(backend(cluster, to));
    checks.push(controller(cluster, namespace));
    // Of one that nobody has installed so, nobody knows.
    if let Some(known) = serves(cluster, namespace)
        && !known.is_by_mesh_of(to.name())
    {
        let what =
            format!("the controller in {namespace} was installed with {}, and {} is not for Meshes to name", known.words(), to.name());
        let all: Vec<&str> = known.names().chain([to.name()]).collect();
        checks.push(
            Check::error(CATEGORY, what).hint(format!("meshglot install --backends {} | kubectl apply --server-side -f -", all.join(","))),
        );
    }
    checks
}
