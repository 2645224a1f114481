//! The tab of differences: one policy on two meshes, neutral field by neutral field, or line by line.

use std::time::Duration;

use askama::Template;
use meshglot_translator::answer::{ConceptAnswer, MeshDiffAnswer, PlaceAnswer};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::Origin;
use meshglot_translator::render::Rendered;
use meshglot_translator::resolve::View;
use meshglot_translator::review::{Concept, concepts, leftovers};
use similar::{ChangeTag, TextDiff};

use super::head::{DIFF, Head};
use super::uses::uses;
use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::concepts::Concepts;
use crate::parts::objects::{Holders, stream};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;

/// Lines around a difference.
const AROUND: usize = 3;

/// Texts of which nothing is alike are not worth more.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Template)]
#[template(path = "pages/policy/meshes.html")]
struct Page {
    chrome: Chrome,
    head: Head,
    backends: Vec<&'static str>,
    from: &'static str,
    to: &'static str,
    /// Whether fields that are alike are shown too.
    all: bool,
    text: bool,
    shown: Shown,
    /// The other way to look.
    other_view: String,
    other_amount: String,
}

/// What stands below the form.
enum Shown {
    Concepts(Concepts),
    Lines(Vec<Change>),
}

/// A line of a unified difference.
struct Change {
    class: &'static str,
    sign: &'static str,
    text: String,
}

pub(super) fn page(visit: &Visit, key: &ObjectKey) -> Result<Reply, Problem> {
    let (from, to) = pair(visit)?;
    let plan = visit.snapshot.plan();
    let rendered = |name: &str| {
        plan.engines.iter().find(|(backend, _)| backend.name() == name).map(|(_, engine)| engine.rendered_from(key, &plan.model))
    };
    let (Some(old), Some(new)) = (rendered(from), rendered(to)) else { return Err(Problem::missing("There is no such mesh.")) };
    let concepts = own(visit, key, concepts(&[&old, &new]));
    match visit.format {
        Format::Json => Ok(Reply::json(&MeshDiffAnswer {
            from,
            to,
            concepts: concepts.iter().map(ConceptAnswer::from).collect(),
            leftovers: [leftovers(&old), leftovers(&new)].iter().flatten().map(PlaceAnswer::from).collect(),
            effect: None,
        })),
        Format::Html => html(visit, key, &concepts, [&old, &new]),
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

/// The meshes that are asked for; else the one in use, and the first beside it.
fn pair(visit: &Visit) -> Result<(&'static str, &'static str), Problem> {
    let names = visit.snapshot.mesh_names();
    let named = |field: &str| match visit.query.get(field) {
        None => Ok(None),
        Some(name) => match names.iter().find(|known| **known == name) {
            Some(known) => Ok(Some(*known)),
            None => Err(Problem::missing(format!("There is no backend `{name}`.")).did_you_mean(name, names.iter().copied())),
        },
    };
    let (a, b) = (named("a")?, named("b")?);
    let first = visit.snapshot.in_use().first().copied().or(names.first().copied());
    let a = a.or(first.filter(|name| Some(*name) != b)).or_else(|| names.iter().copied().find(|name| Some(*name) != b));
    let b = b.or_else(|| names.iter().copied().find(|name| Some(*name) != a));
    match (a, b) {
        // Forms let the same be chosen twice: nothing differs then.
        (Some(a), Some(b)) => Ok((a, b)),
        _ => Err(Problem::bad("Two meshes are compared.")),
    }
}

/// Fields of the policy and of what it names: others have a share in the same objects.
fn own(visit: &Visit, key: &ObjectKey, mut all: Vec<Concept>) -> Vec<Concept> {
    let model = &visit.snapshot.plan().model;
    let wanted = uses(key, &View::new(model));
    let mut holders = Holders::default();
    all.retain(|concept| holders.of(&concept.at, |document| model.key_of(document)).is_some_and(|holder| wanted.contains(holder)));
    all
}

fn html(visit: &Visit, key: &ObjectKey, concepts: &[Concept], [old, new]: [&Rendered<'_>; 2]) -> Result<Reply, Problem> {
    let (all, text) = (visit.query.get("all").is_some(), visit.query.get("view") == Some("text"));
    let shown = match text {
        true => Shown::Lines(lines(&stream(old.objects.iter().copied())?, &stream(new.objects.iter().copied())?)),
        false => {
            let model = &visit.snapshot.plan().model;
            let link = |at: &Origin| model.key_of(at.document()).and_then(|key| visit.origin_link(&key, at));
            Shown::Concepts(Concepts::of(concepts, [old, new], all, link))
        }
    };
    let head = Head::of(visit, key, DIFF);
    let command = visit.command("diff").option("--from", Some(old.backend)).option("--to", Some(new.backend));
    let command = if text { command.word("-o").word("unified") } else { command.word("--level").word("rendered") };
    let command = if all && !text { command.word("--all") } else { command };
    Reply::html(&Page {
        chrome: visit
            .chrome(format!("{} on {} and {}", head.title(), old.backend, new.backend), Section::Policies, command)
            .part()
            .forms(visit, &[Format::Json]),
        head,
        backends: visit.snapshot.mesh_names(),
        from: old.backend,
        to: new.backend,
        all,
        text,
        shown,
        other_view: visit.here_with("view", if text { "" } else { "text" }),
        other_amount: visit.here_with("all", if all { "" } else { "yes" }),
    })
}

/// Two texts, as tools for text compare them.
fn lines(old: &str, new: &str) -> Vec<Change> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let mut lines = Vec::new();
    for group in diff.grouped_ops(AROUND) {
        if !lines.is_empty() {
            lines.push(Change { class: "quiet", sign: " ", text: "⋯".to_owned() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (class, sign) = match change.tag() {
                ChangeTag::Delete => ("minus", "-"),
                ChangeTag::Insert => ("plus", "+"),
                ChangeTag::Equal => ("", " "),
            };
            lines.push(Change { class, sign, text: change.value().trim_end_matches('\n').to_owned() });
        }
    }
    lines
}
