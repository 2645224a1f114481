//! `-o dir=PATH` of `convert`: the files that were read, under their names. A file of somebody else is never overwritten:
//! the only file that may stand there is the one that was read, and it only where nothing in it would get lost.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use meshglot_translator::convert::{Conversion, ConvertedText};
use tempfile::NamedTempFile;

use crate::args::Input;
use crate::exit::{Exit, Failure};
use crate::output::folder::{staged, stopped};

/// Writes all files or, where one is in the way, none. `unread`: some files are not among the texts.
pub(super) fn write(root: &Path, input: &Input, conversion: &Conversion, unread: bool) -> Result<(), Failure> {
    let mut names: BTreeMap<PathBuf, &ConvertedText> = BTreeMap::new();
    for text in &conversion.texts {
        let name = name(input, text.source.name())?;
        if let Some(other) = names.insert(name.clone(), text) {
            let message = format!("{} and {} would both be {}", other.source.name(), text.source.name(), name.display());
            return Err(Failure::new(Exit::Usage, message).help("give the folder above both, with -R"));
        }
    }
    let mut files: Vec<(NamedTempFile, PathBuf)> = Vec::new();
    for (name, text) in names {
        let target = root.join(name);
        if !is_written(&target, text, unread)? && !text.text.is_empty() {
            files.push((staged(&target, text.text.as_bytes())?, target));
        }
    }
    // All conflicts were found and all bytes are on disk: only renames are left.
    for (file, target) in files {
        file.persist(&target).map_err(|error| stopped(&target, &error.error))?;
    }
    Ok(())
}

/// A file below the folder that was given, or the name of the file that was.
fn name(input: &Input, source: &str) -> Result<PathBuf, Failure> {
    let source = Path::new(source);
    let given = input.filenames.iter().filter(|given| source.starts_with(given)).max_by_key(|given| given.components().count());
    let below = given.and_then(|given| source.strip_prefix(given).ok()).filter(|below| !below.as_os_str().is_empty());
    let named = below.or_else(|| given.and(source.file_name()).map(Path::new)).map(Path::to_owned);
    named.ok_or_else(|| Failure::new(Exit::Usage, "standard input has no file name: -o dir=PATH needs files").help("use -o yaml"))
}

/// Whether the file is there already, as it should be.
fn is_written(target: &Path, text: &ConvertedText, unread: bool) -> Result<bool, Failure> {
    let Ok(bytes) = fs::read(target) else { return Ok(false) };
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let conflict =
        |what: &str, help: &str| Err(Failure::new(Exit::Conflict, format!("{}: {what}: nothing was written", target.display())).help(help));
    match bytes {
        bytes if bytes == text.text.as_bytes() => Ok(true),
        bytes if bytes != text.source.text().as_bytes() => conflict("another file stands there", "choose another folder, or move the file"),
        _ if !text.whole || unread => {
            conflict("something in it is refused, and would be lost", "correct it first, or choose another folder")
        }
        _ => Ok(false),
    }
}
