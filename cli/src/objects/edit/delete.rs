//! `meshglot delete`.

use meshglot_translator::edit::remove;
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::resolve::ReadOptions;

use super::super::select::{Found, Selected, name_of, namespace};
use super::super::wire::Objects;
use super::super::{need, of_plane};
use super::apply::{moved, not_edited, source_file};
use super::{Folder, Line, Target, finish, gone};
use crate::Io;
use crate::args::DeleteArgs;
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure, Outcome};

pub(crate) fn run(args: &DeleteArgs, io: &mut Io<'_>) -> Outcome {
    let selected = Selected::of(&args.selected.words, args.selected.namespace.as_deref())?;
    if !selected.names_some() {
        let failure = Failure::new(Exit::Usage, "which objects? all of a kind are never deleted at once");
        return Err(failure.help("name them: meshglot delete KIND NAME"));
    }
    let asked = asked(&args.plane, &args.cluster)?;
    if let Some(asked @ Asked::Cluster(cluster)) = &asked {
        return gone::delete(asked, cluster, args, io);
    }
    let target = Target::of(&args.plane)?;
    let there = of_plane(&target.admin, &selected)?;
    let (found, missing) = selected.find(&there)?;
    if !args.ignore_not_found {
        need(&missing)?;
    }
    let mut folder = Folder::new(&target.folder);
    let mut lines = Vec::new();
    for one in &found {
        lines.push(take_out(one, &mut folder)?);
    }
    let is_gone = |objects: &Objects| {
        let left = selected.find(objects).map(|(found, _)| found.len()).unwrap_or_default();
        left == 0 && objects.blocked.is_none()
    };
    finish(&target, folder, &lines, &selected, args.writing, is_gone, io)
}

fn take_out(found: &Found<'_>, folder: &mut Folder) -> Result<Line, Failure> {
    let (namespace, name) = (namespace(found.object), name_of(found.object));
    let key = ObjectKey { kind: found.resource.0, namespace: namespace.into(), name: name.into() };
    // Where the file names none, the mesh knows which it is.
    let options = ReadOptions { lenient: true, default_namespace: namespace.into() };
    let file = source_file(found.object).ok_or_else(|| Failure::new(Exit::Internal, format!("{key} has no file")))?;
    let source = folder.text(&file)?.ok_or_else(|| moved(&key, &file))?;
    let text = remove(&source, &key, &options).map_err(|error| not_edited(&file, &error))?;
    folder.put(&file, text);
    Ok(Line { object: found.resource.named(name), done: "deleted", file })
}
