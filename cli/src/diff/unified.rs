//! `-o unified`: lines of the rendered YAML, for those who insist, and for tools that read patches of text.

use std::collections::BTreeMap;

use meshglot_translator::diff::{ObjectChange, Operation};
use meshglot_translator::render::write::yaml;
use meshglot_translator::render::{ObjectId, Rendered};
use similar::TextDiff;

use super::Shown;
use crate::Io;
use crate::exit::Failure;
use crate::output::unwritable;

pub(super) fn write(shown: &Shown<'_>, io: &mut Io<'_>) -> Result<(), Failure> {
    for mesh in &shown.comparison.meshes {
        let before = texts(&shown.states.0.meshes, mesh.backend)?;
        let after = texts(&shown.states.1.meshes, mesh.backend)?;
        for change in mesh.rendered.changes.values().flatten() {
            let (old, new) = (before.get(old_name(change)), after.get(&change.id));
            let name =
                |there: Option<&String>, id: &ObjectId| there.map_or("/dev/null".to_owned(), |_| format!("{}/{}", mesh.backend, id.path()));
            let (from, to) = (name(old, old_name(change)), name(new, &change.id));
            let empty = String::new();
            let (old, new) = (old.unwrap_or(&empty), new.unwrap_or(&empty));
            let text = TextDiff::from_lines(old, new);
            write!(io.stdout, "{}", text.unified_diff().context_radius(shown.args.unified).header(&from, &to))?;
        }
    }
    Ok(())
}

fn old_name(change: &ObjectChange<ObjectId>) -> &ObjectId {
    match &change.operation {
        Operation::Rename { from } => from,
        Operation::Add | Operation::Remove | Operation::Update(_) => &change.id,
    }
}

fn texts(meshes: &[Rendered<'_>], backend: &str) -> Result<BTreeMap<ObjectId, String>, Failure> {
    let objects = meshes.iter().filter(|rendered| rendered.backend == backend).flat_map(|rendered| &rendered.objects);
    objects.map(|object| Ok((object.id.clone(), yaml(&object.body()).map_err(unwritable)?))).collect()
}
