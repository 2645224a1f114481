//! `explain` without a topic: what there is to explain.

use meshglot_translator::answer::Answer;
use meshglot_translator::diagnostic::{CODES, RANGES};
use schemars::JsonSchema;
use serde::Serialize;

use super::text::{first_sentence, indented, table};
use crate::Io;
use crate::exit::{Exit, Outcome};
use crate::render::count;

/// What there is to explain.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Topics {
    /// The neutral kinds.
    pub(crate) kinds: Vec<KindTopic>,
    /// Codes by their first four letters.
    pub(crate) ranges: Vec<RangeTopic>,
}

/// A kind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KindTopic {
    /// As it is written in documents.
    pub(crate) kind: &'static str,
    /// Its API group.
    pub(crate) group: &'static str,
    /// What it is called for short.
    pub(crate) short_names: &'static [&'static str],
    /// What it is for.
    pub(crate) text: String,
}

/// Codes that begin alike.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RangeTopic {
    /// Such as `MG03`.
    pub(crate) range: &'static str,
    /// What they are about.
    pub(crate) text: &'static str,
    /// How many there are.
    pub(crate) codes: usize,
}

impl Answer for Topics {
    const KIND: &'static str = "Topics";
}

pub(super) fn run(output: &str, io: &mut Io<'_>) -> Outcome {
    let topics = topics();
    match output {
        "json" => io.answer(&topics)?,
        "md" => write!(io.stdout, "{}", markdown(&topics))?,
        _ => write!(io.stdout, "{}", text(&topics))?,
    }
    Ok(Exit::Ok)
}

fn topics() -> Topics {
    let kind = |kind: &'static meshglot_crds::Kind| KindTopic {
        kind: kind.kind,
        group: kind.group,
        short_names: kind.short_names,
        // Every kind has a field of no name: itself.
        text: kind.field("").map(|field| first_sentence(&field.text)).unwrap_or_default(),
    };
    let range = |(range, text)| RangeTopic { range, text, codes: CODES.iter().filter(|info| info.name.starts_with(range)).count() };
    Topics { kinds: meshglot_crds::all().iter().map(kind).collect(), ranges: RANGES.into_iter().map(range).collect() }
}

fn text(topics: &Topics) -> String {
    let kinds: Vec<_> = topics
        .kinds
        .iter()
        .map(|kind| [kind.kind.to_owned(), kind.short_names.join(","), kind.group.to_owned(), kind.text.clone()])
        .collect();
    let ranges: Vec<_> =
        topics.ranges.iter().map(|range| [format!("{}xx", range.range), count(range.codes, "code"), range.text.to_owned()]).collect();
    let usage = "meshglot explain CODE           a code that meshglot said\n\
                 meshglot explain KIND.field     a field of policy; --recursive shows all below it\n\
                 meshglot explain --list         all codes";
    format!("USAGE\n{}\nKINDS\n{}\nCODES\n{}", indented(usage), indented(&table(&kinds)), indented(&table(&ranges)))
}

fn markdown(topics: &Topics) -> String {
    let mut page = String::from("| Kind | Group | What it is |\n|---|---|---|\n");
    for kind in &topics.kinds {
        page += &format!("| {} | {} | {} |\n", kind.kind, kind.group, kind.text);
    }
    page += "\n| Codes | How many | About |\n|---|---|---|\n";
    for range in &topics.ranges {
        page += &format!("| {}xx | {} | {} |\n", range.range, range.codes, range.text);
    }
    page
}
