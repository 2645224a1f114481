//! What comes into force on a thread.

use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::listening::Listening;
use crate::connection::{Connection, Phase, decide};
use crate::routing::{ServedAction, ServedChain, ServedListener, ServedRoutes};
use crate::table::{Assignment, Cluster, ClusterId, RouteId};
use crate::tls::Identity;
use crate::upstream::{ClusterShared, Upstream};

/// How long requests may go on whose connection may not: as long as Envoy drains.
const REVOKED: Duration = Duration::from_secs(2);

/// One change.
#[derive(Clone)]
pub(crate) enum Change {
    /// The proxy has another certificate, or trusts other roots.
    Identity(Arc<Identity>),
    /// A cluster is so now.
    Cluster(ClusterChange),
    /// A cluster is gone.
    ClusterGone(ClusterId),
    /// Routes are so now; `None`: they are gone.
    Routes(RouteId, Option<Arc<ServedRoutes>>),
    /// A listener is so now.
    Listener(ListenerChange),
    /// A listener is gone.
    ListenerGone(Arc<str>),
}

/// What a cluster is.
#[derive(Clone)]
pub(crate) struct ClusterChange {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) shared: Arc<ClusterShared>,
    pub(crate) assignment: Option<Arc<Assignment>>,
}

/// What a listener is.
#[derive(Clone)]
pub(crate) struct ListenerChange {
    pub(crate) served: Arc<ServedListener>,
    /// The thread's own sockets, one for each address; empty: those that it has.
    pub(crate) sockets: Arc<Vec<TcpListener>>,
}

impl Worker {
    /// Puts changes into force, in their order.
    pub(super) fn apply(self: &Rc<Self>, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Identity(identity) => {
                    self.connector.set_identity(identity);
                    self.server_configs.borrow_mut().clear();
                }
                Change::Cluster(change) => {
                    let ClusterChange { cluster, shared, assignment } = change;
                    let id = cluster.id;
                    let before = self.upstream(id);
                    let upstream = Upstream::new(cluster, shared, self.connector.clone(), assignment.as_deref(), before.as_deref());
                    put(&mut self.clusters.borrow_mut(), id.0, Some(Rc::new(upstream)));
                }
                Change::ClusterGone(id) => put(&mut self.clusters.borrow_mut(), id.0, None),
                Change::Routes(id, routes) => put(&mut self.routes.borrow_mut(), id.0, routes),
                Change::Listener(change) => self.listen(change),
                Change::ListenerGone(name) => {
                    drop(self.listeners.borrow_mut().remove(&name));
                    self.settle(&name, None);
                }
            }
        }
    }

    fn listen(self: &Rc<Self>, change: ListenerChange) {
        let ListenerChange { served, sockets } = change;
        let name = served.listener.name.clone();
        {
            let mut listeners = self.listeners.borrow_mut();
            if sockets.is_empty() {
                if let Some(listening) = listeners.get_mut(&name) {
                    listening.set(served.clone());
                }
            } else {
                // Those of before end with this.
                listeners.insert(name.clone(), Listening::start(self, served.clone(), &sockets));
            }
        }
        // Those that are still in use are made again when somebody comes.
        self.server_configs.borrow_mut().clear();
        self.settle(&name, Some(&served));
    }

    /// Gives open connections of a listener to the chains that they now belong to, and ends those that belong to none.
    fn settle(&self, name: &str, served: Option<&Arc<ServedListener>>) {
        for connection in self.connections.all().into_iter().filter(|connection| &*connection.listener == name) {
            let next = served.and_then(|served| served.choose(&connection.facts));
            let now = connection.chain();
            if next.is_some_and(|next| next.digest == now.digest) {
                continue;
            }
            // Who the caller is was asked under other rules.
            match (&now.action, next.filter(|next| next.admits(connection.peer.as_ref()))) {
                // Each request is asked about anew.
                (ServedAction::Http { .. }, Some(next)) if matches!(next.action, ServedAction::Http { .. }) => {
                    connection.set_chain(next.clone());
                }
                (ServedAction::Http { .. }, _) => {
                    connection.revoke();
                    let connection = connection.clone();
                    drop(tokio::task::spawn_local(async move {
                        tokio::time::sleep(REVOKED).await;
                        connection.end(Phase::Closed);
                    }));
                }
                // It goes where such connections went when it began.
                (ServedAction::Tcp { .. }, Some(next)) if takes_bytes(&connection, next) => connection.set_chain(next.clone()),
                (ServedAction::Tcp { .. }, _) => connection.end(Phase::Closed),
            }
        }
    }
}

/// Whether a chain is one of bytes, and allows this connection.
fn takes_bytes(connection: &Connection, chain: &ServedChain) -> bool {
    match &chain.action {
        ServedAction::Tcp { access, .. } => decide(connection, access).iter().all(|decision| decision.passes),
        ServedAction::Http { .. } => false,
    }
}

fn put<T>(all: &mut Vec<Option<T>>, number: u32, one: Option<T>) {
    let at = number as usize;
    if all.len() <= at {
        all.resize_with(at + 1, || None);
    }
    all[at] = one;
}
