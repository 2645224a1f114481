//! Services as they are called: their ports, what routes they have, and who is behind them.

use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;

use super::annotation::Wait;
use super::plan::Plan;

/// A Service.
#[derive(Debug)]
pub(super) struct ServiceEntry {
    /// Calls go straight to pods: no route is attached to a Service without an address of its own.
    pub headless: bool,
    /// An alias, or something that this reading does not know.
    pub unread: bool,
    /// Namespaces with a ServiceProfile that replaces all routes, for callers there and, from the Service's own, for
    /// all.
    pub profiles: Vec<Arc<str>>,
    /// From its timeout annotations.
    pub wait: Wait,
    pub ports: Vec<ServicePortEntry>,
}

/// A port of a Service.
#[derive(Debug)]
pub(super) struct ServicePortEntry {
    pub number: u16,
    /// For callers of most namespaces.
    pub plan: Plan,
    /// For callers of namespaces that have routes of their own for it.
    pub consumers: Vec<(Arc<str>, Plan)>,
    /// One per workload.
    pub endpoints: Vec<Endpoint>,
    /// `false` if no workload is known behind the Service; others may be there.
    pub pods_known: bool,
}

/// Pods of one workload.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub workload: ObjectKey,
    /// By index; `None` if no proxy is in the way.
    pub inbound: Option<usize>,
}

impl ServiceEntry {
    pub(super) fn port(&self, number: u16) -> Option<&ServicePortEntry> {
        self.ports.iter().find(|port| port.number == number)
    }
}

impl ServicePortEntry {
    pub(super) fn plan_for(&self, namespace: &str) -> &Plan {
        self.consumers.iter().find(|(consumer, _)| &**consumer == namespace).map_or(&self.plan, |(_, plan)| plan)
    }
}
