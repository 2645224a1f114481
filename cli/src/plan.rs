//! Arguments to a plan, and what its mistakes come to: the exit codes that all commands have in common.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::{CODES, Code, Diagnostic, Severity};
use meshglot_translator::parse::Source;
pub(crate) use meshglot_translator::plan::Plan;
use meshglot_translator::plan::{Chosen, RequestError, UnknownObject};
use meshglot_translator::render::Backend;
use meshglot_translator::resolve::ReadOptions;

use crate::args::{Accepted, Choice, Input, ServesArgs};
use crate::exit::{Exit, Failure};
use crate::{Io, draw, input};

/// Reads the input and renders it for the chosen backends. Without a Mesh and without `--backend` there is none to choose;
/// the input is checked all the same.
pub(crate) fn make(input: &Input, choice: &Choice, io: &mut Io<'_>) -> Result<Plan, Failure> {
    let (sources, diagnostics) = input::read(input, io)?;
    let plan = of(&sources, diagnostics, input, choice)?;
    need_input(&plan, input)?;
    Ok(plan)
}

/// The policy alone, for questions that are about no mesh.
pub(crate) fn policy(input: &Input, io: &mut Io<'_>) -> Result<Plan, Failure> {
    let (sources, diagnostics) = input::read(input, io)?;
    let plan = policy_of(&sources, diagnostics, input);
    need_input(&plan, input)?;
    Ok(plan)
}

/// The same of sources that were read elsewhere and may be none.
pub(crate) fn policy_of(sources: &[Arc<Source>], diagnostics: Vec<Diagnostic>, input: &Input) -> Plan {
    Plan::policy(sources, diagnostics, options(input))
}

/// The plan of sources that were read elsewhere and may be none; `diagnostics` is what was wrong with them as texts.
pub(crate) fn of(sources: &[Arc<Source>], diagnostics: Vec<Diagnostic>, input: &Input, choice: &Choice) -> Result<Plan, Failure> {
    Ok(Plan::of(sources, diagnostics, options(input), chosen(choice), accepted(&choice.accepted)?))
}

/// The meshes that are asked for.
pub(crate) fn chosen(choice: &Choice) -> Chosen {
    let all = meshglot_registry::all().into_iter();
    match choice.backend.as_deref() {
        Some("all") => Chosen::These(all.collect()),
        Some(names) => Chosen::These(all.filter(|backend| names.split(',').any(|name| backend.name() == name)).collect()),
        None => Chosen::NamedOf(all.collect()),
    }
}

/// Fails where there is no object in the input: nothing would be checked and nothing rendered.
pub(crate) fn need_input(plan: &Plan, input: &Input) -> Result<(), Failure> {
    if !plan.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = input.filenames.iter().map(|path| path.display().to_string()).collect();
    let skipped = plan.model.skipped();
    let what = match skipped {
        0 => "no object in it".to_owned(),
        1 => "only 1 object of another kind in it".to_owned(),
        _ => format!("only {skipped} objects of other kinds in it"),
    };
    let failure = Failure::new(Exit::Invalid, format!("{}: {what}", names.join(", ")));
    Err(if input.recursive { failure } else { failure.help("-R reads folders below folders") })
}

/// Fails where nobody said which mesh the policy is for.
pub(crate) fn need_backend(plan: &Plan, choice: &Choice) -> Result<(), Failure> {
    if plan.model.has_mesh() || choice.backend.is_some() {
        return Ok(());
    }
    let failure = Failure::new(Exit::Usage, "no --backend, and no Mesh object in the input that names one");
    Err(failure.help(format!("add --backend {}|all", meshglot_registry::all().map(|backend| backend.name()).join("|"))))
}

/// Draws what has no effect because it is wrong, for commands whose answer does not hold it.
pub(crate) fn tell_errors(plan: &Plan, io: &mut Io<'_>) -> std::io::Result<()> {
    plan.errors().try_for_each(|diagnostic| draw::diagnostic(diagnostic, io))
}

/// Whether the input could not be read as it is written.
pub(crate) fn is_invalid(plan: &Plan, strict: bool) -> bool {
    (strict && plan.model.skipped() > 0) || exit_of(&plan.diagnostics) == Exit::Invalid
}

