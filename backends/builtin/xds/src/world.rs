//! All resources of the mesh at one time, and what each workload reads of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use meshglot_translator::render::{ObjectId, RenderedObject};

use crate::kind::Kind;
use crate::resource::{EncodeError, Key, Resource, is_group, place};
use crate::view::View;
use crate::views::{Shelves, Views};

/// What the backend calls the listener of calls to a workload; its routes are `inbound/PORT`.
const INBOUND: &str = "inbound";

/// Those of one owner.
type Resources = HashMap<Key, Arc<Resource>>;

/// Every resource, by owner and name. It never changes: an edit makes another one, which shares what stayed.
#[derive(Debug, Default)]
pub struct World {
    /// Of no workload first; nobody's are empty.
    owned: BTreeMap<Option<Arc<str>>, Arc<Resources>>,
    /// How many came before it.
    revision: u64,
    views: Views,
}

/// What a workload finds.
struct Of<'w> {
    own: Option<&'w Resources>,
    group: Option<&'w Resources>,
    shared: Option<&'w Resources>,
}

impl World {
    /// All that is rendered. Resources whose text is the same as in `before` are taken from there.
    ///
    /// # Errors
    /// Something is no resource; the rest is worth nothing without it.
    pub fn of<'r>(rendered: impl IntoIterator<Item = &'r RenderedObject>, before: &Self) -> Result<Self, EncodeError> {
        let rendered: Vec<&RenderedObject> = rendered.into_iter().collect();
        let there: HashSet<_> = rendered.iter().filter_map(|object| place(&object.id)).collect();
        let places = before.owned.iter().flat_map(|(owner, all)| all.keys().map(|key| (owner.clone(), key.clone())));
        let gone = places.filter(|place| !there.contains(place)).collect();
        before.next(rendered, gone)
    }

    /// The world after an edit: what it may have changed, as that is rendered now, and what it took away. What it costs
    /// grows with these; [`World::of`] looks at everything.
    ///
    /// # Errors
    /// Something is no resource.
    pub fn edit<'r>(
        &self,
        rendered: impl IntoIterator<Item = &'r RenderedObject>,
        gone: impl IntoIterator<Item = &'r ObjectId>,
    ) -> Result<Self, EncodeError> {
        self.next(rendered, gone.into_iter().filter_map(place).collect())
    }

    fn next<'r>(
        &self,
        rendered: impl IntoIterator<Item = &'r RenderedObject>,
        mut edited: Vec<(Option<Arc<str>>, Key)>,
    ) -> Result<Self, EncodeError> {
        let mut owned = self.owned.clone();
        edited.retain(|(owner, key)| owned.get_mut(owner).is_some_and(|all| Arc::make_mut(all).remove(key).is_some()));
        for object in rendered {
            let there = place(&object.id).and_then(|(owner, key)| owned.get(&owner)?.get(&key));
            if there.is_some_and(|there| there.is_of(object)) {
                continue;
            }
            let resource = Arc::new(Resource::encode(object)?);
            let (owner, key) = (resource.owner.clone(), (resource.kind, resource.name.clone()));
            edited.push((owner.clone(), key.clone()));
            Arc::make_mut(owned.entry(owner).or_default()).insert(key, resource);
        }
        owned.retain(|_, all| !all.is_empty());
        let views = self.views.after(&edited, |workload| owned.contains_key(&Some(workload.clone())));
        Ok(Self { owned, revision: self.revision + 1, views })
    }

    /// Larger than that of every world before it.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Workloads that decide otherwise than in `before` about who calls them, where something else changed besides. One
    /// that is gone decides nothing, and its proxies are about to end.
    pub(crate) fn guards(&self, before: &Self) -> BTreeSet<Arc<str>> {
        let mut guards = BTreeSet::new();
        let mut besides = before.owned.keys().any(|owner| !self.owned.contains_key(owner));
        for (owner, now) in &self.owned {
            let then = before.owned.get(owner);
            if then.is_some_and(|then| Arc::ptr_eq(now, then)) {
                continue;
            }
            let same = |guards: bool| part(Some(now), guards) == part(then, guards);
            besides |= !same(false);
            guards.extend(owner.iter().filter(|_| !same(true)).cloned());
        }
        if besides { guards } else { BTreeSet::new() }
    }

    /// The workloads that have resources of their own.
    pub fn workloads(&self) -> impl Iterator<Item = &Arc<str>> {
        self.owned.keys().flatten().filter(|owner| !is_group(owner))
    }

    /// What a workload reads; nothing for one that is not known.
    pub fn view(&self, workload: &str) -> Arc<View> {
        let of = |owner: Option<Arc<str>>| self.owned.get(&owner).map(|all| &**all);
        let own = self.owned.get_key_value(&Some(workload.into())).filter(|_| !is_group(workload));
        let group = own.and_then(|(_, own)| own.values().find_map(|resource| resource.group.as_ref()));
        let group = group.and_then(|group| of(Some(group.clone())));
        let shelves = Of { own: own.map(|(_, own)| &**own), group, shared: of(None) };
        self.views.get(workload, own.and_then(|(name, _)| name.as_ref()), &shelves)
    }
}

/// What decides about calls to a workload, or all the rest.
fn part(resources: Option<&Arc<Resources>>, guards: bool) -> HashMap<&Key, &Arc<str>> {
    let decides = |(kind, name): &Key| match kind {
        Kind::Listener => &**name == INBOUND,
        Kind::Route => name.strip_prefix(INBOUND).is_some_and(|port| port.starts_with('/')),
        Kind::Cluster | Kind::Assignment => false,
    };
    let all = resources.into_iter().flat_map(|all| all.iter());
    all.filter(|(key, _)| decides(key) == guards).map(|(key, resource)| (key, &resource.version)).collect()
}

impl Shelves for Of<'_> {
    fn find(&self, key: &Key) -> Option<&Arc<Resource>> {
        let group = || self.group?.get(key);
        self.own.and_then(|own| own.get(key)).or_else(group).or_else(|| self.shared?.get(key))
    }

    fn own(&self) -> impl Iterator<Item = &Key> {
        self.own.into_iter().chain(self.group).flat_map(HashMap::keys)
    }
}
