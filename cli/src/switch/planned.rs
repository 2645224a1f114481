//! What a switch brings about: worked out from the cluster as it is, before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_controller::is_ours;
use meshglot_translator::answer::{Answer, EffectAnswer, LossAnswer};
use meshglot_translator::diagnostic::Code;
use meshglot_translator::effect::{Effect, Options, effect};
use meshglot_translator::eval::Inventory;
use meshglot_translator::ir::{Kind, ObjectKey, ServiceKey};
use meshglot_translator::parse::Document;
use meshglot_translator::plan::{Chosen, Mesh, Plan};
use meshglot_translator::render::{Backend, Loss, ObjectId};
use meshglot_translator::resolve::{Model, ReadOptions};
use meshglot_translator::review::losses_between;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::edits::Edit;
use crate::check::Check;
use crate::cluster::{Cluster, Lives, wanted_of};
use crate::exit::{Exit, Failure};

/// The most requests that are tried for one port of one Service.
const LIMIT: usize = 100_000;

/// What a switch brings about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClusterSwitch {
    /// The URL of the API server; absent: files were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cluster: Option<String>,
    /// The backend that gets the policy.
    pub(super) to: &'static str,
    /// Those that have it.
    pub(super) from: Vec<&'static str>,
    /// Namespaces that move.
    pub(super) namespaces: Vec<String>,
    /// What becomes of Meshes, in the order of writing, for people.
    pub(super) meshes: Vec<String>,
    /// Meshes that are on their way already, and what they wait for, for people.
    pub(super) under_way: Vec<String>,
    /// What has to be there.
    pub(super) preconditions: Vec<Check>,
    /// Objects that are written, `KIND.GROUP/NAMESPACE/NAME`, in the order of writing.
    pub(super) create: Vec<String>,
    /// Objects of ours that stay until the cut-over, and then go.
    pub(super) keep_until_cut_over: Vec<String>,
    /// Objects of these backends in these namespaces that are not ours.
    pub(super) not_touched: Vec<String>,
    /// What only the new one loses.
    pub(super) losses_added: Vec<LossAnswer>,
    /// What only the old ones lose.
    pub(super) losses_removed: Vec<LossAnswer>,
    /// What calls become of on the new one that they do not on the old one.
    pub(super) effect: EffectAnswer,
    /// The codes by which nothing would be written for the new one.
    pub(super) withheld: Vec<&'static str>,
    /// Workloads with pods in an old mesh, which have to be restarted in the new one.
    pub(super) restarts: Vec<Restart>,
    #[serde(skip)]
    pub(super) shown: Shown,
}

/// A workload that has to be restarted.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Restart {
    /// `KIND/NAMESPACE/NAME`.
    pub(super) workload: String,
    /// The mesh that they are in.
    pub(super) mesh: &'static str,
    /// How many.
    pub(super) pods: usize,
}

/// The same as the engine has it.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) effect: Effect,
    /// Complete, as it would be applied.
    pub(super) bodies: Vec<(ObjectId, Value)>,
}

impl Answer for ClusterSwitch {
    const KIND: &'static str = "ClusterSwitch";
}

/// The policy of a cluster before and after.
pub(super) struct States {
    before: Plan,
    after: Plan,
    /// Namespaces that move, each with the backend that it leaves.
    moves: BTreeMap<Arc<str>, &'static str>,
}

impl States {
    /// `policy`: that of now, rendered or not.
    pub(super) fn of(policy: &Plan, edits: &[Edit], accepted: &BTreeSet<Code>) -> Self {
        let documents = || policy.model.keys().filter_map(|key| Some((key.clone(), Some(policy.model.document(key)?.clone()))));
        let plan = |meshes: BTreeMap<ObjectKey, Option<Arc<Document>>>| {
            let mut plan = Plan::empty(Chosen::NamedOf(meshglot_registry::all().to_vec()), ReadOptions::default(), accepted.clone());
            plan.edit(documents().collect::<BTreeMap<_, _>>().into_iter().chain(meshes));
            plan
        };
        let edited = edits.iter().map(|edit| (edit.key(), edit.document())).collect();
        let (before, after) = (plan(BTreeMap::new()), plan(edited));
        let moves = moves(&before.model, &after.model);
        Self { before, after, moves }
    }
}

