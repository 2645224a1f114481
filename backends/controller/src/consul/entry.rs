//! Config entries as objects, and back. What says whose an object is stands in `Meta` under the names of its labels and annotations.

use meshglot_translator::render::ObjectId;
use serde_json::{Map, Value, json};

/// The form of the output that Consul's HTTP API takes.
pub(crate) const ENTRIES: &str = "config-entries";

/// What of an object stands in `Meta` under its own name, and where it stands else.
const MARKS: [(&str, &str); 4] = [
    ("labels", "meshglot.dev/backend"),
    ("labels", "meshglot.dev/mesh"),
    ("annotations", "meshglot.dev/digest"),
    ("annotations", "meshglot.dev/sources"),
];

/// Whose it is.
const CLUSTER: &str = "meshglot.dev/cluster";

/// `NAMESPACE/NAME` of the object whose form it is: entries have names of their own.
const OBJECT: &str = "meshglot.dev/object";

/// Consul takes no longer value in `Meta`, in bytes. A longer one goes on under `NAME-1`, `NAME-2` and so on.
const LONGEST: usize = 512;

/// Fields that Consul fills in, and that nobody means.
const SERVER: [&str; 7] = ["CreateIndex", "ModifyIndex", "Hash", "Meta", "Precedence", "Type", "Partition"];

/// `ServiceSplitter` as entries spell it: `service-splitter`.
pub(super) fn entry_kind(kind: &str) -> String {
    let spelt = |(place, letter): (usize, char)| {
        let hyphen = (place > 0 && letter.is_uppercase()).then_some('-');
        hyphen.into_iter().chain([letter.to_ascii_lowercase()])
    };
    kind.chars().enumerate().flat_map(spelt).collect()
}

/// A rendered object with a config entry in the place of its `spec`.
pub(crate) fn as_entry(body: &Value, entry: Value) -> Value {
    let mut body = body.clone();
    body["spec"] = meant(entry);
    body
}

/// The config entry of such an object, as it is written for a cluster.
pub(super) fn written(body: &Value, cluster: &str) -> Value {
    let mut meta = Map::from_iter([("managed-by".to_owned(), json!("meshglot")), (CLUSTER.to_owned(), json!(cluster))]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (namespace, name) = (text(&body["metadata"]["namespace"]), text(&body["metadata"]["name"]));
    meta.insert(OBJECT.to_owned(), json!(format!("{namespace}/{name}")));
    for (part, mark) in MARKS {
        meta.extend(pieces(mark, &text(&body["metadata"][part][mark])));
    }
    let mut entry = body["spec"].clone();
    entry["Meta"] = meta.into();
    entry
}

/// An entry as such an object; `None`: it is not of this cluster. The kind is told by whoever has asked for it.
pub(super) fn object(entry: Value, api_version: &str, kind: &str, cluster: &str) -> Option<Value> {
    let meta = &entry["Meta"];
    if meta["managed-by"] != "meshglot" || meta[CLUSTER] != cluster {
        return None;
    }
    let (namespace, name) = meta[OBJECT].as_str()?.split_once('/')?;
    let mut marks = json!({"labels": {"app.kubernetes.io/managed-by": "meshglot"}, "annotations": {}});
    for (part, mark) in MARKS {
        marks[part][mark] = whole(mark, meta).into();
    }
    let mut object = json!({
        "apiVersion": api_version, "kind": kind,
        "metadata": {
            "name": name, "labels": marks["labels"], "annotations": marks["annotations"],
            "resourceVersion": entry["ModifyIndex"].to_string(), "uid": entry["CreateIndex"].to_string(),
        },
    });
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    object["spec"] = meant(entry);
    Some(object)
}

/// `service-splitter/web`, for people.
pub(super) fn path(entry: &Value) -> String {
    format!("{}/{}", entry["Kind"].as_str().unwrap_or_default(), entry["Name"].as_str().unwrap_or_default())
}

/// Whether two objects are the same by name.
pub(super) fn is_named(object: &Value, id: &ObjectId) -> bool {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
    text("name") == id.name && text("namespace") == id.namespace
}

fn pieces(mark: &str, text: &str) -> Vec<(String, Value)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = (0..=rest.len().min(LONGEST)).rev().find(|end| rest.is_char_boundary(*end)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        let name = if pieces.is_empty() { mark.to_owned() } else { format!("{mark}-{}", pieces.len()) };
        pieces.push((name, json!(piece)));
        rest = after;
    }
    pieces
}

