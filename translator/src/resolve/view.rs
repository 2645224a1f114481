//! A look at the model that remembers what was looked at. The recorded reads are the dependencies of
//! whatever was made from them; nobody keeps a second list.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::access::is_granted;
use super::inventory::implied_namespace;
use super::mesh::{MeshObject, is_ordinary};
use super::model::Model;
use super::object::Object;
use crate::ir::{
    AccountAccess, AccountKey, EndpointSlice, HttpRouteGroup, IdentityBinding, Kind, MeshSettings, Namespace, ObjectKey, PodSet,
    ReferenceGrant, Service, ServiceKey, ServiceRoutes, TcpRoute, TrafficSplit, TrafficTarget, WorkloadAccess,
};
use crate::render::{Report, Target};

/// Something that was read, and that has a different answer when the model changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    /// One object, or that it is absent.
    Object(ObjectKey),
    /// Which splits have this root.
    SplitsOfRoot(ServiceKey),
    /// Which splits send traffic to this Service.
    SplitsUsing(ServiceKey),
    /// Which namespaces have a split of this name.
    SplitsNamed(Arc<str>),
    /// Which namespaces have a Service of this name.
    ServicesNamed(Arc<str>),
    /// Which Services a namespace has.
    ServicesIn(Arc<str>),
    /// Which Services there are.
    Services,
    /// The Services that are more than another name of a host outside, and what they say.
    CallableServices,
    /// The endpoint slices of a Service.
    SlicesOf(ServiceKey),
    /// The workloads of a namespace whose pods have a label, `NAME=VALUE`.
    PodsLabelled(Arc<str>, Arc<str>),
    /// All Meshes.
    Meshes,
    /// Which targets are about this account.
    TargetsOf(AccountKey),
    /// Which workloads run as this account.
    WorkloadsOf(AccountKey),
    /// Which Services of a namespace have this label first in their selector.
    ServicesSelecting(Arc<str>, Arc<str>),
    /// Which ReferenceGrants a namespace has.
    GrantsIn(Arc<str>),
    /// Where calls to a Service go.
    Routes(ServiceKey),
    /// Who may call the workloads of an account.
    Account(AccountKey),
    /// Who may call a workload.
    Access(ObjectKey),
}

/// Reads the model and records it.
#[derive(Debug)]
pub struct View<'m> {
    model: &'m Model,
    reads: RefCell<BTreeSet<Read>>,
    /// The backend that is rendered, and which policy goes to it.
    target: Option<(&'static str, &'m Target)>,
}

impl<'m> View<'m> {
    /// A look at all of a model, whichever mesh policy goes to.
    pub fn new(model: &'m Model) -> Self {
        Self { model, reads: RefCell::default(), target: None }
    }

    /// A look at a model by one backend, which sees the policy that goes to it.
    pub fn for_target(model: &'m Model, backend: &'static str, target: &'m Target) -> Self {
        Self { model, reads: RefCell::default(), target: Some((backend, target)) }
    }

    /// All reads, sorted.
    pub(crate) fn into_reads(self) -> Box<[Read]> {
        self.reads.into_inner().into_iter().collect()
    }

    fn record(&self, read: Read) {
        self.reads.borrow_mut().insert(read);
    }

