//! `meshglot diff`: what a change of policy changes, and what another mesh does otherwise.

mod calls;
mod cluster;
mod drift;
mod json;
mod markdown;
mod meshes;
mod names;
mod patches;
mod text;
mod unified;
mod words;

pub(crate) use calls::{effect_between, of as lines};
pub(crate) use patches::Patches;

use std::collections::BTreeMap;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::diff::Show;
use meshglot_translator::plan::ObjectName;
use meshglot_translator::render::Rendered;
use meshglot_translator::review::{Comparison, Ignore, Look, MeshChanges, State, compare};

use drift::Drift;

use crate::args::{DiffArgs, DiffFormat, Level};
use crate::base::Base;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::{self, Plan};
use crate::render::count;
use crate::{Io, input};

/// Patterns of `--ignore`, a line each; `#` begins a remark.
const IGNORE_FILE: &str = ".meshglotignore";

/// Two states and how they differ.
pub(super) struct Shown<'s> {
    /// What the first one is called.
    pub(super) from: String,
    /// And the second.
    pub(super) to: String,
    pub(super) states: (State<'s>, State<'s>),
    pub(super) comparison: Comparison,
    /// Meshes of the first, and of the second, for which nothing is written.
    pub(super) withheld: [Withheld; 2],
    /// What is wrong with the second.
    pub(super) diagnostics: &'s [Diagnostic],
    /// Where a cluster is not as its policy renders.
    pub(super) drift: &'s [Drift],
    pub(super) args: &'s DiffArgs,
}

pub(crate) fn run(args: &DiffArgs, io: &mut Io<'_>) -> Outcome {
    let ignore = ignored(args)?;
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        return meshes::run(args, from, to, io);
    }
    let is_of_cluster = args.base == ["cluster"];
    if args.show_drift && !is_of_cluster {
        return Err(Failure::new(Exit::Usage, "--show-drift: only a cluster has drift").help("add --base cluster"));
    }
    let (Between { from, before, plan }, drift) =
        if is_of_cluster { cluster::between(args, io)? } else { (between(args, io)?, Vec::new()) };
    plan::need_input(&plan, &args.input)?;
    // What they concern is compared as if it were not there.
    plan::tell_errors(&plan, io)?;
    count_errors(&before, &from, io)?;

    let look = Look {
        show: Show { managed: args.show_managed, defaults: args.show_defaults },
        ignore: &ignore,
        calls: args.level.has(Level::Effect).then_some(args.limit),
    };
    let (had, has) = (rendered(&before), rendered(&plan));
    let withheld = [withheld(&before, &had), withheld(&plan, &has)];
    let states = (state(&before, had, &withheld), state(&plan, has, &withheld));
    let comparison = compare(&states.0, &states.1, &meshglot_registry::all(), look);
    let to = args.input.filenames.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" ");
    let shown = Shown { from, to, states, comparison, withheld, diagnostics: &plan.diagnostics, drift: &drift, args };
    let exit = if plan::is_invalid(&plan, args.input.strict) { Exit::Invalid } else { exit(args, shown.differs()) };
    match args.output {
        DiffFormat::Diff => text::write(&shown, io)?,
        DiffFormat::GithubMd => markdown::write(&shown, io)?,
        DiffFormat::Unified => unified::write(&shown, io)?,
        DiffFormat::Json | DiffFormat::Yaml => json::write(&shown, io)?,
        DiffFormat::Name => names::write(&shown, io)?,
        DiffFormat::JsonPatch => patches::write(&shown, io)?,
    }
    let remarks = drift::lines(&drift, args.show_drift, io.arrow());
    match args.output {
        DiffFormat::Diff | DiffFormat::Name => remarks.iter().try_for_each(|line| writeln!(io.stdout, "{line}"))?,
        DiffFormat::Json | DiffFormat::Yaml => {}
        _ => remarks.iter().try_for_each(|line| writeln!(io.stderr, "{line}"))?,
    }
    Ok(exit)
}

/// The states that are compared, before they are held against each other.
struct Between {
    /// What the first is called.
    from: String,
    before: Plan,
    plan: Plan,
}

