//! All objects by key, with the indexes through which they find each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::memo::Memos;
use super::mesh::MeshObject;
use super::object::{Object, ReadOptions, Recognised, key_of, read, recognise};
use super::view::{Read, View, in_order};
use super::{access, routes, workload};
use crate::diagnostic::{Code, Diagnostic, Severity, by_position};
use crate::ir::{AccountAccess, AccountKey, Kind, MeshSettings, ObjectKey, PodSet, ServiceKey, ServiceRoutes, WorkloadAccess};
use crate::parse::Document;

/// What is known under one key.
#[derive(Clone, Debug, Default)]
struct Slot {
    documents: Vec<Arc<Document>>,
    object: Option<Object>,
    diagnostics: Vec<Diagnostic>,
}

/// The backend whose control plane is this project's: a cluster has one, which signs for one trust domain.
const OWN: &str = "builtin";

/// The neutral policy and the inventory, every object checked on its own.
///
/// Edits go through [`Model::put`]; everything else reads through a [`View`], which records what was read.
#[derive(Debug, Default)]
pub struct Model {
    slots: BTreeMap<ObjectKey, Slot>,
    options: ReadOptions,
    implied: Option<Arc<MeshSettings>>,
    /// Documents that are nobody's object.
    strays: Vec<Diagnostic>,
    skipped: usize,
    pub(super) index: Index,
    routes: Memos<ServiceKey, ServiceRoutes>,
    accounts: Memos<AccountKey, AccountAccess>,
    workloads: Memos<ObjectKey, WorkloadAccess>,
}

/// Ways to find objects by what they say.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Splits by their root.
    pub(super) splits_of_root: BTreeMap<ServiceKey, BTreeSet<ObjectKey>>,
    /// Roots whose splits name a Service as backend.
    pub(super) splits_using: BTreeMap<ServiceKey, BTreeSet<ObjectKey>>,
    /// Splits by name alone.
    pub(super) splits_named: BTreeMap<Arc<str>, BTreeSet<ObjectKey>>,
    /// Services by name alone.
    pub(super) services_named: BTreeMap<Arc<str>, BTreeSet<ServiceKey>>,
    /// Slices by Service.
    pub(super) slices_of: BTreeMap<ServiceKey, BTreeSet<ObjectKey>>,
    /// Targets by the account that they are about.
    pub(super) targets_of: BTreeMap<AccountKey, BTreeSet<ObjectKey>>,
    /// Workloads by the account that they run as.
    pub(super) workloads_of: BTreeMap<AccountKey, BTreeSet<ObjectKey>>,
    /// Services by namespace and the first label of their selector, `NAME=VALUE`.
    pub(super) services_selecting: BTreeMap<(Arc<str>, Arc<str>), BTreeSet<ServiceKey>>,
    /// Workloads by namespace and a label of their pods, `NAME=VALUE`.
    pub(super) pods_labelled: BTreeMap<(Arc<str>, Arc<str>), BTreeSet<ObjectKey>>,
    /// Services that are more than another name of a host outside.
    pub(super) callable: BTreeSet<ServiceKey>,
    /// Meshes that are valid.
    pub(super) meshes: BTreeSet<ObjectKey>,
}

impl Model {
    /// Reads all documents. Wrong ones are told by [`Model::diagnostics`], the rest stands.
    pub fn new(documents: Vec<Arc<Document>>, options: ReadOptions) -> Self {
        let mut model = Self { options, ..Self::default() };
        let mut by_key: BTreeMap<ObjectKey, Vec<Arc<Document>>> = BTreeMap::new();
        for document in documents {
            match recognise(&document, &model.options) {
                Recognised::Object(key) => by_key.entry(key).or_default().push(document),
                Recognised::Foreign => model.skipped += 1,
                Recognised::Wrong(diagnostic) => model.strays.push(*diagnostic),
            }
        }
        for (key, documents) in by_key {
            model.put(&key, documents);
        }
        model
    }

