//! What a path asks for.

use crate::resource::Resource;

/// Something that there is an answer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Whether the process lives, or is ready.
    Health { ready: bool },
    /// The versions of the core, of which there are none.
    Core,
    /// The groups of this server.
    Groups,
    /// The one group.
    Group,
    /// The resources of its one version.
    Resources,
    /// All objects, of a namespace or of all.
    List { resource: Resource, namespace: Option<String> },
    /// One object; its namespace is empty where it lives in none.
    One { resource: Resource, namespace: String, name: String },
    /// Its edges.
    Edges { resource: Resource, namespace: String, name: String },
}

/// `None`: there is no such path.
pub(crate) fn asked(path: &str) -> Option<Asked> {
    let path = path.strip_prefix('/')?;
    let parts: Vec<&str> = path.strip_suffix('/').unwrap_or(path).split('/').collect();
    match parts[..] {
        ["healthz" | "livez"] => Some(Asked::Health { ready: false }),
        ["readyz"] => Some(Asked::Health { ready: true }),
        ["api"] => Some(Asked::Core),
        ["apis"] => Some(Asked::Groups),
        ["apis", "metrics.smi-spec.io"] => Some(Asked::Group),
        ["apis", "metrics.smi-spec.io", "v1alpha1"] => Some(Asked::Resources),
        ["apis", "metrics.smi-spec.io", "v1alpha1", ref rest @ ..] => object(rest),
        _ => None,
    }
}

fn object(parts: &[&str]) -> Option<Asked> {
    if parts.iter().any(|part| part.is_empty()) {
        return None;
    }
    let (namespace, parts) = match *parts {
        // `namespaces/NAME/edges` are those of the Namespace.
        ["namespaces", namespace, ref rest @ ..] if !matches!(rest, [] | ["edges"]) => (Some(namespace.to_owned()), rest),
        _ => (None, parts),
    };
    let (plural, rest) = parts.split_first()?;
    let resource = Resource::of(plural)?;
    let of_namespace = namespace.is_some();
    if of_namespace && !resource.is_namespaced() {
        return None;
    }
    if rest.is_empty() {
        return Some(Asked::List { resource, namespace });
    }
    // A name alone is none where every namespace may have one of it.
    let namespace = namespace.or_else(|| (!resource.is_namespaced()).then(String::new))?;
    match *rest {
        [name] => Some(Asked::One { resource, namespace, name: name.to_owned() }),
        [name, "edges"] => Some(Asked::Edges { resource, namespace, name: name.to_owned() }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn list(resource: Resource, namespace: Option<&str>) -> Option<Asked> {
        Some(Asked::List { resource, namespace: namespace.map(str::to_owned) })
    }

    fn one(resource: Resource, namespace: &str, name: &str) -> Option<Asked> {
        Some(Asked::One { resource, namespace: namespace.to_owned(), name: name.to_owned() })
    }

    fn edges(resource: Resource, namespace: &str, name: &str) -> Option<Asked> {
        Some(Asked::Edges { resource, namespace: namespace.to_owned(), name: name.to_owned() })
    }

    #[test_case("pods", list(Resource::Pods, None); "all pods")]
    #[test_case("pods/", list(Resource::Pods, None); "a slash at the end")]
    #[test_case("namespaces/shop/pods", list(Resource::Pods, Some("shop")); "pods of a namespace")]
    #[test_case("namespaces/shop/pods/web", one(Resource::Pods, "shop", "web"); "a pod")]
    #[test_case("namespaces/shop/pods/web/edges", edges(Resource::Pods, "shop", "web"); "its edges")]
    #[test_case("namespaces/shop/pods/edges", one(Resource::Pods, "shop", "edges"); "a pod of an odd name")]
    #[test_case("namespaces", list(Resource::Namespaces, None); "namespaces")]
    #[test_case("namespaces/shop", one(Resource::Namespaces, "", "shop"); "a namespace")]
    #[test_case("namespaces/shop/edges", edges(Resource::Namespaces, "", "shop"); "edges of a namespace")]
    #[test_case("namespaces/shop/trafficsplits/canary", one(Resource::TrafficSplits, "shop", "canary"); "a split")]
    #[test_case("nodes/one", one(Resource::Nodes, "", "one"); "a node")]
    #[test_case("namespaces/shop/nodes", None; "nodes are in no namespace")]
    #[test_case("namespaces/shop/namespaces", None; "and neither are namespaces")]
    #[test_case("pods/web", None; "a pod without a namespace")]
    #[test_case("cronjobs", None; "no such resource")]
    #[test_case("namespaces/shop/pods/web/status", None; "no such part")]
    #[test_case("namespaces/shop/pods/web/edges/x", None; "too much")]
    #[test_case("namespaces//pods", None; "an empty namespace")]
    fn objects(path: &str, want: Option<Asked>) {
        assert_eq!(asked(&format!("/apis/metrics.smi-spec.io/v1alpha1/{path}")), want);
    }

    #[test_case("/apis", Some(Asked::Groups); "groups")]
    #[test_case("/apis/metrics.smi-spec.io/", Some(Asked::Group); "the group")]
    #[test_case("/apis/metrics.smi-spec.io/v1alpha1/", Some(Asked::Resources); "resources, as the specification writes it")]
    #[test_case("/apis/metrics.smi-spec.io/v1alpha2", None; "another version")]
    #[test_case("/readyz", Some(Asked::Health { ready: true }); "ready")]
    #[test_case("/livez", Some(Asked::Health { ready: false }); "alive")]
    #[test_case("/", None; "nothing")]
    #[test_case("//apis", None; "two slashes")]
    fn others(path: &str, want: Option<Asked>) {
        assert_eq!(asked(path), want);
    }
}
