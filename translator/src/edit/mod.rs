//! One object of a text, written anew or taken out: everything around it stays the same bytes.

mod splice;

use std::sync::Arc;

use thiserror::Error;

use crate::ir::ObjectKey;
use crate::parse::{Document, Part, Source, parts};
use crate::render::write::{Unwritable, yaml};
use crate::resolve::{ReadOptions, key_of};
pub(crate) use splice::{edited, edits};

/// Why an object is not edited in its text.
#[derive(Debug, Error)]
pub enum EditError {
    /// It is not there.
    #[error("{0} is not in it")]
    Missing(ObjectKey),
    /// It shares its document with others.
    #[error("{0} stands in a list with others, which is edited by hand")]
    InList(ObjectKey),
    /// It was written so that nobody could read it.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// The text with an object as another document says it. Where only single values differ they alone are changed, so that
/// comments stay; else the whole document is replaced, by the other's own text if it has one.
///
/// # Errors
/// The object is not there, or shares its document.
pub fn replace(source: &Arc<Source>, key: &ObjectKey, by: &Arc<Document>, options: &ReadOptions) -> Result<String, EditError> {
    let part = part_of(source, key, options)?;
    let text = slice(source, &part);
    let new = by.root().to_json();
    let old = part.documents.first().ok_or_else(|| EditError::Missing(key.clone()))?;
    let in_place = edits(old.root(), &new)?.and_then(|edits| edited(text, part.span.start, edits));
    let written = match in_place {
        Some(text) => text,
        None => replaced(text, by)?,
    };
    Ok(spliced(source, &part, &written))
}

/// The text without an object; `None`: no object is left in it.
///
/// # Errors
/// The object is not there, or shares its document.
pub fn remove(source: &Arc<Source>, key: &ObjectKey, options: &ReadOptions) -> Result<Option<String>, EditError> {
    let part = part_of(source, key, options)?;
    let text = spliced(source, &part, "");
    // The first document of what is left needs no marker.
    let text = if part.span.start == 0 { text.strip_prefix("---\n").unwrap_or(&text).to_owned() } else { text };
    let left = Source::new(source.name(), text);
    let is_left = parts(&left, &mut Vec::new()).iter().any(|part| part.broken || !part.documents.is_empty());
    Ok(is_left.then(|| left.text().to_owned()))
}

/// A document as a file of its own: its own text if it has one.
///
/// # Errors
/// None in practice: every object has a YAML form.
pub fn alone(document: &Arc<Document>) -> Result<String, Unwritable> {
    let own = parts(document.source(), &mut Vec::new()).into_iter().find(|part| is_alone(part, document));
    match own {
        Some(part) => Ok(unmarked(slice(document.source(), &part)).trim_start().to_owned()),
        None => yaml(&document.root().to_json()),
    }
}

/// A text with one more document behind it.
///
/// # Errors
/// None in practice: every object has a YAML form.
pub fn appended(text: &str, document: &Arc<Document>) -> Result<String, Unwritable> {
    let own = alone(document)?;
    let own = if own.ends_with('\n') { own } else { own + "\n" };
    let ended = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    Ok(if text.trim().is_empty() { own } else { format!("{text}{ended}---\n{own}") })
}

fn is_alone(part: &Part, document: &Arc<Document>) -> bool {
    matches!(&part.documents[..], [only] if only.root().span() == document.root().span())
}

/// A part that holds the object and nothing else.
fn part_of(source: &Arc<Source>, key: &ObjectKey, options: &ReadOptions) -> Result<Part, EditError> {
    let is_it = |document: &Arc<Document>| key_of(document, options).as_ref() == Some(key);
    let mut listed = false;
    for part in parts(source, &mut Vec::new()) {
        match &part.documents[..] {
            [only] if is_it(only) => return Ok(part),
            several => listed |= several.iter().cloned().flat_map(crate::parse::items_of_list).any(|document| is_it(&document)),
        }
    }
    Err(if listed { EditError::InList(key.clone()) } else { EditError::Missing(key.clone()) })
}

fn replaced(old: &str, by: &Arc<Document>) -> Result<String, Unwritable> {
    let text = if unmarked(old).trim_start().starts_with('{') {
        format!("{:#}\n", by.root().to_json())
    } else {
        let text = alone(by)?;
        if text.ends_with('\n') { text } else { text + "\n" }
    };
    let text = format!("{}{text}", &old[..old.len() - unmarked(old).len()]);
    Ok(if old.contains("\r\n") { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text })
}

/// A part without the marker's line before it.
fn unmarked(text: &str) -> &str {
    match text.strip_prefix("---") {
        Some(rest) => rest.split_once('\n').filter(|(line, _)| line.trim().is_empty()).map_or(text, |(_, rest)| rest),
        None => text,
    }
}

fn slice<'s>(source: &'s Source, part: &Part) -> &'s str {
    source.text().get(part.span.start as usize..part.span.end as usize).unwrap_or_default()
}

fn spliced(source: &Source, part: &Part, by: &str) -> String {
    let text = source.text();
    let before = text.get(..part.span.start as usize).unwrap_or_default();
    let after = text.get(part.span.end as usize..).unwrap_or_default();
    [before, by, after].concat()
}

#[cfg(test)]
mod tests;