    /// The key under which a document belongs; `None` if it is not read or wrong.
    pub fn key_of(&self, document: &Arc<Document>) -> Option<ObjectKey> {
        key_of(document, &self.options)
    }

    /// Lets policy without any Mesh belong to this one.
    #[must_use]
    pub fn with_implied_mesh(mut self, settings: MeshSettings) -> Self {
        self.implied = Some(Arc::new(settings));
        self
    }

    /// Whether a Mesh object is there.
    pub fn has_mesh(&self) -> bool {
        !self.index.meshes.is_empty()
    }

    /// The settings of all Meshes, by name.
    pub fn meshes(&self) -> Vec<Arc<MeshSettings>> {
        let settings = |key: &ObjectKey| match self.object(key)? {
            Object::Mesh(mesh) => Some(mesh.settings.clone()),
            _ => None,
        };
        self.index.meshes.iter().filter_map(settings).collect()
    }

    /// The Mesh that a namespace runs on.
    pub fn mesh_of(&self, namespace: &Arc<str>) -> Option<Arc<MeshSettings>> {
        View::new(self).mesh_of(namespace)
    }

    /// How many documents were of kinds that are not read.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Keys of all objects that are there, valid or not, sorted.
    pub fn keys(&self) -> impl Iterator<Item = &ObjectKey> {
        self.slots.keys()
    }

    /// Whether an object is there and valid on its own.
    pub fn is_valid(&self, key: &ObjectKey) -> bool {
        self.slots.get(key).is_some_and(|slot| slot.object.is_some())
    }

    /// Whether everything in an object could be read: what it refers to is known.
    pub(crate) fn is_whole(&self, key: &ObjectKey) -> bool {
        let is_error = |diagnostic: &Diagnostic| diagnostic.severity == Severity::Error;
        self.slots.get(key).is_some_and(|slot| slot.object.is_some() && !slot.diagnostics.iter().any(is_error))
    }

    /// The document of an object, if exactly one claims its key.
    pub fn document(&self, key: &ObjectKey) -> Option<&Arc<Document>> {
        self.slots.get(key).and_then(|slot| slot.documents.first())
    }

    /// Replaces all documents of a key; none deletes the object. Returns what changed, as readers see it.
    pub fn put(&mut self, key: &ObjectKey, documents: Vec<Arc<Document>>) -> BTreeSet<Read> {
        let mut changed = BTreeSet::from([Read::Object(key.clone())]);
        let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
        if let Some(old) = self.slots.remove(key).and_then(|slot| slot.object) {
            self.index.remove(key, &old, &mut before);
            changed.extend(contents_of(&old));
        }
        let slot = self.read_slot(key, documents);
        if let Some(object) = &slot.object {
            self.index.insert(key, object, &mut after);
            changed.extend(contents_of(object));
        }
        // An index holds keys alone: where this one was and still is, whoever asked gets the same keys.
        changed.extend(before.symmetric_difference(&after).cloned());
        if !slot.documents.is_empty() {
            self.slots.insert(key.clone(), slot);
        }
        self.forget(&mut changed);
        changed
    }

    fn read_slot(&self, key: &ObjectKey, documents: Vec<Arc<Document>>) -> Slot {
        let mut diagnostics = Vec::new();
        let Some(first) = documents.first() else { return Slot::default() };
        let other = documents.iter().skip(1).find(|document| !document.root().same_value(first.root()));
        if let Some(other) = other {
            let place = |document: &Arc<Document>| document.root().find(["metadata", "name"]).unwrap_or(document.root()).origin();
            let diagnostic =
                Diagnostic::at_origin(Code::MG0013, place(other), format!("{key} is written twice, differently: neither is used"));
            diagnostics.push(diagnostic.about(key).also_at(place(first), "the other one"));
            return Slot { documents, object: None, diagnostics };
        }
        let object = read(key, first, &self.options, &mut diagnostics);
        Slot { documents, object, diagnostics }
    }

