//! What is known of each resource, and what of it is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::publisher::Publisher;
use super::sockets::Sockets;
use crate::ads::{Kind, Take};
use crate::decode;
use crate::routing::{ServedListener, ServedRoutes};
use crate::table::{Action, Assignment, Cluster, ClusterId, Direction, Discovery, Listener, Names, RouteAction, RouteId, RouteTable};
use crate::upstream::ClusterShared;
use crate::worker::{Change, ClusterChange, ListenerChange};

/// Resources as they were taken.
pub(crate) struct Config {
    publisher: Arc<Publisher>,
    began: Instant,
    names: Names,
    clusters: BTreeMap<Arc<str>, (Arc<Cluster>, Arc<ClusterShared>)>,
    assignments: BTreeMap<Arc<str>, Arc<Assignment>>,
    routes: BTreeMap<Arc<str>, Routes>,
    listeners: BTreeMap<Arc<str>, Known>,
    sockets: Sockets,
    next: Next,
    /// What the control plane has nothing of any more, and what something in force still leads to: it goes when nothing does.
    gone: BTreeSet<(Kind, Arc<str>)>,
}

/// Routes in force.
struct Routes {
    served: Arc<ServedRoutes>,
    table: RouteTable,
}

/// What comes into force next.
#[derive(Default)]
struct Next {
    /// Those that changed, or whose endpoints did.
    clusters: BTreeSet<Arc<str>>,
    routes: BTreeSet<Arc<str>>,
    listeners_gone: Vec<Arc<str>>,
}

/// A listener.
struct Known {
    /// What serves now; `None`: nothing yet.
    serves: Option<Arc<ServedListener>>,
    /// What is to serve as soon as its routes are there.
    next: Option<Arc<Listener>>,
}

impl Config {
    /// Nothing yet. `began`: when the process did.
    pub(crate) fn new(publisher: Arc<Publisher>, began: Instant) -> Self {
        Self {
            sockets: Sockets::new(publisher.threads()),
            publisher,
            began,
            names: Names::default(),
            clusters: BTreeMap::new(),
            assignments: BTreeMap::new(),
            routes: BTreeMap::new(),
            listeners: BTreeMap::new(),
            next: Next::default(),
            gone: BTreeSet::new(),
        }
    }

    fn take(&mut self, kind: Kind, name: &str, bytes: &[u8]) -> Result<(), String> {
        let refused = |refusal: decode::Refusal| refusal.to_string();
        match kind {
            Kind::Cluster => {
                let cluster = decode::cluster(bytes, &mut self.names).map_err(refused)?;
                same(name, &cluster.name, "name")?;
                let (name, shared) = (cluster.name.clone(), self.clusters.get(name).map(|(_, shared)| shared.clone()));
                self.clusters.insert(name.clone(), (Arc::new(cluster), shared.unwrap_or_default()));
                self.next.clusters.insert(name);
            }
            Kind::Assignment => {
                let (of, assignment) = decode::assignment(bytes).map_err(refused)?;
                same(name, &of, "cluster_name")?;
                self.assignments.insert(of.clone(), Arc::new(assignment));
                self.next.clusters.insert(of);
            }
            Kind::Route => {
                let table = decode::route_table(bytes, &mut self.names).map_err(refused)?;
                same(name, &table.name, "name")?;
                let served = Arc::new(ServedRoutes::new(&table, self.began.elapsed()));
                self.in_force().try_for_each(|listener| fits(listener, &table))?;
                self.next.routes.insert(table.name.clone());
                self.routes.insert(table.name.clone(), Routes { served, table });
            }
            Kind::Listener => {
                let listener = decode::listener(bytes, &mut self.names).map_err(refused)?;
                same(name, &listener.name, "name")?;
                self.routes.values().try_for_each(|routes| fits(&listener, &routes.table))?;
                self.take_listener(listener)?;
            }
        }
        Ok(())
    }

