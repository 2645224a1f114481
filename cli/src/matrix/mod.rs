//! `meshglot matrix`: who may call what, by the policy and on each mesh, now and before.

mod table;

use meshglot_translator::answer::MatrixAnswer;
use meshglot_translator::effect::Entrances;
use meshglot_translator::plan::{AccessMatrix, Mesh, Reading};

use std::sync::Arc;

use crate::Io;
use crate::args::{Choice, Input, MatrixArgs};
use crate::base::Base;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{self, Plan};

pub(crate) fn run(args: &MatrixArgs, io: &mut Io<'_>) -> Outcome {
    let now = plan(&args.input, args, io)?;
    plan::tell_errors(&now, io)?;
    let base = match args.changed_from.is_empty() {
        true => None,
        false => Some(before(args, io)?),
    };
    let entrances = Entrances::of(&now.model);
    let base_entrances = base.as_ref().map(|base| Entrances::of(&base.model));
    known_namespaces(&args.to, &entrances, base_entrances.as_ref())?;
    let wanted = |namespace: &Arc<str>| args.to.is_empty() || args.to.iter().any(|name| **name == **namespace);
    let (meshes, base_meshes) = (Mesh::all(&now), base.as_ref().map(Mesh::all).unwrap_or_default());
    let (meshes, base_meshes): (Vec<&Mesh>, Vec<&Mesh>) = (meshes.iter().collect(), base_meshes.iter().collect());
    let base_reading = base.as_ref().zip(base_entrances.as_ref());
    let base_reading = base_reading.map(|(plan, entrances)| Reading { plan, entrances, meshes: &base_meshes });
    let access = AccessMatrix::of(Reading { plan: &now, entrances: &entrances, meshes: &meshes }, base_reading, args.limit, wanted);
    let (matrix, changed, answer) = (&access.matrix, access.changed, access.answer());
    match args.output.as_str() {
        "json" => io.answer(&answer)?,
        "csv" => write!(io.stdout, "{}", answer.csv())?,
        "md" => table::markdown(matrix, io)?,
        form => table::write(matrix, form == "wide", io)?,
    }
    notes(&answer, io)?;
    Ok(match changed {
        _ if plan::is_invalid(&now, args.input.strict) => Exit::Invalid,
        true => Exit::No,
        false => Exit::Ok,
    })
}

/// The policy, and what meshes get for it where these are asked about.
fn plan(input: &Input, args: &MatrixArgs, io: &mut Io<'_>) -> Result<Plan, Failure> {
    if args.backend.is_none() {
        return plan::policy(input, io);
    }
    plan::make(input, &choice(args), io)
}

fn choice(args: &MatrixArgs) -> Choice {
    Choice::of(args.backend.clone())
}

/// The policy that it is compared with. What is wrong with it is no answer, but must not pass for a change.
fn before(args: &MatrixArgs, io: &mut Io<'_>) -> Result<Plan, Failure> {
    let base = Base::parse("--changed-from", &args.changed_from)?;
    let (sources, diagnostics) = base.sources(&args.input, io)?;
    let base = match &args.backend {
        None => plan::policy_of(&sources, diagnostics, &args.input),
        Some(_) => plan::of(&sources, diagnostics, &args.input, &choice(args))?,
    };
    if !plan::is_invalid(&base, false) {
        return Ok(base);
    }
    plan::tell_errors(&base, io)?;
    Err(Failure::new(Exit::Invalid, "the policy of --changed-from is invalid: nothing can be compared with it"))
}

fn known_namespaces(names: &[String], now: &Entrances<'_>, base: Option<&Entrances<'_>>) -> Result<(), Failure> {
    let inventories = || [Some(now), base].into_iter().flatten().map(Entrances::inventory);
    for name in names {
        if inventories().all(|inventory| inventory.namespace(name).is_none()) {
            let all = inventories().flat_map(|inventory| inventory.namespaces()).map(|namespace| &*namespace.name);
            let failure = Failure::new(Exit::Invalid, format!("--to: nothing is known of a namespace `{name}`"));
            return Err(failure.did_you_mean(name, all));
        }
    }
    Ok(())
}

fn notes(answer: &MatrixAnswer, io: &mut Io<'_>) -> std::io::Result<()> {
    for withheld in &answer.withheld {
        let codes = withheld.codes.join(", ");
        writeln!(io.stderr, "warning: {} is left out: it would allow more than the policy says ({codes})", withheld.name)?;
    }
    for one in &answer.undecided {
        writeln!(io.stderr, "warning: {}: {}:{} is not decided: {}", one.reading, one.port.service, one.port.port, one.port.why)?;
    }
    if answer.callers.is_empty() && !io.quiet {
        writeln!(io.stderr, "note: nothing changed")?;
    }
    Ok(())
}
