//! How long it takes from hearing of a change until it is applied.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use meshglot_translator::render::ObjectId;

use super::{Metrics, lock};

/// Changes that are not applied yet.
#[derive(Default)]
pub(super) struct Changes {
    /// When the oldest one came that nobody has looked at.
    heard: Option<Instant>,
    /// Rendered objects that differ since a change, and when that was heard of.
    open: HashMap<ObjectId, Instant>,
    /// Whether everything was looked at once: what differs at the beginning nobody has changed now.
    has_begun: bool,
}

impl Metrics {
    /// A watch has told something.
    pub(crate) fn heard(&self) {
        lock(&self.0.changes).heard.get_or_insert_with(Instant::now);
    }

    /// All of what has been heard is rendered, and these objects have to be written for it.
    pub(crate) fn differ<'i>(&self, ids: impl Iterator<Item = &'i ObjectId>) {
        let mut changes = lock(&self.0.changes);
        let since = changes.heard.take().filter(|_| changes.has_begun);
        changes.has_begun = true;
        let ids: HashSet<&ObjectId> = ids.collect();
        changes.open.retain(|id, _| ids.contains(id));
        if let Some(since) = since {
            ids.into_iter().for_each(|id| _ = changes.open.entry(id.clone()).or_insert(since));
        }
    }

    /// Somebody else writes: what is found differing later was not changed then.
    pub(super) fn stands_by(&self) {
        *lock(&self.0.changes) = Changes::default();
    }

    /// An object is written, or cannot be.
    pub(super) fn closed(&self, id: &ObjectId, is_applied: bool) {
        let since = lock(&self.0.changes).open.remove(id);
        if let Some(since) = since.filter(|_| is_applied) {
            self.0.families.seconds.with_label_values(&["applied"]).observe(since.elapsed().as_secs_f64());
        }
    }
}
