//! Metrics as the `Table` of meta.k8s.io that `kubectl get` prints.

use serde_json::{Value, json};

use crate::wire::{ObjectReference, TrafficMetrics};

/// A column: its name, its type, what it shows, and whether it is shown without `-o wide`.
type Column = (&'static str, &'static str, &'static str, fn(&TrafficMetrics) -> Value);

const OBJECT: [Column; 1] = [("Name", "string", "What the metrics are about", |one| one.resource.name.clone().into())];

const BACKEND: [Column; 2] = [
    ("Backend", "string", "The Service that answers", |one| one.backend.as_ref().map(|backend| backend.name.clone()).into()),
    ("Weight", "integer", "Its share, relative to the others", |one| one.backend.as_ref().map(|backend| backend.weight).into()),
];

const EDGE: [Column; 3] = [
    ("Direction", "string", "To the other end, or from it", |one| one.edge.direction.into()),
    ("Side", "string", "Whose proxies have counted", |one| one.edge.side.into()),
    ("Other", "string", "The other end", |one| other(&one.edge.resource).into()),
];

const NUMBERS: [Column; 6] = [
    ("Success", "string", "Calls that were answered well", |one| metric(one, "success_count")),
    ("Failure", "string", "Calls that were not", |one| metric(one, "failure_count")),
    ("P50", "string", "Half of them took so many seconds at most", |one| metric(one, "p50_response_latency")),
    ("P90", "string", "Of ten, nine", |one| metric(one, "p90_response_latency")),
    ("P99", "string", "Of a hundred, ninety-nine", |one| metric(one, "p99_response_latency")),
    ("Window", "string", "How long was counted", |one| one.window.clone().into()),
];

/// The table of these; columns of ends and of backends where there is one.
pub(crate) fn table(items: &[TrafficMetrics], self_link: &str) -> Value {
    let mut columns: Vec<Column> = OBJECT.into();
    if items.iter().any(|one| one.edge.resource != ObjectReference::default()) {
        columns.extend(EDGE);
    }
    if items.iter().any(|one| one.backend.is_some()) {
        columns.extend(BACKEND);
    }
    columns.extend(NUMBERS);
    let definition = |(name, kind, description, _): &Column| {
        let format = if *name == "Name" { "name" } else { "" };
        json!({ "name": name, "type": kind, "format": format, "description": description, "priority": 0 })
    };
    let row = |one: &TrafficMetrics| {
        let cells: Vec<Value> = columns.iter().map(|(.., cell)| cell(one)).collect();
        let object = json!({ "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": one.metadata });
        json!({ "cells": cells, "object": object })
    };
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": { "selfLink": self_link },
        "columnDefinitions": columns.iter().map(definition).collect::<Vec<_>>(),
        "rows": items.iter().map(row).collect::<Vec<_>>(),
    })
}

/// In a word: `deployment/shop/web`, `namespace/shop`.
fn other(end: &ObjectReference) -> String {
    let kind = end.kind.to_ascii_lowercase();
    if end.namespace.is_empty() { format!("{kind}/{}", end.name) } else { format!("{kind}/{}/{}", end.namespace, end.name) }
}

/// A number with its unit; `-` where it is not known.
fn metric(one: &TrafficMetrics, name: &str) -> Value {
    let found = one.metrics.iter().find(|metric| metric.name == name);
    found.map_or("-".to_owned(), |metric| format!("{}{}", metric.value, if metric.unit.is_some() { "s" } else { "" })).into()
}
