//! How each object of policy stands: what is told of it, what each mesh gets because of it, and what is lost there.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_translator::diagnostic::Severity;
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::lint::{Finding, Findings};
use meshglot_translator::plan::Plan;
use meshglot_translator::render::{Loss, Verdict};

use crate::snapshot::MadeFrom;

/// Every object of policy.
pub(crate) struct Ledger {
    /// In the order of the plan's engines, with the codes by which nothing is written for a mesh.
    pub(crate) meshes: Vec<(&'static str, Vec<&'static str>)>,
    /// By kind, namespace and name.
    pub(crate) objects: BTreeMap<ObjectKey, Standing>,
}

/// How one of them stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// Whether it is used: else it contributes nothing.
    pub(crate) valid: bool,
    /// Mistakes in it.
    pub(crate) errors: usize,
    /// What is hardly meant.
    pub(crate) warnings: usize,
    /// What is told of it: positions among all findings, without those that are ignored.
    pub(crate) findings: Vec<usize>,
    /// Mesh by mesh, as [`Ledger::meshes`].
    pub(crate) on: Vec<OnMesh>,
}

/// What becomes of an object on one mesh.
#[derive(Clone, Debug, Default)]
pub(crate) struct OnMesh {
    /// How many objects are made from it.
    pub(crate) objects: usize,
    /// The worst of what is lost; exact if nothing is; `None`: it is not rendered at all, and nothing is lost.
    pub(crate) verdict: Option<Verdict>,
    /// The codes of what is lost.
    pub(crate) codes: BTreeSet<&'static str>,
}

impl Ledger {
    pub(crate) fn of(plan: &Plan, made_from: &MadeFrom, findings: &Findings) -> Self {
        let names: Vec<&'static str> = plan.engines.iter().map(|(backend, _)| backend.name()).collect();
        let standing = |key: &ObjectKey| {
            let objects = |name: &&str| made_from.get(key).map_or(0, |made| made.iter().filter(|made| made.backend == *name).count());
            let on = names.iter().map(|name| OnMesh::of(objects(name))).collect();
            (key.clone(), Standing { valid: plan.model.is_valid(key), on, ..Standing::default() })
        };
        let neutral = plan.model.keys().filter(|key| key.kind.is_neutral());
        let mut ledger = Self { meshes: plan.all_withheld().collect(), objects: neutral.map(standing).collect() };
        for (at, found) in findings.all.iter().enumerate() {
            let counts = found.ignored.is_none();
            for key in plan.subjects(found.finding.object(), found.finding.place().as_ref()) {
                let Some(standing) = ledger.objects.get_mut(&key) else { continue };
                standing.findings.extend(counts.then_some(at));
                match &found.finding {
                    // A mesh loses what it loses, whether somebody wants to read of it or not.
                    Finding::Loss(loss) => standing.lose(loss, &names),
                    Finding::Diagnostic(_) if !counts => {}
                    Finding::Diagnostic(diagnostic) => match diagnostic.severity {
                        Severity::Error => standing.errors += 1,
                        Severity::Warning => standing.warnings += 1,
                        Severity::Info => {}
                    },
                }
            }
        }
        ledger
    }

    /// What is told of an object, less what is ignored. `findings` are those that the ledger was made from.
    pub(crate) fn told<'f>(&self, key: &ObjectKey, findings: &'f Findings) -> Vec<&'f Finding> {
        let positions = self.objects.get(key).map_or(&[][..], |standing| &standing.findings);
        positions.iter().filter_map(|at| Some(&findings.all.get(*at)?.finding)).collect()
    }

    /// The codes by which nothing is written for a mesh; empty: it gets its objects.
    pub(crate) fn withheld(&self, mesh: &str) -> &[&'static str] {
        self.meshes.iter().find(|(name, _)| *name == mesh).map_or(&[], |(_, codes)| codes)
    }
}

impl Standing {
    fn lose(&mut self, loss: &Loss, names: &[&'static str]) {
        let Some(at) = names.iter().position(|name| *name == loss.backend) else { return };
        let on = &mut self.on[at];
        on.verdict = on.verdict.max(Some(loss.verdict));
        on.codes.insert(loss.code.info().name);
    }

    /// `errors`, `warnings` or `ready`.
    pub(crate) fn ready(&self) -> &'static str {
        match self {
            Self { errors: 1.., .. } => "errors",
            Self { warnings: 1.., .. } => "warnings",
            _ => "ready",
        }
    }
}

impl OnMesh {
    fn of(objects: usize) -> Self {
        Self { objects, verdict: (objects > 0).then_some(Verdict::Exact), codes: BTreeSet::new() }
    }
}
