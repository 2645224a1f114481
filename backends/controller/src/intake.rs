//! What watchers find, taken into what is known.

use std::collections::BTreeSet;
use std::time::Duration;

use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::render::ObjectId;
use serde_json::Value;
use tokio::time::Instant;

use crate::Told;
use crate::core::Core;
use crate::found::Found;
use crate::kinds::Role;
use crate::live::{Live, version};
use crate::served::Served;
use crate::trim::speaks_for_itself;

/// The same trouble is told once in so long.
const AGAIN: Duration = Duration::from_secs(60);

impl Core {
    /// Takes one thing that a watcher has found.
    pub(crate) fn take(&mut self, found: Found) {
        match found {
            Found::Trouble(why) | Found::Denied(_, why) => {
                self.troubles.retain(|_, at| at.elapsed() < AGAIN);
                if !self.troubles.contains_key(&why) {
                    (self.tell)(Told::Trouble(why.clone()));
                    self.troubles.insert(why, Instant::now());
                }
            }
            Found::Served(place, served) => self.served(place, served),
            Found::List(place) => self.kept[place].listing = Some(BTreeSet::new()),
            Found::Object(place, object) => {
                if let Some(listing) = &mut self.kept[place].listing {
                    listing.insert(name(&object));
                }
                self.put(place, *object);
            }
            Found::Gone(place, object) => self.remove(place, &object),
            Found::Listed(place) => self.listed(place),
        }
    }

    fn served(&mut self, place: usize, served: Served) {
        let kind = self.kinds[place].kind;
        let kept = &mut self.kept[place];
        match served {
            Served::Away(why) => {
                // Nothing is written to it, and that can be told.
                (kept.resource, kept.listing, kept.is_listed) = (None, None, true);
                kept.away = Some(why);
            }
            Served::Yes { resource, has_status } => {
                if kept.away.take().is_some() {
                    kept.is_listed = false;
                }
                if kept.resource.is_none() && kept.is_listed {
                    (self.tell)(Told::Installed(kind, true));
                }
                kept.resource = Some(resource);
                kept.has_status = has_status;
            }
            Served::No => {
                if kept.resource.is_some() || !kept.is_listed {
                    (self.tell)(Told::Installed(kind, false));
                }
                kept.resource = None;
                kept.listing = None;
                self.listed(place);
            }
            Served::Soon => return,
        }
        if self.kinds[place].role == Role::Rendered {
            self.touch_all();
        }
    }

    /// What did not come with the list is gone.
    fn listed(&mut self, place: usize) {
        let listing = self.kept[place].listing.take().unwrap_or_default();
        let is_there = |namespace: &str, name: &str| listing.contains(&(namespace.to_owned(), name.to_owned()));
        self.kept[place].is_listed = true;
        match self.kinds[place].role {
            Role::Read(kind) => {
                if kind == Kind::Pod {
                    self.members.keep(is_there);
                } else if kind == Kind::Deployment {
                    self.planes.keep(is_there);
                }
                for key in self.policy.of_kind(kind).into_iter().filter(|key| !is_there(&key.namespace, &key.name)) {
                    self.forget(&key);
                }
            }
            Role::Keeps => self.revisions.keep(is_there),
            Role::Rendered => {
                let kind = &self.kinds[place];
                let is_gone = |id: &ObjectId| kind.has(id) && !is_there(&id.namespace, &id.name);
                self.lost.extend(self.busy.iter().filter(|id| is_gone(id)).cloned());
                self.open.touched.extend(self.live.keys().filter(|id| is_gone(id)).cloned());
                self.live.retain(|id, _| !is_gone(id));
            }
        }
    }

    fn put(&mut self, place: usize, object: Value) {
        match self.kinds[place].role {
            Role::Read(kind) => {
                let backends = self.settings.chosen.backends();
                let is_news = match kind {
                    Kind::Pod => self.members.put(&object, backends),
                    Kind::Deployment => self.planes.put(&object, backends),
                    _ => false,
                };
                if is_news {
                    self.statuses.stir();
                }
                let Some(key) = self.key(place, &object) else { return };
                if !speaks_for_itself(&object, key.kind) {
                    return self.forget(&key);
                }
                // Our own write of a status may have told more already.
                if self.owners.0.get(&key).is_some_and(|known| version(&known.object) > version(&object)) {
                    return;
                }
                self.policy.put(&key, &object);
                if key.kind.is_neutral() && self.owners.put(key, object) {
                    self.touch_all();
                }
            }
            Role::Rendered => self.put_live(object),
            Role::Keeps => self.revisions.put(&object),
        }
    }

    /// An older version than the one that is known is no news.
    pub(crate) fn put_live(&mut self, object: Value) {
        let Some(id) = Live::id(&object) else { return };
        if self.live.get(&id).is_none_or(|known| known.version() <= version(&object)) {
            self.live.insert(id.clone(), Live::new(&object));
            self.open.touched.insert(id);
        }
    }

    fn remove(&mut self, place: usize, object: &Value) {
        match self.kinds[place].role {
            Role::Read(kind) => {
                let is_news = match kind {
                    Kind::Pod => self.members.remove(object),
                    Kind::Deployment => self.planes.remove(object),
                    _ => false,
                };
                if is_news {
                    self.statuses.stir();
                }
                if let Some(key) = self.key(place, object) {
                    self.forget(&key);
                }
            }
            Role::Keeps => self.revisions.remove(object),
            Role::Rendered => {
                let Some(id) = Live::id(object) else { return };
                if self.live.get(&id).is_some_and(|known| known.version() <= version(object)) {
                    self.live.remove(&id);
                    self.open.touched.insert(id.clone());
                }
                if self.busy.contains(&id) {
                    self.lost.insert(id);
                }
            }
        }
    }

    fn forget(&mut self, key: &ObjectKey) {
        self.policy.remove(key);
        if self.owners.remove(key) {
            self.touch_all();
        }
        self.statuses.forget(key);
        self.revisions.forget(key);
    }

    /// What holds for all rendered objects is otherwise.
    fn touch_all(&mut self) {
        self.open.touched.extend(self.policy.wanted.keys().chain(self.live.keys()).cloned());
    }

    fn key(&self, place: usize, object: &Value) -> Option<ObjectKey> {
        let kind = self.kinds[place].read()?;
        let (namespace, name) = name(object);
        Some(ObjectKey { kind, namespace: namespace.into(), name: name.into() })
    }
}

/// Namespace and name.
fn name(object: &Value) -> (String, String) {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}
