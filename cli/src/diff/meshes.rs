//! `--from A --to B`: two meshes for one policy, neutral field by neutral field.

use meshglot_translator::answer::{ConceptAnswer, EffectAnswer, MeshDiffAnswer, PlaceAnswer};
use meshglot_translator::effect::{Effect, Options, Side, effect};
use meshglot_translator::render::{Rendered, Verdict};
use meshglot_translator::review::{Concept, Place, Saying, concepts, leftovers};

use super::calls;
use super::words::value;

use crate::Io;
use crate::args::{Choice, DiffArgs, DiffFormat, Level};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::unwritable;
use crate::plan;
use crate::render::count;

/// Two meshes and how they differ.
struct Meshes<'m> {
    args: &'m DiffArgs,
    concepts: Vec<Concept>,
    /// Of the first, then of the second.
    leftovers: [Vec<Place>; 2],
    names: [&'static str; 2],
    /// What the second does with calls that the first does not; `None`: nobody asked.
    effect: Option<Effect>,
}

pub(super) fn run(args: &DiffArgs, from: &str, to: &str, io: &mut Io<'_>) -> Outcome {
    let choice = Choice { backend: Some(format!("{from},{to}")), accepted: args.choice.accepted.clone() };
    let plan = plan::make(&args.input, &choice, io)?;
    plan::tell_errors(&plan, io)?;
    let of = |name: &str| plan.engines.iter().find(|(backend, _)| backend.name() == name);
    let (Some((one, old)), Some((other, new))) = (of(from), of(to)) else {
        return Err(Failure::new(Exit::Usage, "--from and --to name one mesh each"));
    };
    let (before, after) = (old.rendered(), new.rendered());
    let decided = args.level.has(Level::Effect).then(|| {
        let (old, new) = (plan.reading(*one, &before), plan.reading(*other, &after));
        let from = Side { model: &plan.model, reading: &*old, mesh: Some((one.name(), &plan.target)) };
        let to = Side { model: &plan.model, reading: &*new, mesh: Some((other.name(), &plan.target)) };
        effect(&from, &to, &Options { limit: args.limit, ..Options::default() })
    });
    let meshes = Meshes {
        args,
        concepts: concepts(&[&before, &after]),
        leftovers: [leftovers(&before), leftovers(&after)],
        names: [before.backend, after.backend],
        effect: decided,
    };
    let exit = if plan::is_invalid(&plan, args.input.strict) { Exit::Invalid } else { super::exit(args, meshes.differs()) };
    match args.output {
        DiffFormat::Diff | DiffFormat::Name | DiffFormat::GithubMd => meshes.text(io)?,
        DiffFormat::Json => io.answer(&meshes.answer())?,
        DiffFormat::Yaml => io.answer_yaml(&meshes.answer())?,
        DiffFormat::Unified => side_by_side(&before, &after, io)?,
        DiffFormat::JsonPatch => {
            let failure = Failure::new(Exit::Usage, "no patch turns the objects of one mesh into those of another");
            return Err(failure.help("-o diff or -o json"));
        }
    }
    Ok(exit)
}

impl Meshes<'_> {
    fn differs(&self) -> bool {
        let said = self.args.level.has(Level::Rendered) && self.concepts.iter().any(|concept| !concept.is_alike());
        said || self.effect.as_ref().is_some_and(|effect| !effect.is_none())
    }

    fn answer(&self) -> MeshDiffAnswer {
        let [from, to] = self.names;
        MeshDiffAnswer {
            from,
            to,
            concepts: self.concepts.iter().map(ConceptAnswer::from).collect(),
            leftovers: self.leftovers.iter().flatten().map(PlaceAnswer::from).collect(),
            effect: self.effect.as_ref().map(EffectAnswer::from),
        }
    }

    fn text(&self, io: &mut Io<'_>) -> std::io::Result<()> {
        let [from, to] = self.names;
        writeln!(io.stdout, "--- {from}\n+++ {to}")?;
        if self.args.level.has(Level::Rendered) {
            self.fields(io)?;
        }
        if let Some(effect) = &self.effect {
            writeln!(io.stdout, "calls")?;
            for line in calls::of(effect, io.arrow(), if self.args.all { usize::MAX } else { calls::MOST }) {
                writeln!(io.stdout, "  {line}")?;
            }
            let unlike = count(effect.access.len(), "access difference");
            writeln!(io.stdout, "  {unlike} in {}, {}", count(effect.compared, "pair"), count(effect.shares.len(), "other share"))?;
        }
        Ok(())
    }

    /// What became of each neutral field on both.
    fn fields(&self, io: &mut Io<'_>) -> std::io::Result<()> {
        let (alike, unlike): (Vec<&Concept>, Vec<&Concept>) = self.concepts.iter().partition(|concept| concept.is_alike());
        let shown: Vec<&Concept> = if self.args.all { self.concepts.iter().collect() } else { unlike.clone() };
        let mut holder = String::new();
        for concept in shown {
            let here = concept.at.object();
            if here != holder {
                writeln!(io.stdout, "{here}")?;
                holder = here;
            }
            let sign = if concept.is_alike() { '=' } else { '!' };
            writeln!(io.stdout, "  {sign} {:<11} {}   {}", concept.word, concept.at.path(), concept.at.location())?;
            for saying in &concept.sayings {
                self.saying(saying, io)?;
            }
        }
        for (name, places) in self.names.iter().zip(&self.leftovers) {
            if self.args.all {
                for Place { object, path, value: held } in places {
                    let object = format!("{}/{}/{}", object.kind, object.namespace, object.name);
                    writeln!(io.stdout, "  only {name:<8} {object} {path} = {}", value(held, true))?;
                }
            }
        }
        let own: Vec<String> = self.names.iter().zip(&self.leftovers).map(|(name, places)| format!("{name} {}", places.len())).collect();
        writeln!(
            io.stdout,
            "{} said alike, {} not; fields that no neutral field decides: {}{}",
            count(alike.len(), "neutral field"),
            unlike.len(),
            own.join(", "),
            if self.args.all { "" } else { " (--all shows everything)" }
        )
    }

    fn saying(&self, saying: &Saying, io: &mut Io<'_>) -> std::io::Result<()> {
        let Saying { backend, places, verdict, codes } = saying;
        let codes: Vec<&str> = codes.iter().map(|code| code.info().name).collect();
        let told = if *verdict == Verdict::Exact { String::new() } else { format!("   {verdict} {}", codes.join(", ")) };
        if places.is_empty() {
            let what = if *verdict <= Verdict::Rounded { "said by no field of its own" } else { "not said" };
            return writeln!(io.stdout, "      {backend:<8} {what}{told}");
        }
        for Place { object, path, value: held } in places {
            let object = format!("{}/{}/{}", object.kind, object.namespace, object.name);
            writeln!(io.stdout, "      {backend:<8} {object} {path} = {}{told}", value(held, self.args.all))?;
        }
        Ok(())
    }
}

/// All objects of one, then of the other: what text tools make of two trees that have nothing in common.
fn side_by_side(before: &Rendered<'_>, after: &Rendered<'_>, io: &mut Io<'_>) -> Result<(), Failure> {
    let (old, new) = (before.to_yaml().map_err(unwritable)?, after.to_yaml().map_err(unwritable)?);
    let text = similar::TextDiff::from_lines(&old, &new);
    write!(io.stdout, "{}", text.unified_diff().header(before.backend, after.backend))?;
    Ok(())
}
