//! JSON as text. As a tree of values it takes about ten times as much, and most of what a controller keeps it reads seldom.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A value, packed. The same values are the same text: keys are sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packed(Arc<str>);

impl Packed {
    pub(crate) fn of(value: &Value) -> Self {
        Self(value.to_string().into())
    }

    /// The value again.
    pub(crate) fn value(&self) -> Value {
        self.read().unwrap_or_default()
    }

    /// The same as a type; `None`: it is none of that type.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_the_same_again() {
        let value = json!({"b": [1, 2.5, null, true], "a": {"text": "\u{1F980} \"quoted\"\n"}, "big": u64::MAX});
        assert_eq!(Packed::of(&value).value(), value);
        assert_eq!(Packed::of(&value), Packed::of(&serde_json::from_str(&value.to_string()).expect("JSON")));
    }
}
