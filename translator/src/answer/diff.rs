//! How two states of policy differ, for machines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Answer, DiagnosticAnswer, EffectAnswer, Location, LossAnswer};
use crate::diff::{Edit, FieldChange, ObjectChange, Operation};
use crate::parse::Origin;
use crate::render::ObjectId;
use crate::review::{Cause, Comparison, LocatedField, NeutralChange, NeutralOperation};

/// How two states of policy differ.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffAnswer {
    /// The state before.
    pub from: StateAnswer,
    /// The state after.
    pub to: StateAnswer,
    /// How much differs.
    pub summary: SummaryAnswer,
    /// Objects of policy and inventory that people changed, by kind, namespace and name.
    pub changes: Vec<ChangeAnswer>,
    /// Rendered objects that changed though nothing did that they are made from, by mesh.
    pub surroundings: BTreeMap<&'static str, Vec<RenderedChangeAnswer>>,
    /// What a mesh cannot say any more.
    pub losses_added: Vec<LossAnswer>,
    /// What a mesh can say again.
    pub losses_removed: Vec<LossAnswer>,
    /// Meshes that are not compared, because nothing is written for them before or after, with the codes.
    pub withheld: BTreeMap<&'static str, Vec<&'static str>>,
    /// What becomes of calls by the policy. Absent where nobody asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectAnswer>,
    /// The same by each mesh's own reading of what it gets.
    pub mesh_effects: BTreeMap<&'static str, EffectAnswer>,
    /// How many differences each pattern left out.
    pub ignored: BTreeMap<String, usize>,
    /// What is wrong with the state after.
    pub diagnostics: Vec<DiagnosticAnswer>,
    /// Rendered objects that are not in a cluster as its own policy renders them, whatever the change is. Absent: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drift: Vec<DriftAnswer>,
}

impl Answer for DiffAnswer {
    const KIND: &'static str = "Diff";
}

/// A state of policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StateAnswer {
    /// Where it comes from: `git:main`, or paths.
    pub source: String,
}

/// How much differs.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SummaryAnswer {
    /// Objects of policy and inventory.
    pub neutral: usize,
    /// Rendered objects of all meshes.
    pub rendered: usize,
    /// Callers that gained or lost requests to a port, by the policy.
    pub access: usize,
    /// Shares that moved, by the policy.
    pub shares: usize,
    /// Losses that are new.
    pub losses_added: usize,
    /// Losses that are gone.
    pub losses_removed: usize,
    /// Differences left out because somebody asked for it.
    pub ignored: usize,
    /// Rendered objects that are in a cluster otherwise than its own policy renders them.
    pub drift: usize,
}

/// One object of policy or inventory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeAnswer {
    /// `KIND/NAMESPACE/NAME`.
    pub object: String,
    /// `add`, `remove`, `update` or `rename`.
    pub op: &'static str,
    /// Its name before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// `file:line:column`; where it was, if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Fields that differ; none where the whole object came or went.
    pub fields: Vec<FieldChangeAnswer>,
    /// What each mesh gets because of it.
    pub backends: BTreeMap<&'static str, Vec<RenderedChangeAnswer>>,
}

/// One rendered object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenderedChangeAnswer {
    /// `kind.group/namespace/name`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// `add`, `remove`, `update` or `rename`.
    pub op: &'static str,
    /// Its name before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Fields that differ.
    pub fields: Vec<FieldChangeAnswer>,
}

/// A rendered object that is not in a cluster as policy renders it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DriftAnswer {
    /// The mesh.
    pub backend: &'static str,
    /// `kind.group/namespace/name`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// How it stands, in words: `drifted`, `not there`.
    pub stands: &'static str,
    /// Who has written last, and how long ago. Absent where nobody else has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Fields that are there otherwise: `from` is what policy renders.
    pub fields: Vec<FieldChangeAnswer>,
}

/// One field.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldChangeAnswer {
    /// Such as `/spec/backends/service=reviews-v2/weight`: a JSON Pointer in which items with a name stand by it.
    pub path: String,
    /// `add`, `remove`, `change` or `move`.
    pub op: &'static str,
    /// The value before; of a move, the place from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Value>,
    /// The value after; of a move, the place from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Value>,
    /// Where it is written, if somebody wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
}

