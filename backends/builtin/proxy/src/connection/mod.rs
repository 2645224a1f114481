//! Connections that came: what they are, whom they are given to, and how they end.

mod accept;
mod inspect;
mod tcp;

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use tokio::sync::Notify;

pub(crate) use accept::accept;
pub(crate) use tcp::decide;

use crate::io::Activity;
use crate::routing::{Facts, ServedChain};
use crate::table::{ClusterId, Direction};
use crate::tls::Peer;
use crate::worker::{Registered, Worker};

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It goes on.
    Open,
    /// It ends when what is under way has ended.
    Draining,
    /// It ends.
    Closed,
}

/// One connection.
pub(crate) struct Connection {
    pub(crate) worker: Rc<Worker>,
    /// The name of the listener that it came to.
    pub(crate) listener: Arc<str>,
    pub(crate) direction: Direction,
    pub(crate) remote: SocketAddr,
    pub(crate) facts: Facts,
    /// Who the caller has proven to be; `None`: nobody, in plain.
    pub(crate) peer: Option<Peer>,
    pub(crate) activity: Arc<Activity>,
    chain: RefCell<Arc<ServedChain>>,
    phase: Cell<Phase>,
    /// What was last told of the phase.
    told: Cell<Phase>,
    changed: Notify,
    /// What it serves is no longer there, or not for this caller.
    revoked: Cell<bool>,
    /// Where a connection of bytes goes.
    goes_to: Cell<Option<ClusterId>>,
    /// As long as this is held it can be told to end.
    registered: RefCell<Weak<Registered>>,
}

impl Connection {
    pub(crate) fn new(
        worker: Rc<Worker>,
        (listener, direction): (Arc<str>, Direction),
        (remote, facts): (SocketAddr, Facts),
        peer: Option<Peer>,
        chain: Arc<ServedChain>,
        activity: Arc<Activity>,
    ) -> Self {
        let chain = RefCell::new(chain);
        let (phase, told) = (Cell::new(Phase::Open), Cell::new(Phase::Open));
        Self {
            worker,
            listener,
            direction,
            remote,
            facts,
            peer,
            activity,
            chain,
            phase,
            told,
            changed: Notify::new(),
            revoked: Cell::new(false),
            goes_to: Cell::new(None),
            registered: RefCell::default(),
        }
    }

    /// What it is given to now.
    pub(crate) fn chain(&self) -> Arc<ServedChain> {
        self.chain.borrow().clone()
    }

    /// It is given to another chain from now on.
    pub(crate) fn set_chain(&self, chain: Arc<ServedChain>) {
        *self.chain.borrow_mut() = chain;
    }

    /// It stays known for as long as this is held.
    pub(crate) fn hold_by(&self, registered: &Rc<Registered>) {
        *self.registered.borrow_mut() = Rc::downgrade(registered);
    }

    /// Holds it, for who goes on with it beyond its requests.
    pub(crate) fn hold(&self) -> Option<Rc<Registered>> {
        self.registered.borrow().upgrade()
    }

    /// Where a connection of bytes goes; `None`: it has not begun to.
    pub(crate) fn goes_to(&self) -> Option<ClusterId> {
        self.goes_to.get()
    }

    pub(crate) fn set_goes_to(&self, cluster: ClusterId) {
        self.goes_to.set(Some(cluster));
    }

    /// Nothing more is served on it; what is under way may end.
    pub(crate) fn revoke(&self) {
        self.revoked.set(true);
        self.end(Phase::Draining);
    }

    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.get()
    }

    /// Lets it end sooner or later.
    pub(crate) fn end(&self, phase: Phase) {
        if phase > self.phase.get() {
            self.phase.set(phase);
            self.changed.notify_waiters();
        }
    }

    /// The next phase, when it comes. One after the other may wait.
    pub(crate) async fn changes(&self) -> Phase {
        loop {
            let changed = self.changed.notified();
            if self.phase.get() > self.told.get() {
                self.told.set(self.phase.get());
                return self.phase.get();
            }
            changed.await;
        }
    }

    /// When it has to end at once.
    pub(crate) async fn closes(&self) {
        loop {
            let changed = self.changed.notified();
            if self.phase.get() == Phase::Closed {
                return;
            }
            changed.await;
        }
    }
}
