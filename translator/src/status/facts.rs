//! What a translation does not know: what the backends have, and what was said before.

use super::Newest;
use meshglot_crds::status::{LastGood, Status};

/// How far the rendering of an object is on a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Applied {
    /// All of it is there.
    #[default]
    InForce,
    /// It is not there yet, and will be without anybody doing anything; or what must be done elsewhere, in words.
    Pending(String),
    /// The backend does not take it, in its own words.
    Rejected(String),
    /// Nobody answers, in words.
    Unreachable(String),
    /// The Mesh is paused.
    Paused,
    /// Somebody else has changed it, in words.
    Drifted(String),
}

/// What one backend has of an object.
#[derive(Clone, Debug, Default)]
pub struct OnBackend {
    /// How far it is.
    pub applied: Applied,
    /// Rendered objects that are there although not all are.
    pub applied_objects: usize,
    /// Proxies that acknowledged, and all of them; `None`: nobody tells.
    pub synced: Option<(usize, usize)>,
    /// The older generation that is in force in its place.
    pub last_good: Option<LastGood>,
}

/// All that, of one object.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// The generation that is looked at.
    pub generation: i64,
    /// The time of conditions that change now (RFC 3339).
    pub at: &'f str,
    /// The status as it was.
    pub before: Option<&'f Status>,
    /// By the names of backends; of those that are absent everything is in force.
    pub backends: &'f [(&'static str, OnBackend)],
    /// What was told of the object as it is written, where an older one stands in its place in the plan.
    pub newest: Option<&'f Newest>,
}

impl Facts<'_> {
    pub(super) fn on(&self, backend: &str) -> OnBackend {
        self.backends.iter().find(|(name, _)| *name == backend).map(|(_, on)| on.clone()).unwrap_or_default()
    }
}
