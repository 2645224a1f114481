//! The text of a part of a source after a conversion: the same bytes where nothing changed, few others where little did.

use std::sync::Arc;

use serde_json::{Value, json};

use super::object::Converted;
use super::{Outcome, written_objects};
use crate::diagnostic::{Code, Diagnostic};
use crate::edit::{edited, edits};
use crate::parse::{Document, NodeRef, Part, Source, Span, list_items, parse};
use crate::render::write::{Unwritable, yaml, yaml_stream};

/// Writes a part; `outcomes` are those of `documents`, its objects one by one. Comments that are lost are told.
pub(super) fn written(
    source: &Arc<Source>,
    part: &Part,
    documents: &[Arc<Document>],
    outcomes: &[Outcome],
    notes: &mut Vec<Diagnostic>,
) -> Result<String, Unwritable> {
    let text = slice(source, part.span);
    if part.broken {
        return Ok(String::new());
    }
    if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Kept)) {
        return Ok(text.to_owned());
    }
    if let Some(text) = in_place(text, part, documents, outcomes)? {
        return Ok(text);
    }
    let mut rest = outcomes.iter();
    let roots: Vec<(NodeRef<'_>, Vec<Value>)> = part.documents.iter().map(|root| (root.root(), rebuilt(root.root(), &mut rest))).collect();
    for (root, values) in roots.iter().filter(|(_, values)| !values.is_empty()) {
        tell_comments(*root, values, notes);
    }
    let text = anew(text, part, roots)?;
    Ok(if slice(source, part.span).contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text })
}

/// A stream and one more text behind it.
pub(super) fn joined(mut stream: String, text: &str) -> String {
    if stream.is_empty() || text.is_empty() {
        return stream + text;
    }
    if !stream.ends_with('\n') {
        stream.push('\n');
    }
    // Directives hold for the beginning of a stream alone, and comments need no marker of their own.
    let content = |line: &&str| !line.trim().is_empty() && !line.starts_with(['#', '%']);
    let first = text.lines().find(content).unwrap_or_default();
    if !first.starts_with("---") {
        stream.push_str("---\n");
    }
    let directives: usize = text.split_inclusive('\n').take_while(|line| line.starts_with(['#', '%'])).map(str::len).sum();
    let has_some = text[..directives].lines().any(|line| line.starts_with('%'));
    stream + if has_some { &text[directives..] } else { text }
}

