//! What the schema says about one field, for `meshglot explain KIND.field`.

use std::fmt;

use serde_json::Value;

use crate::{Kind, find};

/// One field of a kind, or the kind itself where `path` is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Path below the object, as spelled in the schema: `spec.backends.weight`.
    pub path: String,
    /// Last name of the path; the kind for the kind itself.
    pub name: String,
    /// `string`, `integer`, `boolean`, `number`, `int-or-string`, `any`, `Object`, `[]string`, `map[string]string`.
    pub type_: String,
    /// What the field means.
    pub text: String,
    /// Whether it must be written in the object that holds it.
    pub required: bool,
    /// What nothing written means, where the text says so.
    pub absent: Option<String>,
    /// The words that it takes, if they are a closed list.
    pub words: Vec<Word>,
    /// Limits in words: `1 to 65535`, `at most 16 items`, `form ^[a-z]+$`.
    pub limits: Vec<String>,
    /// The messages of the CEL rules that hold for it; each begins with its code.
    pub rules: Vec<String>,
    /// The fields below it, by name.
    pub children: Vec<Child>,
}

/// One word of a closed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it is written.
    pub word: String,
    /// What it means, where the schema says so.
    pub text: Option<String>,
}

/// A field below another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Name as it is written.
    pub name: String,
    /// Type, as in [`Field`].
    pub type_: String,
    /// Whether it must be written.
    pub required: bool,
}

/// Why [`lookup`] found nothing. Carries what the caller needs to suggest the nearest name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupError {
    /// No neutral kind has this name.
    Kind {
        /// What was asked for.
        name: String,
    },
    /// The field above has no such field.
    Field {
        /// The kind.
        kind: &'static str,
        /// The path that exists; empty for the object itself.
        parent: String,
        /// The name that does not.
        name: String,
        /// The names that do.
        known: Vec<String>,
    },
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LookupError::Kind { name } => write!(f, "no kind is called {name}"),
            LookupError::Field { kind, parent, name, .. } if parent.is_empty() => write!(f, "{kind} has no field {name}"),
            LookupError::Field { kind, parent, name, .. } => write!(f, "{kind}.{parent} has no field {name}"),
        }
    }
}

impl std::error::Error for LookupError {}

/// Finds `KIND[.field...]`: `trafficsplit.spec.backends.weight`, `ts`. Kinds match by any of their names; names
/// match in any case; `[0]` and `[]` behind a name are ignored.
/// # Errors
/// The part of the path that is unknown, and what is known there.
pub fn lookup(path: &str) -> Result<(&'static Kind, Field), LookupError> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let kind = find(name).ok_or_else(|| LookupError::Kind { name: name.into() })?;
    kind.field(rest).map(|field| (kind, field))
}

impl Kind {
    /// The field at this path below the object, `spec.backends.weight`; the kind itself for the empty path.
    /// # Errors
    /// The part of the path that is unknown, and what is known there.
    pub fn field(&'static self, path: &str) -> Result<Field, LookupError> {
        let mut node = self.schema();
        let mut found: Vec<&str> = Vec::new();
        let mut required = false;
        for asked in path.split('.').filter(|part| !part.is_empty()) {
            let asked = asked.split('[').next().unwrap_or(asked);
            let holder = inner(node);
            let Some((name, child)) = child(holder, asked) else {
                let mut known: Vec<String> = properties(holder).map(|(name, _)| name.clone()).collect();
                known.sort();
                return Err(LookupError::Field { kind: self.kind, parent: found.join("."), name: asked.into(), known });
            };
            required = is_required(holder, name);
            found.push(name);
            node = child;
        }
        Ok(describe(self, &found, node, required))
    }
}

fn describe(kind: &Kind, path: &[&str], node: &Value, required: bool) -> Field {
    let leaf = inner(node);
    let description = text(node);
    let (prose, absent) = split_absent(before_words(description));
    let prose = match path {
        // The API server takes no description there.
        ["metadata"] => "Standard Kubernetes object metadata.".into(),
        _ => prose,
    };
    let mut limits = limits(node);
    let mut rules = messages(node);
    if !std::ptr::eq(node, leaf) {
        limits.extend(self::limits(leaf).into_iter().map(|limit| format!("each {limit}")));
        rules.extend(messages(leaf));
    }
    // The order of a JSON object depends on how serde_json was built.
    let mut children: Vec<Child> = properties(leaf)
        .map(|(name, child)| Child { name: name.clone(), type_: type_of(child), required: is_required(leaf, name) })
        .collect();
    children.sort_by(|a, b| a.name.cmp(&b.name));
    Field {
        path: path.join("."),
        name: path.last().map_or(kind.kind, |name| name).to_owned(),
        type_: type_of(node),
        text: prose,
        required,
        absent,
        words: words(leaf),
        limits,
        rules,
        children,
    }
}

/// The node below lists.
fn inner(mut node: &Value) -> &Value {
    while let Some(items) = node.get("items") {
        node = items;
    }
    node
}

fn child<'a>(node: &'a Value, asked: &'a str) -> Option<(&'a str, &'a Value)> {
    properties(node)
        .find(|(name, _)| name.eq_ignore_ascii_case(asked))
        .map(|(name, child)| (name.as_str(), child))
        // A map has a field of every name.
        .or_else(|| node.get("additionalProperties").map(|value| (asked, value)))
}

