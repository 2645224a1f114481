//! `--base cluster`: the policy of a cluster, and the same with the files of the input laid over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_controller::Snapshot;
use meshglot_translator::diagnostic::{Diagnostic, Severity};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::resolve::{Model, key_of};

use super::Between;
use serde_json::Value;

use super::drift::{Drift, drift};
use crate::args::{Choice, DiffArgs};
use crate::cluster::Cluster;
use crate::exit::{Exit, Failure};
use crate::plan::{self, Plan};
use crate::{Io, input};

/// Both states, and where the meshes are not as the cluster's policy renders.
pub(super) fn between(args: &DiffArgs, io: &mut Io<'_>) -> Result<(Between, Vec<Drift>), Failure> {
    let overlay = Overlay::read(args, io)?;
    let cluster = Cluster::of(&args.cluster)?;
    let snapshot = cluster.read(Snapshot::read(&cluster.reader))?;
    let choice = choice(args, &cluster, &snapshot);
    let mut accepted = plan::accepted(&args.choice.accepted)?;
    let lives = cluster.lives(&plan::chosen(&choice))?;
    accepted.extend(lives.iter().flat_map(|lives| lives.accepted()));
    let sources: Vec<_> = snapshot.sources.iter().map(|(key, source)| overlay.as_written(key, source)).collect();
    let plan_of = || Plan::of(&sources, Vec::new(), plan::options(&args.input), plan::chosen(&choice), accepted.clone());
    let (before, mut after) = (plan_of(), plan_of());
    after.edit(overlay.edits(&snapshot, io)?);
    forgive(&mut after, &before);
    after.diagnostics.extend(overlay.diagnostics);
    let drift = drift(&snapshot, &accepted, &lives);
    Ok((Between { from: format!("cluster {}", cluster.address), before, plan: after }, drift))
}

/// The meshes that are asked for; without a word the one that a controller keeps, else those that Mesh objects name.
fn choice(args: &DiffArgs, cluster: &Cluster, snapshot: &Snapshot) -> Choice {
    let named = args.choice.backend.clone();
    let told = || cluster.backend(None, snapshot).ok().map(|backend| backend.name().to_owned());
    Choice { backend: named.or_else(told), accepted: args.choice.accepted.clone() }
}

/// Mistakes that are in the cluster already are none of the change.
fn forgive(after: &mut Plan, before: &Plan) {
    let is_same = |one: &Diagnostic, other: &Diagnostic| one.code == other.code && one.message == other.message;
    let is_input = |one: &Diagnostic| one.severity == Severity::Error && one.code.info().name.starts_with("MG00");
    after.diagnostics.retain(|one| !is_input(one) || !before.diagnostics.iter().any(|other| is_same(one, other)));
}

/// What is put in the place of what is known.
type Edits = Vec<(ObjectKey, Option<Arc<Document>>)>;

/// The files of the input.
struct Overlay {
    documents: BTreeMap<ObjectKey, Arc<Document>>,
    diagnostics: Vec<Diagnostic>,
}

impl Overlay {
    fn read(args: &DiffArgs, io: &mut Io<'_>) -> Result<Self, Failure> {
        let options = plan::options(&args.input);
        let (sources, mut diagnostics) = input::read(&args.input, io)?;
        let (all, mut unreadable) = parse(&sources);
        diagnostics.append(&mut unreadable);
        let mut documents: BTreeMap<ObjectKey, Arc<Document>> = BTreeMap::new();
        for document in all {
            let origin = document.root().origin();
            let Some(key) = key_of(&document, &options) else {
                let model = Model::new(vec![document], options.clone());
                diagnostics.extend(model.diagnostics());
                if args.input.strict && model.skipped() > 0 {
                    let what = format!("{}: {} is of a kind that is not read", origin.location(), origin.object());
                    return Err(Failure::new(Exit::Invalid, what));
                }
                continue;
            };
            if let Some(first) = documents.insert(key.clone(), document) {
                let first = first.root().origin().location();
                return Err(Failure::new(Exit::Invalid, format!("{key} stands at {first} and at {}", origin.location())));
            }
        }
        if documents.is_empty() && diagnostics.is_empty() {
            return Err(Failure::new(Exit::Invalid, "there is no object in the input"));
        }
        Ok(Self { documents, diagnostics })
    }

    /// The object of the cluster in the version in which the input has it: in a cluster all versions of a kind hold the same fields.
    fn as_written(&self, key: &ObjectKey, source: &Arc<Source>) -> Arc<Source> {
        let version = |document: &Arc<Document>| document.root().to_json()["apiVersion"].clone();
        let wanted = self.documents.get(key).filter(|_| key.kind.is_ours()).map(version);
        match (wanted, serde_json::from_str::<Value>(source.text())) {
            (Some(wanted), Ok(mut object)) if object["apiVersion"] != wanted => {
                object["apiVersion"] = wanted;
                Source::new(source.name(), object.to_string())
            }
            _ => source.clone(),
        }
    }

    /// What is put in the place of what the cluster has. Of what runs the cluster itself knows best: the input adds only what is new.
    fn edits(&self, snapshot: &Snapshot, io: &mut Io<'_>) -> Result<Edits, Failure> {
        let is_known = |key: &ObjectKey| !key.kind.is_ours() && snapshot.sources.contains_key(key);
        let known = self.documents.keys().filter(|key| is_known(key)).count();
        if known > 0 && !io.quiet {
            writeln!(io.stderr, "note: Services and the like are as the cluster has them: {known} of the input not looked at")?;
        }
        let all = self.documents.iter().filter(|(key, _)| !is_known(key));
        Ok(all.map(|(key, document)| (key.clone(), Some(document.clone()))).collect())
    }
}
