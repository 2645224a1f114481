//! `/`: what there is, how it stands, and where to look first.

use std::collections::BTreeMap;

use askama::Template;
use meshglot_translator::answer::{Answer, Capabilities, Summary};
use meshglot_translator::lint::Finding;
use meshglot_translator::render::{Verdict, used};
use schemars::JsonSchema;
use serde::Serialize;

use crate::format::Format;
use crate::pages::Section;
use crate::pages::findings::Row;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::snapshot::Snapshot;
use crate::visit::Visit;

/// As many findings stand on the page.
const FINDINGS: usize = 8;

/// What there is.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// Objects of policy by kind.
    policies: Vec<KindCount>,
    /// Services.
    services: usize,
    /// Ports of Services of which every one that is behind lets in only what rules list.
    closed_ports: usize,
    /// All ports of Services.
    ports: usize,
    /// Workloads.
    workloads: usize,
    /// What `lint` finds.
    findings: Summary,
    /// What each mesh gets.
    backends: Vec<BackendCount>,
    /// Objects of kinds that are not read.
    skipped: usize,
}

/// Objects of one kind.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct KindCount {
    /// As Kubernetes spells it.
    kind: &'static str,
    /// How many.
    count: usize,
}

/// What one mesh gets.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackendCount {
    /// The mesh.
    name: &'static str,
    /// Whether a Mesh object of the policy names it.
    in_use: bool,
    /// Objects that it gets, or would get.
    objects: usize,
    /// Losses by their verdict, from best to worst; without those of which there is none.
    losses: Vec<LossCount>,
    /// The codes by which nothing is written for it; empty: it gets its objects.
    withheld: Vec<&'static str>,
    /// Features that the policy uses and the mesh says worse than exactly in the best case.
    gaps: Vec<&'static str>,
}

/// Losses of one verdict.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LossCount {
    /// The verdict.
    verdict: &'static str,
    /// How many.
    count: usize,
}

impl Answer for Overview {
    const KIND: &'static str = "Overview";
}

#[derive(Template)]
#[template(path = "pages/overview.html")]
struct Page<'p> {
    chrome: Chrome,
    overview: &'p Overview,
    rows: Vec<Row>,
    found: usize,
    input: String,
}

#[derive(Template)]
#[template(path = "pages/empty.html")]
struct Empty {
    chrome: Chrome,
    input: String,
}

pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    let of = visit.snapshot.clone();
    let overview = visit.snapshot.later.wait("overview", move || Overview::of(&of));
    let overview = overview.ok_or_else(|| Problem::internal("the overview could not be worked out"))?;
    let input = visit.app.settings.place();
    if visit.format == Format::Html && visit.snapshot.plan().is_empty() {
        return Reply::html(&Empty { chrome: visit.bare_chrome("Overview", Section::Overview), input });
    }
    visit.reply(&*overview, || {
        let command = visit.command("lint").word("--backend").word("all");
        let findings = visit.snapshot.findings();
        let mut worst: Vec<&Finding> = findings.counting().filter(|finding| !finding.is_accepted()).collect();
        worst.sort_by_key(|finding| finding.severity());
        Ok(Page {
            chrome: visit.chrome("Overview", Section::Overview, command).forms(visit, &[Format::Json]),
            rows: worst.iter().take(FINDINGS).map(|finding| Row::of(visit, finding)).collect(),
            found: findings.counting().count(),
            overview: &overview,
            input,
        })
    })
}

impl Overview {
    fn of(snapshot: &Snapshot) -> Self {
        let model = &snapshot.plan().model;
        let inventory = snapshot.inventory();
        let ports: usize = inventory.services().iter().map(|service| service.ports.len()).sum();
        let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
        for key in model.keys().filter(|key| key.kind.is_neutral()) {
            *kinds.entry(key.kind.name()).or_default() += 1;
        }
        Self {
            policies: kinds.into_iter().map(|(kind, count)| KindCount { kind, count }).collect(),
            services: inventory.services().len(),
            closed_ports: ports - snapshot.open_ports().values().sum::<usize>(),
            ports,
            workloads: inventory.workloads().len(),
            findings: snapshot.findings().into(),
            backends: backends(snapshot),
            skipped: model.skipped(),
        }
    }

    fn objects(&self) -> usize {
        self.policies.iter().map(|kind| kind.count).sum()
    }
}

fn backends(snapshot: &Snapshot) -> Vec<BackendCount> {
    let plan = snapshot.plan();
    let used = used(&plan.model);
    let in_use = snapshot.in_use();
    let of = |(backend, engine): &(&'static dyn meshglot_translator::render::Backend, meshglot_translator::render::Engine<'static>)| {
        let rendered = engine.rendered();
        let count = |verdict: Verdict| LossCount {
            verdict: verdict.word(),
            count: rendered.losses.iter().filter(|loss| loss.verdict == verdict).count(),
        };
        let features = Capabilities::of([*backend]).features.into_iter().filter(|row| used.contains(row.feature));
        let is_gap = |word: &str| Verdict::ALL.into_iter().any(|verdict| verdict.word() == word && verdict > Verdict::Equivalent);
        BackendCount {
            name: backend.name(),
            in_use: in_use.contains(&backend.name()),
            objects: rendered.objects.len(),
            losses: Verdict::ALL.map(count).into_iter().filter(|one| one.count > 0).collect(),
            withheld: plan.withheld(&rendered),
            gaps: features.filter(|row| row.backends.iter().any(|cell| is_gap(cell.verdict))).map(|row| row.feature).collect(),
        }
    };
    plan.engines.iter().map(of).collect()
}

impl LossCount {
    fn badge(&self) -> Badge {
        Badge::of_loss(self.verdict)
    }
}
