//! Types that several kinds share: durations, ports, names, selectors.
//!
//! They carry text as it was written; the translator checks meaning and makes model types of them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Form of a [`Duration`] (Gateway API GEP-2257).
pub(crate) const DURATION: &str = "^([0-9]{1,5}(h|m|s|ms)){1,4}$";
/// Form of a [`Host`], with a wildcard.
pub(crate) const HOST: &str = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// Form of a [`HostName`] and an [`ObjectName`].
pub(crate) const HOST_NAME: &str = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
/// Form of a [`DnsLabel`].
pub(crate) const DNS_LABEL: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
/// Form of a [`Cidr`]; masks are checked by the resolver.
pub(crate) const CIDR: &str = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$";
/// Form of a [`HeaderName`] (RFC 9110 token).
pub(crate) const HEADER_NAME: &str = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";
/// Form of a [`LossCode`].
pub(crate) const LOSS_CODE: &str = "^MG[0-9]{4}$";

/// Patterns whose refusal is not MG0010 (malformed name, host, address or URL).
pub(crate) const PATTERN_CODES: [(&str, &str); 3] = [(DURATION, "MG0008"), (HEADER_NAME, "MG0011"), (LOSS_CODE, "MG0007")];

/// Declares a string on the wire with a form and a greatest length.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $pattern:expr, $max:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(extend("pattern" = $pattern, "maxLength" = $max))]
        pub struct $name(pub String);
    };
}

text! {
    /// A duration as numbers with the units h, m, s, ms: `250ms`, `1m30s`. At most four parts of five digits (MG0008).
    Duration, DURATION, 24
}
text! {
    /// A DNS name in lower case, which may begin with `*.` for one label or more (MG0010).
    Host, HOST, 253
}
text! {
    /// A DNS name in lower case, without wildcard (MG0010).
    HostName, HOST_NAME, 253
}
text! {
    /// Name of a Kubernetes object: a DNS subdomain in lower case (MG0010).
    ObjectName, HOST_NAME, 253
}
text! {
    /// A DNS label: lower case letters, digits and `-`, at most 63 characters (MG0010).
    DnsLabel, DNS_LABEL, 63
}
text! {
    /// A network as address and mask length: `10.0.0.0/8`, `fd00::/8` (MG0010).
    Cidr, CIDR, 49
}
text! {
    /// Name of an HTTP header, in any case (MG0011).
    HeaderName, HEADER_NAME, 253
}
text! {
    /// Code of a loss: `MG1104` (MG0007).
    LossCode, LOSS_CODE, 6
}

/// A port number, 1 to 65535 (MG0303).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("minimum" = 1))]
pub struct Port(pub u16);

/// A whole number, or a string.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = int_or_string)]
pub enum IntOrString {
    /// Written as a whole number.
    Int(i64),
    /// Written as a string.
    String(String),
}

fn int_or_string(schema: &mut schemars::Schema) {
    schema.remove("anyOf");
    schema.insert("x-kubernetes-int-or-string".into(), true.into());
}

/// A Kubernetes label selector; all its parts must hold. An empty one selects everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-map-type" = "atomic"))]
pub struct Selector {
    /// Labels that must be there with exactly these values. Absent: none asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub match_labels: Option<BTreeMap<String, String>>,
    /// Conditions on labels, all of which must hold. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 0))]
    pub match_expressions: Option<Vec<SelectorRequirement>>,
}

/// One condition on a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SelectorRequirement {
    /// Key of the label.
    pub key: String,
    /// How the label is compared with `values`.
    pub operator: SelectorOperator,
    /// Values for `In` and `NotIn`, at least one; none for the other operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 0))]
    pub values: Option<Vec<String>>,
}

/// How a label is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SelectorOperator {
    /// The label is there with one of the values.
    In,
    /// The label is missing or has none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is missing.
    DoesNotExist,
}
