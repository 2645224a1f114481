//! Input to model and engines: what `render` and `lint` have in common.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::{CODES, Code, Diagnostic, Severity, by_position};
use meshglot_translator::eval::Evaluate;
use meshglot_translator::ir::{Kind, MeshSettings, ObjectKey};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::{Backend, Engine, Loss, Rendered, Target, Verdict};
use meshglot_translator::resolve::{Model, ReadOptions};
use meshglot_translator::verify::reading;

use crate::args::{Choice, Input};
use crate::exit::{Exit, Failure};
use crate::{Io, draw, input};

/// A model and one engine per backend asked for.
pub(crate) struct Plan {
    pub(crate) model: Model,
    pub(crate) engines: Vec<(&'static dyn Backend, Engine<'static>)>,
    /// Which policy goes to each of them.
    pub(crate) target: Target,
    /// Everything wrong with the input, sorted.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Plan {
    /// Reads the input and renders it for the chosen backends. Without a Mesh and without `--backend` there is
    /// none to choose; the input is checked all the same, as if one Mesh held everything.
    pub(crate) fn make(input: &Input, choice: &Choice, io: &mut Io<'_>) -> Result<Self, Failure> {
        let (sources, diagnostics) = input::read(input, io)?;
        let plan = Self::of(&sources, diagnostics, input, choice)?;
        plan.need_input(input)?;
        Ok(plan)
    }

    /// The policy alone, for questions that are about no mesh: nothing is rendered.
    pub(crate) fn policy(input: &Input, io: &mut Io<'_>) -> Result<Self, Failure> {
        let (sources, diagnostics) = input::read(input, io)?;
        let plan = Self::policy_of(&sources, diagnostics, input);
        plan.need_input(input)?;
        Ok(plan)
    }

    /// The same of sources that were read elsewhere and may be none.
    pub(crate) fn policy_of(sources: &[Arc<Source>], diagnostics: Vec<Diagnostic>, input: &Input) -> Self {
        let (model, mut diagnostics) = checked(sources, diagnostics, input);
        diagnostics.retain(|diagnostic| diagnostic.except.is_none());
        Self { model, engines: Vec::new(), target: Target::default(), diagnostics }
    }

    /// The same of sources that were read elsewhere and may be none; `diagnostics` is what was wrong with them as
    /// texts.
    pub(crate) fn of(sources: &[Arc<Source>], diagnostics: Vec<Diagnostic>, input: &Input, choice: &Choice) -> Result<Self, Failure> {
        let accepted = accepted(choice)?;
        let (model, mut diagnostics) = checked(sources, diagnostics, input);
        let target = Target { everything: choice.backend.is_some(), accepted };
        let chosen = meshglot_registry::all().into_iter().filter(|backend| match choice.backend.as_deref() {
            Some("all") => true,
            Some(names) => names.split(',').any(|name| backend.name() == name),
            None => model.meshes().iter().any(|mesh| mesh.backend.as_deref() == Some(backend.name())),
        });
        let engines: Vec<_> = chosen.map(|backend| (backend, Engine::new(backend, target.clone(), &model))).collect();
        // Policy that nobody sends to another backend goes to its Mesh's own, which is the one that is excepted.
        let holds = |except: &str| target.everything && engines.iter().any(|(backend, _)| backend.name() != except);
        diagnostics.retain(|diagnostic| diagnostic.except.is_none_or(holds));
        Ok(Self { model, engines, target, diagnostics })
    }

    /// Fails where there is no object in the input: nothing would be checked and nothing rendered.
    pub(crate) fn need_input(&self, input: &Input) -> Result<(), Failure> {
        if self.model.keys().next().is_some() || !self.diagnostics.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = input.filenames.iter().map(|path| path.display().to_string()).collect();
        let skipped = self.model.skipped();
        let what = match skipped {
            0 => "no object in it".to_owned(),
            1 => "only 1 object of another kind in it".to_owned(),
            _ => format!("only {skipped} objects of other kinds in it"),
        };
        let failure = Failure::new(Exit::Invalid, format!("{}: {what}", names.join(", ")));
        Err(if input.recursive { failure } else { failure.help("-R reads folders below folders") })
    }

    /// Fails where nobody said which mesh the policy is for.
    pub(crate) fn need_backend(&self, choice: &Choice) -> Result<(), Failure> {
        if self.model.has_mesh() || choice.backend.is_some() {
            return Ok(());
        }
        let failure = Failure::new(Exit::Usage, "no --backend, and no Mesh object in the input that names one");
        Err(failure.help(format!("add --backend {}|all", meshglot_registry::all().map(|backend| backend.name()).join("|"))))
    }

