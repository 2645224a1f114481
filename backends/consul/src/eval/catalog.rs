//! The Consul services of an inventory: one flat namespace of names, each with the workloads that bear it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::eval::{Caller, Inventory, Outcome};
use meshglot_translator::ir::{ObjectKey, PodSet, Service};

use super::fields::Read;

/// Namespace and name of a ServiceAccount.
type Account = (Arc<str>, Arc<str>);

/// Prefix of the annotations that become `Service.Meta`.
const META: &str = "consul.hashicorp.com/service-meta-";

/// Names in Consul. The namespace in Kubernetes is no part of them: `shop/web` and `blog/web` are one service.
pub(super) struct Catalog {
    instances: BTreeMap<Arc<str>, Vec<Instance>>,
    names: BTreeMap<ObjectKey, Arc<str>>,
    accounts: BTreeMap<Account, BTreeSet<Arc<str>>>,
    /// Names of Services with pods that have no proxy: whether a caller gets there depends on how it dials.
    bare: BTreeSet<Arc<str>>,
}

/// A workload as an instance of its service; or a Service, where nothing is known about workloads.
pub(super) struct Instance {
    /// What it is when it answers.
    pub(super) answers: Outcome,
    /// `None`: not known.
    meta: Option<BTreeMap<String, String>>,
}

impl Catalog {
    pub(super) fn new(inventory: &Inventory) -> Self {
        let mut catalog = Self { instances: BTreeMap::new(), names: BTreeMap::new(), accounts: BTreeMap::new(), bare: BTreeSet::new() };
        // Of each workload, the Services that select it, and how many each of them selects.
        let mut selecting: Vec<Vec<(&Service, usize)>> = vec![Vec::new(); inventory.workloads().len()];
        for service in inventory.services().iter().filter(|service| registers(service)) {
            let selected = inventory.selected_by(service);
            selected.iter().for_each(|at| selecting[*at].push((service, selected.len())));
        }
        for (workload, of) in inventory.workloads().iter().zip(selecting) {
            let of = of.iter();
            if !is_injected(workload) {
                catalog.bare.extend(of.map(|(service, _)| service.key.name.clone()));
                continue;
            }
            // Of equal numbers, the selector that asks for more is the narrower one.
            let narrowest = of.min_by_key(|(service, selected)| (*selected, usize::MAX - service.selector.len(), &service.key.name));
            let named = workload.annotations.get("consul.hashicorp.com/connect-service").map(|name| Arc::from(name.as_str()));
            let name = named.or_else(|| narrowest.map(|(service, _)| service.key.name.clone()));
            catalog.register(workload, name.unwrap_or_else(|| workload.service_account.clone()));
        }
        // Where nothing is told about pods, that a Service has none is not known either; and one without a selector may
        // have been given its endpoints by hand.
        let untold = |service: &&Arc<Service>| {
            if service.selector.is_empty() { !is_ignored(service) } else { inventory.workloads().is_empty() && registers(service) }
        };
        for service in inventory.services().iter().filter(untold) {
            let instance = Instance { answers: Outcome::Service(service.key.clone()), meta: None };
            catalog.instances.entry(service.key.name.clone()).or_default().push(instance);
        }
        catalog
    }

    fn register(&mut self, workload: &PodSet, name: Arc<str>) {
        let meta = workload.annotations.iter().filter_map(|(key, value)| Some((key.strip_prefix(META)?.to_owned(), value.clone())));
        let instance = Instance { answers: Outcome::Workload(workload.key.clone()), meta: Some(meta.collect()) };
        self.instances.entry(name.clone()).or_default().push(instance);
        self.names.insert(workload.key.clone(), name.clone());
        let account = (workload.key.namespace.clone(), workload.service_account.clone());
        self.accounts.entry(account).or_default().insert(name);
    }

    /// All names with instances.
    pub(super) fn services(&self) -> impl Iterator<Item = &Arc<str>> {
        self.instances.keys()
    }

    /// The instances of a service.
    pub(super) fn instances(&self, service: &str) -> &[Instance] {
        self.instances.get(service).map_or(&[], Vec::as_slice)
    }

    /// Whether pods without a proxy are behind a Service of this name.
    pub(super) fn is_bare(&self, service: &str) -> bool {
        self.bare.contains(service)
    }

    /// The service of a workload; `None` if it has no proxy.
    pub(super) fn name_of(&self, workload: &ObjectKey) -> Option<&Arc<str>> {
        self.names.get(workload)
    }

    /// The names a caller may bear in its certificate: the datacenter and the ServiceAccount are not in it.
    pub(super) fn identities(&self, caller: &Caller) -> BTreeSet<Arc<str>> {
        if let Some(name) = caller.workload.as_ref().and_then(|workload| self.name_of(workload)) {
            return BTreeSet::from([name.clone()]);
        }
        let account = (caller.namespace.clone(), caller.service_account.clone());
        self.accounts.get(&account).cloned().unwrap_or_else(|| BTreeSet::from([caller.service_account.clone()]))
    }
}

impl Instance {
    /// The value of `Service.Meta.KEY`; absent is empty, as in a map of Go.
    pub(super) fn meta(&self, key: &str) -> Read<&str> {
        let meta = self.meta.as_ref().ok_or_else(|| "which subset an instance belongs to is not known".to_owned())?;
        Ok(meta.get(key).map_or("", String::as_str))
    }
}

/// Whether the endpoints of a Service are registered in Consul.
fn registers(service: &Service) -> bool {
    !is_ignored(service) && !service.selector.is_empty()
}

fn is_ignored(service: &Service) -> bool {
    service.external_name || service.labels.get("consul.hashicorp.com/service-ignore").is_some_and(|value| value == "true")
}

pub(super) fn is_injected(workload: &PodSet) -> bool {
    workload.annotations.get("consul.hashicorp.com/connect-inject").is_none_or(|value| value != "false")
}
