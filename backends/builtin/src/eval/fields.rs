//! The fields of an Envoy message, read one by one: a field that nobody reads makes the message unmodelled.

use std::ops::{Deref, DerefMut};

use meshglot_translator::eval::fields;
pub(super) use meshglot_translator::eval::fields::Read;
use serde_json::Value;

/// Fields of one message that were not read yet.
pub(super) struct Fields<'v>(fields::Fields<'v>);

impl<'v> Fields<'v> {
    /// The fields of a message; none of one that is absent.
    pub(super) fn of(value: &'v Value) -> Read<Self> {
        fields::Fields::of_message(value).map(Self)
    }

    /// Type and fields of a `google.protobuf.Any`.
    pub(super) fn typed(value: &'v Value) -> Read<(&'v str, Self)> {
        let mut fields = Self::of(value)?;
        let url = fields.text("@type")?;
        let message = url.strip_prefix("type.googleapis.com/").ok_or_else(|| format!("{url:?} is no type"))?;
        Ok((message, fields))
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

    /// The only field, as its name and value: one of several kinds.
    pub(super) fn one_of(self) -> Read<(&'v str, &'v Value)> {
        match self.0.left().as_slice() {
            [one] => Ok(*one),
            several => Err(format!("{} fields stand where one should", several.len())),
        }
    }

    /// Nothing else may be set.
    pub(super) fn done(self) -> Read<()> {
        self.0.done()
    }
}

impl<'v> Deref for Fields<'v> {
    type Target = fields::Fields<'v>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Fields<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
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
