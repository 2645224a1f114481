//! What holds for the CRD of every kind.

use meshglot_crds::{Kind, all, find, find_api, lookup};
use serde_json::Value;

/// Calls `f` with the path and the node of every schema node of a kind.
fn walk(kind: &'static Kind, f: &mut impl FnMut(&str, &Value)) {
    fn below(path: &str, node: &Value, f: &mut impl FnMut(&str, &Value)) {
        f(path, node);
        if let Some(fields) = node.get("properties").and_then(Value::as_object) {
            for (name, field) in fields {
                below(&format!("{path}.{name}"), field, f);
            }
        }
        for (keyword, mark) in [("items", "[]"), ("additionalProperties", "{}")] {
            if let Some(inner) = node.get(keyword) {
                below(&format!("{path}{mark}"), inner, f);
            }
        }
    }
    below(kind.kind, kind.schema(), f);
}

/// Every schema node of every kind.
fn walk_all(mut f: impl FnMut(&str, &Value)) {
    for kind in all() {
        walk(kind, &mut f);
    }
}

fn names<'a>(node: &'a Value, keyword: &str) -> impl Iterator<Item = &'a String> {
    let names = node.get(keyword).and_then(Value::as_object);
    names.into_iter().flatten().map(|(name, _)| name)
}

#[test]
fn no_field_and_no_word_is_a_boolean_of_yaml_1_1() {
    let is_boolean = |word: &str| ["on", "off", "yes", "no", "y", "n"].contains(&&*word.to_lowercase());
    walk_all(|path, node| {
        for name in names(node, "properties") {
            assert!(!is_boolean(name), "{path}.{name}");
        }
        let words = node.get("enum").and_then(Value::as_array);
        for word in words.into_iter().flatten() {
            let word = word.as_str().expect("enums are of strings");
            assert!(!is_boolean(word), "{path}: {word}");
        }
    });
}

#[test]
fn schemas_are_structural() {
    const KEYWORDS: [&str; 22] = [
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
        "type",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-map-keys",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
        "maxProperties",
    ];
    walk_all(|path, node| {
        for keyword in node.as_object().expect("a schema is an object").keys() {
            // Neither `default` nor `nullable` nor `$ref` nor `anyOf` is among them.
            assert!(KEYWORDS.contains(&keyword.as_str()), "{path}: {keyword}");
        }
        let open = node.get("x-kubernetes-int-or-string").is_some() || node.get("x-kubernetes-preserve-unknown-fields").is_some();
        assert!(open || node["type"].is_string(), "{path} has no type");
        assert_eq!(node["type"] == "array", node.get("x-kubernetes-list-type").is_some(), "{path}");
        assert_eq!(node["x-kubernetes-list-type"] == "map", node.get("x-kubernetes-list-map-keys").is_some(), "{path}");
        let required = node.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten() {
            let name = name.as_str().expect("names are strings");
            assert!(node["properties"].get(name).is_some(), "{path}.{name}");
        }
    });
}

#[test]
fn every_field_has_a_description() {
    walk_all(|path, node| {
        let fields = node.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            // The API server refuses words about metadata.
            let is_metadata = name == "metadata" && !path.contains('.');
            let text = field["description"].as_str().unwrap_or_default();
            assert!(is_metadata || text.ends_with('.'), "{path}.{name}: {text}");
        }
    });
}

#[test]
fn every_optional_setting_tells_what_its_absence_means() {
    let kind = find("Mesh").expect("is a kind");
    walk(kind, &mut |path, node| {
        if !path.starts_with("Mesh.spec") || path.contains("[]") {
            return;
        }
        let fields = node.get("properties").and_then(Value::as_object);
        for (name, field) in fields.into_iter().flatten() {
            let path = format!("{path}.{name}");
            let (_, found) = lookup(&path).expect(&path);
            // A section without a meaning of its own is told by its fields.
            let is_section = field.get("properties").is_some();
            let one_of = path.contains(".jwks.") || path.contains("namespaceSelector.");
            let told = found.required || found.absent.is_some();
            assert!(told || is_section || one_of, "{path}");
        }
    });
}

