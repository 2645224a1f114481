//! All resources of the mesh at one time, and what each workload reads of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_translator::render::{ObjectId, RenderedObject};

use crate::kind::Kind;
use crate::resource::{EncodeError, Resource};
use crate::view::View;

/// By kind and name.
type Resources = HashMap<(Kind, Arc<str>), Arc<Resource>>;

/// Every resource, by owner and name. It never changes: an edit makes another one, which shares what stayed.
#[derive(Debug, Default)]
pub struct World {
    /// Of no workload first.
    owned: BTreeMap<Option<Arc<str>>, Resources>,
    rendered: HashMap<ObjectId, (Arc<str>, Arc<Resource>)>,
    /// How many came before it.
    revision: u64,
    views: Mutex<HashMap<Arc<str>, Arc<View>>>,
}

impl World {
    /// What was rendered. Resources whose text is the same as in `before` are taken from there.
    ///
    /// # Errors
    /// Something is no resource; the rest is worth nothing without it.
    pub fn of<'r>(rendered: impl IntoIterator<Item = &'r RenderedObject>, before: &Self) -> Result<Self, EncodeError> {
        let mut world = Self { revision: before.revision + 1, ..Self::default() };
        for object in rendered {
            let known = before.rendered.get(&object.id).filter(|(text, _)| **text == *object.json());
            let (text, resource) = match known {
                Some((text, resource)) => (text.clone(), resource.clone()),
                None => (object.json().into(), Arc::new(Resource::encode(object)?)),
            };
            world.owned.entry(resource.workload.clone()).or_default().insert((resource.kind, resource.name.clone()), resource.clone());
            world.rendered.insert(object.id.clone(), (text, resource));
        }
        world.keep_views(before);
        Ok(world)
    }

    /// Larger than that of every world before it.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The workloads that have resources of their own.
    pub fn workloads(&self) -> impl Iterator<Item = &Arc<str>> {
        self.owned.keys().flatten()
    }

    /// What a workload reads, put together once; nothing for one that is not known.
    pub fn view(&self, workload: &str) -> Arc<View> {
        let mut views = self.views.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = views.get(workload) {
            return view.clone();
        }
        let view = Arc::new(self.put_together(workload));
        // Names that nobody has are not kept: anyone can ask for them.
        if let Some((Some(name), _)) = self.owned.get_key_value(&Some(workload.into())) {
            views.insert(name.clone(), view.clone());
        }
        view
    }

    fn put_together(&self, workload: &str) -> View {
        let own = self.owned.get(&Some(workload.into()));
        let shared = self.owned.get(&None);
        let mut view = View::default();
        let mut open: Vec<(Kind, Arc<str>)> = own.into_iter().flat_map(|own| own.keys().cloned()).collect();
        while let Some(key) = open.pop() {
            if view.names(key.0, &key.1) {
                continue;
            }
            match own.and_then(|own| own.get(&key)).or_else(|| shared?.get(&key)) {
                Some(resource) => {
                    open.extend(resource.leads_to.iter().cloned());
                    view.put(resource.clone());
                }
                None => view.miss(key),
            }
        }
        view
    }

    /// Views that no change touches stay the same: proxies that read them need not look at them.
    fn keep_views(&self, before: &Self) {
        let changed = self.changed(before);
        let touches = |workload: &Arc<str>, view: &View| {
            changed.iter().any(|(owner, kind, name)| match owner {
                Some(owner) => owner == workload,
                None => view.names(*kind, name),
            })
        };
        let old = before.views.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = old.iter().filter(|(workload, view)| !touches(workload, view));
        let kept = kept.map(|(workload, view)| (workload.clone(), view.clone())).collect();
        *self.views.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// What is new, gone or otherwise than before.
    fn changed(&self, before: &Self) -> Vec<(Option<Arc<str>>, Kind, Arc<str>)> {
        let differs = |id: &ObjectId, other: &Self, resource: &Arc<Resource>| {
            other.rendered.get(id).is_none_or(|(_, there)| !Arc::ptr_eq(there, resource))
        };
        let name = |resource: &Arc<Resource>| (resource.workload.clone(), resource.kind, resource.name.clone());
        let new = self.rendered.iter().filter(|(id, (_, resource))| differs(id, before, resource));
        let gone = before.rendered.iter().filter(|(id, _)| !self.rendered.contains_key(*id));
        new.chain(gone).map(|(_, (_, resource))| name(resource)).collect()
    }
}
