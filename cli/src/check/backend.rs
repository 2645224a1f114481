//! The control plane of the mesh: whether it is there and ready, and which version it is.

use meshglot_translator::ir::Kind;
use meshglot_translator::render::{Backend, version_of_image};
use serde_json::Value;

use super::Check;
use crate::cluster::Cluster;

const CATEGORY: &str = "backend";

pub(super) fn look(cluster: &Cluster, backend: &'static dyn Backend, pre: bool) -> Vec<Check> {
    let name = backend.name();
    let labels: Vec<String> = backend.control_plane().iter().map(|(name, value)| format!("{name}={value}")).collect();
    if labels.is_empty() {
        return Vec::new();
    }
    let (kind, labels) = (Kind::Deployment, labels.join(","));
    let found = cluster.read(cluster.reader.kind(kind)).and_then(|resource| match resource {
        Some(resource) => cluster.read(cluster.reader.list(&resource.api, None, &labels)),
        None => Ok(Vec::new()),
    });
    match found {
        Err(failure) => vec![Check::unknown(CATEGORY, &failure)],
        Ok(found) if found.is_empty() => {
            let check = Check::warning(CATEGORY, format!("no control plane of {name} is seen ({} {labels})", kind.name()));
            vec![if pre { check.hint(format!("install {name} first")) } else { check.hint("it may run elsewhere") }]
        }
        Ok(found) => found.iter().map(|one| control_plane(name, one)).collect(),
    }
}

fn control_plane(name: &str, object: &Value) -> Check {
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_u64).unwrap_or_default();
    let (ready, wanted) = (number("/status/readyReplicas"), object.pointer("/spec/replicas").and_then(Value::as_u64).unwrap_or(1));
    let version = version_of_image(text("/spec/template/spec/containers/0/image")).map(|version| format!(" {version}")).unwrap_or_default();
    let what = format!("{name}{version}: {}/{}: {ready} of {wanted} ready", text("/metadata/namespace"), text("/metadata/name"));
    match ready {
        0 => Check::error(CATEGORY, what).waits(),
        _ if ready < wanted => Check::warning(CATEGORY, what).waits(),
        _ => Check::ok(CATEGORY, what),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_backend_of_a_cluster_has_a_control_plane() {
        for backend in meshglot_registry::all().into_iter().filter(|backend| !backend.kinds().is_empty()) {
            assert!(!backend.control_plane().is_empty(), "{}", backend.name());
        }
    }
}
