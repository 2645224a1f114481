//! What one proxy is sent, and when: it depends on what it asked for, what it has, and what it reads.
//!
//! Nothing here knows of a stream or of protobuf. Of each kind one push is on its way at a time; while its answer is
//! awaited further changes wait and become one. Kinds follow each other in the order of [`Kind`], so that nothing is led
//! to what is not there yet, and what is gone is taken away last, in the opposite order. Addresses alone do not wait for
//! the answer to their clusters.
//!
//! A thousand proxies hear of every edit, most of which are none of their business: a kind is looked through again only
//! after something of it changed, or the proxy said something about it.

mod channel;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::kind::Kind;
use crate::resource::Resource;
use crate::view::View;
use channel::Channel;

pub use channel::{Asked, Known, Wanted};

/// A client that was sent a cluster asks for its addresses at once. One that does not is waited for no longer than this.
const WARMING: Duration = Duration::from_secs(5);

/// One message to a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Of this kind alone.
    pub kind: Kind,
    /// Comes back with the answer; counted from 1 in each session.
    pub nonce: u64,
    /// New to the proxy, or otherwise than it has them; by name.
    pub updates: Vec<Arc<Resource>>,
    /// Gone, or asked for and not there; by name.
    pub removed: Vec<Arc<str>>,
    /// Everything of the kind that the proxy has once it took this push, for clients that are always sent all of it;
    /// nothing for others.
    pub all: Vec<Arc<Resource>>,
}

/// The state of one proxy's stream.
#[derive(Debug)]
pub struct Session {
    view: Arc<View>,
    channels: [Channel; 4],
    nonce: u64,
    /// Clusters or addresses have changed since clusters were last seen to have theirs.
    cold: bool,
    /// Since when clusters wait for their addresses to be asked for.
    warming: Option<Instant>,
}

impl Session {
    /// A proxy that has asked for nothing yet.
    pub fn new(view: Arc<View>) -> Self {
        Self { view, channels: Kind::ALL.map(Channel::new), nonce: 0, cold: true, warming: None }
    }

    /// The proxy asks for more, for less, or says what it has.
    pub fn asks(&mut self, kind: Kind, asked: Asked) {
        self.touches(kind);
        self.channels[kind as usize].asks(asked, &self.view);
    }

    /// The proxy answers a push: it took it, or says why it did not. Whether that was the one on its way: an older one is
    /// of no interest any more.
    pub fn answers(&mut self, kind: Kind, nonce: u64, answer: Result<(), String>) -> bool {
        self.touches(kind);
        self.channels[kind as usize].answers(nonce, answer)
    }

    /// There is something else to read.
    pub fn reads(&mut self, view: Arc<View>) {
        let before = std::mem::replace(&mut self.view, view);
        for kind in Kind::ALL {
            if !before.shares(&self.view, kind) {
                self.touches(kind);
                self.channels[kind as usize].look_again();
            }
        }
    }

    /// What to send now. `None`: nothing, until the proxy answers or asks, or something changes.
    pub fn next(&mut self, now: Instant) -> Option<Push> {
        let mut warms = false;
        for kind in Kind::ALL {
            if warms && kind > Kind::Assignment {
                return None;
            }
            if self.channels[kind as usize].is_waiting() {
                // Envoy answers for clusters once they have their addresses: these must not wait for that answer.
                if kind == Kind::Cluster {
                    warms = true;
                    continue;
                }
                return None;
            }
            let nonce = self.nonce + 1;
            if let Some(push) = self.channels[kind as usize].update(&self.view, nonce) {
                self.nonce = nonce;
                self.touches(kind);
                self.warm_again(&push);
                return Some(push);
            }
            if kind == Kind::Assignment && self.is_warming(now) {
                return None;
            }
        }
        let nonce = self.nonce + 1;
        let removal = Kind::ALL.into_iter().rev().find_map(|kind| self.channels[kind as usize].removal(&self.view, nonce))?;
        self.nonce = nonce;
        Some(removal)
    }

    /// When to ask [`Session::next`] again though nothing happened.
    pub fn wakes(&self) -> Option<Instant> {
        self.warming.map(|since| since + WARMING)
    }

    /// What the proxy has of a kind.
    pub fn known(&self, kind: Kind) -> &Known {
        self.channels[kind as usize].known()
    }

    /// Whether the proxy ever asked for a kind.
    pub fn asked_for(&self, kind: Kind) -> bool {
        self.channels[kind as usize].is_open()
    }

    /// Whether the proxy has everything of a kind as it is now; of what it never asked for it has that.
    pub fn is_synced(&self, kind: Kind) -> bool {
        self.channels[kind as usize].is_synced(&self.view)
    }

    /// Whether the proxy has answered for everything of a kind as it is now, the refused among it.
    pub fn is_answered(&self, kind: Kind) -> bool {
        self.channels[kind as usize].is_answered()
    }

    /// How many names are remembered for the proxy alone.
    pub fn remembered(&self) -> usize {
        self.channels.iter().map(Channel::remembered).sum()
    }

    fn touches(&mut self, kind: Kind) {
        self.cold |= matches!(kind, Kind::Cluster | Kind::Assignment);
    }

    /// A cluster that changes is made anew by the proxy and waits for its addresses once more.
    fn warm_again(&mut self, push: &Push) {
        let names = push.updates.iter().flat_map(|resource| resource.leads_to.iter());
        for (_, name) in names.filter(|(kind, _)| push.kind == Kind::Cluster && *kind == Kind::Assignment) {
            self.channels[Kind::Assignment as usize].repeat(name);
        }
    }

    /// Whether the proxy has clusters whose addresses it is about to ask for: until it has these, routes to them would
    /// fail. A client that asks for routes first and never for clusters is not kept waiting.
    fn is_warming(&mut self, now: Instant) -> bool {
        if !self.cold {
            return false;
        }
        let [clusters, assignments, ..] = &self.channels;
        let awaits = |cluster: &Arc<Resource>| {
            cluster
                .leads_to
                .iter()
                .any(|(kind, name)| *kind == Kind::Assignment && self.view.get(*kind, name).is_some() && !assignments.known().has(name))
        };
        self.cold = self.view.of(Kind::Cluster).any(|cluster| clusters.known().has(&cluster.name) && awaits(cluster));
        if !self.cold {
            self.warming = None;
            return false;
        }
        let since = *self.warming.get_or_insert(now);
        now.duration_since(since) < WARMING
    }
}
