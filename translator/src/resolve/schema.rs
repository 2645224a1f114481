//! Holds a document against the schema of its kind: the same schema, and so the same refusals, as in a cluster.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex};

use kube_cel::{CompiledSchema, Validator, compile_schema};
use regex_automata::meta::Regex;
use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};
use crate::ir::ObjectKey;
use crate::parse::{NodeRef, Scalar};

/// Checks everything that one object alone can say wrong.
pub(super) fn check(kind: &'static meshglot_crds::Kind, root: NodeRef<'_>, key: &ObjectKey, out: &mut Vec<Diagnostic>) {
    let mut walk = Walk { key, out };
    let before = walk.out.len();
    let schema = kind.schema();
    walk.object(schema, root, ".", true);
    // Rules may assume what the plain schema promises, as in the API server.
    if walk.out.len() == before {
        rules(kind, root, key, out);
    }
}

struct Walk<'a> {
    key: &'a ObjectKey,
    out: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn say(&mut self, keyword: &str, schema: &Value, node: NodeRef<'_>, message: String) {
        let code = meshglot_crds::code(keyword, schema).parse().unwrap_or(Code::MG0004);
        self.push(Diagnostic::at(code, node, message));
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic.about(self.key));
    }

    fn value(&mut self, schema: &Value, node: NodeRef<'_>, field: &str) {
        if node.is_null() {
            return;
        }
        if schema["x-kubernetes-int-or-string"] == true {
            let fits = node.integer().is_some() || matches!(node.scalar(), Some(Scalar::Integer(_) | Scalar::Float(_) | Scalar::String(_)));
            if !fits {
                self.say("type", schema, node, format!("`{field}` is a {}, not a whole number or a string", node.type_name()));
            }
            return;
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, node, field, false),
            Some("array") => self.array(schema, node, field),
            Some("string") => self.string(schema, node, field),
            Some("integer" | "number") => self.number(schema, node, field),
            Some("boolean") if !matches!(node.scalar(), Some(Scalar::Bool(_))) => {
                self.say("type", schema, node, format!("`{field}` is a {}, not `true` or `false`", node.type_name()));
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &Value, node: NodeRef<'_>, field: &str, is_root: bool) {
        if !node.is_mapping() {
            return self.say("type", schema, node, format!("`{field}` is a {}, not a mapping", node.type_name()));
        }
        if let Some(properties) = schema["properties"].as_object() {
            for (key, value) in node.entries() {
                let name = key.text().unwrap_or_default();
                if is_root && matches!(name, "apiVersion" | "kind" | "metadata" | "status") {
                    continue;
                }
                match properties.get(name) {
                    Some(property) => self.value(property, value, name),
                    None => {
                        let place = if is_root { String::new() } else { format!(" in `{field}`") };
                        let known = properties.keys().map(String::as_str).filter(|name| *name != "status");
                        self.push(Diagnostic::at(Code::MG0003, key, format!("unknown field `{name}`{place}")).did_you_mean(name, known));
                    }
                }
            }
        } else if schema["additionalProperties"].is_object() {
            for (key, value) in node.entries() {
                self.value(&schema["additionalProperties"], value, key.text().unwrap_or_default());
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if node.get(name).is_none_or(NodeRef::is_null) {
                let place = if is_root { "the object" } else { field };
                self.say("required", schema, node, format!("`{name}` is missing in `{place}`"));
            }
        }
    }

    fn array(&mut self, schema: &Value, node: NodeRef<'_>, field: &str) {
        if !node.is_sequence() {
            return self.say("type", schema, node, format!("`{field}` is a {}, not a list", node.type_name()));
        }
        let count = node.items().len() as u64;
        if schema["minItems"].as_u64().is_some_and(|least| count < least) {
            self.say("minItems", schema, node, format!("`{field}` is empty"));
        }
        if let Some(most) = schema["maxItems"].as_u64().filter(|most| count > *most) {
            self.say("maxItems", schema, node, format!("`{field}` has {count} items, at most {most} are taken"));
        }
        let identity: fn(NodeRef<'_>, &Value) -> String = match schema["x-kubernetes-list-type"].as_str() {
            Some("set") => |item, _| item.to_json().to_string(),
            Some("map") => |item, schema| {
                let keys = schema["x-kubernetes-list-map-keys"].as_array().into_iter().flatten().filter_map(Value::as_str);
                keys.map(|key| item.get(key).map(|value| value.to_json().to_string()).unwrap_or_default()).collect::<Vec<_>>().join("/")
            },
            _ => |_, _| String::new(),
        };
        let mut seen = BTreeSet::new();
        for item in node.items() {
            let id = identity(item, schema);
            if !id.is_empty() && !seen.insert(id.clone()) {
                self.say("x-kubernetes-list-type", schema, item, format!("{id} stands twice in `{field}`"));
            }
            self.value(&schema["items"], item, field);
        }
    }

    fn string(&mut self, schema: &Value, node: NodeRef<'_>, field: &str) {
        let Some(text) = node.string() else {
            let diagnostic = Diagnostic::at(Code::MG0004, node, format!("`{field}` is {}, not a string", written(node)));
            let diagnostic = match node.text() {
                Some(text) => diagnostic.help(format!("put quotes around it: \"{text}\"")),
                None => diagnostic,
            };
            return self.push(diagnostic);
        };
        let length = text.chars().count() as u64;
        if schema["minLength"].as_u64().is_some_and(|least| length < least) {
            self.say("minLength", schema, node, format!("`{field}` is empty"));
        }
        if let Some(most) = schema["maxLength"].as_u64().filter(|most| length > *most) {
            self.say("maxLength", schema, node, format!("`{field}` has {length} characters, at most {most} are taken"));
        }
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            if !words.contains(&text) {
                let code = meshglot_crds::code("enum", schema).parse().unwrap_or(Code::MG0007);
                let message = format!("`{field}` is `{text}`, not one of {}", words.join(", "));
                self.push(Diagnostic::at(code, node, message).did_you_mean(text, words));
            }
        }
        if let Some(pattern) = schema["pattern"].as_str()
            && !matches(pattern, text)
        {
            self.say("pattern", schema, node, format!("`{field}` is `{text}`, which does not have the form {pattern}"));
        }
    }

    fn number(&mut self, schema: &Value, node: NodeRef<'_>, field: &str) {
        let whole = schema["type"] == "integer";
        let value = match node.scalar() {
            Some(Scalar::Integer(text)) => text.parse::<f64>().ok(),
            Some(Scalar::Float(text)) if !whole => text.parse::<f64>().ok(),
            _ => None,
        };
        let Some(value) = value else {
            let what = if whole { "a whole number" } else { "a number" };
            return self.say("type", schema, node, format!("`{field}` is {}, not {what}", written(node)));
        };
        let (least, most) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) {
            let range = match (least, most) {
                (Some(least), Some(most)) => format!("from {least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (_, most) => format!("at most {}", most.unwrap_or_default()),
            };
            self.say("minimum", schema, node, format!("`{field}` is {value}, it must be {range}"));
        }
    }
}

