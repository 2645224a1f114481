//! Everything that the playground says about a text.

use std::sync::Arc;

use meshglot_translator::answer::{
    Answer, BackendRendering, ConceptAnswer, DiagnosticAnswer, EffectAnswer, FindingsAnswer, MatrixAnswer, Rendering,
};
use meshglot_translator::diagnostic::Place;
use meshglot_translator::diff::Show;
use meshglot_translator::effect::{AccessWords, Effect, Options, ShareWords, Side, effect};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::plan::{AccessMatrix, Mesh, Reading};
use meshglot_translator::render::{Rendered, Verdict};
use meshglot_translator::resolve::ReadOptions;
use meshglot_translator::review::{NeutralOperation, concepts, intent};
use schemars::JsonSchema;
use serde::Serialize;

use super::form::Form;
use crate::pages::access::grid::Grid;
use crate::pages::findings::Row;
use crate::parts::concepts::Concepts;
use crate::parts::listing::{Listing, Told, Trail};
use crate::parts::objects::{Drawn, stream};
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::snapshot::Snapshot;

/// More objects take longer than somebody who tries something waits.
const OBJECTS: usize = 200;

/// The most requests that are tried for one port of one Service.
const LIMIT: usize = 5_000;

/// Text of a mesh beyond this is left out of the page.
const SHOWN_BYTES: usize = 128 * 1024;

/// Lines of the text beyond these are left out of the page.
const LINES: usize = 2_000;

/// What is said about a text.
pub(super) struct Results {
    pub(super) meshes: Vec<OfMesh>,
    pub(super) rows: Vec<Row>,
    /// What is told of lines of the text.
    told: Vec<(u32, Told)>,
    pub(super) grid: Grid,
    pub(super) concepts: Concepts,
    pub(super) change: Option<Change>,
    pub(super) neutral: usize,
    answer: PlaygroundAnswer,
}

/// What one mesh gets.
pub(super) struct OfMesh {
    pub(super) name: &'static str,
    pub(super) badge: Badge,
    pub(super) objects: usize,
    pub(super) losses: usize,
    pub(super) withheld: Vec<&'static str>,
    pub(super) yaml: String,
    pub(super) is_cut: bool,
    /// Lines, each with the neutral field that decided what stands there.
    trails: Vec<(u32, Trail)>,
}

/// What an edit changes.
pub(super) struct Change {
    pub(super) objects: Vec<(&'static str, String)>,
    pub(super) access: Vec<AccessWords>,
    pub(super) shares: Vec<ShareWords>,
    pub(super) is_none: bool,
}

/// The same for machines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlaygroundAnswer {
    /// What is wrong with the text, and what each mesh would lose.
    findings: FindingsAnswer,
    /// What each mesh gets, those of which nothing would be written among them.
    backends: Vec<BackendRendering>,
    /// What is wrong with the text.
    diagnostics: Vec<DiagnosticAnswer>,
    /// Who may call what, and what meshes do otherwise.
    matrix: MatrixAnswer,
    /// What became of each neutral field on the two meshes that are compared.
    concepts: Vec<ConceptAnswer>,
    /// What calls become of that they did not become of by the text before. Absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<EffectAnswer>,
}

impl Answer for PlaygroundAnswer {
    const KIND: &'static str = "Playground";
}

impl PlaygroundAnswer {
    pub(super) fn of(results: Results) -> Self {
        results.answer
    }
}

impl Results {
    /// Renders a text for every mesh, and asks everything about it.
    pub(super) fn of(form: &Form) -> Result<Self, Problem> {
        let snapshot = snapshot("policy.yaml", &form.text)?;
        let before = if form.before.trim().is_empty() { None } else { Some(self::snapshot("before.yaml", &form.before)?) };
        let plan = snapshot.plan();
        let entrances = snapshot.entrances();
        let meshes = snapshot.meshes();
        let access = AccessMatrix::of(Reading { plan, entrances: &entrances, meshes: &meshes }, None, LIMIT, |_: &Arc<str>| true);
        let rendered: Vec<Rendered<'_>> = plan.engines.iter().map(|(_, engine)| engine.rendered()).collect();
        let compared: Vec<&Rendered<'_>> =
            [&form.from, &form.to].iter().filter_map(|name| rendered.iter().find(|one| one.backend == name.as_str())).collect();
        let [from, to] = compared[..] else { return Err(Problem::bad("Two meshes are compared.")) };
        let concepts = concepts(&[from, to]);
        let effect = before.as_ref().map(|before| changed(before, &snapshot));
        let findings = snapshot.findings();
        let rendering = Rendering::of(&rendered, Vec::new(), &plan.diagnostics, false);
        let answer = PlaygroundAnswer {
            findings: findings.into(),
            backends: rendering.backends,
            diagnostics: rendering.diagnostics,
            matrix: access.answer(),
            concepts: concepts.iter().map(ConceptAnswer::from).collect(),
            change: effect.as_ref().map(EffectAnswer::from),
        };
        Ok(Self {
            meshes: rendered.iter().zip(&meshes).map(|(rendered, mesh)| OfMesh::of(rendered, mesh)).collect::<Result<_, _>>()?,
            rows: findings.counting().map(Row::within).collect(),
            told: findings.counting().filter_map(|finding| Some((line(&finding.place()?), Told::of(finding)))).collect(),
            grid: Grid::bare(&access),
            concepts: Concepts::of(&concepts, [from, to], true, |at| Some(format!("#L{}", at.position().line))),
            change: before.as_ref().zip(effect.as_ref()).map(|(before, effect)| Change::of(before, &snapshot, effect)),
            neutral: plan.neutral_objects().len(),
            answer,
        })
    }
}

