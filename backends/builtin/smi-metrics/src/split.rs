//! TrafficSplits: metrics of each backend, as those see them who call.

use std::collections::BTreeMap;

use meshglot_observed::{Direction, Edge};
use meshglot_translator::ir::{SplitRoot, TrafficSplit};

use crate::inventory::Split;
use crate::wire::Backend;

/// A split of the model as metrics are about it.
pub(crate) fn of(split: &TrafficSplit, labels: BTreeMap<String, String>) -> Split {
    let apex = match &split.root {
        SplitRoot::Own(name) => name.to_string(),
        SplitRoot::Dotted(name, namespace) => format!("{name}.{namespace}"),
        SplitRoot::Host => split.root_name().to_string(),
    };
    Split {
        namespace: split.key.namespace.to_string(),
        name: split.key.name.to_string(),
        labels,
        apex,
        backends: split.backends.iter().map(|backend| (backend.service.to_string(), backend.weight)).collect(),
    }
}

/// Each backend with `NAMESPACE/NAME` of its Service.
pub(crate) fn backends(split: &Split) -> impl Iterator<Item = (Backend, String)> {
    split.backends.iter().map(|(name, weight)| {
        let backend = Backend { apex: split.apex.clone(), name: name.clone(), weight: *weight };
        (backend, format!("{}/{name}", split.namespace))
    })
}

/// Whether calls of an edge went to a Service, as their callers saw it.
pub(crate) fn is_of(edge: &Edge, service: &str) -> bool {
    edge.direction == Direction::Outbound && edge.destination.service.as_deref() == Some(service)
}
