//! `meshglot apply` and `meshglot delete`: edits of the folder that runs, which the mesh is asked about first, or of a cluster.

mod apply;
mod delete;
mod folder;
mod gone;
mod there;

use std::path::PathBuf;

use super::select::Selected;
use super::wait::until_in_force;
use super::wire::{Checked, Objects};
use crate::Io;
use crate::args::{Plane, WritingArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::proxy::{Admin, config_dir, from_socket};
use folder::Folder;

pub(crate) use apply::run as apply;
pub(crate) use delete::run as delete;

/// The mesh, and its folder as this process sees it.
struct Target {
    admin: Admin,
    folder: PathBuf,
}

impl Target {
    fn of(plane: &Plane) -> Result<Self, Failure> {
        let missing = || {
            let failure = Failure::new(Exit::Usage, "which folder? --config-dir DIR or MESHGLOT_CONFIG_DIR is missing");
            failure.help("a socket alone does not say where files are written")
        };
        Ok(Self { admin: from_socket(plane)?, folder: config_dir(plane).ok_or_else(missing)? })
    }
}

/// One line for each object: what becomes of it, and where.
struct Line {
    /// As `kubectl` calls it.
    object: String,
    /// `created`, `configured`, `unchanged` or `deleted`.
    done: &'static str,
    file: String,
}

/// Asks the mesh, and writes if that is wanted; `is_in_force` tells when it has arrived.
fn finish(
    target: &Target,
    folder: Folder,
    lines: &[Line],
    selected: &Selected,
    writing: WritingArgs,
    is_in_force: impl Fn(&Objects) -> bool,
    io: &mut Io<'_>,
) -> Outcome {
    if folder.is_unchanged() {
        lines.iter().try_for_each(|line| writeln!(io.stdout, "{} {}", line.object, line.done))?;
        return Ok(Exit::Ok);
    }
    let checked: Checked = target.admin.post("/check", &serde_json::json!(folder.edit()))?;
    if let Some(why) = checked.objection {
        checked.errors.iter().try_for_each(|error| writeln!(io.stderr, "{}", error.trim_end()))?;
        return Err(Failure::new(Exit::Invalid, format!("the mesh would not take it: {why}: nothing was written")));
    }
    if !writing.write {
        for Line { object, done, file } in lines {
            let word = if *done == "unchanged" { "unchanged".to_owned() } else { format!("would be {done}") };
            writeln!(io.stdout, "{object} {word} ({file})")?;
        }
        if !io.quiet {
            writeln!(io.stderr, "note: nothing was written; --write does it")?;
        }
        return Ok(Exit::No);
    }
    folder.write()?;
    target.admin.tell("/reload")?;
    until_in_force(&target.admin, selected, is_in_force, writing.timeout)?;
    for Line { object, done, file } in lines {
        writeln!(io.stdout, "{object} {done} ({file})")?;
    }
    Ok(Exit::Ok)
}
