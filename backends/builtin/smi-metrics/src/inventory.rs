//! What metrics can be about: the objects of the policy in force, each with the workloads that belong to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::{Kind, ObjectKey, PodSet};
use meshglot_translator::resolve::{Model, View};

use crate::resource::Resource;
use crate::split;

/// The objects of one state, by resource, namespace and name.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// All but TrafficSplits.
    pub objects: Vec<Object>,
    /// TrafficSplits.
    pub splits: Vec<Split>,
    /// The workloads that run as a service account, by its namespace and name.
    pub accounts: BTreeMap<(String, String), BTreeSet<String>>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// What it is.
    pub resource: Resource,
    /// Empty for a Namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Of the object itself.
    pub labels: BTreeMap<String, String>,
    /// `NAMESPACE/NAME` of each workload that belongs to it and should have a proxy.
    pub members: BTreeSet<String>,
}

/// One TrafficSplit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Split {
    /// Its namespace, which is that of its backends.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Of the object itself.
    pub labels: BTreeMap<String, String>,
    /// The Service that callers name, as it is written.
    pub apex: String,
    /// Service and weight of each backend, in the order written.
    pub backends: Vec<(String, u64)>,
}

/// Kinds that have a workload's plain name before others, as the built-in mesh names them.
const KINDS: [Kind; 8] =
    [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Job, Kind::CronJob, Kind::Pod, Kind::Workload];

impl Inventory {
    /// The objects of a model; `has_proxy` says whether a workload of this name should have one.
    ///
    /// A Workload is an instance, and so is shown as a Pod. Pods and Workloads belong to whatever object of their namespace selects
    /// their labels, as pods without an owner are adopted in a cluster; those of a template are one workload under its owner's name.
    pub fn of(model: &Model, has_proxy: impl Fn(&str) -> bool) -> Self {
        let view = View::new(model);
        let sets: Vec<Arc<PodSet>> = model.keys().filter(|key| key.kind.runs_pods()).filter_map(|key| view.pods(key)).collect();
        let mut plain: BTreeMap<String, Kind> = BTreeMap::new();
        for kind in KINDS {
            for set in sets.iter().filter(|set| set.key.kind == kind) {
                plain.entry(slashed(&set.key)).or_insert(kind);
            }
        }
        let named = |set: &Arc<PodSet>| {
            let name = slashed(&set.key);
            let name = if plain.get(&name) == Some(&set.key.kind) { name } else { format!("{name}~{}", set.key.kind.name()) };
            has_proxy(&name).then(|| (set.clone(), name))
        };
        let workloads: Vec<(Arc<PodSet>, String)> = sets.iter().filter_map(named).collect();
        let member = |is_one: &dyn Fn(&PodSet) -> bool| -> BTreeSet<String> {
            workloads.iter().filter(|(set, _)| is_one(set)).map(|(_, name)| name.clone()).collect()
        };

        let mut inventory = Self::default();
        let mut namespaces: BTreeSet<Arc<str>> = workloads.iter().map(|(set, _)| set.key.namespace.clone()).collect();
        for key in model.keys() {
            let members = match key.kind {
                Kind::Namespace => {
                    namespaces.insert(key.name.clone());
                    continue;
                }
                Kind::TrafficSplit => {
                    inventory.splits.extend(view.split(key).map(|split| split::of(&split, labels(model, key))));
                    continue;
                }
                Kind::Service => {
                    let object = meshglot_translator::ir::ServiceKey { namespace: key.namespace.clone(), name: key.name.clone() };
                    let Some(service) = view.service(&object) else { continue };
                    member(&|set| set.is_selected_by(&service))
                }
                _ => match view.pods(key) {
                    Some(set) => member(&|other| other.key == set.key || adopts(&set, other)),
                    None => continue,
                },
            };
            let Some(resource) = resource(key.kind) else { continue };
            let (namespace, name) = (key.namespace.to_string(), key.name.to_string());
            inventory.objects.push(Object { resource, namespace, name, labels: labels(model, key), members });
        }
        for name in namespaces {
            let members = member(&|set| set.key.namespace == name);
            let labels = view.namespace(&name).labels.clone();
            let (namespace, name) = (String::new(), name.to_string());
            inventory.objects.push(Object { resource: Resource::Namespaces, namespace, name, labels, members });
        }
        for (set, name) in &workloads {
            let account = (set.key.namespace.to_string(), set.service_account.to_string());
            inventory.accounts.entry(account).or_default().insert(name.clone());
        }
        inventory.objects.sort();
        inventory.splits.sort();
        inventory
    }

    /// An object by its names.
    pub(crate) fn object(&self, resource: Resource, namespace: &str, name: &str) -> Option<&Object> {
        let is_it = |object: &&Object| object.resource == resource && object.namespace == namespace && object.name == name;
        self.objects.iter().find(is_it)
    }
}

fn slashed(key: &ObjectKey) -> String {
    format!("{}/{}", key.namespace, key.name)
}

/// The resource that shows a kind; a CronJob has none, since its Jobs come and go unseen.
fn resource(kind: Kind) -> Option<Resource> {
    Some(match kind {
        Kind::Service => Resource::Services,
        Kind::Pod | Kind::Workload => Resource::Pods,
        Kind::Deployment => Resource::Deployments,
        Kind::StatefulSet => Resource::StatefulSets,
        Kind::DaemonSet => Resource::DaemonSets,
        Kind::ReplicaSet => Resource::ReplicaSets,
        Kind::Job => Resource::Jobs,
        _ => return None,
    })
}

/// Whether the selector of an owner finds an instance that stands alone.
fn adopts(owner: &PodSet, other: &PodSet) -> bool {
    let is_alone = |kind| matches!(kind, Kind::Pod | Kind::Workload);
    !is_alone(owner.key.kind)
        && is_alone(other.key.kind)
        && owner.key.namespace == other.key.namespace
        && !owner.selector.is_empty()
        && owner.selector.iter().all(|(name, value)| other.labels.get(name) == Some(value))
}

/// The labels of an object itself.
fn labels(model: &Model, key: &ObjectKey) -> BTreeMap<String, String> {
    let labels = model.document(key).and_then(|document| document.root().find(["metadata", "labels"]));
    let pairs = labels.into_iter().flat_map(|labels| labels.entries());
    pairs.filter_map(|(name, value)| Some((name.text()?.to_owned(), value.text()?.to_owned()))).collect()
}
