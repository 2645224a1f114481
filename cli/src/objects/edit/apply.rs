//! `meshglot apply`.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::diagnostic::Severity;
use meshglot_translator::edit::{EditError, appended, replace};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::{Document, parse};
use meshglot_translator::resolve::{Model, ReadOptions, key_of};
use serde_json::Value;

use super::super::resource::Resource;
use super::super::select::{Selected, name_of, namespace};
use super::super::wire::Objects;
use super::super::{SOURCE_AT, of_plane};
use super::{Folder, Line, Target, finish, there};
use crate::args::{ApplyArgs, Input};
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::unwritable;
use crate::{Io, draw, input};

pub(crate) fn run(args: &ApplyArgs, io: &mut Io<'_>) -> Outcome {
    let asked = asked(&args.plane, &args.cluster)?;
    if let Some(asked @ Asked::Cluster(cluster)) = &asked {
        return there::apply(asked, cluster, args, io);
    }
    let target = Target::of(&args.plane)?;
    let namespace = args.namespace.as_deref().unwrap_or("default");
    let options = ReadOptions { lenient: false, default_namespace: namespace.into() };
    let wanted = wanted(args, &options, io)?;
    let selected = Selected::named(wanted.keys());
    let there = of_plane(&target.admin, &selected)?;
    let mut folder = Folder::new(&target.folder);
    let mut lines = Vec::new();
    for (key, document) in &wanted {
        lines.push(put(key, document, &there, &mut folder, &options)?);
    }
    let in_force = |objects: &Objects| wanted.iter().all(|(key, document)| is_in_force(key, document, objects));
    finish(&target, folder, &lines, &selected, args.writing, in_force, io)
}

/// The objects of the input by their names.
pub(super) fn wanted(args: &ApplyArgs, options: &ReadOptions, io: &mut Io<'_>) -> Result<BTreeMap<ObjectKey, Arc<Document>>, Failure> {
    let ApplyArgs { filenames, recursive, .. } = args;
    let namespace = options.default_namespace.to_string();
    let input = Input { filenames: filenames.clone(), recursive: *recursive, namespace, lenient: false, strict: true };
    let (sources, mut told) = input::read(&input, io)?;
    let (documents, mut unreadable) = parse(&sources);
    told.append(&mut unreadable);
    told.iter().try_for_each(|diagnostic| draw::diagnostic(diagnostic, io))?;
    if told.iter().any(|one| one.severity == Severity::Error) {
        return Err(Failure::new(Exit::Invalid, "the input cannot be read: nothing was written"));
    }
    let mut wanted = BTreeMap::new();
    for document in documents {
        let origin = document.root().origin();
        let Some(key) = key_of(&document, options) else {
            // What is wrong with one of ours is told; the others are none of a mesh's.
            let told = Model::new(vec![document], options.clone()).diagnostics();
            told.iter().try_for_each(|diagnostic| draw::diagnostic(diagnostic, io))?;
            let what = format!("{}: {} is no object of a mesh: nothing was written", origin.location(), origin.object());
            return Err(Failure::new(Exit::Invalid, what));
        };
        if let Some(first) = wanted.insert(key.clone(), document) {
            let first = first.root().origin().location();
            return Err(Failure::new(Exit::Invalid, format!("{key} stands at {first} and at {}: nothing was written", origin.location())));
        }
    }
    if wanted.is_empty() {
        return Err(Failure::new(Exit::Invalid, "there is no object in the input"));
    }
    Ok(wanted)
}

/// Edits the folder for one object.
fn put(key: &ObjectKey, document: &Arc<Document>, there: &Objects, folder: &mut Folder, options: &ReadOptions) -> Result<Line, Failure> {
    let object = Resource(key.kind).named(&key.name);
    if let Some(file) = found(key, there).and_then(source_file) {
        let source = folder.text(&file)?.ok_or_else(|| moved(key, &file))?;
        let text = replace(&source, key, document, options).map_err(|error| not_edited(&file, &error))?;
        let done = if text == source.text() { "unchanged" } else { "configured" };
        folder.put(&file, Some(text));
        return Ok(Line { object, done, file });
    }
    let file = new_file(key);
    let before = folder.text(&file)?;
    let text = appended(before.as_ref().map(|source| source.text()).unwrap_or_default(), document).map_err(unwritable)?;
    folder.put(&file, Some(text));
    Ok(Line { object, done: "created", file })
}

/// Whether the mesh has an object as it was written.
fn is_in_force(key: &ObjectKey, document: &Arc<Document>, objects: &Objects) -> bool {
    let wanted = document.root().to_json();
    let said = |object: &Value| {
        object
            .as_object()
            .into_iter()
            .flatten()
            .all(|(name, value)| name == "metadata" || name == "status" || wanted.get(name) == Some(value))
    };
    let all = |object: &Value| wanted.as_object().into_iter().flatten().all(|(name, _)| object.get(name).is_some());
    found(key, objects).is_some_and(|object| said(object) && all(object)) && objects.blocked.is_none()
}

fn found<'o>(key: &ObjectKey, objects: &'o Objects) -> Option<&'o Value> {
    objects
        .items
        .iter()
        .find(|object| object["kind"] == key.kind.name() && namespace(object) == &*key.namespace && name_of(object) == &*key.name)
}

/// The file that an object of the mesh is written in, by its path in the folder.
pub(super) fn source_file(object: &Value) -> Option<String> {
    let source = object.pointer(SOURCE_AT)?.as_str()?;
    source.rsplit_once(':').map(|(file, _)| file.to_owned())
}

/// `NAMESPACE/KIND-NAME.yaml`, as rendered folders have it.
fn new_file(key: &ObjectKey) -> String {
    let file = format!("{}-{}.yaml", key.kind.name().to_ascii_lowercase(), key.name);
    if key.namespace.is_empty() { file } else { format!("{}/{file}", key.namespace) }
}

/// The mesh has read what is not there any more.
pub(super) fn moved(key: &ObjectKey, file: &str) -> Failure {
    Failure::new(Exit::Conflict, format!("{file}: {key} is not there any more: nothing was written"))
}

pub(super) fn not_edited(file: &str, error: &EditError) -> Failure {
    let exit = if matches!(error, EditError::Missing(_)) { Exit::Conflict } else { Exit::Invalid };
    Failure::new(exit, format!("{file}: {error}: nothing was written"))
}
