//! A call as access rules see it.

use std::net::IpAddr;

use crate::matching::Seen;
use crate::table::{Permission, Policy, Principal};

/// Who calls what.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'r> {
    /// The SPIFFE ID that was proven.
    pub(crate) id: Option<&'r str>,
    /// The address of the TCP peer.
    pub(crate) address: IpAddr,
    /// The port that was called.
    pub(crate) port: u16,
    /// `None`: bytes are called, and conditions on requests do not hold.
    pub(crate) request: Option<Seen<'r>>,
}

impl Policy {
    pub(crate) fn matches(&self, subject: &Subject<'_>) -> bool {
        self.principals.iter().any(|principal| principal.matches(subject))
            && self.permissions.iter().any(|permission| permission.matches(subject))
    }
}

impl Principal {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::And(all) => all.iter().all(|one| one.matches(subject)),
            Self::Or(any) => any.iter().any(|one| one.matches(subject)),
            Self::Not(one) => !one.matches(subject),
            Self::Id(text) => subject.id.is_some_and(|id| text.matches(id.as_bytes())),
            Self::Address(prefix) => prefix.contains(subject.address),
        }
    }
}

impl Permission {
    fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::And(all) => all.iter().all(|one| one.matches(subject)),
            Self::Or(any) => any.iter().any(|one| one.matches(subject)),
            Self::Not(one) => !one.matches(subject),
            Self::Path(path) => subject.request.is_some_and(|request| path.matches(request.path)),
            Self::Header(header) => subject.request.is_some_and(|request| header.matches(&request)),
            Self::Port(port) => *port == subject.port,
        }
    }
}
