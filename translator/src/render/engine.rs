//! Renders a model for one backend, all of it or what an edit touched, by the same code.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::backend::{Backend, UnitKey};
use super::loss::Loss;
use super::rendered::{Fragment, ObjectId, Rendered, RenderedObject, ReplaceSet};
use crate::diagnostic::Code;
use crate::ir::{MeshSettings, ObjectKey};
use crate::resolve::{Model, Read, Readers, View};

/// Which policy goes to a backend, and what is accepted there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// All of it, whatever the Meshes say (`--backend`); else what their `backend` names.
    pub everything: bool,
    /// Codes of losses accepted on the command line.
    pub accepted: BTreeSet<Code>,
    /// Namespaces that a backend, by its name, serves besides: they are on their way to the one that their Mesh names.
    pub leaving: Leaving,
}

/// Namespaces by the name of the backend that they are on their way from.
pub type Leaving = BTreeMap<&'static str, BTreeSet<Arc<str>>>;

impl Target {
    /// Whether policy of a namespace goes to a backend, by the settings of the Mesh that it runs on.
    pub fn serves(&self, backend: &str, namespace: &str, mesh: &MeshSettings) -> bool {
        self.everything || mesh.backend.as_deref() == Some(backend) || self.leaving.get(backend).is_some_and(|all| all.contains(namespace))
    }
}

/// One backend's rendering of a model, kept up to date edit by edit.
pub struct Engine<'b> {
    backend: &'b dyn Backend,
    target: Target,
    /// Which units an object asks for.
    asked: HashMap<ObjectKey, Asked>,
    units: BTreeMap<UnitKey, Unit>,
    readers: Readers<Reader>,
    renders: usize,
}

/// What an edit did to a rendering.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Rendered again, or for the first time.
    units: BTreeSet<UnitKey>,
    /// Objects that were there before, and are not any more.
    pub gone: BTreeSet<ObjectId>,
}

#[derive(Default)]
struct Asked {
    units: Vec<UnitKey>,
    reads: Box<[Read]>,
}

struct Unit {
    fragment: Fragment,
    reads: Box<[Read]>,
    /// How many objects ask for it.
    askers: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Reader {
    Asks(ObjectKey),
    Renders(UnitKey),
}

impl<'b> Engine<'b> {
    /// Renders all of a model.
    pub fn new(backend: &'b dyn Backend, target: Target, model: &Model) -> Self {
        let mut engine = Self { backend, target, asked: HashMap::new(), units: BTreeMap::new(), readers: Readers::default(), renders: 0 };
        let mut dirty = BTreeSet::new();
        for key in model.keys() {
            engine.ask(key, model, &mut dirty, &mut BTreeSet::new());
        }
        engine.render(dirty, model, &mut BTreeSet::new());
        engine
    }

    /// Brings the rendering up to date with an edit; `changed` is what [`Model::put`] returned.
    pub fn update(&mut self, model: &Model, changed: &BTreeSet<Read>) -> Update {
        let mut again = BTreeSet::new();
        let mut dirty = BTreeSet::new();
        for read in changed {
            if let Read::Object(key) = read {
                again.insert(key.clone());
            }
            for reader in self.readers.of(read) {
                match reader {
                    Reader::Asks(key) => again.insert(key.clone()),
                    Reader::Renders(unit) => dirty.insert(unit.clone()),
                };
            }
        }
        let mut gone = BTreeSet::new();
        for key in again {
            self.ask(&key, model, &mut dirty, &mut gone);
        }
        let units = self.render(dirty, model, &mut gone);
        let mut update = Update { units, gone: BTreeSet::new() };
        let there: HashSet<&ObjectId> = self.rendered_by(&update).map(|object| &object.id).collect();
        gone.retain(|id| !there.contains(id));
        update.gone = gone;
        update
    }

    /// Brings the rendering up to date with another target.
    pub fn retarget(&mut self, model: &Model, target: &Target) -> Update {
        self.target = target.clone();
        // Whoever asks where policy goes reads the Meshes.
        self.update(model, &BTreeSet::from([Read::Meshes]))
    }

    /// The objects that an edit may have changed, as they are now; each belongs to one unit.
    pub fn rendered_by(&self, update: &Update) -> impl Iterator<Item = &RenderedObject> {
        update.units.iter().filter_map(|unit| self.units.get(unit)).flat_map(|unit| &unit.fragment.objects)
    }

    /// How many units were rendered since the engine was made.
    pub fn renders(&self) -> usize {
        self.renders
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether nothing is rendered.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Everything, in the order in which it is written.
    pub fn rendered(&self) -> Rendered<'_> {
        self.sorted(self.units.values().map(|unit| &unit.fragment))
    }

    /// All losses, in no order; the same one may come several times.
    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.units.values().flat_map(|unit| &unit.fragment.losses)
    }