    /// Codes that say that a mesh would allow more than was written, and that nobody accepted.
    pub(crate) fn widens(&self, rendered: &Rendered<'_>) -> BTreeSet<Code> {
        let holds = |diagnostic: &&Diagnostic| diagnostic.except.is_none_or(|except| except != rendered.backend);
        let by_input = self.diagnostics.iter().filter(holds).map(|diagnostic| diagnostic.code).filter(|code| *code == Code::MG0502);
        let unaccepted = rendered.losses.iter().filter(|loss| loss.verdict == Verdict::Widened && !loss.accepted);
        by_input.chain(unaccepted.map(|loss| loss.code)).collect()
    }

    /// The same by name: where there is one, nothing is written for the mesh.
    pub(crate) fn withheld(&self, rendered: &Rendered<'_>) -> Vec<&'static str> {
        self.widens(rendered).into_iter().map(|code| code.info().name).collect()
    }

    /// How a mesh reads what it would get.
    pub(crate) fn reading(&self, backend: &dyn Backend, rendered: &Rendered<'_>) -> Box<dyn Evaluate> {
        reading(backend, &self.model, &self.target, rendered.bodies())
    }

    /// What has no effect because it is wrong.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Draws that, for commands whose answer does not hold it.
    pub(crate) fn tell_errors(&self, io: &mut Io<'_>) -> std::io::Result<()> {
        self.errors().try_for_each(|diagnostic| draw::diagnostic(diagnostic, io))
    }

    /// Whether the input could not be read as it is written.
    pub(crate) fn is_invalid(&self, strict: bool) -> bool {
        (strict && self.model.skipped() > 0) || exit_of(&self.diagnostics) == Exit::Invalid
    }

    /// The exit code: invalid input before losses.
    pub(crate) fn exit(&self, strict: bool) -> Exit {
        let lost = || self.engines.iter().any(|(_, engine)| engine.rendered().losses.iter().any(|loss| loss.fails()));
        match exit_of(&self.diagnostics) {
            _ if self.is_invalid(strict) => Exit::Invalid,
            Exit::Ok if lost() => Exit::No,
            exit => exit,
        }
    }

    /// All losses, backend by backend.
    pub(crate) fn losses(&self) -> Vec<&Loss> {
        self.engines.iter().flat_map(|(_, engine)| engine.rendered().losses).collect()
    }

    /// Neutral objects that count for a backend, Meshes apart.
    pub(crate) fn neutral_objects(&self) -> Vec<&ObjectKey> {
        self.model.keys().filter(|key| key.kind.is_neutral() && key.kind != Kind::Mesh).collect()
    }
}

/// A model, and everything that is wrong with its input, sorted.
fn checked(sources: &[Arc<Source>], mut diagnostics: Vec<Diagnostic>, input: &Input) -> (Model, Vec<Diagnostic>) {
    let model = read(sources, input, &mut diagnostics);
    let model = if model.has_mesh() { model } else { model.with_implied_mesh(MeshSettings::default()) };
    diagnostics.extend(model.diagnostics());
    diagnostics.sort_by(by_position);
    (model, diagnostics)
}

/// The exit code that mistakes come to: input that cannot be read before what has no effect.
pub(crate) fn exit_of(diagnostics: &[Diagnostic]) -> Exit {
    let errors = || diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    if errors().any(|diagnostic| diagnostic.code.info().name.starts_with("MG00")) {
        return Exit::Invalid;
    }
    if errors().next().is_some() { Exit::No } else { Exit::Ok }
}

fn read(sources: &[Arc<Source>], input: &Input, diagnostics: &mut Vec<Diagnostic>) -> Model {
    let (documents, mut unreadable) = parse(sources);
    diagnostics.append(&mut unreadable);
    let options = ReadOptions { lenient: input.lenient, default_namespace: input.namespace.as_str().into() };
    Model::new(documents, options)
}

/// `--allow-lossy` takes codes, `any` or `none`; what widens is accepted by its own flag alone.
fn accepted(choice: &Choice) -> Result<BTreeSet<Code>, Failure> {
    let mut codes = BTreeSet::new();
    for word in &choice.allow_lossy {
        match word.as_str() {
            "none" => codes.clear(),
            "any" => codes.extend(CODES.iter().filter(|info| info.backend.is_some() && !info.widens).map(|info| info.code)),
            word => codes.extend([loss("--allow-lossy", word, false)?]),
        }
    }
    for word in &choice.allow_widening {
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
