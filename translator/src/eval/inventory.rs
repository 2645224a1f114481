//! What runs where, for readers of rendered objects: Services and the workloads behind them.

use std::sync::Arc;

use crate::ir::{Kind, Namespace, ObjectKey, PodSet, Service, ServiceKey, ServicePort};
use crate::resolve::{Model, View};

/// Services, workloads and namespaces of a model, by key.
#[derive(Clone, Debug)]
pub struct Inventory {
    services: Vec<Arc<Service>>,
    workloads: Vec<Arc<PodSet>>,
    namespaces: Vec<Arc<Namespace>>,
}

/// A workload behind a Service port, and the container port that calls arrive at.
#[derive(Clone, Debug)]
pub struct Callee {
    /// The workload.
    pub workload: Arc<PodSet>,
    /// Its container port; `None` if the Service's `targetPort` names a port that it does not have.
    pub port: Option<u16>,
}

impl Inventory {
    /// The inventory of a model.
    pub fn of(model: &Model) -> Self {
        let view = View::new(model);
        let service = |key: &ObjectKey| view.service(&ServiceKey { namespace: key.namespace.clone(), name: key.name.clone() });
        let of_kind = |kind: Kind| model.keys().filter(move |key| key.kind == kind);
        let services = of_kind(Kind::Service).filter_map(service).collect();
        let workloads = model.keys().filter(|key| key.kind.runs_pods()).filter_map(|key| view.pods(key)).collect();
        let mut names: Vec<Arc<str>> = of_kind(Kind::Namespace).map(|key| key.name.clone()).collect();
        names.extend(model.keys().filter(|key| !key.namespace.is_empty()).map(|key| key.namespace.clone()));
        names.sort();
        names.dedup();
        let namespaces = names.iter().map(|name| view.namespace(name)).collect();
        Self { services, workloads, namespaces }
    }

    /// What is in namespaces that fulfil a condition.
    #[must_use]
    pub fn within(mut self, wanted: impl Fn(&Arc<str>) -> bool) -> Self {
        self.services.retain(|service| wanted(&service.key.namespace));
        self.workloads.retain(|workload| wanted(&workload.key.namespace));
        self.namespaces.retain(|namespace| wanted(&namespace.name));
        self
    }

    /// All Services, by namespace and name.
    pub fn services(&self) -> &[Arc<Service>] {
        &self.services
    }

    /// All workloads, by kind, namespace and name.
    pub fn workloads(&self) -> &[Arc<PodSet>] {
        &self.workloads
    }

    /// Every namespace that is known or that something known is in, by name.
    pub fn namespaces(&self) -> &[Arc<Namespace>] {
        &self.namespaces
    }

    /// A Service by its key.
    pub fn service(&self, key: &ServiceKey) -> Option<&Arc<Service>> {
        self.services.binary_search_by(|service| service.key.cmp(key)).ok().map(|at| &self.services[at])
    }

    /// A namespace; `None` if nothing is known in it.
    pub fn namespace(&self, name: &str) -> Option<&Arc<Namespace>> {
        self.namespaces.iter().find(|namespace| &*namespace.name == name)
    }

    /// The workloads that a Service selects.
    pub fn behind(&self, service: &Service, port: &ServicePort) -> Vec<Callee> {
        let selected = self.workloads.iter().filter(|workload| workload.is_selected_by(service));
        selected.map(|workload| Callee { port: workload.target(&port.target), workload: workload.clone() }).collect()
    }
}