fn between(args: &DiffArgs, io: &mut Io<'_>) -> Result<Between, Failure> {
    if let Some(object) = &args.without {
        return without(args, object, io);
    }
    if args.base.is_empty() {
        let failure = Failure::new(Exit::Usage, "what is the input compared with?");
        return Err(failure.help("add --base git:HEAD, --base FOLDER, --base cluster, --without OBJECT, or --from and --to for two meshes"));
    }
    let base = Base::parse("--base", &args.base)?;
    let (sources, unreadable) = input::read(&args.input, io)?;
    let (old, unreadable_before) = base.sources(&args.input, io)?;
    // Neither state knows of the other: both are worked out at once.
    let (plan, before) = std::thread::scope(|scope| {
        let before = scope.spawn(|| plan::of(&old, unreadable_before, &args.input, &args.choice));
        let plan = plan::of(&sources, unreadable, &args.input, &args.choice);
        (plan, before.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    Ok(Between { from: args.base.join(" "), before: before?, plan: plan? })
}

/// The input without one of its objects, and the input.
fn without(args: &DiffArgs, object: &str, io: &mut Io<'_>) -> Result<Between, Failure> {
    let name = ObjectName::parse(object, &args.input.namespace).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("--without: `{object}` is not KIND/NAMESPACE/NAME"))
            .help("such as TrafficTarget/shop/web, or Mesh/main")
    })?;
    let plan = plan::make(&args.input, &args.choice, io)?;
    let key = plan.named(name)?.clone();
    let before = plan.without(&key, plan::chosen(&args.choice));
    Ok(Between { from: format!("without {key}"), before, plan })
}

impl Shown<'_> {
    /// Whether something differs at the asked level.
    fn differs(&self) -> bool {
        let (level, comparison) = (self.args.level, &self.comparison);
        let intent = level.has(Level::Intent) && !comparison.changes.is_empty();
        let mesh = |has: fn(&MeshChanges) -> bool| comparison.meshes.iter().any(has);
        let rendered = level.has(Level::Rendered) && mesh(|mesh| !mesh.rendered.is_empty());
        let calls = comparison.effect.iter().chain(comparison.meshes.iter().filter_map(|mesh| mesh.effect.as_ref()));
        let effect =
            level.has(Level::Effect) && (mesh(|mesh| !mesh.losses.is_empty()) || calls.into_iter().any(|effect| !effect.is_none()));
        let kept = level != Level::Intent && self.withheld[0] != self.withheld[1];
        intent || rendered || effect || kept
    }
}

/// The exit code where input is valid.
fn exit(args: &DiffArgs, differs: bool) -> Exit {
    if differs && !args.no_exit_code { Exit::Chosen(args.exit_code) } else { Exit::Ok }
}

/// Meshes for which nothing is written, with the codes.
type Withheld = BTreeMap<&'static str, Vec<&'static str>>;

fn withheld(plan: &Plan, rendered: &[Rendered<'_>]) -> Withheld {
    let codes = rendered.iter().map(|rendered| (rendered.backend, plan.withheld(rendered)));
    codes.filter(|(_, codes)| !codes.is_empty()).collect()
}

fn rendered(plan: &Plan) -> Vec<Rendered<'_>> {
    plan.engines.iter().map(|(_, engine)| engine.rendered()).collect()
}

/// What a mesh gets that keeps its old objects because nothing is written cannot be compared.
fn state<'p>(plan: &'p Plan, mut meshes: Vec<Rendered<'p>>, withheld: &[Withheld; 2]) -> State<'p> {
    meshes.retain(|rendered| withheld.iter().all(|withheld| !withheld.contains_key(rendered.backend)));
    State { model: &plan.model, target: &plan.target, meshes }
}

/// Mistakes of the base are counted, because nobody can mend history.
fn count_errors(base: &Plan, name: &str, io: &mut Io<'_>) -> std::io::Result<()> {
    let old = base.errors().count();
    if old > 0 && !io.quiet {
        writeln!(io.stderr, "note: {} in {name}; what they are about counts as absent there", count(old, "error"))?;
    }
    Ok(())
}

/// The patterns of the command line and of the file.
fn ignored(args: &DiffArgs) -> Result<Ignore, Failure> {
    let file = std::fs::read_to_string(IGNORE_FILE).unwrap_or_default();
    let lines = file.lines().map(|line| line.split('#').next().unwrap_or_default().trim()).filter(|line| !line.is_empty());
    Ignore::new(lines.chain(args.ignore.iter().map(String::as_str)))
        .map_err(|error| Failure::new(Exit::Usage, format!("--ignore: {error}")))
}
