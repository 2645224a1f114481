//! The other end of calls: the object of the same resource, or the most that is known.

use std::collections::BTreeSet;

use meshglot_observed::{Direction, Edge, Party};

use crate::inventory::Inventory;
use crate::resource::Resource;
use crate::wire::ObjectReference;

/// Who called, as the called has seen it; none: nobody knows.
pub(crate) fn callers(inventory: &Inventory, resource: Resource, edge: &Edge) -> BTreeSet<ObjectReference> {
    let source = &edge.source;
    if let Some(workload) = &source.workload {
        return containing(inventory, resource, &BTreeSet::from([workload.clone()])).unwrap_or_else(|| pod(inventory, workload));
    }
    let Some((namespace, account)) = source.account() else { return BTreeSet::new() };
    let several = inventory.accounts.get(&(namespace.to_owned(), account.to_owned()));
    several.and_then(|several| containing(inventory, resource, several)).unwrap_or_else(|| {
        if resource == Resource::Namespaces {
            return BTreeSet::from([ObjectReference::of(resource, "", namespace)]);
        }
        BTreeSet::from([ObjectReference {
            kind: "ServiceAccount".to_owned(),
            namespace: namespace.to_owned(),
            name: account.to_owned(),
            api_version: "v1".to_owned(),
        }])
    })
}

/// Who was called, as the caller has seen it; none: it was no Service.
pub(crate) fn called(inventory: &Inventory, resource: Resource, edge: &Edge) -> BTreeSet<ObjectReference> {
    let Some((namespace, name)) = service(&edge.destination) else { return BTreeSet::new() };
    let itself = BTreeSet::from([ObjectReference::of(Resource::Services, namespace, name)]);
    match resource {
        Resource::Services => itself,
        Resource::Namespaces => BTreeSet::from([ObjectReference::of(resource, "", namespace)]),
        _ => {
            let behind = inventory.object(Resource::Services, namespace, name).map(|object| &object.members);
            behind.and_then(|behind| containing(inventory, resource, behind)).unwrap_or(itself)
        }
    }
}

/// The other end of an edge as the proxy that has told it sees it.
pub(crate) fn other(inventory: &Inventory, resource: Resource, edge: &Edge) -> BTreeSet<ObjectReference> {
    match edge.direction {
        Direction::Inbound => callers(inventory, resource, edge),
        Direction::Outbound => called(inventory, resource, edge),
    }
}

/// The objects to which all of these workloads belong; `None`: there is no such one.
fn containing(inventory: &Inventory, resource: Resource, workloads: &BTreeSet<String>) -> Option<BTreeSet<ObjectReference>> {
    let objects = inventory.objects.iter().filter(|object| object.resource == resource && object.members.is_superset(workloads));
    let found: BTreeSet<_> = objects.map(|object| ObjectReference::of(resource, &object.namespace, &object.name)).collect();
    (!workloads.is_empty() && !found.is_empty()).then_some(found)
}

/// A workload as a Pod, or under the name of its owner where it is made of several.
fn pod(inventory: &Inventory, workload: &str) -> BTreeSet<ObjectReference> {
    let only = BTreeSet::from([workload.to_owned()]);
    // A template's own object, before Services and Namespaces that have it, too.
    let is_own = |object: &&crate::Object| !matches!(object.resource, Resource::Services | Resource::Namespaces) && object.members == only;
    let own = inventory.objects.iter().filter(is_own);
    own.map(|object| ObjectReference::of(object.resource, &object.namespace, &object.name)).take(1).collect()
}

fn service(party: &Party) -> Option<(&str, &str)> {
    party.service.as_deref()?.split_once('/')
}