    /// Answers that read something that changed are worked out again when asked for; their readers change too.
    fn forget(&mut self, changed: &mut BTreeSet<Read>) {
        changed.extend(self.routes.forget(changed).into_iter().map(Read::Routes).collect::<Vec<_>>());
        changed.extend(self.accounts.forget(changed).into_iter().map(Read::Account).collect::<Vec<_>>());
        changed.extend(self.workloads.forget(changed).into_iter().map(Read::Access).collect::<Vec<_>>());
    }

    /// Adds whose answers read something of this: what [`Model::forget`] would forget.
    pub(super) fn follow(&self, reads: &mut BTreeSet<Read>) {
        reads.extend(self.routes.readers_of(reads).into_iter().map(Read::Routes).collect::<Vec<_>>());
        reads.extend(self.accounts.readers_of(reads).into_iter().map(Read::Account).collect::<Vec<_>>());
        reads.extend(self.workloads.readers_of(reads).into_iter().map(Read::Access).collect::<Vec<_>>());
    }

    /// The same objects, and nothing that was worked out from them.
    pub(super) fn bare(&self) -> Self {
        Self {
            slots: self.slots.clone(),
            options: self.options.clone(),
            implied: self.implied.clone(),
            strays: self.strays.clone(),
            skipped: self.skipped,
            index: self.index.clone(),
            routes: Memos::default(),
            accounts: Memos::default(),
            workloads: Memos::default(),
        }
    }

    /// Where calls to a Service go. The same answer serves every backend.
    pub(super) fn routes(&self, root: &ServiceKey) -> Arc<ServiceRoutes> {
        self.routes.get(root, || {
            let view = View::new(self);
            (routes::resolve(root, &view), view.into_reads())
        })
    }

    /// Who may call the workloads of an account.
    pub(super) fn account_access(&self, account: &AccountKey) -> Arc<AccountAccess> {
        self.accounts.get(account, || {
            let view = View::new(self);
            let mut access = access::resolve(account, &view);
            let ports = workload::port_diagnostics(&access, &view);
            access.diagnostics.extend(ports);
            (access, view.into_reads())
        })
    }

    /// Who may call one workload.
    pub(super) fn workload_access(&self, pods: &Arc<PodSet>, mesh: &MeshSettings) -> Arc<WorkloadAccess> {
        self.workloads.get(&pods.key, || {
            let view = View::new(self);
            // The mesh is read again so that a change of it is one of the reads.
            let settings = view.mesh_of(&pods.key.namespace).unwrap_or_else(|| Arc::new(mesh.clone()));
            let pods = view.pods(&pods.key).unwrap_or_else(|| pods.clone());
            (workload::resolve(&pods, &settings, &view), view.into_reads())
        })
    }

    /// All accounts that a target names, sorted.
    pub fn targeted_accounts(&self) -> impl Iterator<Item = &AccountKey> {
        self.index.targets_of.keys()
    }

    /// All roots that a split names, sorted.
    pub fn roots(&self) -> impl Iterator<Item = &ServiceKey> {
        self.index.splits_of_root.keys()
    }

