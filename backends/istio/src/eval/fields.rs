//! One mapping of an object, read field by field: what nobody asked for is noticed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A mapping, and which of its fields were asked for.
pub(super) struct Fields<'v> {
    map: Option<&'v Map<String, Value>>,
    asked: Vec<&'static str>,
    wrong: bool,
}

impl<'v> Fields<'v> {
    /// Reads a mapping; absence is an empty one.
    pub(super) fn of(value: Option<&'v Value>) -> Self {
        let map = value.and_then(Value::as_object);
        Self { map, asked: Vec::new(), wrong: map.is_none() && value.is_some_and(|value| !value.is_null()) }
    }

    /// Whether a field is left that nobody asked for, or one has another type than expected.
    pub(super) fn is_odd(&self) -> bool {
        let unasked = |key: &String| !self.asked.contains(&key.as_str());
        self.wrong || self.map.is_some_and(|map| map.iter().any(|(key, value)| unasked(key) && !value.is_null()))
    }

    /// Fields that do not matter here.
    pub(super) fn ignore(&mut self, keys: &[&'static str]) {
        self.asked.extend(keys);
    }

    /// A field; `null` is absence.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'v Value> {
        self.asked.push(key);
        self.map.and_then(|map| map.get(key)).filter(|value| !value.is_null())
    }

    fn typed<T>(&mut self, key: &'static str, read: impl Fn(&'v Value) -> Option<T>) -> Option<T> {
        let value = self.value(key)?;
        let typed = read(value);
        self.wrong |= typed.is_none();
        typed
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'v str> {
        self.typed(key, Value::as_str)
    }

    /// A whole number from 0.
    pub(super) fn number(&mut self, key: &'static str) -> Option<u64> {
        self.typed(key, Value::as_u64)
    }

    /// A port number.
    pub(super) fn port(&mut self, key: &'static str) -> Option<u16> {
        self.typed(key, |value| u16::try_from(value.as_u64()?).ok())
    }

    /// A yes or no; absent is no.
    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        self.typed(key, Value::as_bool).unwrap_or_default()
    }

    /// A list; absent is empty.
    pub(super) fn list(&mut self, key: &'static str) -> &'v [Value] {
        self.typed(key, Value::as_array).map(Vec::as_slice).unwrap_or_default()
    }

    /// A list of texts.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<&'v str> {
        let read = |value: &'v Value| value.as_array()?.iter().map(Value::as_str).collect();
        self.typed(key, read).unwrap_or_default()
    }

    /// A mapping of any values.
    pub(super) fn entries(&mut self, key: &'static str) -> Vec<(&'v String, &'v Value)> {
        self.typed(key, Value::as_object).map(|map| map.iter().collect()).unwrap_or_default()
    }

    /// A mapping of texts, such as labels.
    pub(super) fn labels(&mut self, key: &'static str) -> BTreeMap<String, String> {
        let read =
            |value: &'v Value| value.as_object()?.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        self.typed(key, read).unwrap_or_default()
    }

    /// A mapping inside.
    pub(super) fn inner(&mut self, key: &'static str) -> Fields<'v> {
        Fields::of(self.value(key))
    }

    /// Takes over that an inner mapping was odd.
    pub(super) fn blame(&mut self, inner: bool) {
        self.wrong |= inner;
    }

    /// The labels of a `selector` or `workloadSelector` under its inner field; empty selects all.
    pub(super) fn selector(&mut self, key: &'static str, inner: &'static str) -> BTreeMap<String, String> {
        let mut selector = self.inner(key);
        let labels = selector.labels(inner);
        self.wrong |= selector.is_odd();
        labels
    }
}
