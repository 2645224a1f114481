//! Which features of `capabilities` a field asks for: the one place where fields meet features.

use meshglot_translator::render::Capability;

/// Kind, field and its features. A field that is not here has those of the fields below it, else those of the nearest field
/// above it.
const FEATURES: &[(&str, &str, &[&str])] = &[
    ("TrafficSplit", "spec.service", &["split.port", "split.tcp"]),
    ("TrafficSplit", "spec.backends", &["split.weight", "split.port", "split.tcp"]),
    ("TrafficSplit", "spec.backends.weight", &["split.weight"]),
    ("TrafficSplit", "spec.matches", &["split.match"]),
    ("HTTPRouteGroup", "spec.matches.pathRegex", &["match.path", "access.path"]),
    ("HTTPRouteGroup", "spec.matches.methods", &["match.method"]),
    ("HTTPRouteGroup", "spec.matches.headers", &["match.header", "access.header"]),
    ("HTTPRouteGroup", "matches.pathRegex", &["match.path", "access.path"]),
    ("HTTPRouteGroup", "matches.methods", &["match.method"]),
    ("HTTPRouteGroup", "matches.headers", &["match.header", "access.header"]),
    ("TCPRoute", "spec.matches.ports", &["access.port", "access.tcp"]),
    ("TrafficTarget", "spec.destination", &["access.identity"]),
    ("TrafficTarget", "spec.destination.port", &["access.port"]),
    ("TrafficTarget", "spec.sources", &["access.identity"]),
    ("TrafficTarget", "spec.rules", &["access.path", "access.header", "access.tcp", "access.port"]),
    ("TrafficTarget", "spec.rules.matches", &["access.path", "access.header"]),
    ("TrafficTarget", "destination", &["access.identity"]),
    ("TrafficTarget", "destination.port", &["access.port"]),
    ("TrafficTarget", "sources", &["access.identity"]),
    ("TrafficTarget", "specs", &["access.path", "access.header", "access.tcp", "access.port"]),
    ("IdentityBinding", "spec.schemes", &["access.identity"]),
    ("Mesh", "spec.access.default", &["access.default", "access.audit"]),
];

/// The features of a field, in the order of the table.
pub(super) fn of(kind: &str, path: &str) -> Vec<&'static str> {
    let of_kind = || FEATURES.iter().filter(|(of, ..)| *of == kind);
    let own: Vec<_> = of_kind().filter(|(_, field, _)| *field == path).collect();
    let below: Vec<_> = of_kind().filter(|(_, field, _)| is_below(field, path)).collect();
    let nearest = of_kind().filter(|(_, field, _)| is_below(path, field)).max_by_key(|(_, field, _)| field.len());
    let rows = match (own.is_empty(), below.is_empty()) {
        (false, _) => own,
        (true, false) => below,
        (true, true) => nearest.into_iter().collect(),
    };
    let mut features: Vec<&'static str> = Vec::new();
    for feature in rows.into_iter().flat_map(|(.., features)| *features) {
        if !features.contains(feature) {
            features.push(feature);
        }
    }
    features
}

/// What each mesh says about a feature, where it says something.
pub(super) fn verdicts(feature: &str) -> Vec<(&'static str, Capability)> {
    let of = |backend: &'static dyn meshglot_translator::render::Backend| {
        backend.capabilities().into_iter().find(|capability| capability.feature == feature).map(|capability| (backend.name(), capability))
    };
    meshglot_registry::all().into_iter().filter_map(of).collect()
}

/// Whether `path` lies below `above`; everything lies below the kind itself.
fn is_below(path: &str, above: &str) -> bool {
    path != above && (above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.starts_with('.')))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_feature_is_reached_by_a_field_and_every_field_and_feature_exists() {
        let backends = meshglot_registry::all();
        let known: BTreeSet<&str> =
            backends.into_iter().flat_map(|backend| backend.capabilities()).map(|capability| capability.feature).collect();
        let mapped: BTreeSet<&str> = FEATURES.iter().flat_map(|(.., features)| features.iter().copied()).collect();
        assert_eq!(known, mapped, "left: features of capabilities; right: those that the table of fields names");
        for (kind, path, _) in FEATURES {
            let found = meshglot_crds::find(kind).map(|kind| kind.field(path).map(|field| field.path));
            assert_eq!(found, Some(Ok((*path).to_owned())), "{kind}.{path}");
        }
    }

    #[test]
    fn a_field_has_its_own_features_or_those_below_or_those_above() {
        assert_eq!(of("TrafficSplit", "spec.backends.weight"), ["split.weight"]);
        assert_eq!(of("TrafficSplit", "spec.backends.service"), ["split.weight", "split.port", "split.tcp"]);
        assert_eq!(of("Mesh", ""), ["access.default", "access.audit"]);
        assert!(of("Mesh", "spec.trustDomain").is_empty());
        assert!(of("TrafficSplit", "metadata").is_empty());
    }
}
