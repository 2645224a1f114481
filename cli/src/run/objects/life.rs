//! What a folder does not say of an object: since when it is there, and how often it changed.

use meshglot_translator::status::{LastGood, Status};
use serde_json::Value;

/// One object, from when it was first read on.
pub(super) struct Life {
    /// Counts what it said, from 1.
    pub(super) generation: i64,
    /// When it was first read (RFC 3339).
    pub(super) created: String,
    /// As it was read last.
    pub(super) value: Value,
    /// The generation that is in force, if any, and since when.
    pub(super) in_force: Option<(i64, String)>,
    /// As it was told last, for the times in it.
    pub(super) status: Option<Status>,
}

impl Life {
    pub(super) fn new(value: Value, at: &str) -> Self {
        Self { generation: 1, created: at.to_owned(), value, in_force: None, status: None }
    }

    /// It was read again.
    pub(super) fn read(&mut self, value: Value) {
        if self.value != value {
            self.generation += 1;
            self.value = value;
        }
    }

    /// What was read last is in force.
    pub(super) fn enforce(&mut self, at: &str) {
        if self.in_force.as_ref().is_none_or(|(generation, _)| *generation != self.generation) {
            self.in_force = Some((self.generation, at.to_owned()));
        }
    }

    /// What is in force in place of what was read last.
    pub(super) fn last_good(&self) -> Option<LastGood> {
        let (generation, since) = self.in_force.clone().filter(|(generation, _)| *generation != self.generation)?;
        Some(LastGood { generation, time: Some(since), revision: None })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_generation_is_another_text() {
        let mut life = Life::new(json!({"a": 1}), "t1");
        life.enforce("t1");
        life.read(json!({"a": 1}));
        assert_eq!((life.generation, life.last_good()), (1, None));
        life.read(json!({"a": 2}));
        let good = life.last_good().expect("the first is in force");
        assert_eq!((life.generation, good.generation, good.time.as_deref()), (2, 1, Some("t1")));
        life.enforce("t2");
        assert_eq!(life.last_good(), None);
    }
}
