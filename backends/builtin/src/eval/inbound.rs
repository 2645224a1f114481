//! The proxy of the workload that is called: whether it lets a call through.

use std::collections::BTreeMap;

use meshglot_translator::eval::{Fraction, Inventory, Outcome, Verdict};
use meshglot_translator::ir::{Kind, ObjectKey};

use super::chain::{Chain, End};
use super::cluster::{Cluster, Kind as From};
use super::fields::Read;
use super::identity::Peer;
use super::listener::Dialled;
use super::manager::Manager;
use super::matcher::Message;
use super::outbound::answered;
use super::rbac::{Ruling, Subject};
use super::resources::{Resources, Set, known};
use super::route::Action;
use super::said::Said;
use super::tls::{Socket, Tls};

/// A call on the way to a workload.
#[derive(Clone, Copy)]
pub(super) struct Arrival<'a> {
    /// The workload.
    pub(super) workload: &'a ObjectKey,
    /// The container port.
    pub(super) port: u16,
    /// The caller's end of mutual TLS; `None`: plain.
    pub(super) tls: Option<&'a Tls>,
    /// Who calls, if it shows a certificate.
    pub(super) caller: &'a Peer,
    /// What is said. Proxies on the way have written the path as this one would.
    pub(super) said: &'a Said<'a>,
}

/// How a call ends, and by which rule.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) share: Fraction,
    pub(super) rule: Option<String>,
}

impl Answer {
    pub(super) fn new(outcome: Outcome, rule: Option<String>) -> Self {
        Self { outcome, share: Fraction::ONE, rule }
    }

    pub(super) fn ended(verdict: Verdict, rule: Option<String>) -> Self {
        Self::new(Outcome::Ended(verdict), rule)
    }
}

/// Names of workloads in the resources: a later kind of one name has the kind in its name.
pub(super) fn names(inventory: &Inventory) -> BTreeMap<ObjectKey, String> {
    const KINDS: [Kind; 8] =
        [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Job, Kind::CronJob, Kind::Pod, Kind::Workload];
    let mut names = BTreeMap::new();
    let mut taken = std::collections::BTreeSet::new();
    for kind in KINDS {
        for workload in inventory.workloads().iter().filter(|workload| workload.key.kind == kind) {
            let key = &workload.key;
            let plain = format!("{}/{}", key.namespace, key.name);
            let name = if taken.insert(plain.clone()) { plain } else { format!("{plain}~{}", kind.name()) };
            names.insert(key.clone(), name);
        }
    }
    names
}

/// What becomes of a call that arrives at a workload with the resources of `set`.
pub(super) fn arrive(resources: &Resources, set: Option<&Set>, arrival: Arrival<'_>) -> Read<Answer> {
    let Some((set, listener)) = set.and_then(|set| Some((set, set.listener("inbound")?))) else {
        // Without a proxy it answers everybody, but does not speak the mesh's TLS.
        return Ok(match arrival.tls {
            None => Answer::new(Outcome::Workload(arrival.workload.clone()), None),
            Some(_) => Answer::ended(Verdict::Error, None),
        });
    };
    let listener = listener?;
    // Nobody is there, unless the application itself is.
    if !listener.hears(arrival.port) {
        return Err("a port that the proxy does not listen at is not modelled".to_owned());
    }
    let dialled =
        Dialled { address: None, port: arrival.port, tls: arrival.tls.map(|tls| tls.alpn.as_slice()), http: arrival.said.is_http() };
    let Some(chain) = listener.chain(dialled)?.or(listener.rest()) else { return Ok(Answer::ended(Verdict::Deny, None)) };
    Door { resources, set, arrival, chain }.enter()
}

/// The chain that a call has taken.
struct Door<'a> {
    resources: &'a Resources,
    set: &'a Set,
    arrival: Arrival<'a>,
    chain: &'a Chain,
}

