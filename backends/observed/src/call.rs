//! One call, as one proxy saw it.

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A request, or a connection of bytes, that has ended. The proxy of the caller and that of the called each see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    /// Grows from call to call, over all proxies; what is missing between two was not asked for, or was lost.
    pub id: u64,
    /// When it began (RFC 3339, milliseconds).
    pub at: String,
    /// Whose proxy saw it.
    pub direction: Direction,
    /// Who called.
    pub source: Party,
    /// Who was called.
    pub destination: Party,
    /// What came of it.
    pub verdict: Verdict,
    /// The rule that decided, such as `TrafficTarget/bank/tellers`; absent: none did, so that the default held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// `HTTP/1.1`, `HTTP/2`; absent: bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// Of HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Host and port that the caller named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// With its query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Absent: there was no answer, or it is no HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What the proxy has to say of it, in the words of Envoy's access log, such as `UAEX` or `UF`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<String>,
    /// The same at more length, such as `rbac_access_denied`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// From its head to the last byte of its answer.
    pub duration_ms: u64,
    /// Of the body, from the caller.
    pub bytes_in: u64,
    /// Of the body, to the caller.
    pub bytes_out: u64,
    /// How often it was tried; absent: never, or nobody counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u64>,
}

impl Answer for Call {
    const KIND: &'static str = "Call";
}

/// Whose proxy saw a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// That of the called.
    Inbound,
    /// That of the caller.
    Outbound,
}

/// One end of a call, by as many names as are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Party {
    /// `NAMESPACE/NAME` of the workload; of a caller whose identity several have, there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// `NAMESPACE/NAME` of the Service; where several choose the workload, the one that was called, else the first by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Who it has proven to be, as a SPIFFE ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Of a caller, without its port; of the called, with the port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Party {
    /// Namespace and name of the service account that it has proven to be; `None`: it has proven nothing, or to be something else.
    pub fn account(&self) -> Option<(&str, &str)> {
        account_of(self.identity.as_deref()?.strip_prefix("spiffe://")?)
    }

    /// The best of its names for people: the workload, else the Service, else the service account, else the address.
    pub fn name(&self) -> String {
        let account = self.identity.as_deref().map(|id| id.strip_prefix("spiffe://").unwrap_or(id));
        let account = account.map(|id| match account_of(id) {
            Some((namespace, account)) => format!("{namespace}/{account}"),
            None => id.to_owned(),
        });
        let named = self.workload.clone().or_else(|| self.service.clone()).or(account).or_else(|| self.address.clone());
        named.unwrap_or_else(|| "unknown".to_owned())
    }
}

/// Namespace and name of the service account of `TRUST-DOMAIN/ns/NAMESPACE/sa/NAME`; `None`: it has another form.
fn account_of(id: &str) -> Option<(&str, &str)> {
    match id.split('/').collect::<Vec<_>>()[..] {
        [_, "ns", namespace, "sa", account] => Some((namespace, account)),
        _ => None,
    }
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Policy let it pass, and it was answered with a status below 500.
    Allowed,
    /// Policy did not let it pass.
    Denied,
    /// Policy let it pass, and it was not answered, or with a status from 500 on.
    Failed,
}

impl Verdict {
    /// The word of it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}
