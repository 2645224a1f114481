//! YAML streams as JSON values.

use serde_json::Value;

/// The documents of a stream; empty ones are left out.
///
/// # Errors
/// The parser's words, when the text is not YAML.
pub(super) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let parsed: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|error| error.to_string())?;
    Ok(parsed.into_iter().filter(|document| !document.is_null()).collect())
}