    /// Everything that is wrong with the input, sorted by position.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = self.strays.clone();
        all.extend(self.slots.values().flat_map(|slot| slot.diagnostics.iter().cloned()));
        all.extend(self.roots().flat_map(|root| self.routes(root).diagnostics.clone()));
        all.extend(self.targeted_accounts().flat_map(|account| self.account_access(account).diagnostics.clone()));
        all.extend(self.mesh_conflicts());
        all.extend(self.outside());
        all.sort_by(by_position);
        all.dedup();
        all
    }

    /// Policy in namespaces of no Mesh: rendered nowhere.
    fn outside(&self) -> Vec<Diagnostic> {
        let policy = self.slots.iter().filter(|(key, _)| key.kind.is_neutral() && !key.kind.is_cluster_scoped());
        let outside = policy.filter(|(key, _)| self.has_mesh() && self.mesh_of(&key.namespace).is_none());
        let told = outside.filter_map(|(key, slot)| {
            let root = slot.documents.first()?.root();
            let place = root.find(["metadata", "name"]).unwrap_or(root);
            Some(Diagnostic::at(Code::MG0107, place, format!("no Mesh selects namespace `{}`", key.namespace)).about(key))
        });
        told.collect()
    }

    /// Namespaces that two Meshes select, and backends for which they say two trust domains: told at the Mesh that loses.
    fn mesh_conflicts(&self) -> Vec<Diagnostic> {
        let namespaces: BTreeSet<&Arc<str>> = self.slots.keys().filter(|key| !key.namespace.is_empty()).map(|key| &key.namespace).collect();
        let view = View::new(self);
        let mut told = BTreeMap::new();
        for namespace in namespaces {
            let meshes = view.meshes_selecting(namespace);
            let Some((winner, losers)) = meshes.split_first() else { continue };
            for loser in losers {
                told.entry(loser.key.clone()).or_insert_with(|| {
                    let message = format!("namespace `{namespace}` belongs to {} already", winner.key);
                    Diagnostic::at_origin(Code::MG0201, loser.origin.clone(), message)
                        .about(&loser.key)
                        .also_at(winner.origin.clone(), "this Mesh comes first")
                });
            }
        }
        // Of vendors' meshes several may run beside each other.
        for (backend, meshes) in self.meshes_by_backend().into_iter().filter(|(backend, _)| **backend == *OWN) {
            let Some((winner, others)) = meshes.split_first() else { continue };
            let domain = &winner.settings.trust_domain;
            for loser in others.iter().filter(|mesh| mesh.settings.trust_domain != *domain) {
                told.entry(loser.key.clone()).or_insert_with(|| {
                    let message = format!("backend `{backend}` has the trust domain `{domain}` of {} already", winner.key);
                    Diagnostic::at_origin(Code::MG0201, loser.origin.clone(), message)
                        .about(&loser.key)
                        .also_at(winner.origin.clone(), "this Mesh comes first")
                });
            }
        }
        told.into_values().collect()
    }

    /// The Meshes that name each backend, in the order in which they have what only one can have.
    fn meshes_by_backend(&self) -> BTreeMap<Arc<str>, Vec<Arc<MeshObject>>> {
        let mut all: BTreeMap<Arc<str>, Vec<Arc<MeshObject>>> = BTreeMap::new();
        for key in &self.index.meshes {
            if let Some(Object::Mesh(mesh)) = self.object(key)
                && let Some(backend) = &mesh.settings.backend
            {
                all.entry(backend.clone()).or_default().push(mesh.clone());
            }
        }
        all.into_iter().map(|(backend, meshes)| (backend, in_order(meshes))).collect()
    }

    /// The trust domain of a backend: of several Meshes that name it, that of the first one. `None`: no Mesh names it.
    pub fn trust_domain_of(&self, backend: &str) -> Option<Arc<str>> {
        Some(self.meshes_by_backend().get(backend)?.first()?.settings.trust_domain.clone())
    }

    pub(super) fn object(&self, key: &ObjectKey) -> Option<&Object> {
        self.slots.get(key)?.object.as_ref()
    }

    pub(crate) fn implied_mesh(&self) -> Option<&Arc<MeshSettings>> {
        self.implied.as_ref()
    }

    /// Keys of one kind in one namespace, sorted.
    pub(super) fn keys_in(&self, kind: Kind, namespace: &Arc<str>) -> impl Iterator<Item = &ObjectKey> {
        let first = ObjectKey { kind, namespace: namespace.clone(), name: "".into() };
        self.slots.range(first..).map(|(key, _)| key).take_while(move |key| key.kind == kind && key.namespace == *namespace)
    }
}

impl Index {
    pub(super) fn insert(&mut self, key: &ObjectKey, object: &Object, changed: &mut BTreeSet<Read>) {
        self.each(key, object, changed, true);
    }

