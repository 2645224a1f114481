//! What a mesh of the cluster is to have by the cluster's own policy, beside what it has.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_controller::{Resource, Snapshot, is_ours};
use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::render::{Backend, ObjectId};
use serde_json::Value;

use super::held::{Held, held};
use super::{Cluster, edited};
use crate::exit::{Exit, Failure};

/// A rendered object that is wanted.
pub(crate) struct Wanted {
    /// Complete, as it is applied.
    pub(crate) body: Value,
    /// The policy objects behind it.
    pub(crate) sources: Vec<ObjectKey>,
}

/// One backend of a cluster.
pub(crate) struct Mesh {
    pub(crate) backend: &'static dyn Backend,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) plan: Plan,
    pub(crate) wanted: BTreeMap<ObjectId, Wanted>,
    /// What has our labels, with managed fields.
    pub(crate) live: BTreeMap<ObjectId, Value>,
    /// Codes by which nothing is written at all.
    pub(crate) withheld: Vec<&'static str>,
    /// Kinds of the backend that are installed.
    pub(crate) kinds: Vec<Resource>,
}

/// What a backend has in a cluster.
pub(crate) struct Lives {
    pub(crate) backend: &'static dyn Backend,
    /// What has our labels, with managed fields.
    pub(crate) live: BTreeMap<ObjectId, Value>,
    /// Kinds of the backend that are installed.
    pub(crate) kinds: Vec<Resource>,
}

impl Cluster {
    /// What backends have, those that render objects of a cluster.
    pub(crate) fn lives(&self, chosen: &Chosen) -> Result<Vec<Lives>, Failure> {
        let (Chosen::These(backends) | Chosen::NamedOf(backends)) = chosen;
        backends.iter().filter(|backend| !backend.kinds().is_empty()).map(|backend| self.lives_of(*backend)).collect()
    }

    fn lives_of(&self, backend: &'static dyn Backend) -> Result<Lives, Failure> {
        let (kinds, _) = self.read(self.reader.rendered(backend))?;
        let live = self.read(self.reader.live(backend))?;
        Ok(Lives { backend, live, kinds })
    }

    /// Reads policy, inventory and what is rendered, and renders. `accepted`: losses that are accepted.
    pub(crate) fn mesh(&self, backend: Option<&str>, accepted: BTreeSet<Code>) -> Result<Mesh, Failure> {
        let snapshot = self.read(Snapshot::read(&self.reader))?;
        let lives = self.lives_of(self.backend(backend, &snapshot)?)?;
        Ok(Mesh::new(snapshot.into(), lives, accepted))
    }

    /// The same for whoever only looks: a loss is accepted where an object in force says that it was written with it.
    pub(crate) fn mesh_of(&self, snapshot: Arc<Snapshot>, backend: &'static dyn Backend) -> Result<Mesh, Failure> {
        let lives = self.lives_of(backend)?;
        let accepted = lives.accepted();
        Ok(Mesh::new(snapshot, lives, accepted))
    }

    /// What whoever only looks sees of the meshes that policy is for.
    pub(crate) fn seen(&self) -> Result<Vec<Mesh>, Failure> {
        let snapshot = Arc::new(self.read(Snapshot::read(&self.reader))?);
        // Of the built-in mesh a cluster keeps no objects.
        let backends = self.named(None, &snapshot)?.into_iter().filter(|backend| !backend.kinds().is_empty());
        backends.map(|backend| self.mesh_of(snapshot.clone(), backend)).collect()
    }

