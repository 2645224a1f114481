//! Differences as a JSON Patch (RFC 6902).

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation};
use serde_json::Value;

use super::align::{Aligned, Names, align, form};
use super::path::Trail;
use super::shape::{List, Shape};

/// The operations that turn `from` into `to`. Lists without order may end up in another one.
pub fn patch(from: &Value, to: &Value, shape: &Shape) -> Patch {
    let mut maker = Maker { shape, operations: Vec::new() };
    maker.values(from, to, &mut PointerBuf::new(), &mut Trail::default());
    Patch(maker.operations)
}

struct Maker<'s> {
    shape: &'s Shape,
    operations: Vec<PatchOperation>,
}

impl Maker<'_> {
    fn values(&mut self, from: &Value, to: &Value, here: &mut PointerBuf, at: &mut Trail) {
        match (from, to) {
            (Value::Object(before), Value::Object(after)) => {
                for key in before.keys().filter(|key| !after.contains_key(*key)) {
                    self.operations.push(PatchOperation::Remove(RemoveOperation { path: below(here, key) }));
                }
                for (key, value) in after {
                    match before.get(key) {
                        Some(old) => at.enter(key, |at| self.values(old, value, &mut below(here, key), at)),
                        None => self.operations.push(PatchOperation::Add(AddOperation { path: below(here, key), value: value.clone() })),
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) => self.lists(before, after, here, at),
            _ if from == to => {}
            _ => self.replace(here, to),
        }
    }

    fn lists(&mut self, before: &[Value], after: &[Value], here: &PointerBuf, at: &mut Trail) {
        let list = self.shape.list(at);
        let names = |items, at: &mut Trail| Names::of(list, items, self.shape, at);
        let (old, new) = (names(before, at), names(after, at));
        let aligned = align(list, (before, &old), (after, &new));
        let Aligned { pairs, removed, added, moved } = &aligned;
        // In a list whose order matters, only items that keep their places are edited one by one.
        let stays = removed.is_empty() && added.is_empty() && moved.is_empty();
        if matches!(list, List::Ordered(_)) && !stays {
            if form_of(before, self.shape, at) != form_of(after, self.shape, at) {
                self.replace(here, &Value::Array(after.to_vec()));
            }
            return;
        }
        for (from, to) in pairs {
            at.enter("*", |at| self.values(&before[*from], &after[*to], &mut below(here, &from.to_string()), at));
        }
        for index in removed.iter().rev() {
            self.operations.push(PatchOperation::Remove(RemoveOperation { path: below(here, &index.to_string()) }));
        }
        for index in added {
            self.operations.push(PatchOperation::Add(AddOperation { path: below(here, "-"), value: after[*index].clone() }));
        }
    }

    fn replace(&mut self, here: &PointerBuf, to: &Value) {
        self.operations.push(PatchOperation::Replace(ReplaceOperation { path: here.clone(), value: to.clone() }));
    }
}

fn form_of(items: &[Value], shape: &Shape, at: &mut Trail) -> Value {
    form(&Value::Array(items.to_vec()), shape, at)
}

fn below(here: &PointerBuf, key: &str) -> PointerBuf {
    let mut path = here.clone();
    path.push_back(key);
    path
}
