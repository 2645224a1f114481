//! `/policies/{kind}/{ns}/{name}?tab=`: one object of policy: how it is written, what it is rendered to, what it does.

mod effect;
mod head;
mod meshes;
mod rendered;
mod source;
mod uses;

use meshglot_translator::plan::{ObjectName, UnknownObject};

pub(crate) use effect::PolicyEffect;
pub(crate) use rendered::not_written;
pub(crate) use source::PolicySource;

use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;
use head::{DIFF, EFFECT, SOURCE};

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let wanted = ObjectName { kind: visit.param("kind"), namespace: visit.param("ns"), name: visit.param("name") };
    let key = visit.snapshot.plan().named(wanted)?;
    let meshes = visit.snapshot.mesh_names();
    match visit.query.get("tab").unwrap_or(SOURCE) {
        SOURCE => source::page(visit, key),
        DIFF => meshes::page(visit, key),
        EFFECT => effect::page(visit, key),
        tab => match meshes.iter().find(|name| **name == tab) {
            Some(name) => rendered::page(visit, key, name),
            None => {
                let tabs = [SOURCE, DIFF, EFFECT].into_iter().chain(meshes);
                Err(Problem::missing(format!("A policy has no tab `{tab}`.")).did_you_mean(tab, tabs))
            }
        },
    }
}

impl From<UnknownObject> for Problem {
    fn from(unknown: UnknownObject) -> Self {
        let problem = Self::missing(format!("{}.", capital(&unknown.message)));
        match unknown.help {
            Some(help) if help.ends_with('?') => problem.help(capital(&help)),
            Some(help) => problem.help(format!("{}.", capital(&help))),
            None => problem,
        }
    }
}

/// With a capital at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
