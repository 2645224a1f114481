//! Documents of the SMI kinds in other versions of their groups, without a loss of meaning.
//!
//! Meaning is what [`crate::resolve`] reads: it reads every version alike, so that a file and its conversion resolve to
//! the same policy. What an older version cannot say is refused object by object, never left out of an object.

mod binding;
mod group;
mod object;
mod place;
mod ports;
mod route;
mod split;
mod target;
mod text;
mod version;

use std::sync::Arc;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic, by_position};
use crate::ir::ObjectKey;
use crate::parse::{Document, Part, Source, items_of_list, parts};
use crate::render::write::Unwritable;
use crate::resolve::{Object, ReadOptions};

use object::{Converted, Entry, Refusal, Smi, SmiKind};
use ports::Routes;
pub use version::{Group, UnknownVersion, Version, Versions};

/// What came of some sources.
#[derive(Debug)]
pub struct Conversion {
    /// One per source, in order.
    pub texts: Vec<ConvertedText>,
    /// What cannot be read or said, and notes on what changed, by position.
    pub diagnostics: Vec<Diagnostic>,
    /// Documents of kinds that no command reads; they are in the texts as they were.
    pub skipped: usize,
}

/// A source in other versions.
#[derive(Debug)]
pub struct ConvertedText {
    /// As it was.
    pub source: Arc<Source>,
    /// As it is now; what did not change is the same bytes.
    pub text: String,
    /// Its objects in order.
    pub objects: Vec<ConvertedObject>,
    /// Whether everything that was in it still is.
    pub whole: bool,
}

/// An object of the output.
#[derive(Clone, Debug)]
pub struct ConvertedObject {
    /// The object.
    pub value: Value,
    /// What was done to it.
    pub change: Change,
}

/// What a conversion does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing: it has the version already, or is of a kind without versions.
    Kept,
    /// It is written in another version.
    Rewritten,
    /// It was part of another object.
    Added,
}

/// What becomes of one document.
#[derive(Debug)]
enum Outcome {
    Kept,
    Rewritten(Converted),
    /// It was told, and is not written.
    Refused,
    /// The object that it was made for says all of it now.
    Folded,
}

/// A part of a source, its objects one by one.
struct Read {
    part: Part,
    documents: Vec<Arc<Document>>,
    entries: Vec<Entry>,
}

/// Writes every SMI object of some sources in the version that is asked for its group. Everything else stays as it is.
///
/// # Errors
/// None in practice: every object has a YAML form.
pub fn convert(sources: &[Arc<Source>], to: &Versions, options: &ReadOptions) -> Result<Conversion, Unwritable> {
    let mut diagnostics = Vec::new();
    let read: Vec<Vec<Read>> = sources.iter().map(|source| read(source, options, &mut diagnostics)).collect();
    let entries = || read.iter().flatten().flat_map(|part| part.entries.iter().zip(&part.documents));
    let skipped = entries().filter(|(entry, _)| matches!(entry, Entry::Foreign { known: false })).count();

    // Targets first: they say which routes are made, and which are not needed any more.
    let mut routes = Routes::of(entries().map(|(entry, _)| entry));
    let targets: Vec<Option<Outcome>> =
        entries().map(|(entry, document)| of_target(entry, document, to, &mut routes, &mut diagnostics)).collect();
    let others = entries()
        .zip(targets)
        .map(|((entry, document), target)| target.unwrap_or_else(|| other(entry, document, to, &routes, &mut diagnostics)));
    let mut outcomes: Vec<Outcome> = others.collect();
    outcomes.reverse();

    let mut texts = Vec::new();
    for (source, parts) in sources.iter().zip(&read) {
        let mut text = String::new();
        let (mut objects, mut whole) = (Vec::new(), true);
        // A source over the limit has no parts, and is not empty.
        whole &= !parts.is_empty() || source.text().is_empty();
        for Read { part, documents, .. } in parts {
            let of_part = outcomes.split_off(outcomes.len() - documents.len());
            let of_part: Vec<Outcome> = of_part.into_iter().rev().collect();
            whole &= !part.broken && !of_part.iter().any(|outcome| matches!(outcome, Outcome::Refused));
            objects.extend(documents.iter().zip(&of_part).flat_map(|(document, outcome)| written_objects(document, outcome)));
            let written = text::written(source, part, documents, &of_part, &mut diagnostics)?;
            // The first document that is left needs no marker that it did not have as the second.
            text += if text.is_empty() && part.span.start > 0 { written.trim_start_matches("---\n") } else { &written };
        }
        texts.push(ConvertedText { source: source.clone(), text, objects, whole });
    }
    diagnostics.sort_by(by_position);
    Ok(Conversion { texts, diagnostics, skipped })
}

