//! Names in Consul's one flat namespace: which Services meet there, and what the A/B service of a split is called.

use std::sync::Arc;

use meshglot_translator::ir::{MeshSettings, ObjectKey, ServiceKey};
use meshglot_translator::name;
use meshglot_translator::resolve::View;

/// Longest Consul service name that is a DNS label too.
const LONGEST: usize = 63;

/// The service that stands for the weighted destinations of a split with matches; nobody dials it.
pub(crate) fn virtual_name(split: &ObjectKey) -> String {
    name::shortened(&format!("{}--ab", split.name), &split.to_string(), LONGEST)
}

/// The Consul namespace of a Kubernetes namespace; only Enterprise has any.
pub(crate) fn consul_namespace(mesh: &MeshSettings, namespace: &str) -> Option<String> {
    mesh.consul_mirroring.as_ref().map(|prefix| format!("{prefix}{namespace}"))
}

/// A Service of another namespace that Consul could not tell from this one.
pub(crate) fn namesake(service: &ServiceKey, mesh: &MeshSettings, view: &View<'_>) -> Option<ServiceKey> {
    namesakes(service, mesh, view).into_iter().next()
}

/// All of them, sorted.
pub(crate) fn namesakes(service: &ServiceKey, mesh: &MeshSettings, view: &View<'_>) -> Vec<ServiceKey> {
    if mesh.consul_mirroring.is_some() {
        return Vec::new();
    }
    let flat = |namespace: &Arc<str>| view.target_mesh(namespace).is_some_and(|mesh| mesh.consul_mirroring.is_none());
    let mut named = view.services_named(&service.name);
    named.retain(|other| other.namespace != service.namespace && flat(&other.namespace));
    named
}

/// Something that bears the name of a split's A/B service: a Service, or the like-named split of another
/// namespace, whose A/B service would overwrite this one.
pub(crate) fn namesake_of_virtual(split: &ObjectKey, mesh: &MeshSettings, view: &View<'_>) -> Option<String> {
    let meant = ServiceKey { namespace: split.namespace.clone(), name: virtual_name(split).into() };
    let service = view.service(&meant).map(|service| service.key.clone()).or_else(|| namesake(&meant, mesh, view));
    service.map(|service| service.object().to_string()).or_else(|| like_named_split(split, mesh, view))
}

/// Names that are cut hold a hash of the namespace and never meet.
fn like_named_split(split: &ObjectKey, mesh: &MeshSettings, view: &View<'_>) -> Option<String> {
    if mesh.consul_mirroring.is_some() {
        return None;
    }
    let flat = |namespace: &Arc<str>| view.target_mesh(namespace).is_some_and(|mesh| mesh.consul_mirroring.is_none());
    let others =
        view.splits_named(&split.name).into_iter().filter(|other| other.key.namespace != split.namespace && !other.matches.is_empty());
    let mut meeting = others.filter(|other| virtual_name(&other.key) == virtual_name(split) && flat(&other.key.namespace));
    meeting.next().map(|other| other.key.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use meshglot_translator::ir::Kind;
    use test_case::test_case;

    #[test_case("ab-test", "ab-test--ab" ; "the split and two dashes")]
    #[test_case("a-name-of-sixty-one-characters-is-too-long-with-four-more-xyz", "a-name-of-sixty-one-characters-is-too-long-with-four-m-c690d18c" ; "cut with a hash")]
    fn name_of_the_virtual_service(split: &str, want: &str) {
        let name = virtual_name(&ObjectKey { kind: Kind::TrafficSplit, namespace: "shop".into(), name: split.into() });
        assert_eq!(name, want);
        assert!(name.len() <= LONGEST);
    }
}
