//! One form for objects that mean the same: what servers add or fill in is no difference.

use serde_json::{Map, Value};

use super::duration;
use super::path::Trail;
use super::shape::{Scalar, Shape};

/// What is compared besides what somebody meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Show {
    /// Fields that a server or we ourselves keep: `status`, `managedFields`, digests.
    pub managed: bool,
    /// What is written out although it is the default.
    pub defaults: bool,
}

/// Fields of `metadata` that the API server keeps.
const SERVER: [&str; 6] = ["managedFields", "generation", "resourceVersion", "uid", "creationTimestamp", "selfLink"];

/// Annotations that say how an object came to be, not what it means.
const KEPT: [&str; 3] = ["kubectl.kubernetes.io/last-applied-configuration", "meshglot.dev/digest", "meshglot.dev/sources"];

/// The object in the form in which it is compared. Absent, `null` and an empty list are one; an empty mapping is not,
/// because `podSelector: {}` picks everything. A weight of 0 is a value.
#[must_use]
pub fn normalised(object: &Value, shape: &Shape, show: Show) -> Value {
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let writer = Writer { shape, show, namespace };
    let mut value = object.clone();
    if !show.managed {
        without_managed(&mut value);
    }
    writer.write(&mut value, &mut Trail::default());
    if !show.defaults {
        for (path, default) in shape.defaults {
            let steps: Vec<&str> = path.split('.').collect();
            // The tables are ours; a test reads all of them.
            fill(&mut value, &steps, &serde_json::from_str(default).unwrap_or_default());
        }
    }
    value
}

fn without_managed(object: &mut Value) {
    let Value::Object(fields) = object else { return };
    fields.remove("status");
    let Some(Value::Object(metadata)) = fields.get_mut("metadata") else { return };
    metadata.retain(|key, _| !SERVER.contains(&key.as_str()));
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        annotations.retain(|key, _| !KEPT.contains(&key.as_str()));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
}

struct Writer<'w> {
    shape: &'w Shape,
    show: Show,
    namespace: &'w str,
}

impl Writer<'_> {
    fn write(&self, value: &mut Value, at: &mut Trail) {
        match value {
            Value::Object(fields) => self.fields(fields, at),
            Value::Array(items) => items.iter_mut().for_each(|item| at.enter("*", |at| self.write(item, at))),
            Value::String(text) => {
                if let Some(scalar) = self.shape.scalar(at) {
                    *text = self.spelt(scalar, text);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn fields(&self, fields: &mut Map<String, Value>, at: &mut Trail) {
        fields.retain(|key, value| {
            at.enter(key, |at| {
                self.write(value, at);
                let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
                !is_nothing && (self.show.managed || !self.shape.is_ignored(at))
            })
        });
    }

    fn spelt(&self, scalar: Scalar, text: &str) -> String {
        match scalar {
            Scalar::Duration => duration::canonical(text).unwrap_or_else(|| text.to_owned()),
            Scalar::Lower => text.to_lowercase(),
            Scalar::Host => {
                let host = text.trim_end_matches('.').to_lowercase();
                let is_short = !host.contains('.') && host != "*";
                if is_short { format!("{host}.{}.svc.cluster.local", self.namespace) } else { host }
            }
        }
    }
}

/// Writes a default at every place of its path where the mapping that would hold it is there and does not.
fn fill(value: &mut Value, steps: &[&str], default: &Value) {
    match (steps, value) {
        ([key], Value::Object(fields)) => {
            fields.entry(*key).or_insert_with(|| default.clone());
        }
        (["*", rest @ ..], Value::Array(items)) => items.iter_mut().for_each(|item| fill(item, rest, default)),
        (["*", rest @ ..], Value::Object(fields)) => fields.values_mut().for_each(|item| fill(item, rest, default)),
        ([key, rest @ ..], Value::Object(fields)) => {
            if let Some(inner) = fields.get_mut(*key) {
                fill(inner, rest, default);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    const ROUTE: Shape = Shape {
        lists: &[],
        defaults: &[("spec.rules.*.backendRefs.*.weight", "1")],
        scalars: &[("spec.timeout", Scalar::Duration), ("spec.hosts.*", Scalar::Host), ("spec.header", Scalar::Lower)],
        ignored: &["spec.precedence"],
    };

    #[test_case(&json!({"spec": {"a": null, "b": []}}), &json!({"spec": {}}) ; "null, an empty list and absent are one")]
    #[test_case(&json!({"spec": {"rules": [{"backendRefs": [{"name": "a"}]}]}}), &json!({"spec": {"rules": [{"backendRefs": [{"name": "a", "weight": 1}]}]}}) ; "what the server fills in")]
    #[test_case(&json!({"spec": {"timeout": "60s"}}), &json!({"spec": {"timeout": "1m"}}) ; "durations")]
    #[test_case(&json!({"metadata": {"namespace": "shop"}, "spec": {"hosts": ["web"]}}), &json!({"metadata": {"namespace": "shop"}, "spec": {"hosts": ["web.shop.svc.cluster.local."]}}) ; "hosts")]
    #[test_case(&json!({"spec": {"header": "X-User"}}), &json!({"spec": {"header": "x-user"}}) ; "case of headers")]
    #[test_case(&json!({"spec": {"precedence": 9}}), &json!({"spec": {}}) ; "what the server computes")]
    #[test_case(&json!({"metadata": {"generation": 2, "uid": "x", "managedFields": []}, "status": {}}), &json!({"metadata": {}}) ; "what the server keeps")]
    #[test_case(&json!({"metadata": {"annotations": {"meshglot.dev/digest": "a"}}}), &json!({"metadata": {}}) ; "digests")]
    fn means_the_same(one: &Value, other: &Value) {
        assert_eq!(normalised(one, &ROUTE, Show::default()), normalised(other, &ROUTE, Show::default()));
    }

    #[test_case(&json!({"spec": {"selector": {}}}), &json!({"spec": {}}) ; "an empty selector picks everything")]
    #[test_case(&json!({"spec": {"weight": 0}}), &json!({"spec": {}}) ; "zero is a value")]
    #[test_case(&json!({"spec": {"rules": [{}]}}), &json!({"spec": {"rules": []}}) ; "an empty rule is a rule")]
    fn differs(one: &Value, other: &Value) {
        assert_ne!(normalised(one, &ROUTE, Show::default()), normalised(other, &ROUTE, Show::default()));
    }

    #[test]
    fn what_is_kept_and_what_is_default_can_be_shown() {
        let object = json!({"metadata": {"generation": 2}, "spec": {"precedence": 9}});
        assert_eq!(normalised(&object, &ROUTE, Show { managed: true, defaults: true }), object);
    }
}
