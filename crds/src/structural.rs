//! Turns what schemars derives from a type into a structural schema of the API server.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// How strict the schema of a kind is below the top level of the object. The status is the same for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Body {
    /// Keep unknown fields, so that the resolver can refuse them: pruned, a misspelt condition would vanish and
    /// open what it was to close.
    pub(crate) keep_unknown: bool,
    /// Lists of 1 to 64 items and strings of at most 253 characters, where the type says nothing else.
    pub(crate) limits: bool,
}

impl Body {
    /// Our own kinds where a lost field could open something.
    pub(crate) const fn ours() -> Body {
        Body { keep_unknown: true, limits: true }
    }

    /// SMI kinds: others write them, so that only what has no reading is refused.
    pub(crate) const fn smi() -> Body {
        Body { keep_unknown: true, limits: false }
    }

    /// Written by the controller only.
    const fn status() -> Body {
        Body { keep_unknown: false, limits: false }
    }
}

type Node = Map<String, Value>;

/// The structural schema of the object type `T`.
pub(crate) fn schema<T: JsonSchema>(body: Body) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
        settings.transforms.clear();
    });
    let derived = settings.into_generator().into_root_schema_for::<T>();
    let mut root = match derived.to_value() {
        Value::Object(root) => root,
        other => unreachable!("the schema of an object type is an object, not {other}"),
    };
    clean(&mut root);
    if let Some(Value::Array(required)) = root.get_mut("required") {
        // Nothing is an object without these; the API server and the parser ask for them before any schema.
        required.retain(|name| !["apiVersion", "kind", "metadata"].iter().any(|own| name == own));
        if required.is_empty() {
            root.remove("required");
        }
    }
    each(&mut root, "properties", |name, field| match name {
        "metadata" => *field = json_object(json!({ "type": "object" })),
        "apiVersion" | "kind" => clean(field),
        "status" => convert(field, Body::status()),
        _ => convert(field, body),
    });
    Value::Object(root)
}

/// Converts a node and everything below it.
fn convert(node: &mut Node, body: Body) {
    clean(node);
    match node.get("type").and_then(Value::as_str) {
        Some("array") => {
            absent(node, "x-kubernetes-list-type", json!("atomic"));
            if body.limits {
                absent(node, "minItems", json!(1));
                absent(node, "maxItems", json!(64));
            }
        }
        Some("string") if body.limits && !node.contains_key("enum") => {
            absent(node, "maxLength", json!(253));
        }
        Some("object") if body.keep_unknown && node.contains_key("properties") => {
            absent(node, "x-kubernetes-preserve-unknown-fields", json!(true));
        }
        _ => {}
    }
    each(node, "properties", |_, field| convert(field, body));
    for inner in ["items", "additionalProperties"] {
        if let Some(Value::Object(inner)) = node.get_mut(inner) {
            convert(inner, body);
        }
    }
}

/// Rewrites the keywords of one node into those that a structural schema has.
fn clean(node: &mut Node) {
    unwrap_option(node);
    words(node);
    for keyword in ["title", "$schema", "default"] {
        node.remove(keyword);
    }
    if let Some(Value::Bool(_)) = node.get("additionalProperties") {
        node.remove("additionalProperties");
    }
    if let Some(Value::String(format)) = node.get_mut("format") {
        // OpenAPI knows signed integers only; the limits of the type stay in `minimum` and `maximum`.
        match format.as_str() {
            "uint8" | "uint16" | "int8" | "int16" => *format = "int32".into(),
            "uint32" | "uint64" | "uint" => *format = "int64".into(),
            _ => {}
        }
    }
    if let Some(Value::String(text)) = node.get_mut("description") {
        *text = flow(text);
    }
}

