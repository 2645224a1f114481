//! `/`: what meshglot is, and what each mesh can say.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::StatusCode;
use axum::response::Html;
use meshglot_translator::render::{Capability, Verdict};

/// The page; the table has a row per feature and a column per backend.
#[derive(Template)]
#[template(path = "index.html")]
struct Index {
    version: &'static str,
    backends: Vec<&'static str>,
    rows: Vec<Row>,
    legend: Vec<(Word, &'static str)>,
}

struct Row {
    feature: &'static str,
    cells: Vec<Cell>,
}

struct Cell {
    backend: &'static str,
    /// `None`: the backend has no word on the feature.
    said: Option<(Word, &'static str)>,
}

/// A verdict as it is shown: never by colour alone.
struct Word {
    sign: &'static str,
    word: &'static str,
    /// Its colour in the style sheet.
    class: &'static str,
}

pub(crate) async fn page() -> Result<Html<String>, StatusCode> {
    // The template is checked when it is compiled; only writing to the String could fail.
    Index::new().render().map(Html).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

impl Index {
    fn new() -> Self {
        let backends: Vec<_> = meshglot_registry::all().into_iter().map(|backend| (backend.name(), backend.capabilities())).collect();
        let mut features: BTreeMap<&'static str, BTreeMap<&'static str, &Capability>> = BTreeMap::new();
        for (backend, capability) in backends.iter().flat_map(|(backend, all)| all.iter().map(move |one| (*backend, one))) {
            features.entry(capability.feature).or_default().insert(backend, capability);
        }
        let names: Vec<_> = backends.iter().map(|(backend, _)| *backend).collect();
        let row = |(feature, cells): (&'static str, BTreeMap<&'static str, &Capability>)| {
            let said = |backend| cells.get(backend).map(|one: &&Capability| (word(one.verdict), one.note));
            Row { feature, cells: names.iter().map(|backend| Cell { backend, said: said(*backend) }).collect() }
        };
        let rows = features.into_iter().map(row).collect();
        let legend = Verdict::ALL.map(|verdict| (word(verdict), meaning(verdict))).into();
        Self { version: env!("CARGO_PKG_VERSION"), backends: names, rows, legend }
    }
}

fn word(verdict: Verdict) -> Word {
    let (sign, class) = match verdict {
        Verdict::Exact | Verdict::Equivalent => ("✔", "good"),
        Verdict::Rounded => ("≈", "fair"),
        Verdict::Narrowed | Verdict::Dropped => ("!", "fair"),
        Verdict::Widened | Verdict::Refused => ("✘", "bad"),
    };
    Word { sign, word: verdict.word(), class }
}

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Exact => "the same requests, the same result",
        Verdict::Equivalent => "the same outcome by another mechanism",
        Verdict::Rounded => "a number was changed",
        Verdict::Narrowed => "fewer requests are matched or allowed",
        Verdict::Dropped => "left out, with a warning",
        Verdict::Widened => "more is matched or allowed: only when you accept it by name",
        Verdict::Refused => "not rendered",
    }
}
