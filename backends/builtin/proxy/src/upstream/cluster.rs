//! One cluster as one thread of the proxy knows it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::balance::Balancer;
use super::connect::Connector;
use super::failure::Failure;
use super::host::Host;
use super::permit::{Counted, Permit};
use super::shared::ClusterShared;
use crate::io::{Activity, Stream};
use crate::table::{Assignment, Cluster, Discovery, Encryption, Endpoint};

/// A cluster and its endpoints.
pub(crate) struct Upstream {
    pub(crate) cluster: Arc<Cluster>,
    shared: Arc<ClusterShared>,
    connector: Rc<Connector>,
    balancer: RefCell<Balancer>,
    /// All of them by address; of a cluster that calls what its callers called, those that were called.
    hosts: RefCell<HashMap<SocketAddr, Rc<Host>>>,
}

impl Upstream {
    /// `before`: what it was, whose connections go on.
    pub(crate) fn new(
        cluster: Arc<Cluster>,
        shared: Arc<ClusterShared>,
        connector: Rc<Connector>,
        assignment: Option<&Assignment>,
        before: Option<&Self>,
    ) -> Self {
        let own = match &cluster.discovery {
            Discovery::Static(own) => Some(own),
            Discovery::Assigned => assignment,
            Discovery::OriginalDestination => None,
        };
        // Connections in another way are others.
        let before = before.filter(|before| same_way(&before.cluster.encryption, &cluster.encryption));
        let mut hosts = HashMap::new();
        let mut localities = Vec::new();
        for locality in own.iter().flat_map(|assignment| &assignment.localities) {
            let mut of = Vec::with_capacity(locality.endpoints.len());
            for endpoint in &locality.endpoints {
                let host = Rc::new(host(&cluster, &shared, endpoint, before));
                hosts.insert(endpoint.address, host.clone());
                of.push(host);
            }
            localities.push((locality.priority, of));
        }
        if let (Discovery::OriginalDestination, Some(before)) = (&cluster.discovery, before) {
            hosts.clone_from(&before.hosts.borrow());
        }
        if cluster.outlier.is_some() {
            shared.keep(&hosts.keys().copied().collect::<Vec<_>>());
        }
        let balancer = RefCell::new(Balancer::new(cluster.balancing, localities));
        Self { cluster, shared, connector, balancer, hosts: RefCell::new(hosts) }
    }

    /// The next endpoint. `called`: the address that the caller called; the rest as [`Balancer::pick`] has it.
    pub(crate) fn pick(
        &self,
        called: SocketAddr,
        now: Duration,
        hash: Option<u64>,
        avoid: (&[Rc<Host>], u32),
    ) -> Result<Rc<Host>, Failure> {
        if matches!(self.cluster.discovery, Discovery::OriginalDestination) {
            return Ok(self.called(called));
        }
        self.balancer.borrow().pick(now, hash, avoid).ok_or(Failure::NoEndpoint)
    }

    fn called(&self, address: SocketAddr) -> Rc<Host> {
        let mut hosts = self.hosts.borrow_mut();
        let made = || {
            let tls = match &self.cluster.encryption {
                Encryption::Plain | Encryption::Marked(_) => None,
                Encryption::Always(tls) => Some(tls.clone()),
            };
            Rc::new(Host::new(address, tls, (1, true), None))
        };
        hosts.entry(address).or_insert_with(made).clone()
    }

    /// Whether it is one by which chains are closed: it says itself that it has no endpoint.
    pub(crate) fn leads_nowhere(&self) -> bool {
        matches!(&self.cluster.discovery, Discovery::Static(own) if own.localities.iter().all(|locality| locality.endpoints.is_empty()))
    }

    /// What a request to it may call it: the name of its Service, or its own.
    pub(crate) fn authority(&self) -> String {
        match self.cluster.name.split('/').collect::<Vec<_>>().as_slice() {
            [namespace, service, port] => format!("{service}.{namespace}:{port}"),
            _ => "collector".to_owned(),
        }
    }

    /// Forgets addresses that were called, and that nobody uses.
    pub(crate) fn tidy(&self) {
        if matches!(self.cluster.discovery, Discovery::OriginalDestination) {
            self.hosts.borrow_mut().retain(|_, host| host.active.get() > 0 || Rc::strong_count(host) > 1);
        }
    }

    /// Closes connections that are found idle so many times in a row.
    pub(crate) fn close_idle(&self, most: u32) {
        for host in self.hosts.borrow().values() {
            host.http1.tidy(most);
            host.http2.tidy(most);
        }
    }

    /// A place among as many as the cluster allows.
    pub(crate) fn permit(&self, counted: Counted, force: bool) -> Option<Permit> {
        Permit::take(&self.shared, &self.cluster.limits, counted, force)
    }

    /// A connection to an endpoint.
    pub(crate) async fn connect(&self, host: &Host) -> Result<Stream, Failure> {
        self.connector.connect(host.address, host.tls.as_ref(), self.cluster.connect_timeout, None).await
    }

    /// A connection of bytes, what happens on which is told.
    pub(crate) async fn connect_bytes(&self, host: &Host, activity: Arc<Activity>) -> Result<Stream, Failure> {
        self.connector.connect(host.address, host.tls.as_ref(), self.cluster.connect_timeout, Some(activity)).await
    }

    /// An endpoint answered so; `None`: not at all.
    pub(crate) fn judge(&self, host: &Host, status: Option<http::StatusCode>, now: impl FnOnce() -> Duration) {
        let Some(outlier) = &self.cluster.outlier else { return };
        if status.is_some_and(|status| !status.is_server_error()) {
            return host.succeeded();
        }
        if let Some(ejection) = host.failed(outlier) {
            let now = now();
            let (all, out) = self.balancer.borrow().left_out(now);
            if (out + 1) * 100 <= all * outlier.max_percent as usize {
                ejection.eject(outlier, now);
            }
        }
    }
}

fn host(cluster: &Cluster, shared: &ClusterShared, endpoint: &Endpoint, before: Option<&Upstream>) -> Host {
    let Endpoint { address, is_meshed, is_healthy, weight } = *endpoint;
    let tls = match &cluster.encryption {
        Encryption::Plain => None,
        Encryption::Always(tls) => Some(tls),
        Encryption::Marked(tls) => is_meshed.then_some(tls),
    };
    let ejection = cluster.outlier.is_some().then(|| shared.ejection(address));
    let known = before.and_then(|before| before.hosts.borrow().get(&address).cloned());
    match known.filter(|known| known.tls.is_some() == tls.is_some()) {
        Some(known) => known.again((weight, is_healthy), ejection),
        None => Host::new(address, tls.cloned(), (weight, is_healthy), ejection),
    }
}

fn same_way(one: &Encryption, other: &Encryption) -> bool {
    match (one, other) {
        (Encryption::Plain, Encryption::Plain) => true,
        (Encryption::Always(one), Encryption::Always(other)) | (Encryption::Marked(one), Encryption::Marked(other)) => {
            one.alpn == other.alpn && format!("{:?}", one.peers) == format!("{:?}", other.peers)
        }
        _ => false,
    }
}