    fn take_listener(&mut self, listener: Listener) -> Result<(), String> {
        for other in self.in_force().filter(|other| other.name != listener.name) {
            if let Some(address) = other.addresses.iter().find(|address| listener.addresses.contains(address)) {
                return Err(format!("address: {address} is where the listener {} listens", other.name));
            }
        }
        self.sockets.listen(&listener.addresses).map_err(|error| format!("address: {error}"))?;
        let known = self.listeners.entry(listener.name.clone()).or_insert(Known { serves: None, next: None });
        known.next = Some(Arc::new(listener));
        Ok(())
    }

    fn is_ready(&self, listener: &Listener) -> bool {
        routes_of(listener).all(|id| self.routes.contains_key(self.names.route_name(id)))
    }

    /// Listeners whose routes are there now.
    fn ready_listeners(&mut self) -> Vec<Arc<ServedListener>> {
        let names = self.listeners.iter().filter(|(_, known)| known.next.as_ref().is_some_and(|next| self.is_ready(next)));
        let names: Vec<Arc<str>> = names.map(|(name, _)| name.clone()).collect();
        let mut ready = Vec::new();
        for name in names {
            let Some(known) = self.listeners.get_mut(&name) else { continue };
            let Some(next) = known.next.take() else { continue };
            let served = Arc::new(ServedListener::new(next, known.serves.as_deref()));
            known.serves = Some(served.clone());
            ready.push(served);
        }
        ready
    }

    /// Drops what is gone and what nothing in force leads to.
    fn let_go(&mut self) -> Vec<Change> {
        if self.gone.is_empty() {
            return Vec::new();
        }
        let mut changes = Vec::new();
        let (routes, clusters): (Vec<_>, Vec<_>) = self.gone.iter().cloned().partition(|(kind, _)| *kind == Kind::Route);
        let led: BTreeSet<RouteId> = self.in_force().flat_map(routes_of).collect();
        for (kind, name) in routes {
            let id = self.names.route(&name);
            if !led.contains(&id) {
                self.routes.remove(&name);
                self.gone.remove(&(kind, name));
                changes.push(Change::Routes(id, None));
            }
        }
        let by_listeners = self.in_force().flat_map(bytes_of);
        let led: BTreeSet<ClusterId> = self.routes.values().flat_map(|routes| clusters_of(&routes.table)).chain(by_listeners).collect();
        for (kind, name) in clusters {
            let id = self.names.cluster(&name);
            if !led.contains(&id) {
                self.clusters.remove(&name);
                self.assignments.remove(&name);
                self.gone.remove(&(kind, name));
                changes.push(Change::ClusterGone(id));
            }
        }
        changes
    }

    /// Listeners that serve now, and those that will.
    fn in_force(&self) -> impl Iterator<Item = &Listener> {
        self.listeners
            .values()
            .flat_map(|known| known.serves.as_ref().map(|served| &*served.listener).into_iter().chain(known.next.as_deref()))
    }

    fn cluster_change(&self, name: &Arc<str>) -> Option<Change> {
        let (cluster, shared) = self.clusters.get(name)?;
        let assignment = self.assignments.get(name).cloned();
        Some(Change::Cluster(ClusterChange { cluster: cluster.clone(), shared: shared.clone(), assignment }))
    }
}

impl Take for Config {
    fn put(&mut self, kind: Kind, name: &str, bytes: &[u8]) -> Result<(), String> {
        self.take(kind, name, bytes)?;
        self.gone.remove(&(kind, name.into()));
        Ok(())
    }

    fn remove(&mut self, kind: Kind, name: &str) {
        match kind {
            Kind::Listener => {
                if let Some((name, _)) = self.listeners.remove_entry(name) {
                    self.next.listeners_gone.push(name);
                }
            }
            // Endpoints go with their cluster. One that has none any more has an assignment without any.
            Kind::Assignment => {}
            Kind::Cluster | Kind::Route => drop(self.gone.insert((kind, name.into()))),
        }
    }

