//! What takes the resources that come in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::kind::Kind;

/// Reads resources, and lets them come into force together.
pub trait Take {
    /// Takes one resource, encoded.
    ///
    /// # Errors
    /// Why it is refused, as `FIELD: WHY`; the last good one of that name stays in force.
    fn put(&mut self, kind: Kind, name: &str, bytes: &[u8]) -> Result<(), String>;

    /// There is no resource of that name, or no more, or it is wanted no longer. It may never have been put.
    fn remove(&mut self, kind: Kind, name: &str);

    /// All resources of one response were put: what can come into force does.
    fn commit(&mut self);

    /// Names of assignments (EDS) and routes (RDS) that what was taken leads to, and that have to be subscribed.
    fn wanted(&self, kind: Kind) -> BTreeSet<Arc<str>>;
}
