//! `meshglot suggest`: rules that let in exactly the calls that were seen and that no rule lets in.

mod objects;
mod seen;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use meshglot_translator::parse::Source;
use meshglot_translator::render::write::yaml_stream;

use crate::args::{Input, SuggestArgs};
use crate::diff::{effect_between, lines};
use crate::exit::{Exit, Failure, Outcome};
use crate::look::{Came, Target, follow};
use crate::output::unwritable;
use crate::plan::Plan;
use crate::render::count;
use crate::{Io, input, plan};
use seen::Seen;

/// Texts, and what they say.
type Policy = (Vec<Arc<Source>>, Plan);

/// The name of what is suggested, beside files.
const NAME: &str = "<suggested>";

pub(crate) fn run(args: &SuggestArgs, io: &mut Io<'_>) -> Outcome {
    let target = Target::of(&args.looked)?;
    let mut seen = Seen::new(args.denied);
    let mut take = |came: Came, _: &mut Io<'_>| {
        if let Came::Calls(calls) = came {
            let meant = |call: &meshglot_observed::Call| {
                target.as_ref().is_none_or(|target| target.is(&call.source) || target.is(&call.destination))
            };
            calls.iter().filter(|call| meant(call)).for_each(|call| seen.see(call));
        }
        Ok(ControlFlow::Continue(()))
    };
    follow(&args.looked, Some(args.lasts), io, &mut take)?;
    let policy = policy(args, io)?;
    let is_taken = |kind: &str, namespace: &str, name: &str| {
        let mut keys = policy.iter().flat_map(|(_, plan)| plan.model.keys());
        keys.any(|key| key.kind.name() == kind && *key.namespace == *namespace && *key.name == *name)
    };
    let objects = objects::of(&seen, &is_taken);
    let text = yaml_stream(&objects).map_err(unwritable)?;
    write!(io.stdout, "{text}")?;
    io.stdout.flush()?;
    if io.quiet {
        return Ok(Exit::Ok);
    }
    for line in seen.words() {
        writeln!(io.stderr, "note: {line}")?;
    }
    if let (Some((sources, before)), false) = (&policy, objects.is_empty()) {
        let sources: Vec<Arc<Source>> = sources.iter().cloned().chain([Source::new(NAME, text)]).collect();
        let after = Plan::policy(&sources, Vec::new(), plan::options(&read_as(Vec::new())));
        for line in lines(&effect_between(before, &after), io.arrow(), usize::MAX) {
            writeln!(io.stderr, "  {line}")?;
        }
    }
    let (rules, calls) = (count(objects.len(), "object"), count(seen.suggested(), "call"));
    writeln!(io.stderr, "{} {calls} that no rule lets in: {rules} would", io.mark(true))?;
    Ok(Exit::Ok)
}

/// The policy that is in force, as far as it is at hand: what a suggestion changes is told against it.
fn policy(args: &SuggestArgs, io: &mut Io<'_>) -> Result<Option<Policy>, Failure> {
    let folder = args.looked.mesh.from.config_dir.clone().filter(|_| args.policy.is_empty());
    let paths: Vec<PathBuf> = args.policy.iter().cloned().chain(folder).collect();
    if paths.is_empty() {
        return Ok(None);
    }
    let read = read_as(paths);
    let (sources, diagnostics) = input::read(&read, io)?;
    let plan = plan::policy_of(&sources, diagnostics, &read);
    plan::tell_errors(&plan, io)?;
    Ok(Some((sources, plan)))
}

fn read_as(filenames: Vec<PathBuf>) -> Input {
    Input { filenames, recursive: true, namespace: "default".to_owned(), lenient: false, strict: false }
}
