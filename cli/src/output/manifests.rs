//! Objects for `kubectl apply -f -`.

use meshglot_translator::render::write::yaml_stream;
use serde_json::{Value, json};

use super::unwritable;
use crate::Io;
use crate::exit::Failure;

/// Prints them, as a `List` where `format` is `json`.
pub(crate) fn print(objects: &[Value], format: &str, io: &mut Io<'_>) -> Result<(), Failure> {
    if format == "json" {
        writeln!(io.stdout, "{:#}", json!({"apiVersion": "v1", "kind": "List", "items": objects}))?;
    } else {
        write!(io.stdout, "{}", yaml_stream(objects).map_err(unwritable)?)?;
    }
    Ok(())
}