impl Conversion {
    /// All texts as one stream of YAML documents.
    pub fn stream(&self) -> String {
        self.texts.iter().fold(String::new(), |all, one| text::joined(all, &one.text))
    }
}

fn read(source: &Arc<Source>, options: &ReadOptions, diagnostics: &mut Vec<Diagnostic>) -> Vec<Read> {
    let of_part = |part: Part| {
        let documents: Vec<Arc<Document>> = part.documents.iter().cloned().flat_map(items_of_list).collect();
        let entries = documents.iter().map(|document| object::entry(document, options)).collect();
        Read { part, documents, entries }
    };
    parts(source, diagnostics).into_iter().map(of_part).collect()
}

/// What becomes of a TrafficTarget; `None` for other kinds.
fn of_target(
    entry: &Entry,
    document: &Arc<Document>,
    to: &Versions,
    routes: &mut Routes,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Outcome> {
    let Entry::Smi(smi) = entry else { return None };
    let Smi { kind: SmiKind::TrafficTarget, version, key: Some(key), object: Some(Object::Target(read)), .. } = &**smi else { return None };
    let root = document.root();
    let port = read.port.as_ref().map(|(port, _)| *port);
    let converted = to.of(Group::Access).map(|access| target::target(key, root, port, *version, (access, to), routes));
    if !matches!(converted, Some(Ok(_))) {
        target::tcp_routes(root).into_iter().for_each(|name| routes.name(&key.namespace, name));
    }
    Some(converted.map_or(Outcome::Kept, |converted| outcome(document, Some(key), converted, diagnostics)))
}

fn other(entry: &Entry, document: &Arc<Document>, to: &Versions, routes: &Routes, diagnostics: &mut Vec<Diagnostic>) -> Outcome {
    let smi = match entry {
        Entry::Foreign { .. } => return Outcome::Kept,
        Entry::Wrong(told) => {
            diagnostics.extend(told.iter().cloned());
            return Outcome::Refused;
        }
        Entry::Smi(smi) => smi,
    };
    let root = document.root();
    if let Some(key) = smi.key.as_ref().filter(|key| smi.kind == SmiKind::TcpRoute && routes.is_done(key)) {
        let message = format!("TCPRoute `{}` is not written: its target says the port itself now", key.name);
        diagnostics.push(Diagnostic::at(Code::MG0603, root, message).about(key));
        return Outcome::Folded;
    }
    let Some(version) = to.of(smi.kind.group()) else { return Outcome::Kept };
    let converted = match smi.kind {
        SmiKind::TrafficSplit => split::split(root, smi.version, version),
        SmiKind::HttpRouteGroup => group::group(root, version),
        SmiKind::TcpRoute => route::tcp_route(root, version),
        SmiKind::UdpRoute => route::udp_route(root, version),
        SmiKind::IdentityBinding => binding::binding(root, version),
        SmiKind::TrafficTarget => return Outcome::Kept,
    };
    outcome(document, smi.key.as_ref(), converted, diagnostics)
}

fn outcome(
    document: &Arc<Document>,
    key: Option<&ObjectKey>,
    converted: Result<Converted, Refusal>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Outcome {
    match converted {
        Ok(converted) if converted.added.is_none() && converted.value == document.root().to_json() => Outcome::Kept,
        Ok(mut converted) => {
            diagnostics.append(&mut converted.notes);
            Outcome::Rewritten(converted)
        }
        Err(refusal) => {
            diagnostics.push(match key {
                Some(key) => refusal.about(key),
                None => *refusal,
            });
            Outcome::Refused
        }
    }
}

fn written_objects(document: &Arc<Document>, outcome: &Outcome) -> Vec<ConvertedObject> {
    match outcome {
        Outcome::Kept => vec![ConvertedObject { value: document.root().to_json(), change: Change::Kept }],
        Outcome::Rewritten(Converted { value, added, .. }) => {
            let added = added.iter().map(|added| ConvertedObject { value: added.clone(), change: Change::Added });
            std::iter::once(ConvertedObject { value: value.clone(), change: Change::Rewritten }).chain(added).collect()
        }
        Outcome::Refused | Outcome::Folded => Vec::new(),
    }
}
