//! The fields of a JSON object, read one by one: a field that nobody reads makes the object unmodelled.

use serde_json::Value;

/// What was read, or why it cannot be: in words, for the rule of a decision that is unknown.
pub type Read<T> = Result<T, String>;

/// Fields of one object that were not read yet.
pub struct Fields<'v> {
    left: Vec<(&'v str, &'v Value)>,
    form: Form,
}

/// Whose JSON it is.
#[derive(Clone, Copy)]
enum Form {
    Message,
    Struct,
}

impl<'v> Fields<'v> {
    /// The fields of a protobuf message; none of one that is absent. An empty message within is set: that it stands
    /// there says something.
    ///
    /// # Errors
    /// Another value stands there.
    pub fn of_message(value: &'v Value) -> Read<Self> {
        let left = entries(value).ok_or_else(|| format!("{value} stands where a message should"))?;
        Ok(Self { left, form: Form::Message })
    }

    /// The fields of a Go struct; none of one that is absent. An empty struct within is not set: it is its zero value.
    ///
    /// # Errors
    /// Another value stands there.
    pub fn of_struct(value: &'v Value) -> Read<Self> {
        let left = entries(value).ok_or_else(|| format!("{value} stands where an object should"))?;
        Ok(Self { left, form: Form::Struct })
    }

    /// A field's value; null is absent.
    pub fn take(&mut self, name: &str) -> &'v Value {
        let at = self.left.iter().position(|(key, _)| *key == name);
        at.map_or(&Value::Null, |at| self.left.swap_remove(at).1)
    }

    /// A text or the word of an enum; absent is empty.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&mut self, name: &str) -> Read<&'v str> {
        match self.take(name) {
            Value::Null => Ok(""),
            Value::String(text) => Ok(text),
            other => Err(format!("{name}: {other} is no text")),
        }
    }

    /// A switch; absent is off.
    ///
    /// # Errors
    /// It is something else.
    pub fn flag(&mut self, name: &str) -> Read<bool> {
        match self.take(name) {
            Value::Null => Ok(false),
            Value::Bool(flag) => Ok(*flag),
            other => Err(format!("{name}: {other} is no switch")),
        }
    }

    /// A list; absent is empty.
    ///
    /// # Errors
    /// It is something else.
    pub fn list(&mut self, name: &str) -> Read<&'v [Value]> {
        match self.take(name) {
            Value::Null => Ok(&[]),
            Value::Array(list) => Ok(list),
            other => Err(format!("{name}: {other} is no list")),
        }
    }

    /// A list of texts; absent is empty.
    ///
    /// # Errors
    /// It is something else, or an item is.
    pub fn texts(&mut self, name: &str) -> Read<Vec<&'v str>> {
        let text = |value: &'v Value| value.as_str().ok_or_else(|| format!("{name}: {value} is no text"));
        self.list(name)?.iter().map(text).collect()
    }

    /// Named values; absent is empty.
    ///
    /// # Errors
    /// It is something else.
    pub fn map(&mut self, name: &str) -> Read<Vec<(&'v str, &'v Value)>> {
        let value = self.take(name);
        match self.form {
            Form::Message => Self::of_message(value),
            Form::Struct => Self::of_struct(value),
        }
        .map(Self::left)
    }

    /// Fields that do not change what becomes of a call.
    pub fn skip(&mut self, names: &[&str]) {
        self.left.retain(|(name, _)| !names.contains(name));
    }

    /// What was not read, in no order that means something.
    pub fn left(self) -> Vec<(&'v str, &'v Value)> {
        self.left
    }

    /// Nothing else may be set: what is left could change what becomes of a call.
    ///
    /// # Errors
    /// A field is left that is set.
    pub fn done(self) -> Read<()> {
        match self.left.iter().find(|(_, value)| self.form.sets(value)) {
            Some((name, _)) => Err(format!("field {name} is not modelled")),
            None => Ok(()),
        }
    }
}

impl Form {
    /// Whether a field with this value says more than an absent one.
    fn sets(self, value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => !text.is_empty(),
            Value::Array(list) => !list.is_empty(),
            Value::Object(map) => match self {
                Self::Message => true,
                Self::Struct => !map.is_empty(),
            },
        }
    }
}

/// None of null; `None` of what is no object.
fn entries(value: &Value) -> Option<Vec<(&str, &Value)>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Object(map) => Some(map.iter().map(|(name, value)| (name.as_str(), value)).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!({ "a": false, "b": [], "c": 0, "d": "", "e": null }), true, true ; "defaults are not set")]
    #[test_case(json!({ "rules": {} }), false, true ; "an empty message is set, an empty struct is not")]
    #[test_case(json!({ "a": "x" }), false, false ; "set")]
    fn nothing_left(object: Value, message: bool, go: bool) {
        assert_eq!(Fields::of_message(&object).and_then(Fields::done).is_ok(), message);
        assert_eq!(Fields::of_struct(&object).and_then(Fields::done).is_ok(), go);
    }
}
