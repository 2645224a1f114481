//! The kinds of objects that can be asked for, by the names that kubectl knows.

use meshglot_crds::Kind as Crd;
use meshglot_translator::diagnostic::nearest;
use meshglot_translator::ir::Kind;

use crate::exit::{Exit, Failure};

/// Kinds of Kubernetes with names that are not made of the kind's own.
const SHORT: [(&str, Kind); 10] = [
    ("cj", Kind::CronJob),
    ("deploy", Kind::Deployment),
    ("ds", Kind::DaemonSet),
    ("ns", Kind::Namespace),
    ("po", Kind::Pod),
    ("refgrant", Kind::ReferenceGrant),
    ("rs", Kind::ReplicaSet),
    ("sa", Kind::ServiceAccount),
    ("sts", Kind::StatefulSet),
    ("svc", Kind::Service),
];

/// All kinds of policy at once.
const CATEGORIES: [&str; 2] = ["meshglot", "mesh"];

/// A kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Resource(pub(super) Kind);

impl Resource {
    /// The kinds of a word such as `trafficsplits`, `ts,tt` or `meshglot`.
    pub(super) fn all_of(word: &str) -> Result<Vec<Self>, Failure> {
        let mut found = Vec::new();
        for one in word.split(',') {
            if let Some(kind) = Self::of(one) {
                found.push(kind);
            } else if CATEGORIES.contains(&one) {
                found.extend(Kind::ALL.into_iter().filter(|kind| kind.is_ours()).map(Self));
            } else {
                return Err(unknown(one));
            }
        }
        Ok(found)
    }

    /// Whether a word is all kinds of policy at once.
    pub(super) fn is_category(word: &str) -> bool {
        Self::of(word).is_none() && CATEGORIES.contains(&word)
    }

    pub(super) fn of(word: &str) -> Option<Self> {
        // A Mesh is named like the category of all.
        if let Some(crd) = meshglot_crds::find(word) {
            return Kind::ALL.into_iter().find(|kind| kind.name() == crd.kind && kind.group() == crd.group).map(Self);
        }
        let (name, group) = word.split_once('.').unwrap_or((word, ""));
        let name = name.to_ascii_lowercase();
        let is_called = |kind: &Kind| {
            let own = kind.name().to_ascii_lowercase();
            (own == name || Self(*kind).plural() == name || SHORT.contains(&(name.as_str(), *kind)))
                && (group.is_empty() || group == kind.group())
        };
        Kind::ALL.into_iter().filter(|kind| !kind.is_ours()).find(is_called).map(Self)
    }

    /// The definition of a kind of ours.
    pub(super) fn crd(self) -> Option<&'static Crd> {
        if self.0.is_ours() { meshglot_crds::find(&format!("{}.{}", self.0.name(), self.0.group())) } else { None }
    }

    /// Such as `services`.
    fn plural(self) -> String {
        format!("{}s", self.0.name().to_ascii_lowercase())
    }

    /// `service/web` or `trafficsplit.split.smi-spec.io/web`, as `kubectl get -o name` says it.
    pub(super) fn named(self, name: &str) -> String {
        let kind = self.0.name().to_ascii_lowercase();
        if self.0.group().is_empty() { format!("{kind}/{name}") } else { format!("{kind}.{}/{name}", self.0.group()) }
    }
}

fn unknown(word: &str) -> Failure {
    let names: Vec<String> = Kind::ALL.into_iter().map(|kind| kind.name().to_ascii_lowercase()).collect();
    let failure = Failure::new(Exit::Usage, format!("there is no kind `{word}` here"));
    match nearest(word, names.iter().map(String::as_str)) {
        Some(name) => failure.help(format!("did you mean {name}?")),
        None => failure.help(format!("there are {}", names.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("ts", &[Kind::TrafficSplit])]
    #[test_case("TrafficSplit.split.smi-spec.io", &[Kind::TrafficSplit])]
    #[test_case("svc,workloads", &[Kind::Service, Kind::Workload])]
    #[test_case("deployments.apps", &[Kind::Deployment])]
    #[test_case("mesh", &[Kind::Mesh])]
    fn kinds_by_their_names(word: &str, want: &[Kind]) {
        let found: Vec<Kind> = Resource::all_of(word).expect("known").into_iter().map(|one| one.0).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn the_category_is_every_kind_of_ours() {
        assert_eq!(Resource::all_of("meshglot").expect("known").len(), Kind::ALL.into_iter().filter(|kind| kind.is_ours()).count());
    }

    #[test]
    fn every_kind_is_found_by_its_own_name() {
        for kind in Kind::ALL {
            assert_eq!(Resource::all_of(kind.name()).expect("known"), [Resource(kind)]);
            assert_eq!(Resource(kind).crd().is_some(), kind.is_ours());
        }
    }

    #[test]
    fn others_are_told_with_their_neighbour() {
        let failure = Resource::all_of("trafficsplitt").expect_err("unknown");
        assert!(format!("{failure:?}").contains("did you mean trafficsplit?"));
    }
}
