//! What happened to a mesh, as its control plane has told it.

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is remembered, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Events {
    /// The newest are kept.
    pub events: Vec<Event>,
}

impl Answer for Events {
    const KIND: &'static str = "Events";
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Grows from event to event.
    pub id: u64,
    /// When it happened last (RFC 3339).
    pub at: String,
    /// What it is.
    pub kind: Kind,
    /// What it is about: a file with its line, or `NAMESPACE/NAME` of a workload; absent: the mesh as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// For people, in one line.
    pub message: String,
    /// How often it happened one after the other.
    pub count: u64,
}

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Policy is in force.
    InForce,
    /// What was read is not put in force.
    Blocked,
    /// Policy is in force, and loses something, or is hardly meant so.
    Warning,
    /// A proxy or a process is well.
    Started,
    /// A proxy or a process is not.
    Trouble,
    /// All else.
    Note,
}
