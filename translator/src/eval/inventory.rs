//! What runs where, for readers of rendered objects: Services and the workloads behind them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use crate::ir::{Kind, Namespace, PodSet, Service, ServiceKey, ServicePort};
use crate::resolve::{Model, View};

/// Services, workloads and namespaces of a model, by key.
#[derive(Clone, Debug)]
pub struct Inventory {
    services: Vec<Arc<Service>>,
    workloads: Vec<Arc<PodSet>>,
    namespaces: Vec<Arc<Namespace>>,
    /// Made when it is first asked, for all copies: most questions are about one Service, some about all.
    labelled: Arc<OnceLock<Labelled>>,
}

/// Positions of workloads by namespace and a label of their pods.
type Labelled = HashMap<(Arc<str>, String, String), Vec<usize>>;

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
        let (mut services, mut workloads, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
        for key in model.keys() {
            match key.kind {
                Kind::Namespace => {
                    names.insert(key.name.clone());
                }
                Kind::Service => {
                    services.extend(view.service(&ServiceKey { namespace: key.namespace.clone(), name: key.name.clone() }));
                }
                kind if kind.runs_pods() => workloads.extend(view.pods(key)),
                _ => {}
            }
            if !key.namespace.is_empty() && !names.contains(&key.namespace) {
                names.insert(key.namespace.clone());
            }
        }
        let namespaces = names.iter().map(|name| view.namespace(name)).collect();
        Self { services, workloads, namespaces, labelled: Arc::default() }
    }

    /// What is in namespaces that fulfil a condition.
    #[must_use]
    pub fn within(mut self, wanted: impl Fn(&Arc<str>) -> bool) -> Self {
        self.services.retain(|service| wanted(&service.key.namespace));
        self.workloads.retain(|workload| wanted(&workload.key.namespace));
        self.namespaces.retain(|namespace| wanted(&namespace.name));
        // Positions have changed.
        self.labelled = Arc::default();
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
        self.namespaces.binary_search_by(|namespace| (*namespace.name).cmp(name)).ok().map(|at| &self.namespaces[at])
    }

    /// The positions in [`Inventory::workloads`] of those that a Service selects, in order.
    pub fn selected_by(&self, service: &Service) -> Vec<usize> {
        let labelled = self.labelled.get_or_init(|| labelled(&self.workloads));
        let with = |(name, value): (&String, &String)| {
            labelled.get(&(service.key.namespace.clone(), name.clone(), value.clone())).map_or(&[][..], Vec::as_slice)
        };
        // Whatever has all of the labels has the rarest, which leaves the fewest to look at.
        let rarest = service.selector.iter().map(with).min_by_key(|positions| positions.len()).unwrap_or_default();
        rarest.iter().copied().filter(|position| self.workloads[*position].is_selected_by(service)).collect()
    }

    /// The workloads that a Service selects.
    pub fn behind(&self, service: &Service, port: &ServicePort) -> Vec<Callee> {
        let selected = self.selected_by(service).into_iter().map(|position| &self.workloads[position]);
        selected.map(|workload| Callee { port: workload.target(&port.target), workload: workload.clone() }).collect()
    }
}

fn labelled(workloads: &[Arc<PodSet>]) -> Labelled {
    let mut labelled = Labelled::new();
    for (position, workload) in workloads.iter().enumerate() {
        for (name, value) in &workload.labels {
            labelled.entry((workload.key.namespace.clone(), name.clone(), value.clone())).or_default().push(position);
        }
    }
    labelled
}
