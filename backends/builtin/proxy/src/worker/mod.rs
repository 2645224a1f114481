//! One thread that serves: its sockets, its connections, and what it knows of clusters and routes.

mod change;
mod housekeeping;
mod listening;
mod local;
mod registry;
mod run;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use time::OffsetDateTime;

pub(crate) use change::{Change, ClusterChange, ListenerChange};
pub(crate) use local::Local;
pub(crate) use registry::Registered;
pub(crate) use run::{Command, Thread};

use self::listening::Listening;
use self::registry::Registry;
use crate::connection::Connection;
use crate::io::Seconds;
use crate::observe::{LogSink, Metrics, Tap};
use crate::routing::{ServedListener, ServedRoutes};
use crate::table::{ClusterId, RouteId, ServerTls};
use crate::tls::Identity;
use crate::trace::Spans;
use crate::upstream::{Connector, Upstream};

/// What the connections of a thread share.
pub(crate) struct Worker {
    pub(crate) log: LogSink,
    pub(crate) metrics: Metrics,
    pub(crate) tap: Tap,
    pub(crate) spans: Spans,
    pub(crate) seconds: Arc<Seconds>,
    /// When the process began, by two clocks.
    began: (Instant, OffsetDateTime),
    connector: Rc<Connector>,
    /// By number.
    clusters: RefCell<Vec<Option<Rc<Upstream>>>>,
    routes: RefCell<Vec<Option<Arc<ServedRoutes>>>>,
    listeners: RefCell<HashMap<Arc<str>, Listening>>,
    connections: Registry,
    /// Connections that were accepted and have not ended.
    accepted: Rc<Cell<usize>>,
    /// For each way to end TLS, as long as the identity is the same: with a protocol that is agreed on, and without.
    server_configs: RefCell<HashMap<usize, Ends>>,
}

/// A way to end TLS, and its configurations.
type Ends = (Arc<ServerTls>, [Option<Arc<ServerConfig>>; 2]);

impl Worker {
    fn new((log, metrics, tap): (LogSink, Metrics, Tap), seconds: Arc<Seconds>, began: (Instant, OffsetDateTime)) -> Rc<Self> {
        Rc::new(Self {
            log,
            metrics,
            tap,
            spans: Spans::default(),
            seconds: seconds.clone(),
            began,
            connector: Rc::new(Connector::new(seconds)),
            clusters: RefCell::default(),
            routes: RefCell::default(),
            listeners: RefCell::default(),
            connections: Registry::default(),
            accepted: Rc::default(),
            server_configs: RefCell::default(),
        })
    }

    /// How long the process has been running.
    pub(crate) fn now(&self) -> Duration {
        self.began.0.elapsed()
    }

    /// A moment by the clock of the wall.
    pub(crate) fn wall(&self, moment: Instant) -> OffsetDateTime {
        self.began.1 + moment.saturating_duration_since(self.began.0)
    }

    pub(crate) fn upstream(&self, id: ClusterId) -> Option<Rc<Upstream>> {
        self.clusters.borrow().get(id.0 as usize)?.clone()
    }

    pub(crate) fn routes(&self, id: RouteId) -> Option<Arc<ServedRoutes>> {
        self.routes.borrow().get(id.0 as usize)?.clone()
    }

    /// What a listener is now.
    pub(crate) fn listener(&self, name: &str) -> Option<Arc<ServedListener>> {
        self.listeners.borrow().get(name).map(Listening::served)
    }

    /// How TLS is ended now, and as whom.
    pub(crate) fn server_config(&self, tls: &Arc<ServerTls>, agrees: bool) -> Option<(Arc<Identity>, Arc<ServerConfig>)> {
        let identity = self.connector.identity()?;
        let mut configs = self.server_configs.borrow_mut();
        // Held beside it, so that no other comes to have its address.
        let (_, known) = configs.entry(Arc::as_ptr(tls) as usize).or_insert_with(|| (tls.clone(), [None, None]));
        let known = &mut known[usize::from(agrees)];
        if known.is_none() {
            // The certificate was read when it came, so that it can be used.
            *known = identity.server(tls, agrees).ok();
        }
        known.clone().map(|config| (identity, config))
    }

    /// Counts a connection from when it is accepted for as long as this is held.
    fn coming(&self) -> Coming {
        self.accepted.set(self.accepted.get() + 1);
        Coming(self.accepted.clone())
    }

    /// Looks after a connection for as long as this is held.
    pub(crate) fn register(self: Rc<Self>, connection: &Rc<Connection>) -> Registered {
        Registry::add(self, connection)
    }
}

/// A connection that was accepted.
struct Coming(Rc<Cell<usize>>);

impl Drop for Coming {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
