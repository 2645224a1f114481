//! Changes of single values, made in the text: comments and formatting around them stay.

use serde_json::Value;

use crate::parse::{NodeRef, Scalar, Span};
use crate::render::write::{Unwritable, yaml};

/// One value of a text, and what stands there from now on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    at: Span,
    text: String,
}

/// The edits that make a value of another; `None` where more than single values changes.
pub(crate) fn edits(node: NodeRef<'_>, new: &Value) -> Result<Option<Vec<Edit>>, Unwritable> {
    let mut edits = Vec::new();
    Ok(collect(node, new, &mut edits)?.then_some(edits))
}

fn collect(node: NodeRef<'_>, new: &Value, edits: &mut Vec<Edit>) -> Result<bool, Unwritable> {
    match new {
        Value::Object(fields) if node.is_mapping() && node.entries().len() == fields.len() => {
            for (key, value) in node.entries() {
                let Some(new) = fields.get(key.text().unwrap_or_default()) else { return Ok(false) };
                if !collect(value, new, edits)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Value::Array(items) if node.is_sequence() && node.items().len() == items.len() => {
            for (item, new) in node.items().zip(items) {
                if !collect(item, new, edits)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Value::Object(_) | Value::Array(_) => Ok(false),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let changes = node.to_json() != *new;
            if changes && node.scalar().is_some() {
                edits.push(Edit { at: node.span(), text: scalar(node, new)? });
            }
            Ok(!changes || node.scalar().is_some())
        }
    }
}

/// A value in the style of the one before it: without quotes only where that had none, so that JSON stays JSON.
fn scalar(before: NodeRef<'_>, new: &Value) -> Result<String, Unwritable> {
    let plain = before.written_plain() && matches!(before.scalar(), Some(Scalar::String(_)));
    Ok(match new {
        Value::String(text) if plain && yaml(new)?.trim_end() == text => text.clone(),
        _ => new.to_string(),
    })
}

/// A text with its edits made; `base` is the place of its first byte in the source. `None` where edits overlap.
pub(crate) fn edited(text: &str, base: u32, mut edits: Vec<Edit>) -> Option<String> {
    // An alias stands for a value that is written once.
    edits.sort();
    edits.dedup();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for Edit { at, text: new } in edits {
        let (start, end) = ((at.start - base) as usize, (at.end - base) as usize);
        out += text.get(done..start)?;
        out += &new;
        done = end;
    }
    out += text.get(done..)?;
    Some(out)
}