/// Namespaces whose backend is another one, each with the one that it leaves.
fn moves(before: &Model, after: &Model) -> BTreeMap<Arc<str>, &'static str> {
    let backend = |model: &Model, namespace: &Arc<str>| model.mesh_of(namespace)?.backend.clone();
    let name = |namespace: &Arc<str>| {
        let (from, to) = (backend(before, namespace)?, backend(after, namespace)?);
        (from != to).then(|| meshglot_registry::find(&from).map(|found| (namespace.clone(), found.name())))?
    };
    Inventory::of(after).namespaces().iter().filter_map(|namespace| name(&namespace.name)).collect()
}

/// Without a cluster nobody knows what is there, and what runs.
pub(super) fn of(
    cluster: Option<&Cluster>,
    to: &'static dyn Backend,
    states: &States,
    edits: &[Edit],
    arrow: &str,
) -> Result<ClusterSwitch, Failure> {
    let States { before, after, moves } = states;
    let from: BTreeSet<&'static str> = moves.values().copied().collect();
    let old: Vec<&'static dyn Backend> = from.iter().filter_map(|name| meshglot_registry::find(name)).collect();
    let both = Chosen::These(old.iter().copied().chain([to]).collect());
    let lives = cluster.map_or(Ok(Vec::new()), |cluster| cluster.lives(&both))?;
    let moves_here = |namespace: &str| moves.contains_key(namespace);
    let wanted = wanted_of(after);
    let new = lives.iter().find(|lives| lives.backend.name() == to.name());
    let has = |id: &ObjectId| new.is_some_and(|new| new.live.contains_key(id));
    let of_new = |id: &ObjectId| to.kinds().iter().any(|kind| kind.kind == id.kind && id.api_version.starts_with(kind.group));
    let create: Vec<(ObjectId, Value)> =
        wanted.into_iter().filter(|(id, _)| of_new(id) && !has(id)).map(|(id, one)| (id, one.body)).collect();
    let leaving = lives.iter().filter(|lives| lives.backend.name() != to.name());
    let keep = leaving.flat_map(|lives| lives.live.keys()).filter(|id| moves_here(&id.namespace)).map(ObjectId::path).collect();
    let (mut not_touched, mut to_restart) = (Vec::new(), Vec::new());
    if let Some(cluster) = cluster {
        for one in &lives {
            not_touched.extend(foreign(cluster, one, moves)?);
        }
        to_restart = restarts(cluster, &old, to, moves)?;
    }
    let (added, removed) = losses(before, after, to, moves);
    let changes = changes(states, to);
    Ok(ClusterSwitch {
        cluster: cluster.map(|cluster| cluster.address.clone()),
        to: to.name(),
        from: from.into_iter().collect(),
        namespaces: moves.keys().map(ToString::to_string).collect(),
        meshes: edits.iter().map(|edit| edit.words(arrow)).collect(),
        under_way: Vec::new(),
        preconditions: Vec::new(),
        create: create.iter().map(|(id, _)| id.path()).collect(),
        keep_until_cut_over: keep,
        not_touched,
        losses_added: added.iter().map(LossAnswer::from).collect(),
        losses_removed: removed.iter().map(LossAnswer::from).collect(),
        effect: (&changes).into(),
        withheld: after.all_withheld().filter(|(backend, _)| *backend == to.name()).flat_map(|(_, codes)| codes).collect(),
        restarts: to_restart,
        shown: Shown { effect: changes, bodies: create },
    })
}

/// Objects of a backend in namespaces that move that are somebody else's.
fn foreign(cluster: &Cluster, lives: &Lives, moves: &BTreeMap<Arc<str>, &'static str>) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for kind in &lives.kinds {
        for object in cluster.read(cluster.reader.list(&kind.api, None, ""))? {
            let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
            let (api_version, kind) = (kind.api.api_version.clone(), kind.api.kind.clone());
            let id = ObjectId { api_version, kind, namespace: text("namespace"), name: text("name") };
            if moves.contains_key(id.namespace.as_str()) && !is_ours(&object, lives.backend.name()) {
                found.push(id.path());
            }
        }
    }
    Ok(found)
}

fn losses(before: &Plan, after: &Plan, to: &dyn Backend, moves: &BTreeMap<Arc<str>, &'static str>) -> (Vec<Loss>, Vec<Loss>) {
    let of = |plan: &Plan, is_it: &dyn Fn(&str, &str) -> bool| -> Vec<Loss> {
        plan.losses().into_iter().filter(|loss| is_it(loss.backend, &loss.object.namespace)).cloned().collect()
    };
    let had = of(before, &|backend, namespace| moves.get(namespace).is_some_and(|from| *from == backend));
    let has = of(after, &|backend, namespace| backend == to.name() && moves.contains_key(namespace));
    let changes = losses_between(&had.iter().collect::<Vec<_>>(), &has.iter().collect::<Vec<_>>());
    (changes.added, changes.removed)
}

