//! Where the meshes of a cluster are not as the policy of the cluster renders: whatever the input says.

use std::collections::BTreeSet;

use meshglot_controller::Snapshot;
use meshglot_translator::answer::{DriftAnswer, FieldChangeAnswer};
use meshglot_translator::diagnostic::Code;
use meshglot_translator::diff::{FieldChange, Show, fields, normalised};
use meshglot_translator::render::ObjectId;
use serde_json::Value;

use super::words::edit;
use crate::age::now;
use crate::cluster::{Held, Lives, edited, held, wanted_of};
use crate::render::count;

/// One object.
pub(crate) struct Drift {
    backend: &'static str,
    id: ObjectId,
    /// Such as `drifted`.
    stands: &'static str,
    /// `edited by kubectl-edit 3h ago`.
    by: Option<String>,
    /// What is there otherwise than policy renders it.
    fields: Vec<FieldChange>,
}

/// All of it, mesh by mesh.
pub(super) fn drift(snapshot: &Snapshot, accepted: &BTreeSet<Code>, lives: &[Lives]) -> Vec<Drift> {
    let at = now();
    let mut found = Vec::new();
    // A mesh that is not installed has nothing that could be otherwise.
    for Lives { backend, live, kinds, .. } in lives.iter().filter(|lives| !lives.kinds.is_empty()) {
        let plan = snapshot.plan(*backend, accepted.clone());
        let wanted = wanted_of(&plan);
        let is_withheld = plan.all_withheld().any(|(_, codes)| !codes.is_empty());
        let known = |id: &ObjectId| kinds.iter().any(|kind| kind.api.kind == id.kind && kind.api.api_version == id.api_version);
        for (id, one) in wanted.iter().filter(|_| !is_withheld) {
            let object = live.get(id);
            let stands = held(&one.body, object, *backend, id, known(id));
            if stands == Held::InForce {
                continue;
            }
            let meaning = |object: &Value| normalised(object, &backend.shape(id), Show::default());
            let differing = object.map(|object| fields(&meaning(&one.body), &meaning(object), &backend.shape(id)));
            let by = object.filter(|_| stands == Held::Drifted).and_then(|object| edited(object, &at));
            found.push(Drift {
                backend: backend.name(),
                id: id.clone(),
                stands: stands.words(),
                by,
                fields: differing.unwrap_or_default(),
            });
        }
        for (id, object) in live.iter().filter(|(id, _)| !wanted.contains_key(*id) && !is_withheld) {
            let stands = if snapshot.is_kept(object) { "kept by a pause" } else { "no policy renders it" };
            found.push(Drift { backend: backend.name(), id: id.clone(), stands, by: None, fields: Vec::new() });
        }
    }
    found
}

/// Lines for people, each a remark: one for all, or everything.
pub(super) fn lines(drift: &[Drift], shows_all: bool, arrow: &str) -> Vec<String> {
    if drift.is_empty() {
        return Vec::new();
    }
    if !shows_all {
        return vec![format!("# drift, not part of this change: {} (--show-drift)", count(drift.len(), "object"))];
    }
    let mut lines = vec!["# drift, not part of this change".to_owned()];
    for one in drift {
        let by = one.by.as_ref().map(|by| format!(", {by}")).unwrap_or_default();
        lines.push(format!("#   {:<8} {} {}{by}", one.backend, one.id.path(), one.stands));
        for field in &one.fields {
            let (sign, text) = edit(field, arrow, false);
            lines.push(format!("#              {sign} {}   {text}", field.path));
        }
    }
    lines
}

/// The same for machines.
pub(super) fn answers(drift: &[Drift]) -> Vec<DriftAnswer> {
    let answer = |one: &Drift| DriftAnswer {
        backend: one.backend,
        reference: one.id.path(),
        stands: one.stands,
        by: one.by.clone(),
        fields: one.fields.iter().map(FieldChangeAnswer::from).collect(),
    };
    drift.iter().map(answer).collect()
}
