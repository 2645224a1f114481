//! What is known of every proxy that is connected: whether it has what it should, and what it refused.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::kind::Kind;
use crate::node::Node;
use crate::session::Session;

/// All proxies that are connected.
#[derive(Debug, Default)]
pub struct Proxies(Mutex<BTreeMap<u64, ProxyStatus>>);

/// One proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyStatus {
    /// Who it is.
    pub node: Node,
    /// Its SPIFFE ID, if its certificate has one.
    pub identity: Option<String>,
    /// The version of the software, as it says itself.
    pub agent: String,
    /// Since when it is connected.
    pub since: SystemTime,
    /// The newest [`World`](crate::World) that it was told of.
    pub revision: u64,
    /// Each kind that it asked for.
    pub kinds: BTreeMap<Kind, KindStatus>,
    /// What it refused last, and when.
    pub last_nack: Option<Nack>,
}

/// How far a proxy is with one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindStatus {
    /// Whether it has everything as it is now.
    pub synced: bool,
    /// Whether it has said of everything as it is now that it takes it, or that it does not.
    pub answered: bool,
    /// How many resources it has.
    pub resources: usize,
    /// What it refuses, each with its words.
    pub refused: BTreeMap<String, String>,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nack {
    /// Of what kind.
    pub kind: Kind,
    /// In the proxy's words.
    pub why: String,
    /// When.
    pub at: SystemTime,
}

impl ProxyStatus {
    /// Whether it has all that it asked for, as it is now.
    pub fn is_synced(&self) -> bool {
        self.kinds.values().all(|kind| kind.synced)
    }

    /// Whether it has answered for how it is called, in a world or a later one.
    pub(crate) fn is_guarded(&self, revision: u64) -> bool {
        let answered = |kind| self.kinds.get(&kind).is_none_or(|status| status.answered);
        self.revision >= revision && answered(Kind::Listener) && answered(Kind::Route)
    }
}

impl Proxies {
    /// All of them, by workload and instance.
    pub fn all(&self) -> Vec<ProxyStatus> {
        let mut all: Vec<ProxyStatus> = self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        all.sort_by(|a, b| a.node.cmp(&b.node));
        all
    }

    /// How many are so, without a copy of any.
    pub fn count(&self, is_so: impl Fn(&ProxyStatus) -> bool) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().filter(|status| is_so(status)).count()
    }

    pub(crate) fn enter(&self, stream: u64, status: ProxyStatus) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(stream, status);
    }

    pub(crate) fn leave(&self, stream: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&stream);
    }

    pub(crate) fn note(&self, stream: u64, revision: u64, session: &Session, nack: Option<Nack>) {
        let asked = Kind::ALL.into_iter().filter(|kind| session.asked_for(*kind));
        let kinds = asked.map(|kind| (kind, KindStatus::of(session, kind))).collect();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(status) = all.get_mut(&stream) else { return };
        status.revision = revision;
        status.last_nack = nack.or(status.last_nack.take());
        status.kinds = kinds;
    }
}

impl KindStatus {
    fn of(session: &Session, kind: Kind) -> Self {
        let known = session.known(kind);
        Self {
            synced: session.is_synced(kind),
            answered: session.is_answered(kind),
            resources: known.len(),
            refused: known.refused().map(|(name, why)| (name.to_string(), why.to_owned())).collect(),
        }
    }
}
