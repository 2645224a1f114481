//! `-o name`: objects that differ, one in a line.

use meshglot_translator::diff::Operation;

use super::Shown;
use super::words::{neutral_sign, sign};
use crate::Io;
use crate::args::Level;
use crate::render::count;

pub(super) fn write(shown: &Shown<'_>, io: &mut Io<'_>) -> std::io::Result<()> {
    let level = shown.args.level;
    if level.has(Level::Intent) {
        for change in &shown.comparison.changes {
            writeln!(io.stdout, "{} {}", neutral_sign(change), change.object.to_string().to_lowercase())?;
        }
    }
    if level.has(Level::Rendered) {
        for change in shown.comparison.meshes.iter().flat_map(|mesh| mesh.rendered.changes.values().flatten()) {
            let fields = match &change.operation {
                Operation::Update(fields) => format!("   {}", count(fields.len(), "field")),
                Operation::Rename { from } => format!("   renamed from {}", from.path()),
                Operation::Add | Operation::Remove => String::new(),
            };
            writeln!(io.stdout, "{} {}{fields}", sign(&change.operation), change.id.path())?;
        }
    }
    Ok(())
}