impl Door<'_> {
    fn enter(&self) -> Read<Answer> {
        let nobody = Peer::nobody();
        // `sealed`: what comes through is still the caller's TLS.
        let (peer, sealed) = match (known(&self.chain.socket)?, self.arrival.tls) {
            (Socket::Tls(_), None) => return Ok(self.ended(Verdict::Deny)),
            (Socket::Tls(own), Some(theirs)) => {
                if !own.agrees_with(theirs) || !own.accepts(self.arrival.caller)? {
                    return Ok(self.ended(Verdict::Deny));
                }
                (self.arrival.caller, false)
            }
            (Socket::Plain, theirs) => (&nobody, theirs.is_some()),
        };
        let filters = known(&self.chain.filters)?;
        let subject = Subject { message: None, peer, port: self.arrival.port };
        let mut by = None;
        for rbac in &filters.rbac {
            match rbac.decide(subject)? {
                Ruling::Refuse(key) => return Ok(Answer::ended(Verdict::Deny, key.or_else(|| Some(self.chain.name.clone())))),
                Ruling::Pass(key) => by = by.or(key),
            }
        }
        match &filters.end {
            End::Tcp(clusters) => {
                let [(name, _)] = clusters.as_slice() else { return Err("several clusters at a workload are not modelled".to_owned()) };
                match self.cluster(name)? {
                    // No address, so that connections are closed.
                    Some(cluster) if cluster.kind == From::Written(Vec::new()) => Ok(self.ended(Verdict::Deny)),
                    cluster if !sealed => self.application(name, cluster, by),
                    _ => Ok(self.ended(Verdict::Error)),
                }
            }
            End::Http(_) if sealed => Ok(self.ended(Verdict::Error)),
            End::Http(manager) => match self.arrival.said {
                Said::Request(message) => self.request(manager, message, peer, by),
                Said::Refused => Ok(Answer::ended(Verdict::Error, Some("path".to_owned()))),
                Said::Bytes => Ok(self.ended(Verdict::Error)),
                Said::Unknown(why) => Err((*why).to_owned()),
            },
        }
    }

    fn request(&self, manager: &Manager, message: &Message<'_>, peer: &Peer, by: Option<String>) -> Read<Answer> {
        let subject = Subject { message: Some(message), peer, port: self.arrival.port };
        let routes = self.set.routes.get(&manager.routes).map(known).transpose()?;
        let route = match routes {
            Some(routes) => routes.find(message)?,
            None => None,
        };
        let overrides = match (route, routes) {
            (Some(route), Some(routes)) => vec![&route.overrides, &routes.overrides],
            // What a virtual host says to filters reaches them by a route only.
            _ => Vec::new(),
        };
        let by = match manager.decide(&overrides, subject)? {
            Ruling::Refuse(key) => return Ok(Answer::ended(Verdict::Deny, key)),
            Ruling::Pass(key) => key.or(by),
        };
        let Some(route) = route else { return Ok(Answer::ended(Verdict::NoRoute, by)) };
        match known(&route.action)? {
            Action::Answer(status) => Ok(Answer::ended(answered(*status)?, Some(route.name.clone()))),
            Action::Clusters(clusters) => match clusters.as_slice() {
                [(name, _)] => self.application(name, self.cluster(name)?, by),
                _ => Err("several clusters at a workload are not modelled".to_owned()),
            },
        }
    }

    fn cluster(&self, name: &str) -> Read<Option<&Cluster>> {
        let found = self.set.clusters.get(name).or_else(|| self.resources.shared.clusters.get(name));
        found.map(known).transpose()
    }

    /// Whether a cluster is the application on the port that was called.
    fn application(&self, name: &str, cluster: Option<&Cluster>, by: Option<String>) -> Read<Answer> {
        let Some(cluster) = cluster else { return Ok(self.ended(Verdict::Error)) };
        if cluster.socket(&[], false).tls().is_some() {
            return Err(format!("TLS to the application, as cluster {name} speaks it, is not modelled"));
        }
        let answers = Answer::new(Outcome::Workload(self.arrival.workload.clone()), by);
        match &cluster.kind {
            From::Called => Ok(answers),
            From::Written(addresses) => match addresses.as_slice() {
                [] => Ok(self.ended(Verdict::Error)),
                [(address, port)] if address == "127.0.0.1" && *port == self.arrival.port => Ok(answers),
                _ => Err(format!("cluster {name} is not the application on the port that was called")),
            },
            From::Assigned => Err(format!("cluster {name} is not the application")),
        }
    }

    fn ended(&self, verdict: Verdict) -> Answer {
        Answer::ended(verdict, Some(self.chain.name.clone()))
    }
}
