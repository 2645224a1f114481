//! Rendered objects to text: YAML that readers of YAML 1.1 understand alike, or JSON.

use std::borrow::Borrow;

use serde_json::Value;

use super::rendered::Rendered;

/// Why a value has no YAML form.
pub type Unwritable = serde_saphyr::ser::Error;

/// One object as a YAML document, without the `---` before it.
///
/// # Errors
/// None in practice: every JSON value has a YAML form.
pub fn yaml(value: &Value) -> Result<String, Unwritable> {
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: true,
        prefer_block_scalars: false,
        folded_wrap_chars: usize::MAX,
        min_fold_chars: usize::MAX,
    };
    serde_saphyr::to_string_with_options(value, options)
}

/// All objects as a YAML stream; empty if there are none.
///
/// # Errors
/// As [`yaml`].
pub fn yaml_stream(values: impl IntoIterator<Item = impl Borrow<Value>>) -> Result<String, Unwritable> {
    let mut out = String::new();
    for value in values {
        if !out.is_empty() {
            out.push_str("---\n");
        }
        out.push_str(&yaml(value.borrow())?);
    }
    Ok(out)
}

impl Rendered<'_> {
    /// The objects as a YAML stream.
    ///
    /// # Errors
    /// As [`yaml`].
    pub fn to_yaml(&self) -> Result<String, Unwritable> {
        yaml_stream(self.objects.iter().map(|object| object.body()))
    }
}
