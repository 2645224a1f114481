//! The views of a world: put together when somebody asks, and after an edit mended rather than put together again.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::resource::{Key, Resource};
use crate::view::View;

/// By workload.
#[derive(Debug, Default)]
pub(crate) struct Views(Mutex<HashMap<Arc<str>, Kept>>);

/// A view as it was when somebody asked last.
#[derive(Clone, Debug)]
struct Kept {
    view: Arc<View>,
    /// Of its names, and of the workload's own and its group's, those that were edited since.
    edited: HashSet<Key>,
}

/// Where views find their resources: in a world, for one workload.
pub(crate) trait Shelves {
    /// What the workload reads by a name: its own before its group's, and that before what all read.
    fn find(&self, key: &Key) -> Option<&Arc<Resource>>;
    /// What it reads whatever leads there.
    fn own(&self) -> impl Iterator<Item = &Key>;
}

impl Views {
    /// The same, where these were edited; workloads that are not there any more have none.
    pub(crate) fn after(&self, edited: &[(Option<Arc<str>>, Key)], is_there: impl Fn(&Arc<str>) -> bool) -> Self {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let after = |(workload, old): (&Arc<str>, &Kept)| {
            let (mut kept, group) = (old.clone(), old.view.group());
            let touches = |(owner, key): &&(Option<Arc<str>>, Key)| match owner {
                Some(owner) => owner == workload || group == Some(owner),
                None => old.view.names(key),
            };
            kept.edited.extend(edited.iter().filter(touches).map(|(_, key)| key.clone()));
            (workload.clone(), kept)
        };
        Self(Mutex::new(kept.iter().filter(|(workload, _)| is_there(workload)).map(after).collect()))
    }

    /// That of a workload; it is kept under `name`. `None`: nobody has that name, and anyone can ask for such.
    pub(crate) fn get(&self, workload: &str, name: Option<&Arc<str>>, shelves: &impl Shelves) -> Arc<View> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.get_mut(workload) {
            Some(kept) if kept.edited.is_empty() => kept.view.clone(),
            Some(kept) => {
                let edited = std::mem::take(&mut kept.edited);
                kept.view = Arc::new(mend(&kept.view, &edited, shelves));
                kept.view.clone()
            }
            None => {
                let view = Arc::new(put_together(shelves));
                if let Some(name) = name {
                    kept.insert(name.clone(), Kept { view: view.clone(), edited: HashSet::new() });
                }
                view
            }
        }
    }
}

/// As long as what was edited leads where it led before, the names stay the same.
fn mend(old: &View, edited: &HashSet<Key>, shelves: &impl Shelves) -> View {
    let mut view = old.clone();
    for key in edited {
        match (shelves.find(key), old.get(key.0, &key.1)) {
            (Some(now), Some(before)) if Arc::ptr_eq(now, before) => {}
            (Some(now), Some(before)) if now.leads_as(before) => view.put(now.clone()),
            (None, None) => {}
            _ => return put_together(shelves).sharing(old),
        }
    }
    view
}

fn put_together(shelves: &impl Shelves) -> View {
    let mut view = View::default();
    let mut open: Vec<Key> = shelves.own().cloned().collect();
    while let Some(key) = open.pop() {
        if view.names(&key) {
            continue;
        }
        match shelves.find(&key) {
            Some(resource) => {
                open.extend(resource.leads_to.iter().cloned());
                view.put(resource.clone());
            }
            None => view.miss(key),
        }
    }
    view
}
