//! Whether an object of the API server is the one that is wanted.

use meshglot_translator::diff::{Shape, Show, normalised};
use serde_json::Value;

/// Whether all that we write is there, and nothing else stands in the parts that mean something. Labels and annotations of others
/// are theirs; what a server fills in is no difference.
pub fn alike(wanted: &Value, live: &Value, shape: &Shape) -> bool {
    let marks = |object: &Value, name: &str| object["metadata"][name].as_object().cloned().unwrap_or_default();
    let has_marks = |name: &str| {
        let live = marks(live, name);
        marks(wanted, name).iter().all(|(key, value)| live.get(key) == Some(value))
    };
    let meaning = |object: &Value| {
        let mut object = normalised(object, shape, Show::default());
        if let Some(fields) = object.as_object_mut() {
            fields.remove("metadata");
        }
        object
    };
    has_marks("labels") && has_marks("annotations") && meaning(wanted) == meaning(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_add_counts_where_it_means_something() {
        let wanted = json!({"kind": "A", "metadata": {"name": "a", "labels": {"x": "1"}}, "spec": {"rules": [{"from": "b"}]}});
        let mut live = wanted.clone();
        live["metadata"]["labels"]["y"] = json!("2");
        live["metadata"]["uid"] = json!("1");
        live["status"] = json!({"ready": true});
        assert!(alike(&wanted, &live, &Shape::PLAIN));
        let mut wider = live.clone();
        wider["spec"]["rules"][0]["to"] = json!("c");
        assert!(!alike(&wanted, &wider, &Shape::PLAIN));
        let mut stripped = live;
        stripped["metadata"]["labels"]["x"] = json!("2");
        assert!(!alike(&wanted, &stripped, &Shape::PLAIN));
    }
}
