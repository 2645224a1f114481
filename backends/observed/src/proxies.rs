//! How proxies are: what `meshglot proxy status` prints with `-o json` and reads from a file.

use std::collections::BTreeMap;

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Every proxy that is connected, and every workload that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proxies {
    /// The number of the policy that is in force; it grows.
    pub revision: u64,
    /// The time at which this was true (RFC 3339).
    pub at: String,
    /// By workload and instance.
    pub proxies: Vec<ProxyAnswer>,
}

impl Answer for Proxies {
    const KIND: &'static str = "ProxyStatus";
}

/// How far a proxy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Sync {
    /// It has everything as it is now.
    Synced,
    /// It has not answered for something yet.
    Stale,
    /// It has refused something, and goes on with what it had.
    Refused,
    /// No proxy of the workload is connected.
    Absent,
}

/// One proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProxyAnswer {
    /// `NAMESPACE/NAME` of its workload.
    pub workload: String,
    /// The one of its instances; absent: none is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Its SPIFFE ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Whether it has what it should.
    pub sync: Sync,
    /// The newest policy that it was told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Since when it is connected (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What it runs, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// How many resources it has, by kind: CDS, EDS, LDS, RDS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, usize>,
    /// What it refuses now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedAnswer>,
    /// What it refused last, mended or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<RefusalAnswer>,
}

/// A resource that a proxy refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedAnswer {
    /// CDS, EDS, LDS or RDS.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// In the proxy's words.
    pub why: String,
}

/// A refusal of before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalAnswer {
    /// CDS, EDS, LDS or RDS.
    pub kind: String,
    /// In the proxy's words.
    pub why: String,
    /// When (RFC 3339).
    pub at: String,
}