/// The exit code: invalid input before losses.
pub(crate) fn exit(plan: &Plan, strict: bool) -> Exit {
    let lost = || plan.engines.iter().any(|(_, engine)| engine.rendered().losses.iter().any(|loss| loss.fails()));
    match exit_of(&plan.diagnostics) {
        _ if is_invalid(plan, strict) => Exit::Invalid,
        Exit::Ok if lost() => Exit::No,
        exit => exit,
    }
}

/// The exit code that mistakes come to: input that cannot be read before what has no effect.
pub(crate) fn exit_of(diagnostics: &[Diagnostic]) -> Exit {
    let errors = || diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    if errors().any(|diagnostic| diagnostic.code.info().name.starts_with("MG00")) {
        return Exit::Invalid;
    }
    if errors().next().is_some() { Exit::No } else { Exit::Ok }
}

/// How objects are read.
pub(crate) fn options(input: &Input) -> ReadOptions {
    ReadOptions { lenient: input.lenient, default_namespace: input.namespace.as_str().into() }
}

/// `--allow-lossy` takes codes, `any` or `none`; what widens is accepted by its own flag alone.
pub(crate) fn accepted(accepted: &Accepted) -> Result<BTreeSet<Code>, Failure> {
    let mut codes = BTreeSet::new();
    for word in &accepted.allow_lossy {
        match word.as_str() {
            "none" => codes.clear(),
            "any" => codes.extend(CODES.iter().filter(|info| info.backend.is_some() && !info.widens).map(|info| info.code)),
            word => codes.extend([loss("--allow-lossy", word, false)?]),
        }
    }
    for word in &accepted.allow_widening {
        codes.insert(loss("--allow-widening", word, true)?);
    }
    Ok(codes)
}

/// The code of a loss that this flag accepts.
fn loss(flag: &str, word: &str, widens: bool) -> Result<Code, Failure> {
    let refused = |text: String| Failure::new(Exit::Usage, format!("{flag}: {text}"));
    let code: Code = word.parse().map_err(refused)?;
    match code.info().backend {
        None => Err(refused(format!("{code} is a mistake in the input, not a loss"))),
        Some(_) if code.info().widens && !widens => {
            Err(refused(format!("{code} allows more than was written")).help(format!("--allow-widening {code}")))
        }
        Some(_) if widens && !code.info().widens => Err(refused(format!("{code} widens nothing")).help(format!("--allow-lossy {code}"))),
        Some(_) => Ok(code),
    }
}

impl From<UnknownObject> for Failure {
    fn from(unknown: UnknownObject) -> Self {
        let failure = Self::new(Exit::Invalid, unknown.message);
        match unknown.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        let failure = Self::new(if error.unknown { Exit::Invalid } else { Exit::Usage }, error.message);
        match error.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

/// The meshes that a controller serves; one that `is_plane` serves the built-in one, too.
pub(crate) fn served(args: &ServesArgs, is_plane: bool) -> Result<Chosen, Failure> {
    let known = |name: &String| match meshglot_registry::find(name) {
        Some(backend) if is_plane => Ok(backend),
        _ => written_by(name),
    };
    if let Some(name) = &args.backend {
        return Ok(Chosen::These(vec![known(name)?]));
    }
    let named = args.backends.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    // Each once, in the order in which all are.
    let is_named = |backend: &&'static dyn Backend| named.is_empty() || named.iter().any(|one| one.name() == backend.name());
    let all = meshglot_registry::all().into_iter().filter(|backend| is_plane || !backend.kinds().is_empty());
    Ok(Chosen::NamedOf(all.filter(is_named).collect()))
}

/// A backend for which a controller has something to do.
fn written_by(name: &str) -> Result<&'static dyn Backend, Failure> {
    let found = meshglot_registry::find(name).ok_or_else(|| Failure::new(Exit::Usage, format!("there is no backend `{name}`")))?;
    if found.kinds().is_empty() {
        let failure = Failure::new(Exit::Usage, format!("--backend {name}: it renders nothing that a cluster could keep"));
        return Err(failure.help("meshglot run serves it to its proxies, and in a cluster meshglot controller with --xds-address"));
    }
    Ok(found)
}