impl DiffAnswer {
    /// Of a comparison; `from` and `to` are what the states are called.
    pub fn of(
        from: &str,
        to: &str,
        comparison: &Comparison,
        withheld: BTreeMap<&'static str, Vec<&'static str>>,
        diagnostics: Vec<DiagnosticAnswer>,
    ) -> Self {
        let meshes = || comparison.meshes.iter();
        let mut ignored: BTreeMap<String, usize> = BTreeMap::new();
        for (pattern, times) in meshes().flat_map(|mesh| &mesh.rendered.ignored) {
            *ignored.entry(pattern.clone()).or_default() += times;
        }
        let by_cause = |cause: &Cause| -> BTreeMap<&'static str, Vec<RenderedChangeAnswer>> {
            let of = |changes: &Vec<ObjectChange<ObjectId>>| changes.iter().map(RenderedChangeAnswer::from).collect();
            meshes().filter_map(|mesh| Some((mesh.backend, of(mesh.rendered.changes.get(cause)?)))).collect()
        };
        let change = |change: &NeutralChange| ChangeAnswer::of(change, by_cause(&Cause::Object(change.object.clone())));
        let added: Vec<LossAnswer> = meshes().flat_map(|mesh| &mesh.losses.added).map(LossAnswer::from).collect();
        let removed: Vec<LossAnswer> = meshes().flat_map(|mesh| &mesh.losses.removed).map(LossAnswer::from).collect();
        Self {
            from: StateAnswer { source: from.to_owned() },
            to: StateAnswer { source: to.to_owned() },
            summary: SummaryAnswer {
                neutral: comparison.changes.len(),
                rendered: meshes().map(|mesh| mesh.rendered.len()).sum(),
                access: comparison.effect.as_ref().map_or(0, |effect| effect.access.len()),
                shares: comparison.effect.as_ref().map_or(0, |effect| effect.shares.len()),
                losses_added: added.len(),
                losses_removed: removed.len(),
                ignored: ignored.values().sum(),
                drift: 0,
            },
            changes: comparison.changes.iter().map(change).collect(),
            surroundings: by_cause(&Cause::Surroundings),
            losses_added: added,
            losses_removed: removed,
            withheld,
            effect: comparison.effect.as_ref().map(EffectAnswer::from),
            mesh_effects: meshes().filter_map(|mesh| Some((mesh.backend, EffectAnswer::from(mesh.effect.as_ref()?)))).collect(),
            ignored,
            diagnostics,
            drift: Vec::new(),
        }
    }
}

impl ChangeAnswer {
    fn of(change: &NeutralChange, backends: BTreeMap<&'static str, Vec<RenderedChangeAnswer>>) -> Self {
        let (op, renamed_from, fields) = match &change.operation {
            NeutralOperation::Add => ("add", None, Vec::new()),
            NeutralOperation::Remove => ("remove", None, Vec::new()),
            NeutralOperation::Rename { from } => ("rename", Some(from.to_string()), Vec::new()),
            NeutralOperation::Update(fields) => ("update", None, fields.iter().map(FieldChangeAnswer::located).collect()),
        };
        Self { object: change.object.to_string(), op, renamed_from, at: change.at.as_ref().map(Origin::location), fields, backends }
    }
}

impl From<&ObjectChange<ObjectId>> for RenderedChangeAnswer {
    fn from(change: &ObjectChange<ObjectId>) -> Self {
        let (renamed_from, fields) = match &change.operation {
            Operation::Add | Operation::Remove => (None, Vec::new()),
            Operation::Rename { from } => (Some(from.path()), Vec::new()),
            Operation::Update(fields) => (None, fields.iter().map(FieldChangeAnswer::from).collect()),
        };
        Self { reference: change.id.path(), op: change.operation.word(), renamed_from, fields }
    }
}

impl FieldChangeAnswer {
    fn located(field: &LocatedField) -> Self {
        let at = field.at.as_ref().map(|origin| Location::of(&crate::diagnostic::Place::Value(origin.clone())));
        Self { at, ..Self::from(&field.change) }
    }
}

impl From<&FieldChange> for FieldChangeAnswer {
    fn from(change: &FieldChange) -> Self {
        let (op, from, to) = match &change.edit {
            Edit::Added(to) => ("add", None, Some(to.clone())),
            Edit::Removed(from) => ("remove", Some(from.clone()), None),
            Edit::Changed { from, to } => ("change", Some(from.clone()), Some(to.clone())),
            Edit::Moved { from, to } => ("move", Some((*from).into()), Some((*to).into())),
        };
        Self { path: change.path.pointer(), op, from, to, at: None }
    }
}
