//! A field as text and as Markdown.

use super::field::{FeatureAnswer, FieldAnswer, FieldLine};
use super::text::{WIDTH, indented, table, wrapped};

pub(super) fn text(answer: &FieldAnswer) -> String {
    let path = if answer.path.is_empty() {
        String::new()
    } else {
        format!("   FIELD: {} <{}>{}", answer.path, answer.type_, must(answer.required))
    };
    let versions = answer.versions.join(", ");
    let mut out =
        format!("KIND: {}   GROUP: {}   VERSIONS: {versions}{path}\n\n{}\n", answer.of, answer.group, wrapped(&answer.text, WIDTH));
    if let Some(absent) = &answer.absent {
        out += &format!("{}\n", wrapped(&format!("Absent: {absent}"), WIDTH));
    }
    let words: Vec<[String; 2]> =
        answer.words.iter().zip(&answer.word_texts).map(|(word, text)| [word.clone(), text.clone().unwrap_or_default()]).collect();
    out += &indented(&table(&words));
    for line in answer.limits.iter().chain(&answer.rules) {
        out += &indented(line);
    }
    if !answer.fields.is_empty() {
        out += &format!("\nFIELDS:\n{}", indented(&tree(&answer.fields, 0)));
    }
    if !answer.features.is_empty() {
        out += &format!("\nBACKENDS:\n{}", indented(&features(&answer.features)));
    }
    if !answer.codes.is_empty() {
        let rows: Vec<_> = answer.codes.iter().map(|line| [line.code.to_owned(), says(line.backend, line.title)]).collect();
        out += &format!("\nCODES:\n{}", indented(&table(&rows)));
    }
    out
}

pub(super) fn markdown(answer: &FieldAnswer) -> String {
    let name = if answer.path.is_empty() { answer.of.to_owned() } else { format!("{}.{}", answer.of, answer.path) };
    let mut out = format!("# {name}\n\n`{}`{} · {}\n\n{}\n", answer.type_, must(answer.required), answer.group, answer.text);
    if let Some(absent) = &answer.absent {
        out += &format!("\nAbsent: {absent}\n");
    }
    let words = answer.words.iter().zip(&answer.word_texts);
    let words = words.map(|(word, text)| format!("`{word}`{}", text.as_ref().map(|text| format!(": {text}")).unwrap_or_default()));
    out += &items("", words.chain(answer.limits.iter().chain(&answer.rules).cloned()).collect());
    if !answer.fields.is_empty() {
        out += &format!("\n## Fields\n\n```text\n{}```\n", tree(&answer.fields, 0));
    }
    if !answer.features.is_empty() {
        out += "\n## Backends\n\n| Feature | Backend | Verdict | Note |\n|---|---|---|---|\n";
        for feature in &answer.features {
            for one in &feature.backends {
                out += &format!("| {} | {} | {} | {} |\n", feature.feature, one.backend, one.verdict, one.note);
            }
        }
    }
    out + &items("## Codes\n\n", answer.codes.iter().map(|line| format!("{} {}", line.code, says(line.backend, line.title))).collect())
}

fn must(required: bool) -> &'static str {
    if required { " required" } else { "" }
}

fn says(backend: Option<&str>, title: &str) -> String {
    backend.map_or_else(|| title.to_owned(), |backend| format!("{backend}: {title}"))
}

fn items(head: &str, items: Vec<String>) -> String {
    if items.is_empty() {
        return String::new();
    }
    format!("\n{head}{}", items.iter().map(|item| format!("- {item}\n")).collect::<String>())
}

fn tree(fields: &[FieldLine], depth: usize) -> String {
    let line = |field: &FieldLine| {
        let FieldLine { name, type_, required, fields } = field;
        format!("{}{name} <{type_}>{}\n{}", "  ".repeat(depth), must(*required), tree(fields, depth + 1))
    };
    fields.iter().map(line).collect()
}

/// A line per feature and mesh; the feature stands before the first.
fn features(features: &[FeatureAnswer]) -> String {
    let row = |(index, feature, one): (usize, &FeatureAnswer, &super::field::FeatureVerdict)| {
        let name = if index == 0 { feature.feature } else { "" };
        [name, one.backend, one.verdict, one.note].map(str::to_owned)
    };
    let cells = features.iter().flat_map(|feature| feature.backends.iter().enumerate().map(move |(index, one)| (index, feature, one)));
    table(&cells.map(row).collect::<Vec<_>>())
}
