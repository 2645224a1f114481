//! The control plane of the mesh: whether it is there and ready, and which version it is.

use meshglot_translator::ir::Kind;
use meshglot_translator::render::Backend;
use serde_json::Value;

use super::Check;
use crate::cluster::Cluster;

const CATEGORY: &str = "backend";

/// By what the vendors' own installers label what decides: the kind, and labels.
const CONTROL_PLANES: [(&str, Kind, &str); 3] = [
    ("istio", Kind::Deployment, "app=istiod"),
    ("linkerd", Kind::Deployment, "linkerd.io/control-plane-component=destination"),
    ("consul", Kind::Deployment, "app=consul,component=connect-injector"),
];

pub(super) fn look(cluster: &Cluster, backend: &'static dyn Backend, pre: bool) -> Vec<Check> {
    let name = backend.name();
    let Some((_, kind, labels)) = CONTROL_PLANES.iter().find(|(of, _, _)| *of == name) else { return Vec::new() };
    let found = cluster.read(cluster.reader.kind(*kind)).and_then(|resource| match resource {
        Some(resource) => cluster.read(cluster.reader.list(&resource.api, None, labels)),
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
    let version = version(text("/spec/template/spec/containers/0/image")).map(|version| format!(" {version}")).unwrap_or_default();
    let what = format!("{name}{version}: {}/{}: {ready} of {wanted} ready", text("/metadata/namespace"), text("/metadata/name"));
    match ready {
        0 => Check::error(CATEGORY, what).waits(),
        _ if ready < wanted => Check::warning(CATEGORY, what).waits(),
        _ => Check::ok(CATEGORY, what),
    }
}

/// The tag of an image; a digest tells nobody anything.
fn version(image: &str) -> Option<&str> {
    let image = image.split('@').next()?;
    let (_, tag) = image.rsplit_once(':')?;
    // What stands before a port is an address.
    Some(tag).filter(|tag| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("docker.io/istio/pilot:1.27.0", Some("1.27.0"))]
    #[test_case("localhost:5000/pilot", None ; "a port is no tag")]
    #[test_case("localhost:5000/pilot:1.27.0@sha256:00", Some("1.27.0"))]
    #[test_case("pilot@sha256:00", None ; "a digest alone")]
    fn versions_of_images(image: &str, want: Option<&str>) {
        assert_eq!(version(image), want);
    }

    #[test]
    fn every_backend_of_a_cluster_has_a_control_plane() {
        for backend in meshglot_registry::all().into_iter().filter(|backend| !backend.kinds().is_empty()) {
            assert!(CONTROL_PLANES.iter().any(|(of, ..)| *of == backend.name()), "{}", backend.name());
        }
    }
}
