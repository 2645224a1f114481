//! The identity of a workload: `spiffe://TRUSTDOMAIN/ns/NAMESPACE/sa/SERVICEACCOUNT`, in this one spelling only.

use std::fmt;
use std::str::FromStr;

use crate::trust_domain::{TrustDomain, TrustDomainError};

/// Longest identity in bytes, as the SPIFFE standard has it.
const MAX_BYTES: usize = 2048;

/// Longest DNS label and longest DNS subdomain, in bytes.
const LABEL_BYTES: usize = 63;
const SUBDOMAIN_BYTES: usize = 253;

/// A SPIFFE identity of a Kubernetes service account. Equal identities are equal byte for byte when written.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpiffeId {
    trust_domain: TrustDomain,
    namespace: String,
    service_account: String,
}

impl SpiffeId {
    /// The identity of a service account: the namespace is a DNS label (1 to 63 bytes), the account a DNS subdomain (1 to 253).
    ///
    /// # Errors
    /// Where one of the names is not such a name.
    pub fn new(trust_domain: TrustDomain, namespace: &str, service_account: &str) -> Result<Self, SpiffeIdError> {
        if namespace.len() > LABEL_BYTES || !is_label(namespace) {
            return Err(SpiffeIdError::Namespace { name: namespace.to_owned() });
        }
        if service_account.len() > SUBDOMAIN_BYTES || !service_account.split('.').all(is_label) {
            return Err(SpiffeIdError::ServiceAccount { name: service_account.to_owned() });
        }
        Ok(Self { trust_domain, namespace: namespace.to_owned(), service_account: service_account.to_owned() })
    }

    /// The trust domain that vouches for it.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// The Kubernetes namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the service account.
    pub fn service_account(&self) -> &str {
        &self.service_account
    }
}

impl FromStr for SpiffeId {
    type Err = SpiffeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > MAX_BYTES {
            return Err(SpiffeIdError::TooLong { bytes: text.len() });
        }
        let mut parts = text.strip_prefix("spiffe://").ok_or_else(|| SpiffeIdError::shape(text))?.split('/');
        let mut part = || parts.next();
        let (Some(domain), Some("ns"), Some(namespace), Some("sa"), Some(account), None) = (part(), part(), part(), part(), part(), part())
        else {
            return Err(SpiffeIdError::shape(text));
        };
        Self::new(domain.parse()?, namespace, account)
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/ns/{}/sa/{}", self.trust_domain, self.namespace, self.service_account)
    }
}

/// Lower-case letters, digits and inner hyphens.
fn is_label(name: &str) -> bool {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    !name.is_empty() && name.bytes().all(plain) && !name.starts_with('-') && !name.ends_with('-')
}

/// Why a text is no identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpiffeIdError {
    /// More than 2048 bytes.
    #[error("the SPIFFE ID has {bytes} bytes: shorten it to at most {MAX_BYTES}")]
    TooLong {
        /// Bytes that were given.
        bytes: usize,
    },
    /// Not the five parts.
    #[error("{text:?} is no workload identity: write `spiffe://TRUSTDOMAIN/ns/NAMESPACE/sa/SERVICEACCOUNT`")]
    Shape {
        /// What was given.
        text: String,
    },
    /// The trust domain is none.
    #[error(transparent)]
    TrustDomain(#[from] TrustDomainError),
    /// The namespace is no DNS label.
    #[error("the namespace {name:?} is no DNS label: use 1 to {LABEL_BYTES} lower-case letters, digits and inner hyphens")]
    Namespace {
        /// What was given.
        name: String,
    },
    /// The service account is no DNS subdomain.
    #[error("the service account {name:?} is no DNS subdomain: use DNS labels joined by dots, at most {SUBDOMAIN_BYTES} bytes")]
    ServiceAccount {
        /// What was given.
        name: String,
    },
}

impl SpiffeIdError {
    fn shape(text: &str) -> Self {
        Self::Shape { text: text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("spiffe://cluster.local/ns/shop/sa/web")]
    #[test_case("spiffe://a_b/ns/0/sa/x.y-z")]
    fn is_one(text: &str) {
        assert_eq!(text.parse::<SpiffeId>().expect("an identity").to_string(), text);
    }

    #[test_case(""; "empty")]
    #[test_case("https://a/ns/b/sa/c"; "scheme")]
    #[test_case("SPIFFE://a/ns/b/sa/c"; "upper case scheme")]
    #[test_case("spiffe://a"; "no path")]
    #[test_case("spiffe://a/"; "empty path")]
    #[test_case("spiffe:///ns/b/sa/c"; "no domain")]
    #[test_case("spiffe://A/ns/b/sa/c"; "upper case domain")]
    #[test_case("spiffe://a:1/ns/b/sa/c"; "port")]
    #[test_case("spiffe://u@a/ns/b/sa/c"; "user")]
    #[test_case("spiffe://a/ns//sa/c"; "empty namespace")]
    #[test_case("spiffe://a/ns/b/sa/"; "empty account")]
    #[test_case("spiffe://a//ns/b/sa/c"; "empty part")]
    #[test_case("spiffe://a/ns/b/sa/c/"; "trailing slash")]
    #[test_case("spiffe://a/ns/b/sa/c/d"; "one part more")]
    #[test_case("spiffe://a/sa/c/ns/b"; "other order")]
    #[test_case("spiffe://a/ns/b.c/sa/d"; "dot in the namespace")]
    #[test_case("spiffe://a/ns/B/sa/c"; "upper case namespace")]
    #[test_case("spiffe://a/ns/-b/sa/c"; "leading hyphen")]
    #[test_case("spiffe://a/ns/b-/sa/c"; "trailing hyphen")]
    #[test_case("spiffe://a/ns/b/sa/c..d"; "empty label")]
    #[test_case("spiffe://a/ns/b/sa/c_d"; "underscore")]
    #[test_case("spiffe://a/ns/b/sa/.."; "parent")]
    #[test_case("spiffe://a/ns/b/sa/c%64"; "percent")]
    #[test_case("spiffe://a/ns/b/sa/c?x=y"; "query")]
    #[test_case("spiffe://a/ns/b/sa/c#x"; "fragment")]
    #[test_case(" spiffe://a/ns/b/sa/c"; "blank")]
    #[test_case("spiffe://a/ns/b/sa/c\n"; "line end")]
    #[test_case("spiffe://a/ns/b/sa/c\0"; "nul")]
    fn is_none(text: &str) {
        assert!(text.parse::<SpiffeId>().is_err());
    }

    #[test]
    fn lengths_are_bounded() {
        let id = |namespace: usize, account: usize| format!("spiffe://a/ns/{}/sa/{}", "b".repeat(namespace), "c".repeat(account));
        assert!(id(63, 253).parse::<SpiffeId>().is_ok());
        assert!(matches!(id(64, 1).parse::<SpiffeId>(), Err(SpiffeIdError::Namespace { .. })));
        assert!(matches!(id(1, 254).parse::<SpiffeId>(), Err(SpiffeIdError::ServiceAccount { .. })));
        assert_eq!(id(1, 2035).parse::<SpiffeId>(), Err(SpiffeIdError::TooLong { bytes: 2054 }));
    }
}