fn properties(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn is_required(node: &Value, name: &str) -> bool {
    let required = node.get("required").and_then(Value::as_array);
    required.is_some_and(|names| names.iter().any(|required| required == name))
}

fn type_of(node: &Value) -> String {
    match node.get("type").and_then(Value::as_str) {
        Some("array") => format!("[]{}", type_of(&node["items"])),
        Some("object") => match node.get("additionalProperties") {
            Some(value) => format!("map[string]{}", type_of(value)),
            None => "Object".into(),
        },
        Some(scalar) => scalar.into(),
        None if node.get("x-kubernetes-int-or-string").is_some() => "int-or-string".into(),
        None => "any".into(),
    }
}

fn text(node: &Value) -> &str {
    node.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// Words of an `enum` with the texts that the description lists, one line each: "- `word`: text".
fn words(node: &Value) -> Vec<Word> {
    let listed = node.get("enum").and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|word| {
            let start = format!("- `{word}`: ");
            let text = text(node).lines().find_map(|line| line.strip_prefix(&start));
            Word { word: word.into(), text: text.map(str::to_owned) }
        })
        .collect()
}

fn before_words(description: &str) -> &str {
    if description.starts_with("- `") {
        return "";
    }
    description.split_once("\n- `").map_or(description, |(prose, _)| prose)
}

/// Takes the sentence `Absent: ...` out of a description.
fn split_absent(description: &str) -> (String, Option<String>) {
    let Some((before, rest)) = description.split_once("Absent: ") else {
        return (description.into(), None);
    };
    let (absent, after) = rest.split_once(". ").unwrap_or((rest.trim_end_matches('.'), ""));
    let prose = [before.trim(), after.trim()].join(" ");
    (prose.trim().into(), Some(absent.into()))
}

fn limits(node: &Value) -> Vec<String> {
    let number = |keyword: &str| node.get(keyword).filter(|value| value.is_number());
    let mut limits = Vec::new();
    match (number("minimum"), number("maximum")) {
        (Some(lo), Some(hi)) => limits.push(format!("{lo} to {hi}")),
        (Some(lo), None) => limits.push(format!("{lo} or more")),
        (None, Some(hi)) => limits.push(format!("at most {hi}")),
        (None, None) => {}
    }
    for (lo, hi, unit) in [("minItems", "maxItems", "items"), ("minLength", "maxLength", "characters")] {
        match (number(lo).filter(|least| **least != 0), number(hi)) {
            (Some(lo), Some(hi)) => limits.push(format!("{lo} to {hi} {unit}")),
            (Some(lo), None) => limits.push(format!("{lo} {unit} or more")),
            (None, Some(hi)) => limits.push(format!("at most {hi} {unit}")),
            (None, None) => {}
        }
    }
    if let Some(pattern) = node.get("pattern").and_then(Value::as_str) {
        limits.push(format!("form {pattern}"));
    }
    limits
}

fn messages(node: &Value) -> Vec<String> {
    let rules = node.get("x-kubernetes-validations").and_then(Value::as_array);
    let messages = rules.into_iter().flatten();
    messages.filter_map(|rule| rule["message"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_field_in_a_list_by_any_name_of_the_kind() {
        for path in ["trafficsplit.spec.backends.weight", "TS.spec.Backends[0].weight", "trafficsplits.spec.backends[].weight"] {
            let (kind, field) = lookup(path).expect(path);
            assert_eq!(kind.kind, "TrafficSplit");
            assert_eq!(field.path, "spec.backends.weight");
            assert_eq!(field.type_, "int-or-string");
            assert!(field.required);
            assert!(field.text.starts_with("Relative share"), "{}", field.text);
        }
    }

    #[test]
    fn tells_words_absence_limits_rules_and_children() {
        let (_, field) = lookup("mgm.spec.access.default").expect("is a field");
        assert_eq!(field.absent.as_deref(), Some("`targeted`"));
        assert!(!field.text.contains("Absent"));
        assert_eq!(field.words.len(), 3);
        assert_eq!(field.words[1].word, "deny");
        assert_eq!(field.words[1].text.as_deref(), Some("Denied by every workload of the mesh."));

        let (_, field) = lookup("mesh.spec.linkerd.opaquePorts").expect("is a field");
        assert_eq!(field.type_, "[]integer");
        assert_eq!(field.limits, ["1 to 64 items", "each 1 to 65535"]);

        let (_, field) = lookup("mesh.spec.consul").expect("is a field");
        assert_eq!(field.rules, ["MG0006: consul.namespaces needs consul.enterprise: true"]);
        assert!(field.children.iter().any(|child| child.name == "acls"));
    }

    #[test]
    fn the_kind_itself_metadata_and_maps() {
        let (_, field) = lookup("hrg").expect("is a kind");
        assert_eq!(field.name, "HTTPRouteGroup");
        assert!(field.children.iter().any(|child| child.name == "spec"));
        let (_, field) = lookup("hrg.metadata").expect("is a field");
        assert!(!field.text.is_empty());
        let (_, field) = lookup("mesh.spec.istio.gatewaySelector.app").expect("is a field");
        assert_eq!(field.type_, "string");
        let (_, field) = lookup("hrg.spec.matches.headers").expect("is a field");
        assert_eq!(field.type_, "any");
    }

    #[test]
    fn an_unknown_name_tells_the_known_ones() {
        let error = lookup("frob.spec").expect_err("is no kind");
        assert_eq!(error.to_string(), "no kind is called frob");
        let error = lookup("ts.spec.backend.weight").expect_err("is no field");
        assert_eq!(error.to_string(), "TrafficSplit.spec has no field backend");
        let LookupError::Field { known, .. } = error else {
            panic!("the kind is known");
        };
        assert_eq!(known, ["backends", "matches", "service"]);
    }
}
