//! The list of all neutral kinds, and the ways to find one.

use crate::{Kind, access, mesh, specs, split, workload};

/// In the order in which they are documented: own kinds first.
static ALL: [Kind; 8] = [
    mesh::kind(),
    workload::kind(),
    split::traffic_split(),
    specs::http_route_group(),
    specs::tcp_route(),
    specs::udp_route(),
    access::traffic_target(),
    access::identity_binding(),
];

/// Every neutral kind, each once.
pub fn all() -> &'static [Kind] {
    &ALL
}

/// The kind with this kind, plural, singular or short name, in any case: `TrafficSplit`, `trafficsplits`, `ts`.
/// The group may follow a dot, as kubectl takes it: `trafficsplits.split.smi-spec.io`.
pub fn find(name: &str) -> Option<&'static Kind> {
    let (name, group) = name.split_once('.').unwrap_or((name, ""));
    ALL.iter().find(|kind| kind.is_called(name) && (group.is_empty() || kind.group.eq_ignore_ascii_case(group)))
}

/// The kind that a document's `apiVersion` and `kind` name, spelled exactly. `None` for an unknown version too.
pub fn find_api(api_version: &str, kind: &str) -> Option<&'static Kind> {
    let (group, version) = api_version.split_once('/')?;
    ALL.iter().find(|k| k.kind == kind && k.group == group && k.versions.contains(&version))
}
