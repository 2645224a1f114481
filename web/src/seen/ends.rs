//! The ends of calls in terms of the policy: accounts, Services, and whether a proxy stands before them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_observed::{Call, Direction, Party, Proxies, Verdict};
use meshglot_translator::ir::{AccountKey, PodSet, Service, ServiceKey};

use crate::snapshot::Snapshot;

/// Finds them.
pub(crate) struct Ends {
    /// Workloads with a proxy, `NAMESPACE/NAME`.
    meshed: BTreeSet<String>,
    /// Positions of workloads in the inventory by `NAMESPACE/NAME`.
    workloads: BTreeMap<String, usize>,
    snapshot: Arc<Snapshot>,
}

impl Ends {
    /// Of a state of policy and the proxies that run by it.
    pub(crate) fn new(snapshot: &Arc<Snapshot>, proxies: &Proxies) -> Self {
        let connected = proxies.proxies.iter().filter(|one| one.instance.is_some());
        let named = |(at, one): (usize, &Arc<PodSet>)| (format!("{}/{}", one.key.namespace, one.key.name), at);
        Self {
            meshed: connected.map(|one| one.workload.clone()).collect(),
            workloads: snapshot.inventory().workloads().iter().enumerate().map(named).collect(),
            snapshot: snapshot.clone(),
        }
    }

    /// Whether a call is to be told: of those that two proxies see, one.
    pub(crate) fn tells(&self, call: &Call) -> bool {
        match call.direction {
            Direction::Inbound => true,
            // With flags the caller's proxy has answered in place of the called.
            Direction::Outbound => !self.is_meshed(&call.destination) || (call.verdict == Verdict::Failed && call.flags.is_some()),
        }
    }

    /// Whether a proxy stands before it.
    pub(crate) fn is_meshed(&self, party: &Party) -> bool {
        match (&party.workload, self.service(party)) {
            (Some(workload), _) => self.meshed.contains(workload),
            (None, Some(service)) => {
                let behind = self.snapshot.inventory().selected_by(service);
                let workloads = self.snapshot.inventory().workloads();
                behind.into_iter().any(|at| self.meshed.contains(&format!("{}/{}", workloads[at].key.namespace, workloads[at].key.name)))
            }
            (None, None) => false,
        }
    }

    /// The Service of a party, if it is in the input.
    pub(crate) fn service(&self, party: &Party) -> Option<&Arc<Service>> {
        self.snapshot.inventory().service(&service_key(party)?)
    }

    /// The account that a party calls as: by its identity, else that of its workload.
    pub(crate) fn account(&self, party: &Party) -> Option<AccountKey> {
        let proven = party.account().map(|(namespace, name)| AccountKey { namespace: namespace.into(), name: name.into() });
        proven.or_else(|| {
            let at = *self.workloads.get(party.workload.as_deref()?)?;
            let workload = &self.snapshot.inventory().workloads()[at];
            Some(AccountKey { namespace: workload.key.namespace.clone(), name: workload.service_account.clone() })
        })
    }

    /// The port of its Service that was called: by the host that the caller named, else by where that leads, else the only one.
    /// `authority`: `HOST:PORT`.
    pub(crate) fn port(&self, party: &Party, authority: Option<&str>) -> Option<u16> {
        let service = self.service(party)?;
        let number = |text: Option<&str>| text?.rsplit_once(':')?.1.parse::<u16>().ok();
        let dialled = number(authority).filter(|dialled| service.ports.iter().any(|port| port.number == *dialled));
        let reached = || {
            let reached = number(party.address.as_deref())?;
            let leads = |port: &&meshglot_translator::ir::ServicePort| match &port.target {
                meshglot_translator::ir::PortTarget::Number(number) => *number == reached,
                meshglot_translator::ir::PortTarget::Name(_) => false,
            };
            Some(service.ports.iter().find(leads)?.number)
        };
        let only = || if let [port] = &service.ports[..] { Some(port.number) } else { None };
        dialled.or_else(reached).or_else(only)
    }

    /// Whether a workload, `NAMESPACE/NAME`, is behind a Service.
    pub(crate) fn is_behind(&self, workload: &str, service: &ServiceKey) -> bool {
        let Some(service) = self.snapshot.inventory().service(service) else { return false };
        self.workloads.get(workload).is_some_and(|at| self.snapshot.inventory().selected_by(service).contains(at))
    }
}

/// The Service that a party names.
pub(crate) fn service_key(party: &Party) -> Option<ServiceKey> {
    let (namespace, name) = party.service.as_deref()?.split_once('/')?;
    Some(ServiceKey { namespace: namespace.into(), name: name.into() })
}