/// What calls become of, by the readings of the meshes.
fn changes(states: &States, to: &dyn Backend) -> Effect {
    let mut all = Effect::default();
    let Some(new) = Mesh::all(&states.after).into_iter().find(|mesh| mesh.name == to.name()) else { return all };
    for old in Mesh::all(&states.before).iter().filter(|mesh| mesh.name != to.name()) {
        let moves_from = |namespace: &Arc<str>| states.moves.get(namespace).is_some_and(|from| *from == old.name);
        let inventory = Inventory::of(&states.after.model);
        let services: BTreeSet<ServiceKey> =
            inventory.services().iter().map(|service| service.key.clone()).filter(|key| moves_from(&key.namespace)).collect();
        if services.is_empty() {
            continue;
        }
        let options = Options { limit: LIMIT, services: Some(services), ..Options::default() };
        let one = effect(&old.side(&states.before), &new.side(&states.after), &options);
        all.compared += one.compared;
        all.unasked += one.unasked;
        all.access.extend(one.access);
        all.shares.extend(one.shares);
        all.doubts.extend(one.doubts);
        all.named.extend(one.named);
    }
    all
}

/// Workloads with pods that are in an old mesh and not in the new one.
fn restarts(
    cluster: &Cluster,
    old: &[&'static dyn Backend],
    to: &dyn Backend,
    moves: &BTreeMap<Arc<str>, &'static str>,
) -> Result<Vec<Restart>, Failure> {
    let Some(pods) = cluster.read(cluster.reader.kind(Kind::Pod))? else { return Ok(Vec::new()) };
    let mut found: BTreeMap<(String, &'static str), usize> = BTreeMap::new();
    for pod in cluster.read(cluster.reader.list(&pods.api, None, ""))? {
        let from = pod["metadata"]["namespace"].as_str().and_then(|namespace| moves.get(namespace));
        let has_ended = ["Succeeded", "Failed"].iter().any(|phase| pod["status"]["phase"] == *phase);
        let is_left = |name: &&'static str| old.iter().any(|backend| backend.name() == *name && backend.has_pod(&pod));
        if let Some(from) = from.filter(|from| is_left(from) && !has_ended && !to.has_pod(&pod)) {
            *found.entry((workload(&pod), from)).or_default() += 1;
        }
    }
    Ok(found.into_iter().map(|((workload, mesh), pods)| Restart { workload, mesh, pods }).collect())
}

/// Who has made a pod; of a Deployment's the Deployment.
fn workload(pod: &Value) -> String {
    let metadata = &pod["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let owner = &metadata["ownerReferences"][0];
    let (kind, name) =
        if owner.is_null() { ("Pod".to_owned(), text(&metadata["name"])) } else { (text(&owner["kind"]), text(&owner["name"])) };
    let hash = format!("-{}", text(&metadata["labels"]["pod-template-hash"]));
    match name.strip_suffix(&hash) {
        Some(deployment) if kind == "ReplicaSet" && hash.len() > 1 => format!("Deployment/{}/{deployment}", text(&metadata["namespace"])),
        _ => format!("{kind}/{}/{name}", text(&metadata["namespace"])),
    }
}

/// The Mesh of each of these namespaces.
pub(super) fn homes(policy: &Plan, namespaces: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let home = |namespace: &String| match policy.model.mesh_of(&namespace.as_str().into()) {
        Some(mesh) if policy.model.has_mesh() => Ok((namespace.clone(), mesh.name.to_string())),
        _ => Err(Failure::new(Exit::Invalid, format!("no Mesh selects namespace `{namespace}`"))),
    };
    namespaces.iter().map(home).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whom_to_restart() {
        let pod = |owner: Value, labels: Value| json!({"metadata": {"namespace": "shop", "name": "web-7c9f-x", "labels": labels, "ownerReferences": owner}});
        let of_set = json!([{"kind": "ReplicaSet", "name": "web-7c9f"}]);
        assert_eq!(workload(&pod(of_set.clone(), json!({"pod-template-hash": "7c9f"}))), "Deployment/shop/web");
        assert_eq!(workload(&pod(of_set, json!({}))), "ReplicaSet/shop/web-7c9f");
        assert_eq!(workload(&pod(json!([{"kind": "StatefulSet", "name": "db"}]), json!({}))), "StatefulSet/shop/db");
        assert_eq!(workload(&pod(Value::Null, json!({}))), "Pod/shop/web-7c9f-x");
    }
}