fn slice(source: &Source, span: Span) -> &str {
    source.text().get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// The text with single values changed, if that is all. It is read again, so that nothing else changes with them.
fn in_place(text: &str, part: &Part, documents: &[Arc<Document>], outcomes: &[Outcome]) -> Result<Option<String>, Unwritable> {
    let of_one_kind =
        |root: &Arc<Document>| root.root().get("kind").and_then(NodeRef::text) != Some("List") && list_items(root.root()).is_some();
    if part.documents.iter().any(of_one_kind) {
        return Ok(None);
    }
    let mut all = Vec::new();
    for (document, outcome) in documents.iter().zip(outcomes) {
        let edits = match outcome {
            Outcome::Kept => continue,
            Outcome::Rewritten(Converted { value, added: None, .. }) => edits(document.root(), value)?,
            Outcome::Rewritten(_) | Outcome::Refused | Outcome::Folded => None,
        };
        let Some(edits) = edits else { return Ok(None) };
        all.extend(edits);
    }
    let wanted: Vec<Value> = values(documents, outcomes);
    Ok(edited(text, part.span.start, all).filter(|text| reads_as(text, &wanted)))
}

fn values(documents: &[Arc<Document>], outcomes: &[Outcome]) -> Vec<Value> {
    documents.iter().zip(outcomes).flat_map(|(document, outcome)| written_objects(document, outcome)).map(|object| object.value).collect()
}

fn reads_as(text: &str, wanted: &[Value]) -> bool {
    let (documents, diagnostics) = parse(&[Source::new("", text)]);
    diagnostics.is_empty() && documents.iter().map(|document| document.root().to_json()).eq(wanted.iter().cloned())
}

/// A document after the conversion: nothing, itself, itself and what was added, or a list with the same done to its items.
fn rebuilt(root: NodeRef<'_>, outcomes: &mut std::slice::Iter<'_, Outcome>) -> Vec<Value> {
    if let Some(items) = list_items(root) {
        let items: Vec<Value> = items.items().flat_map(|item| rebuilt(item, outcomes)).collect();
        let empty = items.is_empty();
        let mut list = root.to_json();
        // A list of one kind and version would not be one any more.
        list["apiVersion"] = "v1".into();
        list["kind"] = "List".into();
        list["items"] = items.into();
        return if empty { Vec::new() } else { vec![list] };
    }
    match outcomes.next() {
        None | Some(Outcome::Kept) => vec![root.to_json()],
        Some(Outcome::Rewritten(Converted { value, added, .. })) => std::iter::once(value).chain(added).cloned().collect(),
        Some(Outcome::Refused | Outcome::Folded) => Vec::new(),
    }
}

/// Documents written by us, in the language that they were written in; what stands around them stays.
fn anew(text: &str, part: &Part, roots: Vec<(NodeRef<'_>, Vec<Value>)>) -> Result<String, Unwritable> {
    let values: Vec<Value> = roots.iter().flat_map(|(_, values)| values.clone()).collect();
    let (first, others) = match values.as_slice() {
        [] => return Ok(String::new()),
        [first, others @ ..] => (first, others),
    };
    if serde_json::from_str::<Value>(text).is_ok() {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": values});
        return Ok(format!("{:#}\n", if others.is_empty() { first } else { &list }));
    }
    let stream = || Ok(format!("{}{}", if text.starts_with("---") { "---\n" } else { "" }, yaml_stream(&values)?));
    let [(root, _)] = roots.as_slice() else { return stream() };
    let (before, after) = around(text, part, extent(*root));
    let around = format!("{before}{}{after}", yaml(first)?);
    if !reads_as(&around, std::slice::from_ref(first)) && list_items(*root).is_none() {
        return stream();
    }
    others.iter().try_fold(around, |text, value| Ok(joined(text, &yaml(value)?)))
}

/// What stands before and after an object, whole lines of it.
fn around<'t>(text: &'t str, part: &Part, root: Span) -> (String, &'t str) {
    let (start, end) = ((root.start - part.span.start) as usize, (root.end - part.span.start) as usize);
    let before = text.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
    let before = if before.is_empty() || before.ends_with('\n') { before.to_owned() } else { format!("{before}\n") };
    let after = text.get(end..).unwrap_or_default();
    (before, after.split_once('\n').map_or("", |(_, after)| after))
}

/// The bytes of a value without comments behind it, which a collection without brackets takes for its own.
fn extent(node: NodeRef<'_>) -> Span {
    let Span { start, end } = node.span();
    let bracketed = node.origin().written().starts_with(['{', '[']);
    let values = node.entries().map(|(_, value)| value).chain(node.items());
    let last = values.map(|value| extent(value).end).chain(node.entries().map(|(key, _)| key.span().end)).max();
    Span { start, end: last.filter(|_| !bracketed).unwrap_or(end) }
}

fn tell_comments(root: NodeRef<'_>, values: &[Value], notes: &mut Vec<Diagnostic>) {
    let lost = comments(root);
    if lost > 0 {
        let name = |key: &str| values.first().and_then(|value| value[key].as_str().or_else(|| value["metadata"][key].as_str()));
        let what = [name("kind"), name("name")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let them = if lost == 1 { "a comment in it is".to_owned() } else { format!("{lost} comments in it are") };
        notes.push(Diagnostic::at(Code::MG0602, root, format!("{what} is written anew, and {them} not kept")));
    }
}

/// How many comments stand inside a value, or behind it in its last line.
fn comments(root: NodeRef<'_>) -> usize {
    let mut scalars = Vec::new();
    collect_scalars(root, &mut scalars);
    scalars.sort();
    let origin = root.origin();
    let text = origin.source().text();
    let Span { start, end } = extent(root);
    let end = text[end as usize..].find('\n').map_or(text.len(), |line| end as usize + line);
    let mut count = 0;
    let mut at = start as usize;
    while let Some(found) = text[at..end].find('#') {
        let place = at + found;
        at = place + 1;
        let begins = text[..place].ends_with([' ', '\t', '\n']);
        let last = scalars.partition_point(|scalar| scalar.start as usize <= place).checked_sub(1);
        let within = last.is_some_and(|last| place < scalars[last].end as usize);
        if begins && !within {
            count += 1;
            at = text[place..end].find('\n').map_or(end, |line| place + line);
        }
    }
    count
}

fn collect_scalars(node: NodeRef<'_>, into: &mut Vec<Span>) {
    if node.text().is_some() {
        into.push(node.span());
    }
    for (key, value) in node.entries() {
        into.push(key.span());
        collect_scalars(value, into);
    }
    node.items().for_each(|item| collect_scalars(item, into));
}
