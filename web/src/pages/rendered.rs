//! `/rendered/{backend}?q=`: everything that a mesh gets; as YAML exactly what `render` prints.

use std::sync::Arc;

use askama::Template;
use meshglot_translator::answer::{Rendering, Withheld};
use meshglot_translator::render::Rendered;

use crate::format::Format;
use crate::pages::Section;
use crate::pages::policies::policy::not_written;
use crate::parts::chrome::Chrome;
use crate::parts::objects::stream;
use crate::parts::pager::Pager;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// Objects of a page.
const ROWS: usize = 200;

/// More policies than this are counted.
const SOURCES: usize = 4;

#[derive(Template)]
#[template(path = "pages/rendered.html")]
struct Page<'p> {
    chrome: Chrome,
    backends: Vec<&'static str>,
    backend: &'static str,
    in_use: bool,
    withheld: &'p [&'static str],
    rows: Vec<Row>,
    pager: Pager,
    all: usize,
    words: &'p str,
}

/// One object.
struct Row {
    path: Arc<str>,
    /// Objects of policy that it is made from, with the page where it is shown.
    sources: Vec<(String, Option<String>)>,
    more: usize,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let (plan, name) = (visit.snapshot.plan(), visit.param("backend"));
    let Some((backend, engine)) = plan.engines.iter().find(|(backend, _)| backend.name() == name) else {
        return Err(Problem::missing(format!("There is no backend `{name}`.")).did_you_mean(name, visit.snapshot.mesh_names()));
    };
    let rendered = engine.rendered();
    let withheld = visit.snapshot.ledger().withheld(backend.name());
    match visit.format {
        Format::Yaml if withheld.is_empty() => Ok(Reply::text(Format::Yaml, stream(rendered.objects.iter().copied())?)),
        Format::Yaml => Err(not_written(backend.name(), withheld)),
        Format::Json if withheld.is_empty() => Ok(Reply::json(&Rendering::of([&rendered], Vec::new(), &plan.diagnostics, false))),
        Format::Json => {
            let withheld = Withheld::of(&rendered, plan.widens(&rendered));
            Ok(Reply::json(&Rendering::of([], vec![withheld], &plan.diagnostics, false)))
        }
        Format::Html => html(visit, &rendered, withheld),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

fn html(visit: &Visit, rendered: &Rendered<'_>, withheld: &[&'static str]) -> Result<Reply, Problem> {
    let words = visit.query.get("q").unwrap_or_default();
    let wanted = words.to_lowercase();
    let found: Vec<(Arc<str>, usize)> = rendered
        .objects
        .iter()
        .enumerate()
        .map(|(at, object)| (object.id.path().into(), at))
        .filter(|(path, _): &(Arc<str>, usize)| wanted.is_empty() || path.to_lowercase().contains(&wanted))
        .collect();
    let pager = Pager::of(visit, found.len(), ROWS);
    let row = |(path, at): &(Arc<str>, usize)| {
        let sources = &rendered.objects[*at].sources;
        let link = |page: String| format!("{page}?tab={}", rendered.backend);
        Row {
            path: path.clone(),
            sources: sources.iter().take(SOURCES).map(|key| (key.to_string(), visit.object_link(key).map(link))).collect(),
            more: sources.len().saturating_sub(SOURCES),
        }
    };
    let forms: &[Format] = if withheld.is_empty() { &[Format::Yaml, Format::Json] } else { &[Format::Json] };
    let command = visit.command("render").option("--backend", Some(rendered.backend));
    Reply::html(&Page {
        chrome: visit.chrome(format!("Rendered for {}", rendered.backend), Section::Policies, command).forms(visit, forms),
        backends: visit.snapshot.mesh_names(),
        backend: rendered.backend,
        in_use: visit.snapshot.in_use().contains(&rendered.backend),
        withheld,
        rows: found[pager.range()].iter().map(row).collect(),
        all: rendered.objects.len(),
        pager,
        words,
    })
}
