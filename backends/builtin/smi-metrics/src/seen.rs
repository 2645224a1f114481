//! From what was counted, and what there is, to the objects of the API.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_observed::{Direction, Edges};

use crate::ends;
use crate::inventory::{Inventory, Object, Split};
use crate::resource::Resource;
use crate::split;
use crate::sum::Sum;
use crate::wire::{API_VERSION, Backend, EdgeReference, Metadata, ObjectReference, TrafficMetrics};

/// What is seen of a mesh at one time.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'s> {
    /// What was counted.
    pub edges: &'s Edges,
    /// What there is.
    pub inventory: &'s Inventory,
}

impl Seen<'_> {
    /// Metrics of the objects of a resource, by namespace and name; of all namespaces where none is named, and of all names. An object
    /// none of whose proxies tells is not among them: nobody knows that it was not called.
    pub fn list(&self, resource: Resource, namespace: Option<&str>, name: Option<&str>) -> Vec<TrafficMetrics> {
        let is_asked = |of: &str, called: &str| namespace.is_none_or(|one| one == of) && name.is_none_or(|one| one == called);
        let telling = self.telling();
        if resource == Resource::TrafficSplits {
            // Whoever calls tells of a split.
            if telling.is_empty() {
                return Vec::new();
            }
            let splits = self.inventory.splits.iter().filter(|split| is_asked(&split.namespace, &split.name));
            return splits.flat_map(|split| self.backends(split)).collect();
        }
        let objects = self.inventory.objects.iter().filter(|object| object.resource == resource);
        let objects = objects.filter(|object| is_asked(&object.namespace, &object.name) && !object.members.is_disjoint(&telling));
        objects.map(|object| self.received(object)).collect()
    }

    /// Metrics of each other end that an object has called or was called by; empty for one that is not there.
    pub fn edges(&self, resource: Resource, namespace: &str, name: &str) -> Vec<TrafficMetrics> {
        if resource == Resource::TrafficSplits {
            let split = self.inventory.splits.iter().find(|split| split.namespace == namespace && split.name == name);
            return split.map(|split| self.edges_of_split(split)).unwrap_or_default();
        }
        let Some(object) = self.inventory.object(resource, namespace, name) else { return Vec::new() };
        let is_member = |workload: &Option<String>| workload.as_ref().is_some_and(|workload| object.members.contains(workload));
        let mut found = Vec::new();
        for direction in [Direction::Inbound, Direction::Outbound] {
            let mut by_end: BTreeMap<ObjectReference, BTreeSet<usize>> = BTreeMap::new();
            for (place, edge) in self.edges.edges.iter().enumerate().filter(|(_, edge)| edge.direction == direction) {
                let own = if direction == Direction::Inbound { &edge.destination } else { &edge.source };
                if is_member(&own.workload) && edge.calls > 0 {
                    for end in ends::other(self.inventory, resource, edge) {
                        by_end.entry(end).or_default().insert(place);
                    }
                }
            }
            for (end, places) in by_end {
                let sum = Sum::of(&self.edges.edges, direction, |place, _| places.contains(&place));
                let edge = if direction == Direction::Inbound { EdgeReference::received(end) } else { EdgeReference::sent(end) };
                found.push(self.metrics((resource, namespace, name), &object.labels, edge, None, sum));
            }
        }
        found
    }

    /// Why nothing, or not all, is known of objects of a resource, a line each.
    pub fn silent(&self, resource: Resource, namespace: Option<&str>, name: Option<&str>) -> Vec<&str> {
        let objects = self.inventory.objects.iter().filter(|object| {
            let is_asked = namespace.is_none_or(|one| one == object.namespace) && name.is_none_or(|one| one == object.name);
            object.resource == resource && is_asked
        });
        let members: BTreeSet<&String> = objects.flat_map(|object| &object.members).collect();
        let is_one = |line: &&str| line.split_once(": ").is_some_and(|(workload, _)| members.contains(&workload.to_owned()));
        // Whoever calls may call a split.
        let all = resource == Resource::TrafficSplits;
        self.edges.silent.iter().map(String::as_str).filter(|line| all || is_one(line)).collect()
    }

    /// The labels of the other end of an edge; none where it is no object that is known.
    pub(crate) fn labels_of(&self, end: &ObjectReference) -> BTreeMap<String, String> {
        let resource = Resource::ALL.into_iter().find(|resource| resource.kind() == end.kind);
        let object = resource.and_then(|resource| self.inventory.object(resource, &end.namespace, &end.name));
        object.map(|object| object.labels.clone()).unwrap_or_default()
    }

    /// Workloads whose proxies tell, or have told within the window.
    fn telling(&self) -> BTreeSet<String> {
        let silent: BTreeSet<&str> = self.edges.silent.iter().filter_map(|line| line.split_once(": ")).map(|(name, _)| name).collect();
        let all = self.inventory.objects.iter().flat_map(|object| &object.members);
        let told = self.edges.edges.iter().filter_map(|edge| match edge.direction {
            Direction::Inbound => edge.destination.workload.clone(),
            Direction::Outbound => edge.source.workload.clone(),
        });
        all.filter(|name| !silent.contains(name.as_str())).cloned().chain(told).collect()
    }

    /// All that an object was asked.
    fn received(&self, object: &Object) -> TrafficMetrics {
        let is_own = |workload: &Option<String>| workload.as_ref().is_some_and(|workload| object.members.contains(workload));
        let sum = Sum::of(&self.edges.edges, Direction::Inbound, |_, edge| is_own(&edge.destination.workload));
        let edge = EdgeReference::received(ObjectReference::default());
        self.metrics((object.resource, &object.namespace, &object.name), &object.labels, edge, None, sum)
    }

    /// What each backend of a split was asked, whoever called.
    fn backends(&self, split: &Split) -> Vec<TrafficMetrics> {
        let of_one = |(backend, service): (Backend, String)| {
            let sum = Sum::of(&self.edges.edges, Direction::Outbound, |_, edge| split::is_of(edge, &service));
            self.of_split(split, EdgeReference::asked(ObjectReference::default()), backend, sum)
        };
        split::backends(split).map(of_one).collect()
    }

    fn edges_of_split(&self, split: &Split) -> Vec<TrafficMetrics> {
        let mut found = Vec::new();
        for (backend, service) in split::backends(split) {
            let mut callers: BTreeMap<ObjectReference, BTreeSet<usize>> = BTreeMap::new();
            for (place, edge) in self.edges.edges.iter().enumerate().filter(|(_, edge)| split::is_of(edge, &service) && edge.calls > 0) {
                for end in ends::callers(self.inventory, Resource::Pods, edge) {
                    callers.entry(end).or_default().insert(place);
                }
            }
            for (end, places) in callers {
                let sum = Sum::of(&self.edges.edges, Direction::Outbound, |place, _| places.contains(&place));
                found.push(self.of_split(split, EdgeReference::asked(end), backend.clone(), sum));
            }
        }
        found
    }

    fn of_split(&self, split: &Split, edge: EdgeReference, backend: Backend, sum: Sum) -> TrafficMetrics {
        self.metrics((Resource::TrafficSplits, &split.namespace, &split.name), &split.labels, edge, Some(backend), sum)
    }

    fn metrics(
        &self,
        (resource, namespace, name): (Resource, &str, &str),
        labels: &BTreeMap<String, String>,
        edge: EdgeReference,
        backend: Option<Backend>,
        sum: Sum,
    ) -> TrafficMetrics {
        let timestamp = whole_seconds(&self.edges.at);
        let of_all = edge.resource == ObjectReference::default();
        let path = format!("{}/{name}{}", resource.path(Some(namespace)), if of_all { "" } else { "/edges" });
        TrafficMetrics {
            kind: "TrafficMetrics",
            api_version: API_VERSION,
            metadata: Metadata {
                name: name.to_owned(),
                namespace: namespace.to_owned(),
                self_link: path,
                creation_timestamp: timestamp.clone(),
                labels: labels.clone(),
            },
            resource: ObjectReference::of(resource, namespace, name),
            edge,
            backend,
            timestamp,
            window: window(self.edges.window_seconds),
            metrics: sum.metrics(),
        }
    }
}

/// As Kubernetes writes times.
fn whole_seconds(at: &str) -> String {
    at.split_once('.').map_or_else(|| at.to_owned(), |(seconds, _)| format!("{seconds}Z"))
}

/// As Go writes durations, to the millisecond.
fn window(seconds: f64) -> String {
    format!("{}s", (seconds * 1000.0).round() / 1000.0)
}
