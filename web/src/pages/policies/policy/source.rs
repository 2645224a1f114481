//! The tab of the source: its lines in the file, with what is told of them.

use std::sync::Arc;

use askama::Template;
use meshglot_translator::answer::{Answer, DiagnosticAnswer, LossAnswer};
use meshglot_translator::diagnostic::Place;
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::lint::Finding;
use meshglot_translator::parse::{Document, Source};
use schemars::JsonSchema;
use serde::Serialize;

use super::head::{Head, SOURCE};
use crate::format::Format;
use crate::pages::Section;
use crate::pages::findings::Row;
use crate::parts::chrome::Chrome;
use crate::parts::excerpt::{Excerpt, LINES};
use crate::parts::filters;
use crate::parts::listing::{Listing, Told};
use crate::parts::pager::Pager;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// One object of policy as it is written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PolicySource {
    /// `KIND/NAMESPACE/NAME`.
    object: String,
    /// Path of the file, as it was given.
    file: String,
    /// The first of its lines in the file, from 1.
    first_line: u32,
    /// Its lines, with remarks directly above it.
    text: String,
    /// Whether it is used; else it contributes nothing.
    valid: bool,
    /// What is wrong with it.
    diagnostics: Vec<DiagnosticAnswer>,
    /// What meshes would do otherwise than it was written.
    losses: Vec<LossAnswer>,
}

impl Answer for PolicySource {
    const KIND: &'static str = "PolicySource";
}

#[derive(Template)]
#[template(path = "pages/policy/source.html")]
struct Page<'p> {
    chrome: Chrome,
    head: Head,
    listing: Listing<'p>,
    pager: Pager,
    file: &'p str,
    /// What is told of it at lines of other objects.
    rows: Vec<Row>,
    found: usize,
}

pub(super) fn page(visit: &Visit, key: &ObjectKey) -> Result<Reply, Problem> {
    let plan = visit.snapshot.plan();
    let document = plan.model.document(key).ok_or_else(|| Problem::missing("That object has no source."))?;
    let (source, lines) = (document.source(), Excerpt::of(document));
    let about = visit.snapshot.ledger().told(key, visit.snapshot.findings());
    match visit.format {
        Format::Json => Ok(Reply::json(&answer(key, document, lines, plan.model.is_valid(key), &about))),
        Format::Yaml => Ok(Reply::text(Format::Yaml, text(source, lines))),
        Format::Html => html(visit, key, document, lines, &about),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

fn text(source: &Source, lines: Excerpt) -> String {
    lines.lines(source).flat_map(|line| [line, "\n"]).collect()
}

fn answer(key: &ObjectKey, document: &Arc<Document>, lines: Excerpt, valid: bool, about: &[&Finding]) -> PolicySource {
    let diagnostic = |finding: &&Finding| match finding {
        Finding::Diagnostic(diagnostic) => Some(diagnostic.into()),
        Finding::Loss(_) => None,
    };
    let loss = |finding: &&Finding| match finding {
        Finding::Diagnostic(_) => None,
        Finding::Loss(loss) => Some(loss.into()),
    };
    PolicySource {
        object: key.to_string(),
        file: document.source().name().to_owned(),
        first_line: lines.first,
        text: text(document.source(), lines),
        valid,
        diagnostics: about.iter().filter_map(diagnostic).collect(),
        losses: about.iter().filter_map(loss).collect(),
    }
}

fn html(visit: &Visit, key: &ObjectKey, document: &Arc<Document>, lines: Excerpt, about: &[&Finding]) -> Result<Reply, Problem> {
    let source = document.source();
    let pager = Pager::of(visit, lines.len(), LINES);
    let shown = pager.range();
    let first = lines.first + u32::try_from(shown.start).unwrap_or_default();
    let mut listing = Listing::of(lines.lines(source).skip(shown.start).take(shown.len()), first);
    let mut rows = Vec::new();
    for finding in about {
        match line_of(finding, source).filter(|line| lines.contains(*line)) {
            Some(line) => listing.line(line).into_iter().for_each(|line| line.told.push(Told::of(finding))),
            None => rows.push(Row::of(visit, finding)),
        }
    }
    let head = Head::of(visit, key, SOURCE);
    let command = visit.command("lint").option("--backend", Some("all"));
    Reply::html(&Page {
        chrome: visit.chrome(head.title(), Section::Policies, command).part().forms(visit, &[Format::Yaml, Format::Json]),
        head,
        listing,
        pager,
        file: source.name(),
        found: rows.len(),
        rows,
    })
}

/// The line of this text that it points at.
fn line_of(finding: &Finding, source: &Arc<Source>) -> Option<u32> {
    let place: Place = finding.place()?;
    Arc::ptr_eq(place.source(), source).then(|| source.position(place.span().start).line)
}