/// The value as it is called in a message.
fn written(node: NodeRef<'_>) -> String {
    match node.text() {
        Some(text) if !text.is_empty() => format!("`{text}`"),
        _ => format!("a {}", node.type_name()),
    }
}

/// Whether a pattern of a schema, all of which are anchored, matches.
fn matches(pattern: &str, text: &str) -> bool {
    static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);
    // A poisoned cache is still a cache.
    let mut compiled = COMPILED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(regex) = compiled.get(pattern) {
        return regex.is_match(text);
    }
    // A pattern of ours that is none would fail every document: a test of the CRDs compiles all.
    let Ok(regex) = Regex::new(pattern) else { return false };
    let matches = regex.is_match(text);
    compiled.insert(pattern.to_owned(), regex);
    matches
}

/// The CEL rules of a schema, by the name of its kind; `None` where it has none.
static RULES: LazyLock<HashMap<&'static str, Option<CompiledSchema>>> = LazyLock::new(|| {
    let compiled = |kind: &'static meshglot_crds::Kind| {
        let has_rules = kind.schema().to_string().contains("x-kubernetes-validations");
        (kind.kind, has_rules.then(|| compile_schema(kind.schema())))
    };
    meshglot_crds::all().iter().map(compiled).collect()
});

fn rules(kind: &'static meshglot_crds::Kind, root: NodeRef<'_>, key: &ObjectKey, out: &mut Vec<Diagnostic>) {
    let Some(Some(schema)) = RULES.get(kind.kind) else { return };
    let object = root.to_json();
    let Err(errors) = Validator::new().validate_compiled(schema, &object, None) else { return };
    for error in errors.into_vec() {
        let (code, message) = match error.message.split_once(": ") {
            Some((code, message)) => (code.parse().ok(), message),
            None => (None, error.message.as_str()),
        };
        let node = at_path(root, &error.field_path);
        out.push(Diagnostic::at(code.unwrap_or(Code::MG0006), node, message).about(key));
    }
}

/// The value at a path such as `spec.jwks[0].uri`; the nearest one above it where it is absent.
fn at_path<'a>(root: NodeRef<'a>, path: &str) -> NodeRef<'a> {
    let mut node = root;
    for step in path.split(['.', '[']).map(|step| step.trim_end_matches(']')).filter(|step| !step.is_empty()) {
        let next = match step.parse::<usize>() {
            Ok(index) => node.items().nth(index),
            Err(_) => node.get(step),
        };
        let Some(next) = next else { break };
        node = next;
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keywords that the walk above or the rules check, and those that check nothing.
    const KNOWN: [&str; 22] = [
        "additionalProperties",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "title",
        "type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    ];

    fn unknown(schema: &Value, out: &mut BTreeSet<String>) {
        let Some(node) = schema.as_object() else { return };
        for (keyword, value) in node {
            if !KNOWN.contains(&keyword.as_str()) {
                out.insert(keyword.clone());
            }
            match keyword.as_str() {
                "properties" => value.as_object().into_iter().flat_map(|map| map.values()).for_each(|child| unknown(child, out)),
                "items" | "additionalProperties" => unknown(value, out),
                _ => {}
            }
        }
    }

    #[test]
    fn no_schema_says_what_is_not_checked() {
        let mut found = BTreeSet::new();
        meshglot_crds::all().iter().for_each(|kind| unknown(kind.schema(), &mut found));
        assert_eq!(found, BTreeSet::new());
    }
}
