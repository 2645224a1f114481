//! The fields in which two objects differ.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::align::{Names, align};
use super::path::{FieldPath, Step, Trail};
use super::shape::{List, Shape};

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldChange {
    /// Where. For an added or removed item of a set that is no mapping, the set.
    pub path: FieldPath,
    /// What.
    pub edit: Edit,
}

/// What became of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// It was not there.
    Added(Value),
    /// It is not there any more.
    Removed(Value),
    /// It has another value.
    Changed {
        /// Before.
        from: Value,
        /// After.
        to: Value,
    },
    /// It stands at another place of a list whose order matters; places from 1.
    Moved {
        /// Before.
        from: usize,
        /// After.
        to: usize,
    },
}

/// All differences, in the order of keys and of the names of items. Both sides should be
/// [`normalised`](super::normalised).
pub fn fields(from: &Value, to: &Value, shape: &Shape) -> Vec<FieldChange> {
    let mut walk = Walk { shape, found: Vec::new() };
    walk.values(from, to, &FieldPath::default(), &mut Trail::default());
    walk.found
}

struct Walk<'s> {
    shape: &'s Shape,
    found: Vec<FieldChange>,
}

impl Walk<'_> {
    fn tell(&mut self, path: FieldPath, edit: Edit) {
        self.found.push(FieldChange { path, edit });
    }

    fn values(&mut self, from: &Value, to: &Value, path: &FieldPath, at: &mut Trail) {
        match (from, to) {
            (Value::Object(before), Value::Object(after)) => self.mappings(before, after, path, at),
            (Value::Array(before), Value::Array(after)) => self.lists(before, after, path, at),
            _ if from == to => {}
            _ => self.tell(path.clone(), Edit::Changed { from: from.clone(), to: to.clone() }),
        }
    }

    fn mappings(&mut self, before: &Map<String, Value>, after: &Map<String, Value>, path: &FieldPath, at: &mut Trail) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let inner = path.with(Step::Field(key.clone()));
            match (before.get(key), after.get(key)) {
                (Some(from), Some(to)) => at.enter(key, |at| self.values(from, to, &inner, at)),
                (Some(from), None) => self.tell(inner, Edit::Removed(from.clone())),
                (None, Some(to)) => self.tell(inner, Edit::Added(to.clone())),
                (None, None) => {}
            }
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], path: &FieldPath, at: &mut Trail) {
        if before == after {
            return;
        }
        let list = self.shape.list(at);
        let old = Names::of(list, before, self.shape, at);
        let new = Names::of(list, after, self.shape, at);
        let aligned = align(list, (before, &old), (after, &new));
        // A member of a set that holds no fields has no place of its own.
        let place = |step: Step, item: &Value| if list == List::Set && !item.is_object() { path.clone() } else { path.with(step) };
        let mut edits: Vec<(Step, FieldChange)> = Vec::new();
        for index in aligned.removed {
            let (step, item) = (old.step(index), &before[index]);
            edits.push((step.clone(), FieldChange { path: place(step, item), edit: Edit::Removed(item.clone()) }));
        }
        for index in aligned.added {
            let (step, item) = (new.step(index), &after[index]);
            edits.push((step.clone(), FieldChange { path: place(step, item), edit: Edit::Added(item.clone()) }));
        }
        for (from, to) in aligned.moved {
            let step = new.step(to);
            edits.push((step.clone(), FieldChange { path: path.with(step), edit: Edit::Moved { from: from + 1, to: to + 1 } }));
        }
        let mut inner = Walk { shape: self.shape, found: Vec::new() };
        for (from, to) in aligned.pairs {
            let step = new.step(to);
            at.enter("*", |at| inner.values(&before[from], &after[to], &path.with(step.clone()), at));
            edits.extend(inner.found.drain(..).map(|change| (step.clone(), change)));
        }
        // By name, or by rank where there is none: the order written decides nothing.
        edits.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.found.extend(edits.into_iter().map(|(_, change)| change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SPLIT: Shape = Shape {
        lists: &[("spec.backends", List::Keyed(&["service"])), ("spec.methods", List::Set), ("spec.http", List::Ordered(&["name"]))],
        ..Shape::PLAIN
    };

    fn told(from: &Value, to: &Value) -> Vec<String> {
        let word = |change: FieldChange| match change.edit {
            Edit::Added(value) => format!("+ {} {value}", change.path),
            Edit::Removed(value) => format!("- {} {value}", change.path),
            Edit::Changed { from, to } => format!("~ {} {from} {to}", change.path),
            Edit::Moved { from, to } => format!("~ {} moved {from} {to}", change.path),
        };
        fields(from, to, &SPLIT).into_iter().map(word).collect()
    }

    #[test]
    fn items_are_found_by_name() {
        let from = json!({"spec": {"backends": [{"service": "v1", "weight": 90}, {"service": "v2", "weight": 10}]}});
        let to = json!({"spec": {"backends": [{"service": "v3", "weight": 5}, {"service": "v1", "weight": 95}]}});
        let want = [
            "~ spec.backends[v1].weight 90 95",
            "- spec.backends[v2] {\"service\":\"v2\",\"weight\":10}",
            "+ spec.backends[v3] {\"service\":\"v3\",\"weight\":5}",
        ];
        assert_eq!(told(&from, &to), want);
    }

    #[test]
    fn sets_tell_members() {
        let (from, to) = (json!({"spec": {"methods": ["GET", "PUT"]}}), json!({"spec": {"methods": ["POST", "GET"]}}));
        assert_eq!(told(&from, &to), ["- spec.methods \"PUT\"", "+ spec.methods \"POST\""]);
    }

    #[test]
    fn where_order_matters_a_move_is_told() {
        let (from, to) =
            (json!({"spec": {"http": [{"name": "a"}, {"name": "b"}]}}), json!({"spec": {"http": [{"name": "b"}, {"name": "a"}]}}));
        assert_eq!(told(&from, &to), ["~ spec.http[a] moved 1 2"]);
    }
}
