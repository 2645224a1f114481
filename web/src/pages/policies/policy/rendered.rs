//! The tab of a mesh: the objects that it gets because of a policy, each line with the neutral field that decided it.

use std::cell::RefCell;

use askama::Template;
use meshglot_translator::answer::{Rendering, Withheld};
use meshglot_translator::diagnostic::{Code, Diagnostic};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::lint::Finding;
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Rendered, RenderedObject};

use super::head::Head;
use crate::format::Format;
use crate::pages::Section;
use crate::pages::findings::Row;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::listing::{Listing, Trail};
use crate::parts::objects::{Drawn, Holders, stream};
use crate::parts::pager::Pager;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// Objects of a page.
const OBJECTS: usize = 20;

#[derive(Template)]
#[template(path = "pages/policy/rendered.html")]
struct Page<'p> {
    chrome: Chrome,
    head: Head,
    backend: &'static str,
    in_use: bool,
    withheld: &'p [&'static str],
    rows: Vec<Row>,
    found: usize,
    objects: Vec<Shown<'p>>,
    pager: Pager,
}

/// One object.
struct Shown<'p> {
    path: String,
    kind: &'p str,
    name: &'p str,
    /// Other objects of policy that it is made from, with their pages.
    others: Vec<(String, Option<String>)>,
    listing: Listing<'p>,
}

pub(super) fn page(visit: &Visit, key: &ObjectKey, backend: &'static str) -> Result<Reply, Problem> {
    let plan = visit.snapshot.plan();
    let engine = plan.engines.iter().find(|(known, _)| known.name() == backend);
    let Some((_, engine)) = engine else { return Err(Problem::missing(format!("There is no backend `{backend}`."))) };
    let rendered = engine.rendered_from(key, &plan.model);
    let withheld = visit.snapshot.ledger().withheld(backend);
    match visit.format {
        Format::Json => Ok(Reply::json(&answer(visit, key, &rendered, withheld))),
        Format::Yaml if withheld.is_empty() => Ok(Reply::text(Format::Yaml, stream(rendered.objects.iter().copied())?)),
        Format::Yaml => Err(not_written(backend, withheld)),
        Format::Html => html(visit, key, &rendered, withheld),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

/// Why there is no YAML for a mesh.
pub(crate) fn not_written(backend: &str, withheld: &[&str]) -> Problem {
    let message = format!("Nothing is written for {backend}: it would allow more than the policy says ({}).", withheld.join(", "));
    Problem::missing(message).help("Change the policy, or accept it by name in the Mesh.".to_owned())
}

/// As `render -o json --provenance` prints it, less all that has to do with other policy.
fn answer(visit: &Visit, key: &ObjectKey, rendered: &Rendered<'_>, withheld: &[&str]) -> Rendering {
    let plan = visit.snapshot.plan();
    let about = |diagnostic: &&Diagnostic| diagnostic.object.as_ref() == Some(key);
    let diagnostics: Vec<Diagnostic> = plan.diagnostics.iter().filter(about).cloned().collect();
    match withheld.is_empty() {
        true => Rendering::of([rendered], Vec::new(), &diagnostics, true),
        false => {
            let codes = withheld.iter().filter_map(|name| name.parse::<Code>().ok());
            Rendering::of([], vec![Withheld::of(rendered, codes)], &diagnostics, true)
        }
    }
}

fn html(visit: &Visit, key: &ObjectKey, rendered: &Rendered<'_>, withheld: &[&'static str]) -> Result<Reply, Problem> {
    let pager = Pager::of(visit, rendered.objects.len(), OBJECTS);
    let drawn = rendered.objects[pager.range()].iter().map(|object| Drawn::of(object)).collect::<Result<Vec<_>, _>>()?;
    let trails = Trails { visit, key, holders: RefCell::default() };
    let mut first = 1;
    let objects = drawn.iter().map(|drawn| {
        let shown = Shown::of(visit, key, drawn, first, &trails);
        // Between two objects is a line that divides them.
        first += u32::try_from(shown.listing.lines.len()).unwrap_or_default() + 1;
        shown
    });
    let objects = objects.collect();
    let head = Head::of(visit, key, rendered.backend);
    let forms: &[Format] = if withheld.is_empty() { &[Format::Yaml, Format::Json] } else { &[Format::Json] };
    let command = visit.command("render").option("--backend", Some(rendered.backend)).word("--provenance");
    Reply::html(&Page {
        chrome: visit.chrome(format!("{} on {}", head.title(), rendered.backend), Section::Policies, command).part().forms(visit, forms),
        head,
        backend: rendered.backend,
        in_use: visit.snapshot.in_use().contains(&rendered.backend),
        withheld,
        rows: rendered.losses.iter().map(|loss| Row::of(visit, &Finding::Loss((*loss).clone()))).collect(),
        found: rendered.losses.len(),
        objects,
        pager,
    })
}

impl<'p> Shown<'p> {
    fn of(visit: &Visit, key: &ObjectKey, drawn: &'p Drawn<'_>, first: u32, trails: &Trails<'_>) -> Self {
        let RenderedObject { id, sources, .. } = drawn.object;
        let others = sources.iter().filter(|source| *source != key).map(|source| (source.to_string(), visit.object_link(source)));
        Self {
            path: id.path(),
            kind: &id.kind,
            name: &id.name,
            others: others.collect(),
            listing: drawn.listing(first, |origin| trails.trail(origin)),
        }
    }
}

/// Ways from lines of rendered objects to lines of policy.
struct Trails<'v> {
    visit: &'v Visit,
    /// Whose page it is.
    key: &'v ObjectKey,
    holders: RefCell<Holders>,
}

impl Trails<'_> {
    fn trail(&self, origin: &Origin) -> Trail {
        let mut holders = self.holders.borrow_mut();
        let holder = holders.of(origin, |document| self.visit.snapshot.plan().model.key_of(document));
        let own = holder == Some(self.key);
        let (path, line) = (origin.path(), origin.position().line);
        let label = match holder.filter(|_| !own) {
            Some(other) => format!("{other} {path}, line {line}"),
            None => format!("{path}, line {line}"),
        };
        Trail { label, href: holder.and_then(|key| self.visit.origin_link(key, origin)), own }
    }
}
