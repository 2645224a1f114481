//! Who calls, as far as policy tells callers apart.

use std::fmt;
use std::sync::Arc;

use crate::eval::Caller;
use crate::ir::{AccountKey, Identity, ObjectKey};
use crate::verify::callers::STRANGER;

/// Callers that are decided alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A ServiceAccount.
    Account(AccountKey),
    /// A SPIFFE ID without `spiffe://`, of another trust domain or of another form.
    Spiffe(Arc<str>),
    /// Anybody else with a proxy and an identity of the mesh.
    Others,
    /// The same of one namespace, where a mesh treats these otherwise than the rest.
    OthersIn(Arc<str>),
    /// Who has no proxy, and so no identity.
    NoProxy,
}

impl Party {
    /// Whom a source of a rule names; the trust domain is that of the workload that is called.
    pub(crate) fn of(source: &Identity, trust_domain: &str) -> Self {
        match source {
            Identity::Account(account) => Self::Account(account.clone()),
            Identity::Spiffe(id) => account_of(id, trust_domain).map_or_else(|| Self::Spiffe(id.clone()), Self::Account),
        }
    }

    /// Its ID, where it is not the one of an account.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Spiffe(id) => Some(id),
            Self::Account(_) | Self::Others | Self::OthersIn(_) | Self::NoProxy => None,
        }
    }

    /// Somebody of this party who calls a Service in a namespace.
    pub(crate) fn caller(&self, namespace: &Arc<str>, workload_of: impl FnOnce(&AccountKey) -> Option<ObjectKey>) -> Caller {
        let stranger = |namespace: &Arc<str>, meshed| Caller {
            namespace: namespace.clone(),
            service_account: STRANGER.into(),
            workload: None,
            meshed,
        };
        match self {
            Self::Account(account) => Caller {
                namespace: account.namespace.clone(),
                service_account: account.name.clone(),
                workload: workload_of(account),
                meshed: true,
            },
            Self::Spiffe(_) | Self::Others => stranger(namespace, true),
            Self::OthersIn(other) => stranger(other, true),
            Self::NoProxy => stranger(namespace, false),
        }
    }
}

/// The account that an ID means in a trust domain.
fn account_of(id: &str, trust_domain: &str) -> Option<AccountKey> {
    let (namespace, name) = id.strip_prefix(trust_domain)?.strip_prefix("/ns/")?.split_once("/sa/")?;
    let plain = |text: &str| !text.is_empty() && !text.contains('/');
    (plain(namespace) && plain(name)).then(|| AccountKey { namespace: namespace.into(), name: name.into() })
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(account) => write!(f, "sa/{account}"),
            Self::Spiffe(id) => write!(f, "spiffe://{id}"),
            Self::Others => f.write_str("(anyone else)"),
            Self::OthersIn(namespace) => write!(f, "(anyone else in {namespace})"),
            Self::NoProxy => f.write_str("(no proxy)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("cluster.local/ns/shop/sa/web", "sa/shop/web" ; "an account of this mesh")]
    #[test_case("partner.example/ns/shop/sa/web", "spiffe://partner.example/ns/shop/sa/web" ; "another trust domain")]
    #[test_case("cluster.local/ns/shop/sa/web/x", "spiffe://cluster.local/ns/shop/sa/web/x" ; "another form")]
    #[test_case("cluster.localx/ns/shop/sa/web", "spiffe://cluster.localx/ns/shop/sa/web" ; "a longer trust domain")]
    fn of_a_source(id: &str, want: &str) {
        assert_eq!(Party::of(&Identity::Spiffe(id.into()), "cluster.local").to_string(), want);
    }
}