    /// All sets, in no order.
    pub fn sets(&self) -> impl Iterator<Item = &ReplaceSet> {
        self.units.values().flat_map(|unit| &unit.fragment.sets)
    }

    /// What is rendered from one neutral object: the objects that name it among their sources, the sets that these belong
    /// to, and the losses of what it says; in the order in which everything is written. `model` is the one that is rendered.
    pub fn rendered_from(&self, key: &ObjectKey, model: &Model) -> Rendered<'_> {
        let mut units: BTreeSet<&UnitKey> = self.asked.get(key).into_iter().flat_map(|asked| &asked.units).collect();
        for read in model.dependents(key) {
            units.extend(self.readers.of(&read).filter_map(|reader| match reader {
                Reader::Renders(unit) => Some(unit),
                Reader::Asks(_) => None,
            }));
        }
        let mut found = self.sorted(units.iter().filter_map(|unit| Some(&self.units.get(*unit)?.fragment)));
        found.objects.retain(|object| object.sources.contains(key));
        let ids: BTreeSet<&ObjectId> = found.objects.iter().map(|object| &object.id).collect();
        found.sets.retain(|set| set.members.iter().any(|member| ids.contains(member)));
        let document = model.document(key);
        let wrote = |loss: &Loss| document.is_some_and(|document| Arc::ptr_eq(document, loss.origin.document()));
        found.losses.retain(|loss| loss.object == *key || wrote(loss));
        found
    }

    fn sorted<'f>(&'f self, fragments: impl Iterator<Item = &'f Fragment> + Clone) -> Rendered<'f> {
        let fragments = || fragments.clone();
        let mut objects: Vec<_> = fragments().flat_map(|fragment| &fragment.objects).collect();
        objects.sort_by(|a, b| self.backend.order(&a.id, &b.id));
        let mut sets: Vec<_> = fragments().flat_map(|fragment| &fragment.sets).collect();
        sets.sort_by(|a, b| a.key.cmp(&b.key));
        let mut losses: Vec<_> = fragments().flat_map(|fragment| &fragment.losses).collect();
        losses.sort_by_cached_key(|loss| (loss.origin.source().name().to_owned(), loss.origin.span(), loss.code, loss.message.clone()));
        losses.dedup();
        Rendered { backend: self.backend.name(), objects, sets, losses }
    }

    /// Asks an object for its units; those that nobody asks for any more are gone.
    fn ask(&mut self, key: &ObjectKey, model: &Model, dirty: &mut BTreeSet<UnitKey>, gone: &mut BTreeSet<ObjectId>) {
        let view = View::for_target(model, self.backend.name(), &self.target);
        let mut units = if model.is_valid(key) { self.backend.units(key, &view) } else { Vec::new() };
        units.sort();
        units.dedup();
        let reads = view.into_reads();

        let old = self.asked.remove(key).unwrap_or_default();
        self.readers.forget(&old.reads, &Reader::Asks(key.clone()));
        for unit in &units {
            match self.units.get_mut(unit) {
                Some(known) => known.askers += 1,
                None => {
                    self.units.insert(unit.clone(), Unit { fragment: Fragment::default(), reads: Box::default(), askers: 1 });
                    dirty.insert(unit.clone());
                }
            }
        }
        for unit in &old.units {
            let Some(known) = self.units.get_mut(unit) else { continue };
            known.askers -= 1;
            if known.askers == 0 {
                let reads = std::mem::take(&mut known.reads);
                gone.extend(std::mem::take(&mut known.fragment.objects).into_iter().map(|object| object.id));
                self.units.remove(unit);
                self.readers.forget(&reads, &Reader::Renders(unit.clone()));
                dirty.remove(unit);
            }
        }
        if !units.is_empty() || !reads.is_empty() {
            self.readers.remember(&reads, &Reader::Asks(key.clone()));
            self.asked.insert(key.clone(), Asked { units, reads });
        }
    }

    /// Which of them there are still.
    fn render(&mut self, dirty: BTreeSet<UnitKey>, model: &Model, gone: &mut BTreeSet<ObjectId>) -> BTreeSet<UnitKey> {
        for key in &dirty {
            let view = View::for_target(model, self.backend.name(), &self.target);
            let fragment = self.backend.render(key, &view);
            let reads = view.into_reads();
            self.renders += 1;
            let Some(unit) = self.units.get_mut(key) else { continue };
            let before = std::mem::replace(&mut unit.fragment, fragment);
            gone.extend(before.objects.into_iter().map(|object| object.id));
            let old = std::mem::replace(&mut unit.reads, reads);
            let reader = Reader::Renders(key.clone());
            self.readers.forget(&old, &reader);
            self.readers.remember(&unit.reads, &reader);
        }
        dirty
    }
}