    /// The one backend of [`Self::backends`].
    pub(crate) fn backend(&self, name: Option<&str>, snapshot: &Snapshot) -> Result<&'static dyn Backend, Failure> {
        match self.backends(name, snapshot)?[..] {
            [one] => Ok(one),
            ref several => {
                let names: Vec<&str> = several.iter().map(|backend| backend.name()).collect();
                Err(which(format!("policy of the cluster is for {}", names.join(" and for "))))
            }
        }
    }

    /// The backend of that name; without one, those that a controller has told of in statuses, or that Mesh objects name. One at least.
    pub(crate) fn backends(&self, name: Option<&str>, snapshot: &Snapshot) -> Result<Vec<&'static dyn Backend>, Failure> {
        let found = self.named(name, snapshot)?;
        match found.iter().find(|backend| backend.kinds().is_empty()) {
            Some(other) => {
                Err(Failure::new(Exit::Usage, format!("--backend {}: it renders nothing that a cluster could keep", other.name())))
            }
            None => Ok(found),
        }
    }

    /// The same, whether a cluster keeps what is rendered for it or not.
    pub(crate) fn named(&self, name: Option<&str>, snapshot: &Snapshot) -> Result<Vec<&'static dyn Backend>, Failure> {
        let told = |object: &Value| {
            let backends = object["status"]["backends"].as_array().into_iter().flatten();
            backends.filter_map(|one| one["name"].as_str().map(str::to_owned)).collect::<Vec<_>>()
        };
        let named = |(key, object): (&ObjectKey, &Value)| {
            let named = if key.kind == Kind::Mesh { object["spec"]["backend"].as_str().map(str::to_owned) } else { None };
            told(object).into_iter().chain(named).collect::<Vec<_>>()
        };
        let found: BTreeSet<String> = match name {
            Some(name) => BTreeSet::from([name.to_owned()]),
            None => snapshot.policy().iter().flat_map(named).collect(),
        };
        if found.is_empty() {
            return Err(which(format!("no policy of the cluster at {} says which mesh it is for", self.address)));
        }
        let backend = |name: &String| {
            meshglot_registry::find(name).ok_or_else(|| which(format!("the cluster names a backend `{name}`, which there is not")))
        };
        found.iter().map(backend).collect()
    }
}

fn which(what: String) -> Failure {
    Failure::new(Exit::Usage, what).help("--backend NAME says which one is meant")
}

impl Cluster {
    /// How a wanted object stands, in words; where none of ours is there it is looked for one of somebody else.
    pub(crate) fn stands(&self, mesh: &Mesh, id: &ObjectId, at: &str) -> Result<String, Failure> {
        let held = mesh.held(id);
        Ok(match (held, mesh.live.get(id)) {
            (Held::Drifted, Some(live)) => match edited(live, at) {
                Some(by) => format!("{}, {by}", held.words()),
                None => held.words().to_owned(),
            },
            (Held::Missing, _) if self.foreign(mesh, id)?.is_some() => "somebody else's object has its name".to_owned(),
            _ => held.words().to_owned(),
        })
    }

    /// The object that has the name of a wanted one and not our labels.
    pub(crate) fn foreign(&self, mesh: &Mesh, id: &ObjectId) -> Result<Option<Value>, Failure> {
        let found = match mesh.kind(id) {
            Some(kind) if !mesh.live.contains_key(id) => self.read(self.reader.get(&kind.api, &id.namespace, &id.name))?,
            _ => None,
        };
        // Ours may have been made since all of them were listed.
        Ok(found.filter(|object| !is_ours(object, mesh.backend.name())))
    }
}

impl Lives {
    /// Codes of losses with which they say that they were written.
    pub(crate) fn accepted(&self) -> BTreeSet<Code> {
        let said = self.live.values().filter_map(|object| object["metadata"]["annotations"]["meshglot.dev/accepted-losses"].as_str());
        said.flat_map(|codes| codes.split(',')).filter_map(|code| code.parse().ok()).collect()
    }
}

impl Mesh {
    fn new(snapshot: Arc<Snapshot>, lives: Lives, accepted: BTreeSet<Code>) -> Self {
        let Lives { backend, live, kinds } = lives;
        let plan = snapshot.plan(backend, accepted);
        let wanted = wanted_of(&plan);
        let withheld = plan.all_withheld().flat_map(|(_, codes)| codes).collect();
        Self { backend, snapshot, plan, wanted, withheld, live, kinds }
    }

    /// How a wanted object stands.
    pub(crate) fn held(&self, id: &ObjectId) -> Held {
        let Some(wanted) = self.wanted.get(id) else { return Held::Missing };
        held(&wanted.body, self.live.get(id), self.backend, id, self.kind(id).is_some())
    }

    /// How its kind is served.
    pub(crate) fn kind(&self, id: &ObjectId) -> Option<&Resource> {
        self.kinds.iter().find(|one| one.api.kind == id.kind && one.api.api_version == id.api_version)
    }

    /// Objects of ours that no policy renders, without those that a pause keeps; the last of a set first.
    pub(crate) fn unwanted(&self) -> Vec<(&ObjectId, &Value)> {
        let is_unwanted = |(id, live): &(&ObjectId, &Value)| !self.wanted.contains_key(*id) && !self.snapshot.is_kept(live);
        self.live.iter().rev().filter(is_unwanted).collect()
    }
}

/// What a plan renders.
pub(crate) fn wanted_of(plan: &Plan) -> BTreeMap<ObjectId, Wanted> {
    let objects = plan.engines.iter().flat_map(|(_, engine)| engine.rendered().objects);
    objects.map(|one| (one.id.clone(), Wanted { body: one.body(), sources: one.sources.clone() })).collect()
}
