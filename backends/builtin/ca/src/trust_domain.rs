//! The name of a trust domain: who shares it shares the roots.

use std::fmt;
use std::str::FromStr;

/// Longest name in bytes, as the SPIFFE standard has it.
const MAX_BYTES: usize = 255;

/// A trust domain such as `cluster.local`: lower-case letters, digits, `.`, `-` and `_`, up to 255 bytes, no empty part between dots.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrustDomain(String);

impl TrustDomain {
    /// The name alone, without a scheme.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The identity of the domain itself, `spiffe://TRUSTDOMAIN`, which its roots carry.
    pub fn uri(&self) -> String {
        format!("spiffe://{self}")
    }
}

impl FromStr for TrustDomain {
    type Err = TrustDomainError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
        if name.len() > MAX_BYTES {
            return Err(TrustDomainError::TooLong { bytes: name.len() });
        }
        if name.split('.').any(str::is_empty) || !name.bytes().all(plain) {
            return Err(TrustDomainError::Characters { name: name.to_owned() });
        }
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a text names no trust domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustDomainError {
    /// More than 255 bytes.
    #[error("the trust domain has {bytes} bytes: shorten it to at most {MAX_BYTES}")]
    TooLong {
        /// Bytes that were given.
        bytes: usize,
    },
    /// Other characters, or an empty part.
    #[error("the trust domain {name:?} is not one: use lower-case letters, digits, `-` and `_`, in parts joined by single dots")]
    Characters {
        /// What was given.
        name: String,
    },
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("cluster.local")]
    #[test_case("a")]
    #[test_case("prod_eu-1.example")]
    fn is_one(name: &str) {
        let domain: TrustDomain = name.parse().expect("a trust domain");
        assert_eq!((domain.as_str(), domain.uri()), (name, format!("spiffe://{name}")));
    }

    #[test_case(""; "empty")]
    #[test_case("Cluster.local"; "upper case")]
    #[test_case("a..b"; "empty part")]
    #[test_case("a."; "empty end")]
    #[test_case("a:8080"; "port")]
    #[test_case("me@a"; "user")]
    #[test_case("a%20b"; "percent")]
    #[test_case("a/b"; "path")]
    #[test_case("münchen"; "not ascii")]
    fn is_none(name: &str) {
        assert!(matches!(name.parse::<TrustDomain>(), Err(TrustDomainError::Characters { .. })));
    }

    #[test]
    fn its_length_is_bounded() {
        assert!("a".repeat(255).parse::<TrustDomain>().is_ok());
        assert_eq!("a".repeat(256).parse::<TrustDomain>(), Err(TrustDomainError::TooLong { bytes: 256 }));
    }
}
