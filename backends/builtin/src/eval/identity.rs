//! Who is at the other end: SPIFFE IDs, and the trust domains that occur in the resources.

use std::collections::{BTreeMap, BTreeSet};

use super::fields::Read;

/// The other end of a connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    /// The ID it may have; several where its trust domain is not known. None: it has no certificate.
    ids: Vec<String>,
}

impl Peer {
    /// Without a certificate.
    pub(super) fn nobody() -> Self {
        Self { ids: Vec::new() }
    }

    /// One of these.
    pub(super) fn of(ids: Vec<String>) -> Self {
        Self { ids }
    }

    /// Whether it has shown a certificate.
    pub(super) fn has_certificate(&self) -> bool {
        !self.ids.is_empty()
    }

    /// Whether its name is so. Unknown where that depends on its trust domain.
    pub(super) fn is(&self, named: impl Fn(&str) -> Read<bool>) -> Read<bool> {
        let Some((first, rest)) = self.ids.split_first() else { return Ok(false) };
        let answer = named(first)?;
        for other in rest {
            if named(other)? != answer {
                return Err(format!("the trust domain of {first} is not known"));
            }
        }
        Ok(answer)
    }
}

/// Trust domains as far as the resources tell.
#[derive(Debug, Default)]
pub(super) struct TrustDomains {
    of_namespace: BTreeMap<String, BTreeSet<String>>,
    all: BTreeSet<String>,
}

impl TrustDomains {
    /// Learns from a SPIFFE ID that a server of this namespace must show.
    pub(super) fn learn(&mut self, namespace: &str, id: &str) {
        if let Some(domain) = id.strip_prefix("spiffe://").and_then(|rest| rest.split('/').next()) {
            self.of_namespace.entry(namespace.to_owned()).or_default().insert(domain.to_owned());
            self.all.insert(domain.to_owned());
        }
    }

    /// Whoever runs as this account.
    pub(super) fn peer(&self, namespace: &str, account: &str) -> Peer {
        let domains = self.of_namespace.get(namespace).unwrap_or(&self.all);
        let id = |domain: &str| format!("spiffe://{domain}/ns/{namespace}/sa/{account}");
        match domains.is_empty() {
            true => Peer::of(vec![id("cluster.local")]),
            false => Peer::of(domains.iter().map(|domain| id(domain)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trust_domain_that_matters_must_be_known() {
        let mut domains = TrustDomains::default();
        let web = |domain: &str| format!("spiffe://{domain}/ns/blog/sa/web");
        assert_eq!(domains.peer("blog", "web").is(|id| Ok(id == web("cluster.local"))), Ok(true));
        domains.learn("shop", "spiffe://one/ns/shop/sa/api");
        assert_eq!(domains.peer("blog", "web").is(|id| Ok(id == web("one"))), Ok(true));
        domains.learn("bank", "spiffe://two/none");
        assert!(domains.peer("blog", "web").is(|id| Ok(id == web("one"))).is_err());
        assert_eq!(domains.peer("blog", "web").is(|_| Ok(false)), Ok(false));
        assert_eq!(domains.peer("shop", "web").is(|id| Ok(id.starts_with("spiffe://one/"))), Ok(true));
    }
}