    fn commit(&mut self) {
        let Next { clusters, routes, listeners_gone } = std::mem::take(&mut self.next);
        // Make before break: what is led to, then what leads there, then what nothing leads to any more.
        let mut before: Vec<Change> = clusters.iter().filter_map(|name| self.cluster_change(name)).collect();
        for name in routes {
            before.extend(self.routes.get(&name).map(|routes| Change::Routes(routes.table.id, Some(routes.served.clone()))));
        }
        let listeners = self.ready_listeners();
        let mut after: Vec<Change> =
            listeners_gone.into_iter().filter(|name| !self.listeners.contains_key(name)).map(Change::ListenerGone).collect();
        after.extend(self.let_go());
        let used: BTreeSet<SocketAddr> = self.in_force().flat_map(|listener| listener.addresses.clone()).collect();
        self.sockets.keep(|address| used.contains(address));
        if before.is_empty() && listeners.is_empty() && after.is_empty() {
            return;
        }
        self.publisher.publish(|thread| {
            let listeners = listeners.iter().map(|served| {
                let sockets = self.sockets.of(thread, &served.listener.addresses);
                Change::Listener(ListenerChange { served: served.clone(), sockets })
            });
            before.iter().cloned().chain(listeners).chain(after.iter().cloned()).collect()
        });
    }

    fn wanted(&self, kind: Kind) -> BTreeSet<Arc<str>> {
        match kind {
            Kind::Assignment => {
                let assigned = self.clusters.iter().filter(|(_, (cluster, _))| matches!(cluster.discovery, Discovery::Assigned));
                // Of those that are gone nothing more is to be heard.
                assigned.map(|(name, _)| name.clone()).filter(|name| !self.gone.contains(&(Kind::Cluster, name.clone()))).collect()
            }
            Kind::Route => {
                let ids: BTreeSet<RouteId> = self.in_force().flat_map(routes_of).collect();
                ids.into_iter().map(|id| self.names.route_name(id).clone()).collect()
            }
            Kind::Cluster | Kind::Listener => BTreeSet::new(),
        }
    }
}

/// The routes that a listener's requests take.
fn routes_of(listener: &Listener) -> impl Iterator<Item = RouteId> {
    let chains = listener.chains.iter().chain(&listener.default_chain);
    chains.filter_map(|chain| match &chain.action {
        Action::Http(manager) => Some(manager.routes),
        Action::Tcp(_) => None,
    })
}

/// The clusters that its connections of bytes go to.
fn bytes_of(listener: &Listener) -> impl Iterator<Item = ClusterId> {
    let chains = listener.chains.iter().chain(&listener.default_chain);
    chains.flat_map(|chain| match &chain.action {
        Action::Http(_) => Vec::new(),
        Action::Tcp(proxy) => proxy.shares.clusters().collect(),
    })
}

/// The clusters that requests are sent to, and copies of them.
fn clusters_of(table: &RouteTable) -> impl Iterator<Item = ClusterId> {
    let routes = table.hosts.iter().flat_map(|host| &host.routes);
    let forwards = routes.filter_map(|route| if let RouteAction::Forward(forward) = &route.action { Some(forward) } else { None });
    forwards.flat_map(|forward| forward.shares.clusters().chain(forward.mirrors.iter().map(|mirror| mirror.cluster)))
}

/// Whether the chains that a table is for have the filters that it speaks to.
fn fits(listener: &Listener, table: &RouteTable) -> Result<(), String> {
    let other = match listener.direction {
        Direction::Inbound => Direction::Outbound,
        Direction::Outbound => Direction::Inbound,
    };
    if table.speaks_to(other) && routes_of(listener).any(|id| id == table.id) {
        return Err(format!(
            "typed_per_filter_config: the routes {} speak to filters that the listener {} has not",
            table.name, listener.name
        ));
    }
    Ok(())
}

fn same(asked: &str, said: &str, field: &str) -> Result<(), String> {
    if asked == said { Ok(()) } else { Err(format!("{field}: it says {said:?}, and was asked for as {asked:?}")) }
}
