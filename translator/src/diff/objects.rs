//! The objects in which two sets differ.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fields::{FieldChange, fields};
use super::normal::{Show, normalised};
use super::shape::Shape;

/// One object of a set.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a, Id> {
    /// Unique in its set.
    pub id: &'a Id,
    /// What it holds.
    pub body: &'a str,
}

/// What became of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation<Id> {
    /// It was not there.
    Add,
    /// It is not there any more.
    Remove,
    /// It holds something else.
    Update(Vec<FieldChange>),
    /// It holds the same under another name.
    Rename {
        /// The name before.
        from: Id,
    },
}

impl<Id> Operation<Id> {
    /// `add`, `remove`, `update` or `rename`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Remove => "remove",
            Self::Update(_) => "update",
            Self::Rename { .. } => "rename",
        }
    }
}

/// One object that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectChange<Id> {
    /// Its name, the new one if it has two.
    pub id: Id,
    /// What became of it.
    pub operation: Operation<Id>,
}

/// How two sets differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared<Id> {
    /// By name.
    pub changes: Vec<ObjectChange<Id>>,
    /// How many are on both sides and alike.
    pub same: usize,
}

/// Compares two sets of objects, each at most once in its set. `shape` says how to read a kind.
pub fn objects<Id: Ord + Clone>(from: &[Item<'_, Id>], to: &[Item<'_, Id>], shape: impl Fn(&Id) -> Shape, show: Show) -> Compared<Id> {
    let before: BTreeMap<&Id, &str> = from.iter().map(|item| (item.id, item.body)).collect();
    let after: BTreeMap<&Id, &str> = to.iter().map(|item| (item.id, item.body)).collect();
    let read = |id: &Id, body: &str| normalised(&serde_json::from_str(body).unwrap_or_default(), &shape(id), show);
    let mut compared = Compared { changes: Vec::new(), same: 0 };
    let mut gone: Vec<(&Id, Value)> = Vec::new();
    let mut come: Vec<(&Id, Value)> = Vec::new();
    for (id, body) in &before {
        let Some(other) = after.get(id) else {
            gone.push((id, read(id, body)));
            continue;
        };
        // Most objects are alike to the letter, and need not be read.
        let found = if body == other { Vec::new() } else { fields(&read(id, body), &read(id, other), &shape(id)) };
        match found.is_empty() {
            true => compared.same += 1,
            false => compared.changes.push(ObjectChange { id: (*id).clone(), operation: Operation::Update(found) }),
        }
    }
    come.extend(after.iter().filter(|(id, _)| !before.contains_key(*id)).map(|(id, body)| (*id, read(id, body))));
    compared.changes.extend(renamed(gone, come));
    compared.changes.sort_by(|a, b| a.id.cmp(&b.id));
    compared
}

/// Objects that went and objects that came; what went and came back under another name in its namespace was renamed.
fn renamed<Id: Ord + Clone>(gone: Vec<(&Id, Value)>, come: Vec<(&Id, Value)>) -> Vec<ObjectChange<Id>> {
    let mut nameless: BTreeMap<String, Vec<&Id>> = BTreeMap::new();
    for (id, body) in gone {
        nameless.entry(without_name(body)).or_default().push(id);
    }
    let mut changes = Vec::new();
    for (id, body) in come {
        let before = nameless.get_mut(&without_name(body)).filter(|ids| !ids.is_empty()).map(|ids| ids.remove(0));
        let operation = before.map_or(Operation::Add, |from| Operation::Rename { from: from.clone() });
        changes.push(ObjectChange { id: id.clone(), operation });
    }
    changes.extend(nameless.into_values().flatten().map(|id| ObjectChange { id: id.clone(), operation: Operation::Remove }));
    changes
}

fn without_name(mut body: Value) -> String {
    if let Some(Value::Object(metadata)) = body.get_mut("metadata") {
        metadata.remove("name");
    }
    body.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(from: &[(&str, &str)], to: &[(&str, &str)]) -> Vec<String> {
        let (names, others): (Vec<&str>, Vec<&str>) = (from.iter().map(|it| it.0).collect(), to.iter().map(|it| it.0).collect());
        let from: Vec<Item<'_, &str>> = names.iter().zip(from).map(|(id, (_, body))| Item { id, body }).collect();
        let to: Vec<Item<'_, &str>> = others.iter().zip(to).map(|(id, (_, body))| Item { id, body }).collect();
        let compared = objects(&from, &to, |_| Shape::PLAIN, Show::default());
        let word = |change: ObjectChange<&str>| match change.operation {
            Operation::Add => format!("+ {}", change.id),
            Operation::Remove => format!("- {}", change.id),
            Operation::Update(fields) => format!("~ {} {}", change.id, fields.len()),
            Operation::Rename { from } => format!("{from} > {}", change.id),
        };
        compared.changes.into_iter().map(word).collect()
    }

    #[test]
    fn added_removed_and_edited() {
        let told = compare(&[("a", r#"{"kind":"A"}"#), ("b", r#"{"x":1}"#)], &[("b", r#"{"x":2}"#), ("c", r#"{"kind":"C"}"#)]);
        assert_eq!(told, ["- a", "~ b 1", "+ c"]);
    }

    #[test]
    fn the_same_under_another_name_is_renamed() {
        let body = |name: &str| format!(r#"{{"kind":"A","metadata":{{"name":"{name}","namespace":"n"}},"spec":{{"x":1}}}}"#);
        assert_eq!(compare(&[("a", &body("a"))], &[("b", &body("b"))]), ["a > b"]);
        let elsewhere = body("b").replace("\"n\"", "\"m\"");
        assert_eq!(compare(&[("a", &body("a"))], &[("b", &elsewhere)]), ["- a", "+ b"]);
    }
}