fn whole(mark: &str, meta: &Value) -> String {
    let further = (1..).map(|place| meta[format!("{mark}-{place}")].as_str()).map_while(|piece| piece);
    meta[mark].as_str().into_iter().chain(further).collect()
}

/// What an entry means: without what Consul fills in, where nothing is as good as an empty value; the callers of intentions in one
/// order, since Consul has its own.
fn meant(entry: Value) -> Value {
    let mut entry = plain(entry);
    if let Some(sources) = entry.get_mut("Sources").and_then(Value::as_array_mut) {
        sources.sort_by_cached_key(|source| [source["Namespace"].to_string(), source["Name"].to_string()]);
    }
    entry
}

fn plain(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(key, _)| !SERVER.contains(&key.as_str())).map(|(key, value)| (key, plain(value)));
            let fields = fields.filter(|(key, value)| !(is_nothing(value) || key == "Namespace" && *value == "default"));
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(plain).collect(),
        // A whole number may come as 90 or as 90.0.
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => {
                format!("{float:.0}").parse::<i64>().map_or(number.into(), Value::from)
            }
            _ => number.into(),
        },
        other => other,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is) => !is,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(sources: &str, entry: Value) -> Value {
        let labels = json!({"app.kubernetes.io/managed-by": "meshglot", "meshglot.dev/backend": "consul", "meshglot.dev/mesh": "main"});
        let body = json!({
            "apiVersion": "consul.hashicorp.com/v1alpha1", "kind": "ServiceIntentions",
            "metadata": {
                "name": "all", "namespace": "shop", "labels": labels,
                "annotations": {"meshglot.dev/digest": "d", "meshglot.dev/sources": sources},
            },
            "spec": {"sources": []},
        });
        as_entry(&body, entry)
    }

    fn read(entry: Value) -> Option<Value> {
        object(entry, "consul.hashicorp.com/v1alpha1", "ServiceIntentions", "here")
    }

    #[test]
    fn what_is_written_is_read_back_whatever_consul_fills_in() {
        let callers = json!([{"Name": "web", "Action": "allow"}, {"Name": "*", "Action": "deny"}]);
        // Longer than one value of `Meta` may be, with a letter of two bytes where it would be cut.
        let sources = format!("TrafficTarget/shop/{}é{}", "a".repeat(492), "b".repeat(900));
        let wanted = body(&sources, json!({"Kind": "service-intentions", "Name": "*", "Sources": callers}));
        let mut entry = written(&wanted, "here");
        let meta = entry["Meta"].as_object().expect("an object");
        assert!(meta.values().all(|value| value.as_str().is_some_and(|text| text.len() <= LONGEST)), "{meta:#?}");
        entry["ModifyIndex"] = json!(7);
        entry["CreateIndex"] = json!(5);
        entry["Hash"] = json!(1);
        entry["JWT"] = Value::Null;
        entry["Sources"] = json!([
            {"Name": "*", "Action": "deny", "Precedence": 8, "Type": "consul", "Permissions": null},
            {"Name": "web", "Action": "allow", "Precedence": 9.0, "Type": "consul", "Description": ""},
        ]);
        let read = read(entry.clone()).expect("ours");
        assert_eq!((&read["spec"], &read["metadata"]["annotations"]), (&wanted["spec"], &wanted["metadata"]["annotations"]));
        assert_eq!((&read["metadata"]["resourceVersion"], &read["metadata"]["uid"]), (&json!("7"), &json!("5")));
        // What somebody has added is seen.
        entry["Sources"][0]["Action"] = json!("allow");
        assert_ne!(super::object(entry, "a/v1", "A", "here").expect("ours")["spec"], wanted["spec"]);
    }

    #[test]
    fn entries_of_others_are_none_of_ours() {
        let entry = || written(&body("a", json!({"Kind": "service-intentions", "Name": "api"})), "here");
        assert!(read(entry()).is_some());
        for (key, value) in
            [("managed-by", json!("terraform")), ("managed-by", Value::Null), (CLUSTER, json!("there")), (OBJECT, json!("api"))]
        {
            let mut other = entry();
            other["Meta"][key] = value;
            assert_eq!(read(other), None, "{key}");
        }
    }

    #[test]
    fn kinds_are_spelt_as_entries_do() {
        assert_eq!(entry_kind("ServiceSplitter"), "service-splitter");
    }
}
