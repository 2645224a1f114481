//! MG0501 on a Mesh: it enforces no access rule at all.

use super::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{AccessDefault, Kind};

/// Tells every Mesh that says `access.default: allow`.
pub(super) fn tell(linter: &mut Linter<'_>) {
    let allows: Vec<_> = linter.model.meshes().into_iter().filter(|mesh| mesh.access_default == AccessDefault::Allow).collect();
    for key in linter.model.keys().filter(|key| key.kind == Kind::Mesh) {
        let document = linter.model.document(key).filter(|_| allows.iter().any(|mesh| mesh.name == key.name));
        let Some(place) = document.and_then(|document| document.root().find(["spec", "access", "default"])) else { continue };
        let message = "no access rule is enforced in this Mesh: every caller may call everything";
        let help = "write `targeted` to close the workloads that a TrafficTarget is about, or `deny` to close all of them";
        linter.told.push(Diagnostic::at(Code::MG0501, place, message).help(help).about(key));
    }
}
