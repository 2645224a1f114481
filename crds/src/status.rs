//! The status of all neutral kinds: what is in force on which backend, and what was lost.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What became of the object, written by the controller.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Generation of the object that all of the status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Conditions by type: exactly one `Ready`; `Accepted`, `Translated`, `Applied`, `Lossless`; and, only while
    /// they hold, `Reconciling`, `Stalled` and `Conflict`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 64),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"])
    )]
    pub conditions: Option<Vec<Condition>>,
    /// The status in a few words, as the columns of `kubectl get` show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// One entry per backend that the object reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 64),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub backends: Option<Vec<BackendStatus>>,
    /// Sections of the object that another policy won.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub overridden: Option<Vec<Overridden>>,
}

/// One condition, as in all of Kubernetes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which condition: `Ready`, `Accepted`, `Translated`, `Applied`, `Lossless`, `Reconciling`, `Stalled` or `Conflict`.
    #[serde(rename = "type")]
    #[schemars(length(max = 316))]
    pub type_: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word for programs: `InForce`, `Refused`, `ReferenceMissing`.
    #[schemars(length(min = 1, max = 1024))]
    pub reason: String,
    /// A sentence for people, at most 256 bytes, without times.
    #[schemars(length(max = 256))]
    pub message: String,
    /// Generation of the object that the condition speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
    /// When `status` last changed, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    pub last_transition_time: String,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Not known yet.
    Unknown,
}

/// The status in a few words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Backends that are ready, of all: `1/2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<String>,
    /// Name of the backend, or how many there are: `2 backends`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend: Option<String>,
    /// Worst verdict of all backends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<String>,
    /// Rendered objects that are applied, of those desired: `3/3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<String>,
    /// Proxies that acknowledged, of all; `-` where nobody tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synced: Option<String>,
}

/// What became of the object on one backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackendStatus {
    /// Name of the backend.
    pub name: String,
    /// The Mesh through which the object reaches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh: Option<String>,
    /// Worst verdict of the losses below; `exact` without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Rendered objects that the object contributes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub desired: Option<i32>,
    /// Rendered objects of these that are applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub applied: Option<i32>,
    /// What is in force instead, if it is not the newest generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_good: Option<LastGood>,
    /// What could not be said exactly, the worst first; at most 16.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub losses: Option<Vec<LossStatus>>,
    /// How many losses there are beyond those listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub more_losses: Option<i32>,
}

/// The older generation that stays in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastGood {
    /// The generation in force.
    pub generation: i64,
    /// Since when, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    pub time: Option<String>,
    /// Name of the ControllerRevision that keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// One thing that a backend could not say exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LossStatus {
    /// Code of the loss; `meshglot explain CODE` tells more.
    pub code: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Path of the field in this object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The object that wrote it, as `Kind/namespace/name#part`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// What became of a policy on a backend, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Said as written.
    Exact,
    /// Said otherwise, with the same effect.
    Equivalent,
    /// A number is not quite the one written.
    Rounded,
    /// Holds for less than written.
    Narrowed,
    /// Left out.
    Dropped,
    /// Holds for more than written.
    Widened,
    /// Cannot be said: contributes nothing.
    Refused,
}

impl Verdict {
    /// All of them, from best to worst.
    pub const ALL: [Self; 7] = [Self::Exact, Self::Equivalent, Self::Rounded, Self::Narrowed, Self::Dropped, Self::Widened, Self::Refused];

    /// The word in status and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Equivalent => "equivalent",
            Self::Rounded => "rounded",
            Self::Narrowed => "narrowed",
            Self::Dropped => "dropped",
            Self::Widened => "widened",
            Self::Refused => "refused",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A section that another policy won.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Overridden {
    /// Path of the section in this object.
    pub path: String,
    /// The policy that won it, as `Kind/namespace/name`.
    pub by: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_say_the_words_of_the_status() {
        for verdict in Verdict::ALL {
            assert_eq!(serde_json::to_value(verdict).expect("a word"), verdict.word());
        }
        assert!(Verdict::ALL.is_sorted());
    }
}
