//! The words of `accessPolicy` and `default-inbound-policy`, and who may call by an authorization.
//!
//! Source: linkerd2 `policy-controller/k8s/index/src/defaults.rs`; linkerd2-proxy
//! `linkerd/app/inbound/src/policy.rs` `is_authorized`.

use std::sync::Arc;

/// One way to be allowed.
#[derive(Clone, Debug)]
pub(super) struct Authorization {
    /// The object that says so; `None`: the default.
    pub label: Option<Arc<str>>,
    /// Whether callers are in its networks; `None`: some may not be.
    pub network: Option<bool>,
    pub who: Who,
}

/// Whom it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    /// TLS of the mesh, whatever the identity.
    Mesh,
    Identities(Identities),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identities {
    pub exact: Vec<String>,
    /// With the dot in front; empty for all.
    pub suffixes: Vec<String>,
}

impl Authorization {
    /// Whether a caller of this identity is allowed; `None` if that depends on its address.
    pub(super) fn allows(&self, identity: Option<&str>) -> Option<bool> {
        let who = match &self.who {
            Who::Anybody => true,
            Who::Mesh => identity.is_some(),
            Who::Identities(wanted) => identity.is_some_and(|identity| wanted.have(identity)),
        };
        if who { self.network } else { Some(false) }
    }
}

impl Identities {
    /// Adds `*`, `*.SUFFIX` or an exact name.
    ///
    /// Source: linkerd2 `policy-controller/core/src/identity_match.rs`.
    pub(super) fn add(&mut self, word: &str) {
        match word.strip_prefix('*') {
            Some("") => self.suffixes.push(String::new()),
            Some(suffix) if suffix.starts_with('.') => self.suffixes.push(suffix.to_owned()),
            _ => self.exact.push(word.to_owned()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.suffixes.is_empty()
    }

    fn have(&self, identity: &str) -> bool {
        self.exact.iter().any(|exact| exact == identity) || self.suffixes.iter().any(|suffix| identity.ends_with(suffix.as_str()))
    }
}

/// Who may call where no policy says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DefaultAccess {
    Deny,
    /// `audit` is open to all, and logs.
    Open {
        authenticated: bool,
    },
}

impl DefaultAccess {
    /// `None` if it is not one of the words. `cluster-*` asks for an address in the cluster's networks, which hold
    /// every pod.
    pub(super) fn read(word: &str) -> Option<Self> {
        match word {
            "deny" => Some(Self::Deny),
            "all-authenticated" | "cluster-authenticated" => Some(Self::Open { authenticated: true }),
            "all-unauthenticated" | "cluster-unauthenticated" | "audit" => Some(Self::Open { authenticated: false }),
            _ => None,
        }
    }

    /// With the caller's identity asked for wherever somebody is let in.
    pub(super) fn authenticated(self) -> Self {
        match self {
            Self::Deny => Self::Deny,
            Self::Open { .. } => Self::Open { authenticated: true },
        }
    }

    pub(super) fn authorization(self, label: Option<Arc<str>>) -> Option<Authorization> {
        let Self::Open { authenticated } = self else { return None };
        let who = match authenticated {
            // Linkerd says it as identity `*`, which callers with a SPIFFE URI do not meet; pods have none.
            true => Who::Identities(Identities { exact: Vec::new(), suffixes: vec![String::new()] }),
            false => Who::Anybody,
        };
        Some(Authorization { label, network: Some(true), who })
    }
}

/// What all identities of an installation end with.
///
/// Source: linkerd2 `policy-controller/k8s/index/src/cluster_info.rs`.
#[derive(Clone, Debug)]
pub(super) struct Names(String);

impl Names {
    /// By the namespace of the control plane and the trust domain.
    pub(super) fn of(control_plane: &str, trust_domain: &str) -> Self {
        Self(format!("serviceaccount.identity.{control_plane}.{trust_domain}"))
    }

    /// The identity of a ServiceAccount.
    pub(super) fn account(&self, namespace: &str, account: &str) -> String {
        format!("{account}.{namespace}.{}", self.0)
    }

    /// What [`Identities::add`] takes for everybody in a namespace.
    pub(super) fn everybody(&self, namespace: &str) -> String {
        format!("*.{namespace}.{}", self.0)
    }
}

impl Default for Names {
    /// As installed by default.
    fn default() -> Self {
        Self::of("linkerd", "cluster.local")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("*", true ; "anybody")]
    #[test_case("*.p.serviceaccount.identity.linkerd.cluster.local", true ; "its namespace")]
    #[test_case("*.q.serviceaccount.identity.linkerd.cluster.local", false ; "another namespace")]
    #[test_case("*.serviceaccount.identity.linkerd.cluster.local", true ; "suffix of any length")]
    #[test_case("*eb.p.serviceaccount.identity.linkerd.cluster.local", false ; "a star stands before a dot")]
    #[test_case("web.p.serviceaccount.identity.linkerd.cluster.local", true ; "exact")]
    #[test_case("spiffe://cluster.local/ns/p/sa/web", false ; "SPIFFE")]
    fn identities(word: &str, want: bool) {
        let mut wanted = Identities::default();
        wanted.add(word);
        let authorization = Authorization { label: None, network: Some(true), who: Who::Identities(wanted) };
        assert_eq!(authorization.allows(Some(&Names::default().account("p", "web"))), Some(want));
        assert_eq!(authorization.allows(None), Some(false));
    }

    #[test_case("deny", None, None ; "deny")]
    #[test_case("all-authenticated", Some(false), Some(true) ; "all authenticated")]
    #[test_case("cluster-authenticated", Some(false), Some(true) ; "cluster authenticated")]
    #[test_case("all-unauthenticated", Some(true), Some(true) ; "all unauthenticated")]
    #[test_case("cluster-unauthenticated", Some(true), Some(true) ; "cluster unauthenticated")]
    #[test_case("audit", Some(true), Some(true) ; "audit")]
    fn words(word: &str, plain: Option<bool>, meshed: Option<bool>) {
        let authorization = DefaultAccess::read(word).expect("a word").authorization(None);
        let allows = |identity| authorization.as_ref().and_then(|a| a.allows(identity));
        assert_eq!((allows(None), allows(Some("web"))), (plain, meshed));
    }
}
