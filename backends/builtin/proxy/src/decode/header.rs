//! Headers that a route puts and takes away.

use envoy_types::pb::envoy::config::core::v3 as pb;
use http::{HeaderName, HeaderValue};

use super::at::{At, open};
use super::matching;
use super::refusal::Refusal;
use crate::table::{HeaderEdit, HeaderEdits};

/// What `FIELD_remove` and `FIELD_add` say.
pub(super) fn edits(at: &At<'_>, field: &str, remove: Vec<String>, add: Vec<pb::HeaderValueOption>) -> Result<HeaderEdits, Refusal> {
    let (removed, added) = (format!("{field}_remove"), format!("{field}_add"));
    let (removed, added) = (at.field(&removed), at.field(&added));
    let remove = remove.into_iter().enumerate().map(|(index, name)| self::name(&removed.index(index), &name));
    let put = add.into_iter().enumerate().map(|(index, option)| edit(&added.index(index), option));
    Ok(HeaderEdits { remove: remove.collect::<Result<_, _>>()?, put: put.collect::<Result<_, _>>()? })
}

fn edit(at: &At<'_>, message: pb::HeaderValueOption) -> Result<HeaderEdit, Refusal> {
    open!(at, message => pb::HeaderValueOption { header, append_action } unset { append, keep_empty_value });
    use pb::header_value_option::HeaderAppendAction;
    let replace = match HeaderAppendAction::try_from(append_action) {
        Ok(HeaderAppendAction::AppendIfExistsOrAdd) => false,
        Ok(HeaderAppendAction::OverwriteIfExistsOrAdd) => true,
        Ok(HeaderAppendAction::AddIfAbsent | HeaderAppendAction::OverwriteIfExists) | Err(_) => {
            return Err(at.field("append_action").refuse("is unknown: APPEND_IF_EXISTS_OR_ADD and OVERWRITE_IF_EXISTS_OR_ADD are known"));
        }
    };
    let (header, at) = (at.needed("header", header)?, &at.field("header"));
    open!(at, header => pb::HeaderValue { key, value } unset { raw_value });
    Ok(HeaderEdit { name: name(&at.field("key"), &key)?, value: self::value(&at.field("value"), &value)?, replace })
}

/// The name of a header that may be changed. The host is changed by a rewrite.
fn name(at: &At<'_>, name: &str) -> Result<HeaderName, Refusal> {
    if name.starts_with(':') || name.eq_ignore_ascii_case("host") {
        return Err(at.refuse(format!("is {name}, which is part of the request's line: it is not changed as a header")));
    }
    matching::header_name(at, name)
}

/// A value without commands, each `%%` as `%`. Envoy leaves out a header without a value.
fn value(at: &At<'_>, written: &str) -> Result<HeaderValue, Refusal> {
    if written.is_empty() {
        return Err(at.refuse("is empty"));
    }
    if written.replace("%%", "").contains('%') {
        return Err(at.refuse("holds a lone %, which begins a command: % is written %%"));
    }
    written.replace("%%", "%").parse().map_err(|_| at.refuse("is no value of a header"))
}
