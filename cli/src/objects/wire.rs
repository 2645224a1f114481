//! What is said on the socket of the administration about objects: between a command and the mesh that runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The objects of a folder that runs, or of a cluster.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Objects {
    /// The number of the policy that is in force; 0: none is, or each object of a cluster has one of its own.
    pub(crate) revision: u64,
    /// The time at which this was true (RFC 3339).
    pub(crate) at: String,
    /// Why what was read last is not in force; absent: it is.
    #[serde(default)]
    pub(crate) blocked: Option<String>,
    /// Kinds of policy whose definition has no status: nobody tells how their objects stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) silent: Vec<String>,
    /// As an API server would have them, by kind, namespace and name; policy with its status.
    pub(crate) items: Vec<Value>,
}

/// Files of the folder as they could be, by their path in it; `None`: without the file.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Edit {
    pub(crate) files: BTreeMap<String, Option<String>>,
}

/// What the mesh says to that.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Why it would not be put in force; absent: it would be.
    pub(crate) objection: Option<String>,
    /// What is wrong, as it is drawn for people.
    pub(crate) errors: Vec<String>,
}
