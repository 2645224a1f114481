//! How an object that policy renders stands in a cluster.

use meshglot_controller::alike;
use meshglot_translator::render::{Backend, ObjectId};
use serde_json::Value;

/// How a wanted object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// It is there as it is wanted.
    InForce,
    /// What was written last is not what is wanted now.
    Older,
    /// Somebody else has changed what was written last.
    Drifted,
    /// None with our labels is there.
    Missing,
    /// Its kind is not installed.
    NotInstalled,
}

impl Held {
    /// In words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::InForce => "in force",
            Self::Older => "not as the newest policy renders it",
            Self::Drifted => "drifted",
            Self::Missing => "not there",
            Self::NotInstalled => "its kind is not installed",
        }
    }
}

/// How an object stands that is wanted so; `is_installed`: whether its kind is.
pub(crate) fn held(wanted: &Value, live: Option<&Value>, backend: &dyn Backend, id: &ObjectId, is_installed: bool) -> Held {
    let digest = |object: &Value| object["metadata"]["annotations"]["meshglot.dev/digest"].clone();
    match live {
        Some(live) if alike(wanted, live, &backend.shape(id)) => Held::InForce,
        Some(live) if digest(live) == digest(wanted) => Held::Drifted,
        Some(_) => Held::Older,
        None if is_installed => Held::Missing,
        None => Held::NotInstalled,
    }
}
