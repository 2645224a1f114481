//! The fields of a vendor object, read one by one: a field that nobody reads makes the object unmodelled.

use serde_json::Value;

/// What was read, or why it cannot be: in words, for the rule of a decision that is unknown.
pub(super) type Read<T> = Result<T, String>;

/// Fields of one JSON object that were not read yet.
pub(super) struct Fields<'v>(Vec<(&'v str, &'v Value)>);

impl<'v> Fields<'v> {
    /// The fields of an object; none of what is absent.
    pub(super) fn of(value: &'v Value) -> Read<Self> {
        match value {
            Value::Null => Ok(Self(Vec::new())),
            Value::Object(map) => Ok(Self(map.iter().map(|(name, value)| (name.as_str(), value)).collect())),
            _ => Err(format!("{value} stands where an object should")),
        }
    }

    /// A field's value; null is absent.
    pub(super) fn take(&mut self, name: &str) -> &'v Value {
        let at = self.0.iter().position(|(key, _)| *key == name);
        at.map_or(&Value::Null, |at| self.0.swap_remove(at).1)
    }

    /// A text; absent is empty, as in Go.
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

    /// A list; absent is empty.
    pub(super) fn list(&mut self, name: &str) -> Read<&'v [Value]> {
        match self.take(name) {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            other => Err(format!("{name}: {other} is no list")),
        }
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, name: &str) -> Read<Vec<&'v str>> {
        let text = |value: &'v Value| value.as_str().ok_or_else(|| format!("{name}: {value} is no text"));
        self.list(name)?.iter().map(text).collect()
    }

    /// Named values; absent is empty.
    pub(super) fn map(&mut self, name: &str) -> Read<Vec<(&'v str, &'v Value)>> {
        Ok(Self::of(self.take(name))?.0)
    }

    /// The Enterprise fields that say where something is: the community edition knows one place only.
    pub(super) fn local(&mut self) -> Read<()> {
        for name in ["namespace", "partition"] {
            let place = self.text(name)?;
            if !matches!(place, "" | "default") {
                return Err(format!("{name} {place:?} exists in Consul Enterprise only"));
            }
        }
        Ok(())
    }

    /// Fields that do not change what becomes of a request.
    pub(super) fn skip(&mut self, names: &[&str]) {
        self.0.retain(|(name, _)| !names.contains(name));
    }

    /// Nothing else may be set: what is left could change what becomes of a request.
    pub(super) fn done(self) -> Read<()> {
        match self.0.iter().find(|(_, value)| !is_zero(value)) {
            Some((name, _)) => Err(format!("field {name} is not modelled")),
            None => Ok(()),
        }
    }
}

/// Go's zero values: set to one of them is the same as not set.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}
