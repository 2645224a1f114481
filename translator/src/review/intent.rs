//! What people changed: objects of policy and inventory, field by field, with the place of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::neutral::{form, shape};
use crate::diff::{Edit, FieldChange, FieldPath, Item, ObjectChange, Operation, Show, Step, objects};
use crate::ir::ObjectKey;
use crate::parse::{Document, NodeRef, Origin};
use crate::resolve::Model;

/// One object that was changed.
#[derive(Clone, Debug)]
pub struct NeutralChange {
    /// Its name, the new one if it has two.
    pub object: ObjectKey,
    /// What became of it.
    pub operation: NeutralOperation,
    /// Where it is written; where it was, if it is gone.
    pub at: Option<Origin>,
}

/// What became of an object.
#[derive(Clone, Debug)]
pub enum NeutralOperation {
    /// It was not there.
    Add,
    /// It is not there any more.
    Remove,
    /// It says something else.
    Update(Vec<LocatedField>),
    /// It says the same under another name.
    Rename {
        /// The name before.
        from: ObjectKey,
    },
}

impl NeutralChange {
    /// Every name that the object has or had.
    pub fn names(&self) -> impl Iterator<Item = ObjectKey> + use<> {
        let old = match &self.operation {
            NeutralOperation::Rename { from } => Some(from.clone()),
            NeutralOperation::Add | NeutralOperation::Remove | NeutralOperation::Update(_) => None,
        };
        std::iter::once(self.object.clone()).chain(old)
    }
}

impl NeutralOperation {
    /// The fields that were changed; none where the whole object came, went or was renamed.
    pub fn fields(&self) -> &[LocatedField] {
        match self {
            Self::Update(fields) => fields,
            Self::Add | Self::Remove | Self::Rename { .. } => &[],
        }
    }
}

/// A field that was changed, and where.
#[derive(Clone, Debug)]
pub struct LocatedField {
    /// What was changed.
    pub change: FieldChange,
    /// Where it is written, or where the list is from which it is gone.
    pub at: Option<Origin>,
}

/// All objects that differ, by kind, namespace and name. Objects of other kinds than are read, and what nobody looks at
/// in those that are, take no part.
pub fn intent(from: &Model, to: &Model, show: Show) -> Vec<NeutralChange> {
    let (before, after) = (written(from), written(to));
    // What stands there to the letter needs no look: most of it, in most reviews.
    let same = |key: &ObjectKey| match (before.get(key), after.get(key)) {
        (Some(one), Some(other)) => one.root().origin().written() == other.root().origin().written(),
        _ => false,
    };
    let bodies = |of: &BTreeMap<&ObjectKey, &Arc<Document>>| -> Vec<(ObjectKey, String)> {
        let changed = of.iter().filter(|(key, _)| !same(key));
        changed.map(|(key, document)| ((*key).clone(), form(key, document.root()).to_string())).collect()
    };
    let (old, new) = (bodies(&before), bodies(&after));
    let compared = objects(&items(&old), &items(&new), |key| shape(key.kind), show);
    let change = |change: ObjectChange<ObjectKey>| {
        let document = after.get(&change.id).or_else(|| before.get(&change.id));
        let operation = match change.operation {
            Operation::Add => NeutralOperation::Add,
            Operation::Remove => NeutralOperation::Remove,
            Operation::Rename { from } => NeutralOperation::Rename { from },
            Operation::Update(fields) => NeutralOperation::Update(fields.into_iter().map(|field| located(field, document)).collect()),
        };
        NeutralChange { at: document.map(|document| name_of(document)), object: change.id, operation }
    };
    compared.changes.into_iter().map(change).collect()
}

fn items(of: &[(ObjectKey, String)]) -> Vec<Item<'_, ObjectKey>> {
    of.iter().map(|(id, body)| Item { id, body }).collect()
}

fn written(model: &Model) -> BTreeMap<&ObjectKey, &Arc<Document>> {
    model.keys().filter_map(|key| Some((key, model.document(key)?))).collect()
}

/// Where the object calls itself.
fn name_of(document: &Arc<Document>) -> Origin {
    document.root().find(["metadata", "name"]).unwrap_or(document.root()).origin()
}

fn located(change: FieldChange, document: Option<&&Arc<Document>>) -> LocatedField {
    let at = document.map(|document| nearest(document.root(), &change.path, &change.edit).origin());
    LocatedField { change, at }
}

/// The value at a path, or as near to it as there is one.
fn nearest<'a>(root: NodeRef<'a>, path: &FieldPath, edit: &Edit) -> NodeRef<'a> {
    let mut at = root;
    for step in path.steps() {
        let next = match step {
            Step::Field(key) => at.get(key),
            Step::Item(key) => at.items().find(|item| is_called(*item, key)),
            Step::Index(_) => None,
        };
        let Some(next) = next else { return at };
        at = next;
    }
    // A member of a set has no path of its own.
    let member = |value: &Value| at.items().find(|item| item.to_json() == *value);
    match edit {
        Edit::Added(value) => member(value).unwrap_or(at),
        Edit::Removed(_) | Edit::Changed { .. } | Edit::Moved { .. } => at,
    }
}

/// Whether an item of a list has the name that [`FieldPath`] gives it.
fn is_called(item: NodeRef<'_>, key: &str) -> bool {
    let part = |part: &str| {
        let (path, value) = part.split_once('=')?;
        let found = path.split('.').try_fold(item, |node, key| node.get(key))?;
        (found.text()? == value).then_some(())
    };
    let key = key.rsplit_once('#').map_or(key, |(key, _)| key);
    key.split(',').all(|one| part(one).is_some())
}
