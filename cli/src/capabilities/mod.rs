//! `meshglot capabilities`: what each mesh can say, put together from the cells of the backends.

mod table;

use meshglot_translator::answer::Capabilities;
use meshglot_translator::render::{Backend, used};

use crate::Io;
use crate::args::{CapabilitiesArgs, Input};
use crate::exit::{Exit, Failure, Outcome};
use crate::plan;

pub(crate) fn run(args: &CapabilitiesArgs, io: &mut Io<'_>) -> Outcome {
    let asked = |backend: &&dyn Backend| args.backend.as_deref().is_none_or(|name| name == backend.name() || name == "all");
    let backends: Vec<&dyn Backend> = meshglot_registry::all().into_iter().filter(asked).collect();
    let names: Vec<&'static str> = backends.iter().map(|backend| backend.name()).collect();
    let mut all = Capabilities::of(backends);
    if let Some(wanted) = &args.feature {
        let unknown = unknown(wanted, &all);
        all.features.retain(|row| is_below(row.feature, wanted));
        if all.features.is_empty() {
            return Err(unknown);
        }
    }
    if args.only_used {
        only_used(args, &mut all, io)?;
    }
    match args.output.as_str() {
        "json" => io.answer(&all)?,
        "md" => table::markdown(&all, &names, io)?,
        "wide" => table::wide(&all, &names, io)?,
        _ => table::narrow(&all, &names, io)?,
    }
    Ok(Exit::Ok)
}

/// Leaves what the input uses. An object that is not valid uses nothing, which its errors tell.
fn only_used(args: &CapabilitiesArgs, all: &mut Capabilities, io: &mut Io<'_>) -> Result<(), Failure> {
    let (filenames, recursive, namespace) = (args.filenames.clone(), args.recursive, "default".to_owned());
    let input = Input { filenames, recursive, namespace, lenient: false, strict: false };
    let plan = plan::policy(&input, io)?;
    plan::tell_errors(&plan, io)?;
    let used = used(&plan.model);
    all.features.retain(|row| used.contains(row.feature));
    Ok(())
}

/// Whether it is this feature or one below it.
fn is_below(feature: &str, wanted: &str) -> bool {
    feature.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn unknown(wanted: &str, table: &Capabilities) -> Failure {
    let failure = Failure::new(Exit::Invalid, format!("there is no feature `{wanted}`"));
    let features = table.features.iter().map(|row| row.feature);
    let groups = features.clone().filter_map(|feature| feature.split('.').next());
    failure.did_you_mean(wanted, features.chain(groups))
}
