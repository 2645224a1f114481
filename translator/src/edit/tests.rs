//! Objects edited in their texts.

use std::sync::Arc;

use test_case::test_case;

use super::*;
use crate::ir::Kind;
use crate::parse::parse;

const TWO: &str = "\
# the shop
apiVersion: v1
kind: Service
metadata: {name: a}
spec:
  ports:
  - port: 80 # plain
---
# the other
apiVersion: v1
kind: Service
metadata: {name: b}
spec: {ports: [{port: 81}]}
";

fn source(text: &str) -> Arc<Source> {
    Source::new("file.yaml", text)
}

fn document(text: &str) -> Arc<Document> {
    parse(&[source(text)]).0.remove(0)
}

fn service(name: &str) -> ObjectKey {
    ObjectKey { kind: Kind::Service, namespace: "default".into(), name: name.into() }
}

fn options() -> ReadOptions {
    ReadOptions { lenient: false, default_namespace: "default".into() }
}

#[test]
fn a_value_is_changed_where_it_stands() {
    let by = document("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 8080}]}}");
    let text = replace(&source(TWO), &service("a"), &by, &options()).expect("is there");
    assert_eq!(text, TWO.replace("port: 80 #", "port: 8080 #"));
}

#[test]
fn another_form_replaces_the_document_with_its_own_comments() {
    let new = "# newer\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {ports: []}\n";
    let text = replace(&source(TWO), &service("b"), &document(new), &options()).expect("is there");
    assert_eq!(text, format!("{}---\n{new}", TWO.split("---").next().expect("a first")));
}

#[test]
fn windows_ends_of_lines_stay() {
    let by = document("{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {}}");
    let text = replace(&source(&TWO.replace('\n', "\r\n")), &service("b"), &by, &options()).expect("is there");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
}

#[test]
fn json_stays_json() {
    let old = source("{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"name\": \"a\"}}\n");
    let by = document("apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: []}\n");
    let text = replace(&old, &service("a"), &by, &options()).expect("is there");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json, by.root().to_json());
}

#[test_case("a", "the other", "the shop"; "the first")]
#[test_case("b", "the shop", "the other"; "the last")]
fn what_is_removed_is_gone_with_its_comments(name: &str, stays: &str, goes: &str) {
    let text = remove(&source(TWO), &service(name), &options()).expect("is there").expect("one is left");
    assert!(text.contains(stays) && !text.contains(goes) && !text.starts_with("---"), "{text}");
    let left = document(&text);
    assert_ne!(key_of(&left, &options()), Some(service(name)));
}

#[test]
fn a_text_without_objects_is_none() {
    let only = TWO.split("---").next().expect("a first");
    assert_eq!(remove(&source(only), &service("a"), &options()).expect("is there"), None);
}

#[test]
fn lists_are_left_to_people() {
    let list = "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: {name: a}}]}";
    assert!(matches!(remove(&source(list), &service("a"), &options()), Err(EditError::InList(_))));
    assert!(matches!(remove(&source(list), &service("c"), &options()), Err(EditError::Missing(_))));
}
