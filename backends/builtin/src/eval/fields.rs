//! The fields of an Envoy message, read one by one: a field that nobody reads makes the message unmodelled.

use serde_json::Value;

/// What was read, or why it cannot be: in words, for the rule of a decision that is unknown.
pub(super) type Read<T> = Result<T, String>;

/// Fields of one message that were not read yet.
pub(super) struct Fields<'v>(Vec<(&'v str, &'v Value)>);

impl<'v> Fields<'v> {
    /// The fields of a message; none of one that is absent.
    pub(super) fn of(value: &'v Value) -> Read<Self> {
        match value {
            Value::Null => Ok(Self(Vec::new())),
            Value::Object(map) => Ok(Self(map.iter().map(|(name, value)| (name.as_str(), value)).collect())),
            _ => Err(format!("{value} stands where a message should")),
        }
    }

    /// Type and fields of a `google.protobuf.Any`.
    pub(super) fn typed(value: &'v Value) -> Read<(&'v str, Self)> {
        let mut fields = Self::of(value)?;
        let url = fields.text("@type")?;
        let message = url.strip_prefix("type.googleapis.com/").ok_or_else(|| format!("{url:?} is no type"))?;
        Ok((message, fields))
    }

    /// A field's value; null is absent.
    pub(super) fn take(&mut self, name: &str) -> &'v Value {
        let at = self.0.iter().position(|(key, _)| *key == name);
        at.map_or(&Value::Null, |at| self.0.swap_remove(at).1)
    }

    /// A text or the word of an enum; absent is empty.
    pub(super) fn text(&mut self, name: &str) -> Read<&'v str> {
        match self.take(name) {
            Value::Null => Ok(""),
            Value::String(text) => Ok(text),
            other => Err(format!("{name}: {other} is no text")),
        }
    }

    /// A switch; absent is off.
    pub(super) fn flag(&mut self, name: &str) -> Read<bool> {
        match self.take(name) {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            other => Err(format!("{name}: {other} is no switch")),
        }
    }

    /// A number; `None` if absent.
    pub(super) fn number(&mut self, name: &str) -> Read<Option<u64>> {
        match self.take(name) {
            Value::Null => Ok(None),
            other => other.as_u64().map(Some).ok_or_else(|| format!("{name}: {other} is no number")),
        }
    }

    /// A port; `None` if absent.
    pub(super) fn port(&mut self, name: &str) -> Read<Option<u16>> {
        self.number(name)?.map(|number| u16::try_from(number).map_err(|_| format!("{name}: {number} is no port"))).transpose()
    }

    /// A list; absent is empty.
    pub(super) fn list(&mut self, name: &str) -> Read<&'v [Value]> {
        match self.take(name) {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            other => Err(format!("{name}: {other} is no list")),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Read<Vec<String>> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{name}: {value} is no text"));
        self.list(name)?.iter().map(text).collect()
    }

    /// Named values; absent is empty.
    pub(super) fn map(&mut self, name: &str) -> Read<Vec<(&'v str, &'v Value)>> {
        Ok(Self::of(self.take(name))?.0)
    }

    /// The only field, as its name and value: one of several kinds.
    pub(super) fn one_of(self) -> Read<(&'v str, &'v Value)> {
        match self.0.as_slice() {
            [one] => Ok(*one),
            several => Err(format!("{} fields stand where one should", several.len())),
        }
    }

    /// Fields that do not change what becomes of a call.
    pub(super) fn skip(&mut self, names: &[&str]) {
        self.0.retain(|(name, _)| !names.contains(name));
    }

    /// Nothing else may be set: what is left could change what becomes of a call.
    pub(super) fn done(self) -> Read<()> {
        match self.0.iter().find(|(_, value)| !is_default(value)) {
            Some((name, _)) => Err(format!("field {name} is not modelled")),
            None => Ok(()),
        }
    }
}

/// Set to one of these is the same as not set. An empty message is not: that it stands there says something.
fn is_default(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(_) => false,
    }
}

/// Whether all hold. One that does not hold decides, whatever is not known of the others.
pub(super) fn all(conditions: impl IntoIterator<Item = Read<bool>>) -> Read<bool> {
    decided(conditions, false)
}

/// Whether any holds. One that holds decides, whatever is not known of the others.
pub(super) fn any(conditions: impl IntoIterator<Item = Read<bool>>) -> Read<bool> {
    decided(conditions, true)
}

fn decided(conditions: impl IntoIterator<Item = Read<bool>>, by: bool) -> Read<bool> {
    let mut unread = None;
    for one in conditions {
        match one {
            Ok(holds) if holds == by => return Ok(by),
            Ok(_) => {}
            Err(why) => unread = Some(why),
        }
    }
    unread.map_or(Ok(!by), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!({ "a": false, "b": [], "c": 0 }), true ; "defaults are not set")]
    #[test_case(json!({ "rules": {} }), false ; "an empty message is set")]
    #[test_case(json!({ "a": "x" }), false ; "set")]
    fn nothing_left(message: Value, want: bool) {
        assert_eq!(Fields::of(&message).and_then(Fields::done).is_ok(), want);
    }

    #[test]
    fn what_is_known_decides() {
        let unread = || Err("?".to_owned());
        assert_eq!(all([unread(), Ok(false)]), Ok(false));
        assert_eq!(any([unread(), Ok(true)]), Ok(true));
        assert!(all([Ok(true), unread()]).is_err() && any([Ok(false), unread()]).is_err());
    }
}
