//! `-f`: files, folders and standard input to sources. Nothing is read that was not asked for.

mod skipped;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshglot_translator::diagnostic::{Code, Diagnostic, nearest};
use meshglot_translator::parse::{Source, limits};

use crate::Io;
use crate::args::Input;
use crate::exit::{Exit, Failure};
use skipped::Skipped;

/// Reads all inputs in the order given, folders by name. Texts that are not UTF-8 are told, not read.
pub(crate) fn read(input: &Input, io: &mut Io<'_>) -> Result<(Vec<Arc<Source>>, Vec<Diagnostic>), Failure> {
    texts(input, io.stdin)
}

/// The same, with standard input from elsewhere.
pub(crate) fn texts(input: &Input, stdin: &mut dyn Read) -> Result<(Vec<Arc<Source>>, Vec<Diagnostic>), Failure> {
    let mut sources = Vec::new();
    let mut diagnostics = Vec::new();
    let mut seen = BTreeSet::new();
    for path in &input.filenames {
        if path.as_os_str() == "-" {
            let bytes = bytes(stdin).map_err(|error| Failure::new(Exit::Invalid, format!("standard input: {error}")))?;
            take("<stdin>", bytes, &mut sources, &mut diagnostics);
            continue;
        }
        for file in files(path, input.recursive)? {
            // A folder and a file in it may both be named.
            if !seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())) {
                continue;
            }
            let read = File::open(&file).and_then(|mut file| bytes(&mut file));
            let bytes = read.map_err(|error| unreadable(&file, &error))?;
            take(&file.to_string_lossy(), bytes, &mut sources, &mut diagnostics);
        }
    }
    Ok((sources, diagnostics))
}

/// At most one byte more than the limit, so that the reader of YAML tells what is too large.
fn bytes(from: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limits::SOURCE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Keeps a text as a source, or tells why it is none.
pub(crate) fn take(name: &str, bytes: Vec<u8>, sources: &mut Vec<Arc<Source>>, diagnostics: &mut Vec<Diagnostic>) {
    // The limit may cut a character in two.
    let over = bytes.len() > limits::SOURCE_BYTES;
    match String::from_utf8(bytes) {
        Ok(text) => sources.push(Source::new(name, text)),
        Err(error) if over && error.utf8_error().error_len().is_none() => {
            let whole = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(whole);
            bytes.resize(limits::SOURCE_BYTES + 1, b' ');
            sources.push(Source::new(name, String::from_utf8_lossy(&bytes)));
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let source = Source::new(name, String::from_utf8_lossy(error.as_bytes()));
            let diagnostic = Diagnostic::at_byte(Code::MG0001, &source, at, "not UTF-8");
            diagnostics.push(diagnostic.help("save the file as UTF-8"));
        }
    }
}

/// The files of a path: itself, or those of a folder that look like manifests.
pub(crate) fn files(path: &Path, recursive: bool) -> Result<Vec<PathBuf>, Failure> {
    let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let skipped = Skipped::of(path)?;
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    let mut entered = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        // Links may lead in a circle.
        if !entered.insert(folder.canonicalize().unwrap_or_else(|_| folder.clone())) {
            continue;
        }
        let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            let path = entry.path();
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let hidden = entry.file_name().to_string_lossy().starts_with('.')
                || skipped.has(&path, entry.file_type().is_ok_and(|kind| kind.is_dir()));
            // Of what a link leads to.
            let is_folder = match fs::metadata(&path) {
                Ok(metadata) => metadata.is_dir(),
                // A link to nowhere may have led to a folder, whose policy would be missing without a word.
                Err(error) if recursive && !hidden && is_link => {
                    return Err(unreadable(&path, &error));
                }
                // One that is gone meanwhile is none; a manifest fails when it is opened.
                Err(_) => false,
            };
            if is_folder && recursive && !hidden {
                folders.push(path);
            } else if !is_folder && !hidden && is_manifest(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a file of a folder is read.
pub(crate) fn is_manifest(path: &Path) -> bool {
    path.extension().and_then(|extension| extension.to_str()).is_some_and(|extension| ["yaml", "yml", "json"].contains(&extension))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let failure = Failure::new(Exit::Invalid, format!("{}: {}", path.display(), plain(error)));
    if error.kind() != std::io::ErrorKind::NotFound {
        return failure;
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let names: Vec<String> =
        fs::read_dir(parent).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    let written = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    match nearest(&written, names.iter().map(String::as_str)) {
        Some(name) => failure.help(format!("did you mean {}?", path.with_file_name(name).display())),
        None => failure,
    }
}

/// The error without the number that the system adds.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}
