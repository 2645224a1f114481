//! `meshglot inject`: manifests with the sidecar of the built-in mesh in every pod.

mod settings;

use std::sync::Arc;

use meshglot_inject::{Outcome, Settings, found, inject};
use meshglot_translator::edit::alone;
use meshglot_translator::parse::{Document, parse};
use meshglot_translator::render::write::yaml;
use serde_json::Value;

use crate::args::{InjectArgs, Input};
use crate::exit::{Exit, Failure, Outcome as Ended};
use crate::output::unwritable;
use crate::plan::exit_of;
use crate::{Io, draw, input};

pub(crate) use settings::{Sidecars, ours};

pub(crate) fn run(args: &InjectArgs, io: &mut Io<'_>) -> Ended {
    let InjectArgs { image, capture_image, control_plane, trust_domain, roots, .. } = args;
    let (image, capture_image, roots) = (image.as_ref(), capture_image.as_ref(), roots.as_deref());
    let settings = Sidecars { image, capture_image, control_plane, trust_domain, roots, prefix: "" }.settings()?;
    let input = Input {
        filenames: args.filenames.clone(),
        recursive: args.recursive,
        namespace: "default".to_owned(),
        lenient: false,
        strict: false,
    };
    let (sources, mut diagnostics) = input::read(&input, io)?;
    let (documents, mut unread) = parse(&sources);
    diagnostics.append(&mut unread);
    for diagnostic in &diagnostics {
        draw::diagnostic(diagnostic, io)?;
    }
    // Half of what somebody wants to apply is none of it.
    if exit_of(&diagnostics) != Exit::Ok {
        return Ok(Exit::Invalid);
    }
    if documents.is_empty() {
        return Err(Failure::new(Exit::Invalid, "no object in the input").help("-R reads folders below folders"));
    }
    let mut texts = Vec::new();
    for document in &documents {
        texts.push(meshed(document, &settings, io)?);
    }
    let ended = texts.iter().map(|text| if text.ends_with('\n') { text.clone() } else { format!("{text}\n") });
    let stream = ended.collect::<Vec<_>>().join("---\n");
    match &args.out {
        Some(path) => {
            std::fs::write(path, stream).map_err(|error| Failure::new(Exit::Usage, format!("--out: {}: {error}", path.display())))?
        }
        None => write!(io.stdout, "{stream}")?,
    }
    Ok(Exit::Ok)
}

/// The object with its sidecar; one that has none comes back as it is written.
fn meshed(document: &Arc<Document>, settings: &Settings, io: &mut Io<'_>) -> Result<String, Failure> {
    let mut object = document.root().to_json();
    let as_written = || alone(document).map_err(unwritable);
    let Some(found) = found(&object) else { return as_written() };
    let name = named(&object);
    let wrong = |why: &str| Failure::new(Exit::Invalid, format!("{}: {name}: {why}", document.root().origin().location()));
    let template = object.pointer_mut(found.pointer).ok_or_else(|| wrong("it has no template of a pod"))?;
    match inject(template, &found.workload, settings).map_err(|error| wrong(&error.to_string()))? {
        Outcome::Left(why) => {
            if !io.quiet {
                writeln!(io.stderr, "{name} left alone: {why}")?;
            }
            as_written()
        }
        Outcome::Injected { template: with_sidecar, notes } => {
            *template = with_sidecar;
            if !io.quiet {
                writeln!(io.stderr, "{name} injected")?;
            }
            for note in notes {
                writeln!(io.stderr, "warning: {name}: {note}")?;
            }
            yaml(&object).map_err(unwritable)
        }
    }
}

/// `deployment "reviews-v1"`, as kubectl says it.
fn named(object: &Value) -> String {
    let metadata = &object["metadata"];
    let name = metadata["name"].as_str().or_else(|| metadata["generateName"].as_str()).unwrap_or_default();
    format!("{} \"{name}\"", object["kind"].as_str().unwrap_or_default().to_lowercase())
}
