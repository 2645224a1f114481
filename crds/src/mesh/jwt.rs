//! Issuers of the tokens that access rules ask for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::{exactly_one, rule};
use crate::shared::{HeaderName, ObjectName};

/// An issuer of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JwtProvider {
    /// Name by which access rules ask for it (MG0108).
    pub name: ObjectName,
    /// Must equal the token's `iss`.
    #[schemars(length(min = 1))]
    pub issuer: String,
    /// One of these must be in the token's `aud`; at most 16. Absent: any audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub audiences: Option<Vec<String>>,
    /// The keys that sign the tokens.
    pub jwks: Jwks,
    /// Header that carries the token alone. Absent: `authorization`, after the word `Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderName>,
}

/// The keys that sign tokens: exactly one of `uri` and `inline` (MG0006).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [exactly_one("jwks", &["uri", "inline"])]))]
pub struct Jwks {
    /// Where the key set is fetched, `https://` only (MG0010).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = [
        rule("self.startsWith('https://')", "MG0010: jwks.uri begins with https://"),
    ]))]
    pub uri: Option<String>,
    /// The key set itself, as JSON text of at most 64 KiB (MG0012).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 65536))]
    pub inline: Option<String>,
}