/// `Option<T>` is derived as "T or null"; on the wire an absent field is absent, never null.
fn unwrap_option(node: &mut Node) {
    if let Some(Value::Array(choices)) = node.get("anyOf") {
        let mut others = choices.iter().filter(|choice| choice["type"] != "null");
        if let (Some(Value::Object(only)), None) = (others.next().cloned(), others.next()) {
            node.remove("anyOf");
            for (keyword, value) in only {
                // What is said at the field wins over what is said at its type.
                absent(node, &keyword, value);
            }
        }
    }
    if let Some(Value::Array(types)) = node.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            node.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = node.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// Documented words are derived as `oneOf` constants: makes them an `enum` and moves their texts, one line
/// each, to the end of the description.
fn words(node: &mut Node) {
    let Some(Value::Array(choices)) = node.remove("oneOf") else {
        return;
    };
    let mut words = Vec::new();
    let mut lines = String::new();
    for choice in &choices {
        let listed = choice.get("enum").and_then(Value::as_array);
        words.extend(listed.into_iter().flatten().cloned());
        if let Some(word) = choice.get("const") {
            words.push(word.clone());
            if let (Some(word), Some(text)) = (word.as_str(), choice["description"].as_str()) {
                lines.push_str(&format!("\n- `{word}`: {}", flow(text)));
            }
        }
    }
    let text = match node.get("description").and_then(Value::as_str) {
        Some(text) => flow(text) + &lines,
        None => lines.trim_start().to_owned(),
    };
    node.insert("type".into(), json!("string"));
    node.insert("enum".into(), Value::Array(words));
    node.insert("description".into(), Value::String(text));
}

/// Joins the lines of a paragraph; paragraphs and list lines stay apart.
fn flow(text: &str) -> String {
    let mut flowing = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with("- ") {
            flowing.push('\n');
        } else if !flowing.is_empty() && !flowing.ends_with('\n') {
            flowing.push(' ');
        }
        flowing.push_str(line);
    }
    flowing.trim().to_owned()
}

fn absent(node: &mut Node, keyword: &str, value: Value) {
    node.entry(keyword).or_insert(value);
}

fn each(node: &mut Node, keyword: &str, mut f: impl FnMut(&str, &mut Node)) {
    if let Some(Value::Object(children)) = node.get_mut(keyword) {
        for (name, child) in children {
            if let Value::Object(child) = child {
                f(name, child);
            }
        }
    }
}

fn json_object(value: Value) -> Node {
    match value {
        Value::Object(node) => node,
        other => unreachable!("not an object: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    /// The colour.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "camelCase")]
    #[allow(dead_code)]
    enum Colour {
        /// Like
        /// blood.
        Red,
        /// Like the sky.
        SkyBlue,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Thing {
        spec: Option<Spec>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Spec {
        /// Of the paint.
        colour: Option<Colour>,
        tags: Option<Vec<String>>,
        count: u32,
    }

    #[test]
    fn options_words_and_limits() {
        let spec = schema::<Thing>(Body::ours())["properties"]["spec"].clone();
        let want = json!({
            "type": "object",
            "required": ["count"],
            "x-kubernetes-preserve-unknown-fields": true,
            "properties": {
                "colour": {
                    "type": "string",
                    "enum": ["red", "skyBlue"],
                    "description": "Of the paint.\n- `red`: Like blood.\n- `skyBlue`: Like the sky.",
                },
                "tags": {
                    "type": "array",
                    "items": { "type": "string", "maxLength": 253 },
                    "minItems": 1,
                    "maxItems": 64,
                    "x-kubernetes-list-type": "atomic",
                },
                "count": { "type": "integer", "format": "int64", "minimum": 0 },
            },
        });
        assert_eq!(spec, want);
    }

    #[test]
    fn smi_lists_have_no_limits() {
        let spec = schema::<Thing>(Body::smi())["properties"]["spec"].clone();
        let want = json!({
            "type": "array",
            "items": { "type": "string" },
            "x-kubernetes-list-type": "atomic",
        });
        assert_eq!(spec["properties"]["tags"], want);
    }

    #[test]
    fn flow_joins_lines_and_keeps_paragraphs() {
        assert_eq!(flow(" one\n two\n\nthree\n- four"), "one two\nthree\n- four");
    }
}
