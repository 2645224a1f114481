//! `-o json-patch`: for each rendered object the RFC 6902 operations that turn the old one into the new one.

use std::collections::BTreeMap;

use meshglot_translator::answer::Answer;
use meshglot_translator::diff::{Operation, Patch, patch};
use meshglot_translator::render::{Backend, ObjectId, Rendered, RenderedObject};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Shown;
use crate::Io;

/// What to do to each rendered object.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Patches {
    /// In the order of the meshes, then of the objects.
    patches: Vec<ObjectPatch>,
}

/// What to do to one rendered object.
#[derive(Debug, Serialize, JsonSchema)]
struct ObjectPatch {
    /// The mesh.
    backend: &'static str,
    /// The object before, `kind.group/namespace/name`; of a new one its name now.
    object: String,
    /// `add`, `remove`, `update` or `rename`.
    op: &'static str,
    /// RFC 6902 operations on the object as it was. Empty for a removed object; for a new one a single operation that
    /// writes the whole.
    patch: Vec<Value>,
}

impl Answer for Patches {
    const KIND: &'static str = "Patches";
}

pub(super) fn write(shown: &Shown<'_>, io: &mut Io<'_>) -> std::io::Result<()> {
    let mut patches = Vec::new();
    for backend in meshglot_registry::all() {
        let Some(mesh) = shown.comparison.meshes.iter().find(|mesh| mesh.backend == backend.name()) else { continue };
        let (before, after) = (objects(&shown.states.0.meshes, backend), objects(&shown.states.1.meshes, backend));
        for change in mesh.rendered.changes.values().flatten() {
            let old = match &change.operation {
                Operation::Rename { from } => from,
                Operation::Add | Operation::Remove | Operation::Update(_) => &change.id,
            };
            let body = |of: &BTreeMap<&ObjectId, &RenderedObject>, id: &ObjectId| of.get(id).map(|object| object.body());
            let patch = match (body(&before, old), body(&after, &change.id)) {
                (Some(old), Some(new)) => patch(&old, &new, &backend.shape(&change.id)),
                (None, Some(new)) => patch(&Value::Null, &new, &backend.shape(&change.id)),
                (_, None) => Patch::default(),
            };
            // Operations are structures of texts and values.
            let patch = patch.0.iter().map(|one| serde_json::to_value(one).unwrap_or_default()).collect();
            patches.push(ObjectPatch { backend: backend.name(), object: old.path(), op: change.operation.word(), patch });
        }
    }
    io.answer(&Patches { patches })
}

fn objects<'r>(meshes: &'r [Rendered<'_>], backend: &dyn Backend) -> BTreeMap<&'r ObjectId, &'r RenderedObject> {
    let rendered = meshes.iter().find(|rendered| rendered.backend == backend.name());
    rendered.into_iter().flat_map(|rendered| rendered.objects.iter().map(|object| (&object.id, *object))).collect()
}
