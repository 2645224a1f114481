//! `meshglot matrix`: who may call what, by the policy and on each mesh, now and before.

mod csv;
mod table;

use meshglot_translator::answer::MatrixAnswer;
use meshglot_translator::effect::{Effect, Entrances, Matrix, Options, Side, effect};
use meshglot_translator::eval::Evaluate;

use crate::Io;
use crate::args::{Choice, Input, MatrixArgs};
use crate::base::Base;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::Plan;

/// The objects of one mesh as it reads them.
struct Mesh {
    name: &'static str,
    reading: Box<dyn Evaluate>,
}

pub(crate) fn run(args: &MatrixArgs, io: &mut Io<'_>) -> Outcome {
    let now = plan(&args.input, args, io)?;
    now.tell_errors(io)?;
    let base = match args.changed_from.is_empty() {
        true => None,
        false => Some(before(args, io)?),
    };
    let entrances = Entrances::of(&now.model);
    let base_entrances = base.as_ref().map(|base| Entrances::of(&base.model));
    known_namespaces(&args.to, &entrances, base_entrances.as_ref())?;
    let wanted = |namespace: &str| args.to.is_empty() || args.to.iter().any(|name| *name == *namespace);
    let services = [Some(&entrances), base_entrances.as_ref()].into_iter().flatten().flat_map(|side| side.inventory().services());
    let services = services.map(|service| service.key.clone()).filter(|key| wanted(&key.namespace)).collect();
    let options = Options { limit: args.limit, services: Some(services), ..Options::default() };

    let mut withheld = Vec::new();
    let meshes = meshes(&now, &mut withheld).into_iter();
    let beside: Vec<(&'static str, Effect)> =
        meshes.map(|mesh| (mesh.name, effect(&neutral(&now, &entrances), &mesh.side(&now), &options))).collect();
    let base_sides = base.as_ref().zip(base_entrances.as_ref());
    let since = base_sides.map(|base| changes(base, (&now, &entrances), &options)).unwrap_or_default();
    let all: Vec<&Effect> = beside.iter().chain(&since).map(|(_, effect)| effect).collect();
    let mut matrix = Matrix::of(&entrances, base_entrances.as_ref(), &all, |namespace| wanted(namespace));
    beside.iter().for_each(|(mesh, effect)| matrix.beside(mesh, effect));
    since.iter().for_each(|(_, effect)| matrix.changed_by(effect));
    if base.is_some() {
        matrix.keep_changed();
    }
    // What could not be decided may be a change.
    let changed = since.iter().any(|(_, effect)| !effect.access.is_empty() || !effect.doubts.is_empty());
    let undecided = beside.iter().chain(&since).flat_map(|(name, effect)| doubts(name, effect)).collect();
    let answer = MatrixAnswer::of(&matrix, undecided, withheld);
    match args.output.as_str() {
        "json" => io.answer(&answer)?,
        "csv" => csv::write(&answer, io)?,
        "md" => table::markdown(&matrix, io)?,
        form => table::write(&matrix, form == "wide", io)?,
    }
    notes(&answer, io)?;
    Ok(match changed {
        _ if now.is_invalid(args.input.strict) => Exit::Invalid,
        true => Exit::No,
        false => Exit::Ok,
    })
}

/// The policy, and what meshes get for it where these are asked about.
fn plan(input: &Input, args: &MatrixArgs, io: &mut Io<'_>) -> Result<Plan, Failure> {
    if args.backend.is_none() {
        return Plan::policy(input, io);
    }
    Plan::make(input, &choice(args), io)
}

fn choice(args: &MatrixArgs) -> Choice {
    Choice::of(args.backend.clone())
}

/// The policy that it is compared with. What is wrong with it is no answer, but must not pass for a change.
fn before(args: &MatrixArgs, io: &mut Io<'_>) -> Result<Plan, Failure> {
    let base = Base::parse("--changed-from", &args.changed_from)?;
    let (sources, diagnostics) = base.sources(&args.input, io)?;
    let base = match &args.backend {
        None => Plan::policy_of(&sources, diagnostics, &args.input),
        Some(_) => Plan::of(&sources, diagnostics, &args.input, &choice(args))?,
    };
    if !base.is_invalid(false) {
        return Ok(base);
    }
    base.tell_errors(io)?;
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

fn neutral<'s>(plan: &'s Plan, entrances: &'s Entrances<'_>) -> Side<'s> {
    Side { model: &plan.model, reading: entrances.neutral(), mesh: None }
}

impl Mesh {
    fn side<'s>(&'s self, plan: &'s Plan) -> Side<'s> {
        Side { model: &plan.model, reading: &*self.reading, mesh: Some((self.name, &plan.target)) }
    }
}

/// The meshes for which something is written, and beside them the others with the codes.
fn meshes(plan: &Plan, withheld: &mut Vec<(&'static str, Vec<&'static str>)>) -> Vec<Mesh> {
    let mut meshes = Vec::new();
    for (backend, engine) in &plan.engines {
        let rendered = engine.rendered();
        let codes = plan.withheld(&rendered);
        if codes.is_empty() {
            meshes.push(Mesh { name: backend.name(), reading: plan.reading(*backend, &rendered) });
        } else {
            withheld.push((backend.name(), codes));
        }
    }
    meshes
}

/// What is otherwise than before: by the policy, and on each mesh for which something is written on both sides.
fn changes(base: (&Plan, &Entrances<'_>), now: (&Plan, &Entrances<'_>), options: &Options) -> Vec<(&'static str, Effect)> {
    let mut found = vec![("the policy", effect(&neutral(base.0, base.1), &neutral(now.0, now.1), options))];
    let (before, after) = (meshes(base.0, &mut Vec::new()), meshes(now.0, &mut Vec::new()));
    for mesh in &after {
        if let Some(old) = before.iter().find(|old| old.name == mesh.name) {
            found.push((mesh.name, effect(&old.side(base.0), &mesh.side(now.0), options)));
        }
    }
    found
}

fn doubts<'e>(name: &'e str, effect: &'e Effect) -> impl Iterator<Item = (String, meshglot_translator::effect::Uncertain)> + 'e {
    effect.doubts.iter().map(move |doubt| (name.to_owned(), doubt.clone()))
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
