//! One edit renders what reads it, however large the model is.

use serde_json::json;

use super::{documents, fresh, model};

/// A shop of `n` roots, each with a split and a group of its own.
fn shop(n: usize) -> Vec<String> {
    let one = |i: usize| {
        let service = |name: String| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"}, "spec": {"ports": [{"name": "http", "port": 80}]}});
        [service(format!("web{i}")), service(format!("web{i}-v1")), service(format!("web{i}-v2")), group(i, "/api"), split(i, 90)]
    };
    (0..n).flat_map(one).map(|object| object.to_string()).collect()
}

fn group(i: usize, path: &str) -> serde_json::Value {
    json!({"apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": {"name": format!("g{i}"), "namespace": "shop"}, "spec": {"matches": [{"name": "m", "pathRegex": path}]}})
}

fn split(i: usize, weight: u32) -> serde_json::Value {
    json!({
        "apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": format!("s{i}"), "namespace": "shop"},
        "spec": {"service": format!("web{i}"), "matches": [{"kind": "HTTPRouteGroup", "name": format!("g{i}")}],
            "backends": [{"service": format!("web{i}-v1"), "weight": weight}, {"service": format!("web{i}-v2"), "weight": 10}]},
    })
}

/// Render calls that edits of a weight, a path and a root cost in a shop of this size.
fn calls(n: usize) -> Vec<(String, [usize; 3])> {
    let mut moved = split(3, 50);
    moved["spec"]["service"] = "web4-v1".into();
    let edits = [split(3, 50), group(3, "/other"), moved];
    let mut edited = model(&shop(n));
    let mut engines: Vec<_> = meshglot_registry::all().into_iter().map(|backend| (backend, fresh(backend, &edited), [0; 3])).collect();
    for (index, edit) in edits.iter().enumerate() {
        let document = documents(&[edit.to_string()]).remove(0);
        let key = edited.key_of(&document).expect("an object that is read");
        let changed = edited.put(&key, vec![document]);
        for (_, engine, calls) in &mut engines {
            let before = engine.renders();
            engine.update(&edited, &changed);
            calls[index] = engine.renders() - before;
        }
    }
    engines.into_iter().map(|(backend, _, calls)| (backend.name().to_owned(), calls)).collect()
}

#[test]
fn an_edit_costs_the_same_in_a_large_model() {
    let (small, large) = (calls(5), calls(200));
    assert_eq!(small, large);
    for (backend, calls) in small {
        // The split's root and its two backends at the most, for the old root and the new one.
        assert!(calls.iter().all(|calls| (1..=8).contains(calls)), "{backend}: {calls:?}");
    }
}
