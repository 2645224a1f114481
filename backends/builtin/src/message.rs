//! A message put together from its parts, which `json!` would copy: one of them may be a whole chain of filters.

/// `message! { "name": value, ... }` where values are moved into place.
macro_rules! message {
    ($($field:literal: $value:expr),+ $(,)?) => {{
        let mut fields = serde_json::Map::new();
        $(fields.insert($field.to_owned(), serde_json::Value::from($value));)+
        serde_json::Value::Object(fields)
    }};
}

pub(crate) use message;