#[test]
fn our_kinds_and_smi_keep_unknown_fields_from_spec_down() {
    for kind in all() {
        for (name, part) in kind.schema()["properties"].as_object().into_iter().flatten() {
            let body = !["apiVersion", "kind", "metadata", "status"].contains(&name.as_str());
            keeps(&format!("{}.{name}", kind.kind), part, body);
        }
    }

    fn keeps(path: &str, node: &Value, want: bool) {
        if node.get("properties").is_some() {
            let keeps = node["x-kubernetes-preserve-unknown-fields"] == true;
            assert_eq!(keeps, want, "{path}");
        }
        for (name, field) in node["properties"].as_object().into_iter().flatten() {
            keeps(&format!("{path}.{name}"), field, want);
        }
        if let Some(items) = node.get("items") {
            keeps(path, items, want);
        }
    }
}

#[test]
fn what_a_rule_reads_is_bounded() {
    // The API server estimates the cost of a rule from these limits.
    walk_all(|path, node| {
        if node.get("x-kubernetes-validations").is_some() {
            assert!(node["type"] != "string" || node.get("maxLength").is_some(), "{path}");
            assert!(node["type"] != "array" || node.get("maxItems").is_some(), "{path}");
        }
    });
}

#[test]
fn messages_of_rules_begin_with_a_code() {
    walk_all(|path, node| {
        let rules = node.get("x-kubernetes-validations").and_then(Value::as_array);
        for rule in rules.into_iter().flatten() {
            let message = rule["message"].as_str().expect("has a message");
            let code = message.split(": ").next().unwrap_or_default();
            let digits = code.strip_prefix("MG").unwrap_or_default();
            let well = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
            assert!(well, "{path}: {message}");
        }
    });
}

#[test]
fn every_version_is_served_with_one_schema_and_the_newest_is_stored() {
    for kind in all() {
        let crd = kind.crd();
        let versions = crd["spec"]["versions"].as_array().expect("has versions");
        assert_eq!(versions.len(), kind.versions.len());
        for version in versions {
            assert_eq!(version["served"], true);
            assert_eq!(version["storage"] == true, version["name"] == kind.storage_version());
            assert_eq!(&version["schema"]["openAPIV3Schema"], kind.schema());
            assert!(version["subresources"]["status"].is_object());
        }
        assert_eq!(crd["spec"]["conversion"]["strategy"], "None");
        assert_eq!(crd["spec"]["names"]["categories"], serde_json::json!(["meshglot", "mesh"]));
    }
}

#[test]
fn names_are_unique_and_found_in_any_case() {
    let mut taken = Vec::new();
    for kind in all() {
        assert_eq!(kind.singular, kind.kind.to_lowercase());
        let mut names = vec![kind.plural, kind.singular];
        names.extend(kind.short_names);
        for name in names {
            assert!(!taken.contains(&name), "{name} is taken");
            taken.push(name);
            let found = find(&name.to_uppercase()).expect(name);
            assert_eq!(found.kind, kind.kind);
        }
        assert_eq!(find(&kind.crd_name()).map(|k| k.kind), Some(kind.kind));
        assert!(find_api(&kind.api_version(), kind.kind).is_some());
        assert!(find_api(&format!("{}/v9", kind.group), kind.kind).is_none());
    }
}

#[test]
fn headings_are_not_repeated() {
    for kind in all() {
        let names: Vec<_> = kind.columns().map(|column| column.name).collect();
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{} {name}", kind.kind);
        }
        for always in ["READY", "BACKEND", "LOSS", "OBJECTS", "AGE", "SYNCED", "MESSAGE", "SOURCE"] {
            assert!(names.contains(&always), "{} {always}", kind.kind);
        }
    }
}