    fn remove(&mut self, key: &ObjectKey, object: &Object, changed: &mut BTreeSet<Read>) {
        self.each(key, object, changed, false);
    }

    fn each(&mut self, key: &ObjectKey, object: &Object, changed: &mut BTreeSet<Read>, insert: bool) {
        let service_key = |name: &Arc<str>| ServiceKey { namespace: key.namespace.clone(), name: name.clone() };
        match object {
            Object::Split(split) => {
                let root = service_key(split.root_name());
                edit(&mut self.splits_of_root, root.clone(), key.clone(), insert);
                changed.insert(Read::SplitsOfRoot(root));
                edit(&mut self.splits_named, key.name.clone(), key.clone(), insert);
                changed.insert(Read::SplitsNamed(key.name.clone()));
                for backend in &split.backends {
                    let backend = service_key(&backend.service);
                    edit(&mut self.splits_using, backend.clone(), key.clone(), insert);
                    changed.insert(Read::SplitsUsing(backend));
                }
            }
            Object::Service(service) => {
                edit(&mut self.services_named, key.name.clone(), service.key.clone(), insert);
                if service.is_callable() {
                    put_in(&mut self.callable, &service.key, insert);
                }
                if let Some((name, value)) = service.selector.iter().next() {
                    let label: Arc<str> = format!("{name}={value}").into();
                    edit(&mut self.services_selecting, (key.namespace.clone(), label.clone()), service.key.clone(), insert);
                    changed.insert(Read::ServicesSelecting(key.namespace.clone(), label));
                }
                changed.insert(Read::ServicesNamed(key.name.clone()));
                changed.insert(Read::Services);
                changed.insert(Read::ServicesIn(key.namespace.clone()));
            }
            Object::Endpoints(slice) => {
                edit(&mut self.slices_of, slice.service.clone(), key.clone(), insert);
                changed.insert(Read::SlicesOf(slice.service.clone()));
            }
            Object::Target(target) => {
                let destination = AccountKey { namespace: target.destination.namespace.clone(), name: target.destination.name.clone() };
                edit(&mut self.targets_of, destination.clone(), key.clone(), insert);
                changed.insert(Read::TargetsOf(destination));
            }
            Object::Grant(_) => {
                changed.insert(Read::GrantsIn(key.namespace.clone()));
            }
            Object::Pods(pods) => {
                let account = AccountKey { namespace: key.namespace.clone(), name: pods.service_account.clone() };
                edit(&mut self.workloads_of, account.clone(), key.clone(), insert);
                changed.insert(Read::WorkloadsOf(account));
                for (name, value) in &pods.labels {
                    let label: Arc<str> = format!("{name}={value}").into();
                    edit(&mut self.pods_labelled, (key.namespace.clone(), label.clone()), key.clone(), insert);
                    changed.insert(Read::PodsLabelled(key.namespace.clone(), label));
                }
            }
            Object::Mesh(_) => {
                put_in(&mut self.meshes, key, insert);
                changed.insert(Read::Meshes);
            }
            Object::Group(_) | Object::TcpRoute(_) | Object::Binding(_) | Object::Namespace(_) | Object::Named => {}
        }
    }
}

fn put_in<K: Ord + Clone>(keys: &mut BTreeSet<K>, key: &K, insert: bool) {
    if insert {
        keys.insert(key.clone());
    } else {
        keys.remove(key);
    }
}

/// Reads that hold what an object says, not only that it is there.
pub(super) fn contents_of(object: &Object) -> Option<Read> {
    matches!(object, Object::Service(service) if service.is_callable()).then_some(Read::CallableServices)
}

fn edit<K: Ord, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: K, value: V, insert: bool) {
    if insert {
        index.entry(key).or_default().insert(value);
    } else if let Some(values) = index.get_mut(&key) {
        values.remove(&value);
        if values.is_empty() {
            index.remove(&key);
        }
    }
}
