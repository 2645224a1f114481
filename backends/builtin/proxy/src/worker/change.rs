//! What comes into force on a thread.

use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use super::listening::Listening;
use crate::connection::{Connection, Phase, decide};
use crate::routing::{ServedAction, ServedChain, ServedListener, ServedRoutes};
use crate::table::{Assignment, Cluster, ClusterId, Direction, RouteId, TcpProxy};
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
    /// The thread's own sockets, one for each of its addresses.
    pub(crate) sockets: Vec<(SocketAddr, Arc<TcpListener>)>,
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
        let listening = self.listeners.borrow_mut().remove(&name);
        let listening = match listening {
            Some(listening) => listening.again(self, served.clone(), &sockets),
            None => Listening::start(self, served.clone(), &sockets),
        };
        self.listeners.borrow_mut().insert(name.clone(), listening);
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
                // It goes on where it went when it began, which is still one of the places where such connections go.
                (ServedAction::Tcp { .. }, Some(next)) if takes_bytes(&connection, next) => connection.set_chain(next.clone()),
                (ServedAction::Tcp { .. }, _) => connection.end(Phase::Closed),
            }
        }
    }
}

/// Whether a chain is one of bytes, and this connection may go on under it.
fn takes_bytes(connection: &Connection, chain: &ServedChain) -> bool {
    match &chain.action {
        ServedAction::Tcp { proxy, access } => {
            let stays = connection.goes_to().is_none_or(|cluster| stays(connection, cluster, proxy));
            stays && decide(connection, access).iter().all(|decision| decision.passes)
        }
        ServedAction::Http { .. } => false,
    }
}

/// Whether a connection may go on where it goes. Some chains close by leading elsewhere, without any rule.
fn stays(connection: &Connection, cluster: ClusterId, proxy: &TcpProxy) -> bool {
    if proxy.shares.clusters().any(|one| one == cluster) {
        return true;
    }
    match connection.direction {
        // There is one place to go to, and it is another now.
        Direction::Inbound => false,
        // Shares move, and what is under way stays; but not where everything is closed.
        Direction::Outbound => {
            let is_closed = |one| connection.worker.upstream(one).is_some_and(|upstream| upstream.leads_nowhere());
            !proxy.shares.clusters().all(is_closed)
        }
    }
}

fn put<T>(all: &mut Vec<Option<T>>, number: u32, one: Option<T>) {
    let at = number as usize;
    if all.len() <= at {
        all.resize_with(at + 1, || None);
    }
    all[at] = one;
}