    fn object(&self, key: ObjectKey) -> Option<&'m Object> {
        let object = self.model.object(&key);
        self.record(Read::Object(key));
        object
    }

    /// Whether an object is written down, valid or not.
    pub fn is_written(&self, key: &ObjectKey) -> bool {
        self.record(Read::Object(key.clone()));
        self.model.document(key).is_some()
    }

    /// A Service, if it is in the inventory.
    pub fn service(&self, key: &ServiceKey) -> Option<Arc<Service>> {
        match self.object(key.object())? {
            Object::Service(service) => Some(service.clone()),
            _ => None,
        }
    }

    /// A split by its key.
    pub fn split(&self, key: &ObjectKey) -> Option<Arc<TrafficSplit>> {
        match self.object(key.clone())? {
            Object::Split(split) => Some(split.clone()),
            _ => None,
        }
    }

    /// An HTTPRouteGroup of a namespace.
    pub fn group(&self, namespace: &Arc<str>, name: &Arc<str>) -> Option<Arc<HttpRouteGroup>> {
        match self.object(ObjectKey { kind: Kind::HttpRouteGroup, namespace: namespace.clone(), name: name.clone() })? {
            Object::Group(group) => Some(group.clone()),
            _ => None,
        }
    }

    /// The splits of a root, by key.
    pub fn splits_of_root(&self, root: &ServiceKey) -> Vec<Arc<TrafficSplit>> {
        self.record(Read::SplitsOfRoot(root.clone()));
        let keys = self.model.index.splits_of_root.get(root);
        keys.into_iter().flatten().filter_map(|key| self.split(key)).collect()
    }

    /// The splits that send traffic to a Service, by key.
    pub fn splits_using(&self, service: &ServiceKey) -> Vec<Arc<TrafficSplit>> {
        self.record(Read::SplitsUsing(service.clone()));
        let keys = self.model.index.splits_using.get(service);
        keys.into_iter().flatten().filter_map(|key| self.split(key)).collect()
    }

    /// All splits of one name, in whatever namespace.
    pub fn splits_named(&self, name: &Arc<str>) -> Vec<Arc<TrafficSplit>> {
        self.record(Read::SplitsNamed(name.clone()));
        let keys = self.model.index.splits_named.get(name);
        keys.into_iter().flatten().filter_map(|key| self.split(key)).collect()
    }

    /// All Services of one name, in whatever namespace.
    pub fn services_named(&self, name: &Arc<str>) -> Vec<ServiceKey> {
        self.record(Read::ServicesNamed(name.clone()));
        self.model.index.services_named.get(name).into_iter().flatten().cloned().collect()
    }

    /// All Services of a namespace.
    pub fn services_in(&self, namespace: &Arc<str>) -> Vec<Arc<Service>> {
        self.record(Read::ServicesIn(namespace.clone()));
        let keys = self.model.keys_in(Kind::Service, namespace);
        keys.filter_map(|key| self.service(&ServiceKey { namespace: key.namespace.clone(), name: key.name.clone() })).collect()
    }

    /// The keys of all Services, by namespace and name.
    pub fn services(&self) -> Vec<ServiceKey> {
        self.record(Read::Services);
        let mut keys: Vec<ServiceKey> = self.model.index.services_named.values().flatten().cloned().collect();
        keys.sort();
        keys
    }

    /// The Services that are more than another name of a host outside, by namespace and name. One read for all of them: whoever asks
    /// needs every one, and would remember each of them for every workload.
    pub fn callable_services(&self) -> Vec<Arc<Service>> {
        self.record(Read::CallableServices);
        let service = |key: &ServiceKey| match self.model.object(&key.object())? {
            Object::Service(service) => Some(service.clone()),
            _ => None,
        };
        self.model.index.callable.iter().filter_map(service).collect()
    }

    /// The endpoint slices of a Service, by name.
    pub fn slices_of(&self, service: &ServiceKey) -> Vec<Arc<EndpointSlice>> {
        self.record(Read::SlicesOf(service.clone()));
        let keys = self.model.index.slices_of.get(service);
        let slice = |key: &ObjectKey| match self.object(key.clone())? {
            Object::Endpoints(slice) => Some(slice.clone()),
            _ => None,
        };
        keys.into_iter().flatten().filter_map(slice).collect()
    }

    /// One workload.
    pub fn pods(&self, key: &ObjectKey) -> Option<Arc<PodSet>> {
        match self.object(key.clone())? {
            Object::Pods(pods) => Some(pods.clone()),
            _ => None,
        }
    }

    /// The workloads that a Service selects, by kind and name; a Service without selector selects none.
    pub fn pods_behind(&self, service: &Service) -> Vec<Arc<PodSet>> {
        if service.selector.is_empty() { Vec::new() } else { self.pods_labelled(&service.key.namespace, &service.selector) }
    }

    /// The workloads of a namespace whose pods have all of these labels, by kind and name; at least one label.
    pub fn pods_labelled(&self, namespace: &Arc<str>, labels: &BTreeMap<String, String>) -> Vec<Arc<PodSet>> {
        let labelled = |(name, value): (&String, &String)| (namespace.clone(), Arc::<str>::from(format!("{name}={value}")));
        let count = |pair: &(Arc<str>, Arc<str>)| self.model.index.pods_labelled.get(pair).map_or(0, BTreeSet::len);
        // Whatever has all of the labels has the rarest, which leaves the fewest to look at.
        let Some(rarest) = labels.iter().map(labelled).min_by_key(count) else { return Vec::new() };
        self.record(Read::PodsLabelled(rarest.0.clone(), rarest.1.clone()));
        let keys = self.model.index.pods_labelled.get(&rarest).into_iter().flatten();
        let has_all = |pods: &Arc<PodSet>| labels.iter().all(|(name, value)| pods.labels.get(name) == Some(value));
        keys.filter_map(|key| self.pods(key)).filter(has_all).collect()
    }

    /// The Services that select a workload, by name.
    pub fn services_selecting(&self, workload: &PodSet) -> Vec<Arc<Service>> {
        let mut found = BTreeSet::new();
        for (name, value) in &workload.labels {
            let pair = (workload.key.namespace.clone(), Arc::<str>::from(format!("{name}={value}")));
            found.extend(self.model.index.services_selecting.get(&pair).into_iter().flatten().cloned());
            self.record(Read::ServicesSelecting(pair.0, pair.1));
        }
        found.iter().filter_map(|key| self.service(key)).filter(|service| workload.is_selected_by(service)).collect()
    }

    /// The workloads that run as an account, by kind and name.
    pub fn workloads_of(&self, account: &AccountKey) -> Vec<Arc<PodSet>> {
        self.record(Read::WorkloadsOf(account.clone()));
        self.model.index.workloads_of.get(account).into_iter().flatten().filter_map(|key| self.pods(key)).collect()
    }

    /// The targets that are about an account, by key.
    pub fn targets_of(&self, account: &AccountKey) -> Vec<Arc<TrafficTarget>> {
        self.record(Read::TargetsOf(account.clone()));
        let target = |key: &ObjectKey| match self.object(key.clone())? {
            Object::Target(target) => Some(target.clone()),
            _ => None,
        };
        self.model.index.targets_of.get(account).into_iter().flatten().filter_map(target).collect()
    }

    /// The keys of the targets that are about an account and may be; what they say is not read.
    pub fn target_keys_of(&self, account: &AccountKey) -> Vec<ObjectKey> {
        self.record(Read::TargetsOf(account.clone()));
        let keys = self.model.index.targets_of.get(account).into_iter().flatten();
        keys.filter(|key| is_granted(&key.namespace, account, self)).cloned().collect()
    }

    /// A target by its key.
    pub fn target(&self, key: &ObjectKey) -> Option<Arc<TrafficTarget>> {
        match self.object(key.clone())? {
            Object::Target(target) => Some(target.clone()),
            _ => None,
        }
    }

    /// The ReferenceGrants of a namespace.
    pub fn grants_in(&self, namespace: &Arc<str>) -> Vec<Arc<ReferenceGrant>> {
        self.record(Read::GrantsIn(namespace.clone()));
        let grant = |key: &ObjectKey| match self.object(key.clone())? {
            Object::Grant(grant) => Some(grant.clone()),
            _ => None,
        };
        self.model.keys_in(Kind::ReferenceGrant, namespace).filter_map(grant).collect()
    }

    /// A TCPRoute of a namespace.
    pub fn tcp_route(&self, namespace: &Arc<str>, name: &Arc<str>) -> Option<Arc<TcpRoute>> {
        match self.object(ObjectKey { kind: Kind::TcpRoute, namespace: namespace.clone(), name: name.clone() })? {
            Object::TcpRoute(route) => Some(route.clone()),
            _ => None,
        }
    }

    /// An IdentityBinding of a namespace.
    pub fn binding(&self, namespace: &Arc<str>, name: &Arc<str>) -> Option<Arc<IdentityBinding>> {
        match self.object(ObjectKey { kind: Kind::IdentityBinding, namespace: namespace.clone(), name: name.clone() })? {
            Object::Binding(binding) => Some(binding.clone()),
            _ => None,
        }
    }

    /// The accounts of the pods with these labels; `None` if other pods run as one of them.
    pub fn accounts_of_pods(&self, namespace: &Arc<str>, labels: &BTreeMap<String, String>) -> Option<BTreeSet<AccountKey>> {
        let picked = self.pods_labelled(namespace, labels);
        let account = |pods: &Arc<PodSet>| AccountKey { namespace: namespace.clone(), name: pods.service_account.clone() };
        let accounts: BTreeSet<AccountKey> = picked.iter().map(account).collect();
        let whole = |account: &AccountKey| self.workloads_of(account).iter().all(|pods| picked.iter().any(|one| one.key == pods.key));
        (!accounts.is_empty() && accounts.iter().all(whole)).then_some(accounts)
    }

    /// Who may call the workloads of an account.
    pub fn account_access(&self, account: &AccountKey) -> Arc<AccountAccess> {
        self.record(Read::Account(account.clone()));
        self.model.account_access(account)
    }

    /// Who may call a workload; `None` if it runs on no Mesh.
    pub fn access(&self, workload: &Arc<PodSet>) -> Option<Arc<WorkloadAccess>> {
        let mesh = self.mesh_of(&workload.key.namespace)?;
        self.record(Read::Access(workload.key.clone()));
        Some(self.model.workload_access(workload, &mesh))
    }

    /// A namespace; one that nobody wrote down has its implied label only.
    pub fn namespace(&self, name: &Arc<str>) -> Arc<Namespace> {
        match self.object(ObjectKey { kind: Kind::Namespace, namespace: "".into(), name: name.clone() }) {
            Some(Object::Namespace(namespace)) => namespace.clone(),
            _ => Arc::new(implied_namespace(name)),
        }
    }

    /// Whether somebody wrote a namespace or a Service in it down.
    pub fn is_known_namespace(&self, name: &Arc<str>) -> bool {
        let key = ObjectKey { kind: Kind::Namespace, namespace: "".into(), name: name.clone() };
        self.object(key).is_some() || !self.services_in(name).is_empty()
    }

    /// Where calls to a Service go.
    pub fn routes(&self, root: &ServiceKey) -> Arc<ServiceRoutes> {
        self.record(Read::Routes(root.clone()));
        self.model.routes(root)
    }

    /// Meshes that select a namespace; the first has it.
    pub(crate) fn meshes_selecting(&self, namespace: &Arc<str>) -> Vec<Arc<MeshObject>> {
        self.record(Read::Meshes);
        let namespace = self.namespace(namespace);
        let mesh = |key: &ObjectKey| self.mesh_object(key.clone());
        in_order(self.model.index.meshes.iter().filter_map(mesh).filter(|mesh| mesh.selects(&namespace)).collect())
    }

    /// The Mesh that a namespace runs on.
    pub fn mesh_of(&self, namespace: &Arc<str>) -> Option<Arc<MeshSettings>> {
        if self.model.has_mesh() {
            return self.meshes_selecting(namespace).first().map(|mesh| mesh.settings.clone());
        }
        self.record(Read::Meshes);
        self.model.implied_mesh().filter(|settings| is_ordinary(namespace, settings)).cloned()
    }

    /// The Mesh of a name, whatever runs on it.
    pub fn mesh(&self, name: &Arc<str>) -> Option<Arc<MeshSettings>> {
        self.record(Read::Meshes);
        if self.model.has_mesh() {
            let key = ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: name.clone() };
            return self.mesh_object(key).map(|mesh| mesh.settings.clone());
        }
        self.model.implied_mesh().filter(|settings| settings.name == *name).cloned()
    }

    fn mesh_object(&self, key: ObjectKey) -> Option<Arc<MeshObject>> {
        match self.object(key)? {
            Object::Mesh(mesh) => Some(mesh.clone()),
            _ => None,
        }
    }

    /// Whether the accounts of a namespace have identities of this trust domain. Without any Mesh there is one for all.
    pub(crate) fn is_in_trust_domain(&self, namespace: &Arc<str>, trust_domain: &str) -> bool {
        self.record(Read::Meshes);
        !self.model.has_mesh() || self.mesh_of(namespace).is_some_and(|mesh| *mesh.trust_domain == *trust_domain)
    }

    /// The trust domain of a backend: of several Meshes that name it, that of the first one. `None`: no Mesh names it.
    pub fn trust_domain_of(&self, backend: &str) -> Option<Arc<str>> {
        self.record(Read::Meshes);
        self.model.trust_domain_of(backend)
    }

    /// The Mesh of a namespace, if it runs on the backend that is rendered.
    pub fn target_mesh(&self, namespace: &Arc<str>) -> Option<Arc<MeshSettings>> {
        let mesh = self.mesh_of(namespace)?;
        let (backend, target) = self.target?;
        target.serves(backend, namespace, &mesh).then_some(mesh)
    }

    /// A report that knows which losses this Mesh and the command line accept.
    pub fn report(&self, mesh: &MeshSettings) -> Report {
        let (backend, accepted) = self.target.map_or(("", BTreeSet::new()), |(backend, target)| (backend, target.accepted.clone()));
        Report::new(backend, accepted.into_iter().chain(mesh.allow_lossy.iter().copied()).collect())
    }
}

/// Of Meshes that want the same the first has it: the oldest where all have a creation time, else the first by name.
pub(super) fn in_order(mut meshes: Vec<Arc<MeshObject>>) -> Vec<Arc<MeshObject>> {
    if meshes.iter().all(|mesh| mesh.created.is_some()) {
        meshes.sort_by(|a, b| (&a.created, &a.key).cmp(&(&b.created, &b.key)));
    }
    meshes
}
