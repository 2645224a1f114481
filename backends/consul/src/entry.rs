//! Config entries: the same objects for a Consul without Kubernetes, as its HTTP API and `consul config write` take them.
//!
//! Source: <https://developer.hashicorp.com/consul/docs/reference/config-entry>; field names as in package
//! `github.com/hashicorp/consul/api`, files `config_entry*.go`.

use std::collections::BTreeMap;

use meshglot_translator::render::{ObjectId, Rendered, RenderedObject};
use serde_json::{Map, Value, json};

/// The order in which Consul takes them: nothing is written before what it needs.
const WRITE_ORDER: [&str; 8] =
    ["Mesh", "ProxyDefaults", "ServiceDefaults", "JWTProvider", "ServiceResolver", "ServiceSplitter", "ServiceRouter", "ServiceIntentions"];

/// The rendered objects as config entries, in the order of writing; they are removed in reverse.
pub fn config_entries(rendered: &Rendered<'_>) -> Vec<(ObjectId, Value)> {
    let place = |object: &RenderedObject| WRITE_ORDER.iter().position(|kind| *kind == object.id.kind).unwrap_or(WRITE_ORDER.len());
    let mut objects = rendered.objects.clone();
    objects.sort_by_key(|object| place(object));
    let namespaces = consul_namespaces(&objects);
    let namespace = |object: &RenderedObject| namespaces.get(&*object.id.namespace).map(String::as_str);
    objects.iter().map(|object| (object.id.clone(), entry(object, namespace(object)))).collect()
}

/// Consul Enterprise's name of each Kubernetes namespace, read off the destinations: splits and intentions are
/// about Services of their own namespace only. Empty for the community edition, which takes no `Namespace`.
fn consul_namespaces<'o>(objects: &[&'o RenderedObject]) -> BTreeMap<&'o str, String> {
    let named = |object: &'o RenderedObject| {
        let body = object.body();
        let spec = &body["spec"];
        let list = |field: &str| spec[field].as_array().map(Vec::as_slice).unwrap_or_default();
        let routes = list("routes").iter().map(|route| &route["destination"]);
        let mut destinations = list("splits").iter().chain(routes).chain([&spec["redirect"], &spec["destination"]]);
        let name = destinations.find_map(|destination| destination["namespace"].as_str())?;
        Some((&*object.id.namespace, name.to_owned()))
    };
    objects.iter().copied().filter_map(named).collect()
}

fn entry(object: &RenderedObject, namespace: Option<&str>) -> Value {
    let mut spec = object.body()["spec"].take();
    let mut name = object.id.name.clone();
    let kind = &*object.id.kind;
    if let ("ServiceIntentions", Some(fields)) = (kind, spec.as_object_mut())
        && let Some(Value::String(destination)) = fields.remove("destination").map(|mut destination| destination["name"].take())
    {
        name = destination;
    }
    let mut entry = match camel_case(&spec) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    entry.insert("Kind".into(), kebab_case(kind).into());
    // There is one mesh entry, and Consul takes no name for it.
    if kind != "Mesh" {
        entry.insert("Name".into(), name.into());
    }
    entry.extend(namespace.map(|namespace| ("Namespace".to_owned(), namespace.into())));
    entry.insert("Meta".into(), json!({ "managed-by": "meshglot" }));
    Value::Object(entry)
}

/// `ServiceSplitter` to `service-splitter`, `JWTProvider` to `jwt-provider`.
fn kebab_case(kind: &str) -> String {
    let letters: Vec<char> = kind.chars().collect();
    let mut out = String::with_capacity(kind.len() + 2);
    for (index, letter) in letters.iter().enumerate() {
        let word_begins = letter.is_uppercase()
            && index > 0
            && (letters[index - 1].is_lowercase() || letters.get(index + 1).is_some_and(|next| next.is_lowercase()));
        if word_begins {
            out.push('-');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// Keys as Consul's own types spell them. No key of what is rendered today is a word of the user.
fn camel_case(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.iter().map(|(key, value)| (camel_key(key), camel_case(value))).collect()),
        Value::Array(items) => items.iter().map(camel_case).collect(),
        scalar => scalar.clone(),
    }
}

fn camel_key(key: &str) -> String {
    match key {
        "http" => "HTTP".to_owned(),
        key => {
            let mut letters = key.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("ServiceSplitter", "service-splitter" ; "two words")]
    #[test_case("Mesh", "mesh" ; "one word")]
    #[test_case("JWTProvider", "jwt-provider" ; "an abbreviation is one word")]
    fn kind_in_kebab_case(kind: &str, want: &str) {
        assert_eq!(kebab_case(kind), want);
    }

    #[test_case("ServiceRouter", json!({"routes": [{"match": {"http": {"pathPrefix": "/", "header": [{"name": "a", "regex": "b"}]}}}]}),
        json!({"Kind": "service-router", "Name": "web", "Meta": {"managed-by": "meshglot"},
            "Routes": [{"Match": {"HTTP": {"PathPrefix": "/", "Header": [{"Name": "a", "Regex": "b"}]}}}]}) ; "nested keys")]
    #[test_case("ServiceIntentions", json!({"destination": {"name": "api"}, "sources": [{"name": "*", "action": "deny"}]}),
        json!({"Kind": "service-intentions", "Name": "api", "Meta": {"managed-by": "meshglot"},
            "Sources": [{"Name": "*", "Action": "deny"}]}) ; "intentions are named by their destination")]
    #[test_case("Mesh", json!({"allowEnablingPermissiveMutualTLS": true}),
        json!({"Kind": "mesh", "Meta": {"managed-by": "meshglot"}, "AllowEnablingPermissiveMutualTLS": true}) ; "the mesh has no name")]
    fn entry_of(kind: &str, spec: Value, want: Value) {
        let id = ObjectId {
            api_version: "consul.hashicorp.com/v1alpha1".into(),
            kind: kind.into(),
            namespace: "shop".into(),
            name: "web".into(),
        };
        let object = RenderedObject::plain(id, &json!({ "spec": spec }), Vec::new(), Vec::new());
        assert_eq!(entry(&object, None), want);
    }
}
