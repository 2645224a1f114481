//! The reference of the neutral kinds, `docs/crds/`, is made from their schemas: a page each, every field on it.

use std::fmt::Write as _;

use meshglot_crds::{Field, Kind};

use super::pages;

#[test]
fn every_kind_has_a_page_with_every_field() {
    for kind in meshglot_crds::all() {
        pages::current(&page(kind), |_| reference(kind));
    }
    pages::current("docs/crds/README.md", |_| index());
    let strange = pages::all().into_iter().filter(|page| page.starts_with("docs/crds/") && page != "docs/crds/README.md");
    let kinds: Vec<String> = meshglot_crds::all().iter().map(page).collect();
    assert_eq!(strange.filter(|page| !kinds.contains(page)).collect::<Vec<_>>(), [""; 0], "pages of no kind");
}

fn page(kind: &Kind) -> String {
    format!("docs/crds/{}.md", kind.singular)
}

fn index() -> String {
    let mut out = String::from(
        "# Kinds\n\nEvery neutral kind and every field of it, made from the schemas of `meshglot crds`; `meshglot explain KIND.field` shows the same. What the fields mean together stands in [`../api.md`](../api.md).\n\n| Kind | Group | Versions | Scope | Short names |\n|---|---|---|---|---|\n",
    );
    for kind in meshglot_crds::all() {
        let (versions, scope) = (kind.versions.join(", "), kind.scope.word());
        let _ = writeln!(
            out,
            "| [{}]({}.md) | `{}` | {versions} | {scope} | {} |",
            kind.kind,
            kind.singular,
            kind.group,
            kind.short_names.join(", ")
        );
    }
    out
}

fn reference(kind: &'static Kind) -> String {
    let whole = kind.field("").expect("the kind itself");
    let mut out = format!("# {}\n\n{}\n\n", kind.kind, whole.text);
    let _ = write!(out, "| | |\n|---|---|\n| Group | `{}` |\n", kind.group);
    let _ = writeln!(out, "| Versions | {}; stored as {} |", kind.versions.join(", "), kind.storage_version());
    let _ = writeln!(out, "| Scope | {} |", kind.scope.word());
    let names: Vec<&str> = [kind.plural, kind.singular].into_iter().chain(kind.short_names.iter().copied()).collect();
    let _ = writeln!(out, "| Names | {} |", names.join(", "));
    if !whole.rules.is_empty() {
        let _ = write!(out, "\n{}", list("Rules", &whole.rules));
    }
    out += &columns(kind);
    let fields = fields(kind, &whole);
    out += "\n## Fields\n\n| Field | Type | |\n|---|---|---|\n";
    for field in &fields {
        let required = if field.required { "required" } else { "" };
        let _ = writeln!(out, "| [`{}`](#{}) | {} | {required} |", field.path, field.path, field.type_);
    }
    for field in &fields {
        out += &section(field);
    }
    out
}

fn columns(kind: &Kind) -> String {
    let mut out = String::from("\n## Columns of `kubectl get`\n\n| Heading | Shows | |\n|---|---|---|\n");
    for column in kind.columns() {
        let wide = if column.wide { "with `-o wide`" } else { "" };
        let _ = writeln!(out, "| {} | `{}` | {wide} |", column.name, column.path);
    }
    out
}

/// Every field below one, in the order of their paths, what holds it first.
fn fields(kind: &'static Kind, of: &Field) -> Vec<Field> {
    let mut found = Vec::new();
    for child in &of.children {
        let path = if of.path.is_empty() { child.name.clone() } else { format!("{}.{}", of.path, child.name) };
        let field = kind.field(&path).expect("a field that its holder names");
        let below = fields(kind, &field);
        found.push(field);
        found.extend(below);
    }
    found
}

fn section(field: &Field) -> String {
    let mut out = format!("\n### <a id=\"{0}\"></a>`{0}`\n\n`{1}`", field.path, field.type_);
    out += if field.required { ", required" } else { "" };
    for limit in &field.limits {
        // A form is an expression, and may be long.
        let limit = limit.split_once("form ").map_or_else(|| limit.clone(), |(before, form)| format!("{before}form `{form}`"));
        let _ = write!(out, ", {limit}");
    }
    out += "\n";
    if !field.text.is_empty() {
        let _ = write!(out, "\n{}\n", field.text);
    }
    if let Some(absent) = &field.absent {
        let _ = write!(out, "\n*Absent:* {absent}\n");
    }
    if !field.words.is_empty() {
        let word = |word: &meshglot_crds::Word| match &word.text {
            Some(text) => format!("`{}`: {text}", word.word),
            None => format!("`{}`", word.word),
        };
        let _ = write!(out, "\n{}", list("Words", &field.words.iter().map(word).collect::<Vec<_>>()));
    }
    if !field.rules.is_empty() {
        let _ = write!(out, "\n{}", list("Rules", &field.rules));
    }
    out
}

fn list(title: &str, items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
    format!("*{title}:*\n\n{items}")
}
