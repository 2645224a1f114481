//! Differences in words: what all forms for people share.

use std::borrow::Cow;

use meshglot_translator::diff::{Edit, FieldChange, ObjectChange, Operation};
use meshglot_translator::render::ObjectId;
use meshglot_translator::review::{NeutralChange, NeutralOperation};
use serde_json::Value;

/// Longer values are cut.
const LONGEST: usize = 100;

/// The sign of an object that differs: `+` new, `-` gone, `~` otherwise.
pub(super) fn sign<Id>(operation: &Operation<Id>) -> char {
    match operation {
        Operation::Add => '+',
        Operation::Remove => '-',
        Operation::Update(_) | Operation::Rename { .. } => '~',
    }
}

/// The same for a neutral object.
pub(super) fn neutral_sign(change: &NeutralChange) -> char {
    match change.operation {
        NeutralOperation::Add => '+',
        NeutralOperation::Remove => '-',
        NeutralOperation::Update(_) | NeutralOperation::Rename { .. } => '~',
    }
}

/// `VirtualService/shop/web`, and what it was called before.
pub(super) fn object(change: &ObjectChange<ObjectId>) -> String {
    let name = |id: &ObjectId| format!("{}/{}/{}", id.kind, id.namespace, id.name);
    match &change.operation {
        Operation::Rename { from } => format!("{} renamed from {}", name(&change.id), name(from)),
        Operation::Add | Operation::Remove | Operation::Update(_) => name(&change.id),
    }
}

/// A value on one line; text stands as it is. With `whole`, however long it is.
pub(super) fn value(value: &Value, whole: bool) -> String {
    let text = match value {
        Value::String(text) if !text.is_empty() && !text.contains(['\n', ' ']) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string()),
    };
    if whole || text.chars().count() <= LONGEST {
        return text.into_owned();
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}…")
}

/// What became of a field: a sign, and `FROM -> TO` or the value.
pub(super) fn edit(change: &FieldChange, arrow: &str, whole: bool) -> (char, String) {
    match &change.edit {
        Edit::Added(new) => ('+', value(new, whole)),
        Edit::Removed(old) => ('-', value(old, whole)),
        Edit::Changed { from, to } => (' ', format!("{} {arrow} {}", value(from, whole), value(to, whole))),
        Edit::Moved { from, to } => (' ', format!("moved {from} {arrow} {to}")),
    }
}