impl Results {
    /// The text, with what is told of its lines; the first of them, if they are many.
    pub(super) fn listing<'t>(&self, text: &'t str) -> Listing<'t> {
        let mut listing = Listing::of(text.lines().take(LINES), 1);
        for (line, told) in &self.told {
            listing.line(*line).into_iter().for_each(|line| line.told.push(told.clone()));
        }
        listing
    }
}

fn line(place: &Place) -> u32 {
    place.source().position(place.span().start).line
}

/// A state of its own, of which nobody else knows.
fn snapshot(name: &str, text: &str) -> Result<Snapshot, Problem> {
    let sources = vec![Source::new(name, text.to_owned())];
    let (documents, _) = parse(&sources);
    if documents.len() > OBJECTS {
        let problem = Problem::too_large(format!("{} objects are more than the {OBJECTS} that are tried here.", documents.len()));
        return Err(problem.help("`meshglot dashboard -f FOLDER` shows policy of any size.".to_owned()));
    }
    Ok(Snapshot::new(1, sources, Vec::new(), ReadOptions::default()))
}

/// What calls become of by the policy.
fn changed(before: &Snapshot, after: &Snapshot) -> Effect {
    let (old, new) = (before.neutral(), after.neutral());
    let from = Side { model: &before.plan().model, reading: &old, mesh: None };
    let to = Side { model: &after.plan().model, reading: &new, mesh: None };
    effect(&from, &to, &Options { limit: LIMIT, ..Options::default() })
}

impl OfMesh {
    fn of(rendered: &Rendered<'_>, mesh: &Mesh) -> Result<Self, Problem> {
        let worst = rendered.losses.iter().map(|loss| loss.verdict).max().unwrap_or(Verdict::Exact);
        let drawn = rendered.objects.iter().map(|object| Drawn::of(object)).collect::<Result<Vec<_>, _>>()?;
        let mut yaml = stream(rendered.objects.iter().copied())?;
        let is_cut = yaml.len() > SHOWN_BYTES;
        if is_cut {
            let end = (0..=SHOWN_BYTES).rev().find(|at| yaml.is_char_boundary(*at)).unwrap_or_default();
            yaml.truncate(end);
        }
        Ok(Self {
            name: rendered.backend,
            badge: if mesh.is_written() { Badge::of_loss(worst.word()) } else { Badge::WITHHELD },
            objects: rendered.objects.len(),
            losses: rendered.losses.len(),
            withheld: mesh.withheld.clone(),
            yaml,
            is_cut,
            trails: trails(&drawn),
        })
    }

    /// What it gets, line by line.
    pub(super) fn listing(&self) -> Listing<'_> {
        let mut listing = Listing::of(self.yaml.lines(), 1).plain();
        for (line, trail) in &self.trails {
            listing.line(*line).into_iter().for_each(|line| line.trails.push(trail.clone()));
        }
        listing
    }
}

/// The lines of a stream of objects that neutral fields decided.
fn trails(drawn: &[Drawn<'_>]) -> Vec<(u32, Trail)> {
    let mut found = Vec::new();
    let mut before = 0;
    for one in drawn {
        found.extend(one.decided().iter().map(|decided| {
            let at = decided.origin.position().line;
            let label = format!("{}, line {at}", decided.origin.path());
            (before + decided.first, Trail { label, href: Some(format!("#L{at}")), own: false })
        }));
        // Between two objects is a line that divides them.
        before += u32::try_from(one.text.lines().count()).unwrap_or_default() + 1;
    }
    found.dedup();
    found
}

impl Change {
    fn of(before: &Snapshot, after: &Snapshot, effect: &Effect) -> Self {
        let changes = intent(&before.plan().model, &after.plan().model, Show::default());
        let object = |change: &meshglot_translator::review::NeutralChange| {
            let word = match &change.operation {
                NeutralOperation::Add => "added",
                NeutralOperation::Remove => "removed",
                NeutralOperation::Update(_) => "changed",
                NeutralOperation::Rename { .. } => "renamed",
            };
            (word, change.object.to_string())
        };
        Self {
            objects: changes.iter().map(object).collect(),
            access: effect.access.iter().map(|change| change.words()).collect(),
            shares: effect.shares.iter().map(|change| change.words()).collect(),
            is_none: effect.is_none() && changes.is_empty(),
        }
    }
}
