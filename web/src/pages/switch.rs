//! `/switch?from=&to=`: what moving the policy to another mesh would change. Nothing is moved here.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use meshglot_translator::answer::SwitchPlan;
use meshglot_translator::effect::{AccessWords, ShareWords};
use meshglot_translator::render::{Loss, ObjectId};
use meshglot_translator::review::Switch;

use crate::format::Format;
use crate::later::Asked;
use crate::pages::Section;
use crate::pages::findings::Row;
use crate::parts::chrome::Chrome;
use crate::parts::cli::CommandLine;
use crate::parts::filters;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::snapshot::{LIMIT, PATIENCE, Snapshot};
use crate::visit::Visit;

/// A list is cut after so many; the file has all.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "pages/switch.html")]
struct Page {
    chrome: Chrome,
    backends: Vec<&'static str>,
    from: Option<&'static str>,
    to: Option<&'static str>,
    in_use: Vec<&'static str>,
    /// `None`: nothing is asked, or it is being worked out.
    plan: Option<Drawn>,
}

/// A plan as it is drawn.
struct Drawn {
    create: Objects,
    delete: Objects,
    added: Vec<Row>,
    removed: Vec<Row>,
    access: Vec<AccessWords>,
    more_access: usize,
    shares: Vec<ShareWords>,
    doubts: Vec<String>,
    withheld: Vec<&'static str>,
    workloads: usize,
    errors: usize,
    everything_alike: bool,
}

/// Names of objects.
struct Objects {
    all: usize,
    shown: Vec<String>,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let backends = visit.snapshot.mesh_names();
    let named = |name: &str| -> Result<&'static str, Problem> {
        let found = backends.iter().copied().find(|known| *known == name);
        found.ok_or_else(|| Problem::missing(format!("There is no backend `{name}`.")).did_you_mean(name, backends.iter().copied()))
    };
    let in_use = visit.snapshot.in_use();
    let from = visit.query.get("from").map(named).transpose()?.or_else(|| in_use.first().copied());
    let to = visit.query.get("to").map(named).transpose()?;
    let Some(target) = to.filter(|to| from != Some(to)) else {
        if visit.format != Format::Html {
            return Err(Problem::bad("Which other mesh? ?to=istio"));
        }
        let chrome = visit.bare_chrome("Switch", Section::Switch);
        return Reply::html(&Page { chrome, backends, from, to, in_use, plan: None });
    };
    // Whoever reads a file waits for all of it.
    let patience = if visit.format == Format::Html { PATIENCE } else { Duration::MAX };
    let switch = match worked_out(&visit.snapshot, from, target, patience) {
        Asked::Done(switch) => Some(switch),
        Asked::Working => None,
        Asked::Failed => return Err(Problem::internal("the plan could not be worked out")),
    };
    let switch = switch.as_deref().map(Option::as_ref).map(|switch| switch.ok_or_else(|| Problem::missing("There is no such mesh.")));
    let switch = switch.transpose()?;
    match (visit.format, switch) {
        (Format::Json, Some(switch)) => Ok(Reply::json(&SwitchPlan::from(switch))),
        (Format::Html, switch) => {
            let chrome = visit.chrome("Switch", Section::Switch, command(visit, from, target)).forms(visit, &[Format::Json]);
            let plan = switch.map(|switch| Drawn::of(visit, switch));
            Reply::html(&Page { chrome, backends, from, to, in_use, plan })
        }
        (other, _) => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}

fn worked_out(snapshot: &Arc<Snapshot>, from: Option<&'static str>, to: &'static str, patience: Duration) -> Asked<Option<Switch>> {
    let of = snapshot.clone();
    snapshot.later.get(&format!("switch {from:?} {to}"), patience, move || {
        let from = from.and_then(|name| of.mesh(name));
        Switch::of(of.plan(), from, of.mesh(to)?, LIMIT)
    })
}

fn command(visit: &Visit, from: Option<&str>, to: &str) -> CommandLine {
    match from {
        Some(from) => visit.command("diff").option("--from", Some(from)).option("--to", Some(to)),
        None => visit.command("matrix").option("--backend", Some(to)),
    }
}

impl Drawn {
    fn of(visit: &Visit, switch: &Switch) -> Self {
        let Switch { from: _, to: _, create, delete, losses, effect, withheld } = switch;
        let row = |loss: &Loss| Row::of(visit, &meshglot_translator::lint::Finding::Loss(loss.clone()));
        let plan = visit.snapshot.plan();
        Self {
            create: Objects::of(create),
            delete: Objects::of(delete),
            added: losses.added.iter().map(row).collect(),
            removed: losses.removed.iter().map(row).collect(),
            access: effect.access.iter().take(SHOWN).map(|change| change.words()).collect(),
            more_access: effect.access.len().saturating_sub(SHOWN),
            shares: effect.shares.iter().take(SHOWN).map(|change| change.words()).collect(),
            doubts: effect.doubts.iter().map(|doubt| doubt.line("→")).collect(),
            withheld: withheld.clone(),
            workloads: plan.model.keys().filter(|key| key.kind.runs_pods()).count(),
            errors: plan.errors().count(),
            everything_alike: effect.is_none(),
        }
    }
}

impl Objects {
    fn of(ids: &[ObjectId]) -> Self {
        Self { all: ids.len(), shown: ids.iter().take(SHOWN).map(ObjectId::path).collect() }
    }
}
