//! The fields of a vendor object, read one by one: a field that nobody reads makes the object unmodelled.

use std::ops::{Deref, DerefMut};

use meshglot_translator::eval::fields;
pub(super) use meshglot_translator::eval::fields::Read;
use serde_json::Value;

/// Fields of one JSON object that were not read yet.
pub(super) struct Fields<'v>(fields::Fields<'v>);

impl<'v> Fields<'v> {
    /// The fields of an object, which Consul keeps as a Go struct; none of what is absent.
    pub(super) fn of(value: &'v Value) -> Read<Self> {
        fields::Fields::of_struct(value).map(Self)
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
