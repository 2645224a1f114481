//! Who calls whom, how often, and how well it goes.

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::{Direction, Party, Verdict};

/// Every edge of a span of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edges {
    /// The end of the span (RFC 3339).
    pub at: String,
    /// How long it is, in seconds; shorter than was asked for where nobody looked earlier.
    pub window_seconds: f64,
    /// By source, destination, verdict and policy.
    pub edges: Vec<Edge>,
    /// Workloads whose proxies do not tell, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub silent: Vec<String>,
}

impl Answer for Edges {
    const KIND: &'static str = "Edges";
}

/// Calls that have their ends and what came of them in common, seen by one of the two proxies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edge {
    /// Who sees it: inbound counts are complete for the called, and know callers and rules; outbound ones know of calls that never arrived.
    pub direction: Direction,
    /// Who calls.
    pub source: Party,
    /// Who is called.
    pub destination: Party,
    /// What came of it.
    pub verdict: Verdict,
    /// The rule that decided; absent: the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// How many there were.
    pub calls: u64,
    /// How many a second.
    pub per_second: f64,
    /// How many of them were answered well: below 500.
    pub succeeded: u64,
    /// How long all calls of this direction to this destination took, whoever called: proxies count it so. Absent: too few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
}

/// How long calls took, in milliseconds: upper bounds, since proxies count by bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// Half of them.
    pub p50_ms: f64,
    /// Of ten, nine.
    pub p90_ms: f64,
    /// Of a hundred, ninety-five.
    pub p95_ms: f64,
    /// Of a hundred, ninety-nine.
    pub p99_ms: f64,
}
