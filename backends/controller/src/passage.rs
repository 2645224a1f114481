//! Namespaces on their way from one backend to another. Until the new one has all of their policy in force, and no pod of theirs is in the
//! old one any more, both get it, edits too; then what the old one has goes. All of this is read off what is there: a controller that ends
//! anywhere goes on from it, and a Mesh that is turned back needs nothing else.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use meshglot_translator::ir::{Kind, MeshSettings, ObjectKey};
use meshglot_translator::render::Leaving;
use meshglot_translator::status::Applied;

use crate::Told;
use crate::answered::words;
use crate::core::Core;
use crate::second_look::Way;
use crate::serve::is_served;

/// A Mesh whose namespaces are on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Passage {
    pub(crate) mesh: Arc<str>,
    pub(crate) from: &'static str,
    pub(crate) to: Arc<str>,
    /// Those that the old one has objects or pods of.
    namespaces: BTreeSet<Arc<str>>,
    /// Why the old one serves them still, in words.
    pub(crate) why: String,
    /// Whether nothing that is known stands in the way any more.
    is_clear: bool,
}

impl Passage {
    fn way(&self) -> Way {
        (self.mesh.clone(), self.from)
    }
}

/// Which Mesh has a namespace.
struct Map<'c> {
    core: &'c Core,
    known: HashMap<Arc<str>, Option<Arc<MeshSettings>>>,
}

impl Map<'_> {
    fn mesh(&mut self, namespace: &Arc<str>) -> Option<Arc<MeshSettings>> {
        let model = &self.core.policy.plan.model;
        self.known.entry(namespace.clone()).or_insert_with(|| model.mesh_of(namespace)).clone()
    }
}

impl Core {
    /// Looks at what is on its way; whether something else is rendered because of it.
    pub(crate) fn pass(&mut self) -> bool {
        if self.policy.plan.target.everything {
            return false;
        }
        let all = self.on_their_way();
        self.looks.keep(&all.iter().filter(|one| one.is_clear).map(Passage::way).collect());
        let now: Vec<Passage> = all.into_iter().filter(|one| !self.looks.is_confirmed(&one.way())).collect();
        now.iter().filter(|one| one.is_clear).for_each(|one| self.look_once_more(one.way()));
        if now == self.passages {
            return false;
        }
        self.statuses.stir();
        let before = std::mem::replace(&mut self.passages, now);
        let is_same = |one: &&Passage, other: &Passage| one.way() == other.way();
        for one in self.passages.iter().filter(|one| !before.iter().any(|other| other.why == one.why && is_same(one, other))) {
            (self.tell)(Told::Passage(format!("Mesh/{} is on its way from {} to {}: {}", one.mesh, one.from, one.to, one.why)));
        }
        for one in before.iter().filter(|one| !self.passages.iter().any(|other| is_same(one, other))) {
            let now = self.policy.plan.model.meshes().into_iter().find(|mesh| mesh.name == one.mesh);
            if now.is_some_and(|mesh| mesh.backend.as_deref() == Some(&*one.to)) {
                (self.tell)(Told::Passage(format!("Mesh/{} runs on {}: what {} has of it goes", one.mesh, one.to, one.from)));
            }
        }
        let mut leaving = Leaving::new();
        for one in &self.passages {
            leaving.entry(one.from).or_default().extend(one.namespaces.iter().cloned());
        }
        self.policy.leave(leaving)
    }

    /// Meshes that another backend than the one that they name has objects of.
    fn on_their_way(&self) -> Vec<Passage> {
        let mut map = Map { core: self, known: HashMap::new() };
        let mut found: BTreeMap<_, (Arc<str>, BTreeSet<Arc<str>>)> = BTreeMap::new();
        for id in self.live.keys() {
            let Some(from) = self.backend_of(id) else { continue };
            let namespace: Arc<str> = id.namespace.as_str().into();
            let Some(mesh) = map.mesh(&namespace).or_else(|| self.mesh_behind(id)) else { continue };
            let Some(to) = mesh.backend.clone().filter(|to| **to != *from) else { continue };
            found.entry((mesh.name.clone(), from)).or_insert_with(|| (to, BTreeSet::new())).1.insert(namespace);
        }
        // Of what no cluster keeps, pods alone tell that it is needed.
        for backend in self.settings.chosen.backends().iter().filter(|backend| is_served(**backend)) {
            for (namespace, _) in self.members.of(backend.name()) {
                let Some(mesh) = map.mesh(namespace) else { continue };
                let Some(to) = mesh.backend.clone().filter(|to| **to != *backend.name()) else { continue };
                let entry = found.entry((mesh.name.clone(), backend.name()));
                entry.or_insert_with(|| (to, BTreeSet::new())).1.insert(namespace.clone());
            }
        }
        let mut passages = Vec::new();
        for ((mesh, from), (to, mut namespaces)) in found {
            let members = self.members.of(from).filter(|(namespace, _)| map.mesh(namespace).is_some_and(|one| one.name == mesh));
            let pods: Vec<String> = members
                .flat_map(|(namespace, names)| {
                    namespaces.insert(namespace.clone());
                    names.iter().map(move |name| format!("{namespace}/{name}"))
                })
                .collect();
            let why = self.obstacle(&mesh, &to).or_else(|| {
                let first = pods.first()?;
                let (verb, pronoun) = if pods.len() == 1 { ("is", "it") } else { ("are", "them") };
                let others = if pods.len() > 1 { format!(" and {} more", pods.len() - 1) } else { String::new() };
                Some(format!("{first}{others} {verb} in {from} still: restart {pronoun} in {to}"))
            });
            let is_clear = why.is_none();
            let why = why.unwrap_or_else(|| format!("whether a pod is in {from} is looked at once more"));
            passages.push(Passage { mesh, from, to, namespaces, why, is_clear });
        }
        passages
    }

    /// The Mesh that a rendered object of no namespace of any Mesh says it is made from.
    fn mesh_behind(&self, id: &meshglot_translator::render::ObjectId) -> Option<Arc<MeshSettings>> {
        let live = self.live.get(id)?;
        let name = live.label("meshglot.dev/mesh")?;
        let key = ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: name.into() };
        self.policy.plan.model.meshes().into_iter().find(|mesh| *mesh.name == *name).filter(|_| live.is_of(&key))
    }

    /// Why a backend has not all of a Mesh in force, in words.
    fn obstacle(&self, mesh: &str, backend: &str) -> Option<String> {
        if !self.settings.chosen.backends().iter().any(|one| one.name() == backend) {
            return Some(format!("this controller does not serve {backend}"));
        }
        if let Some(codes) = self.policy.withheld.get(backend) {
            return Some(format!("nothing is written for {backend}: it would allow more than the policy says ({})", codes.join(", ")));
        }
        let wanted = self.policy.wanted.iter().filter(|(_, wanted)| wanted.backend == backend && wanted.mesh.as_deref() == Some(mesh));
        let mut open = wanted.filter_map(|(id, _)| {
            let applied = self.standings.get(id).map_or_else(Applied::default, |standing| standing.applied.clone());
            (applied != Applied::InForce || self.busy.contains(id)).then_some((id, applied))
        });
        let (id, applied) = open.next()?;
        let why = if applied == Applied::InForce { "it is being written".to_owned() } else { words(&applied).to_owned() };
        let others = match open.count() {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        Some(format!("{backend} has not all of it in force: {}: {why}{others}", id.path()))
    }
}
