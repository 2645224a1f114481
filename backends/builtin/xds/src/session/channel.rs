//! One kind of resource on one stream: what is asked for, what the proxy has, and the push that is on its way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::Push;
use crate::kind::Kind;
use crate::resource::Resource;
use crate::view::View;

/// What a proxy says it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Names, besides those that it asked for before; `*` is all there is.
    pub more: Vec<String>,
    /// Names that it wants no longer.
    pub less: Vec<String>,
    /// In place of all names asked for before, where a client always names everything.
    pub exactly: Option<Vec<String>>,
    /// What it has from an earlier stream, by name and version.
    pub has: Vec<(String, String)>,
}

/// What a proxy has asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// It never asked.
    #[default]
    Nothing,
    /// Whatever there is, and these names besides.
    All(BTreeSet<Arc<str>>),
    /// These.
    Names(BTreeSet<Arc<str>>),
}

/// What a proxy has, or was sent and has refused.
#[derive(Clone, Debug, Default)]
pub struct Known {
    versions: BTreeMap<Arc<str>, Arc<str>>,
    /// Versions that it refused, and will not be sent again.
    refused: BTreeMap<Arc<str>, (Arc<str>, String)>,
    /// Names that it was told are not there.
    absent: BTreeSet<Arc<str>>,
}

#[derive(Debug)]
pub(super) struct Channel {
    kind: Kind,
    wanted: Wanted,
    known: Known,
    waiting: Option<Waiting>,
    /// Resources that came together with one that was refused: each is sent alone, so that one mistake blocks itself only.
    alone: VecDeque<Arc<str>>,
    /// What the proxy has, where it is always sent everything.
    held: Option<BTreeMap<Arc<str>, Arc<Resource>>>,
    /// There may be something to send.
    news: bool,
    /// There may be something to take away.
    losses: bool,
}

/// A push without an answer.
#[derive(Debug)]
struct Waiting {
    nonce: u64,
    sent: Vec<Sent>,
}

/// A resource on its way, and what the proxy goes on with if it refuses.
#[derive(Debug)]
struct Sent {
    resource: Arc<Resource>,
    version_before: Option<Arc<str>>,
    held_before: Option<Arc<Resource>>,
}

impl Known {
    /// Whether the proxy took a resource of this name, of whatever version.
    pub fn has(&self, name: &str) -> bool {
        self.versions.contains_key(name)
    }

    /// What it refused: name, and its words.
    pub fn refused(&self) -> impl Iterator<Item = (&Arc<str>, &str)> {
        self.refused.iter().map(|(name, (_, why))| (name, why.as_str()))
    }

    /// How many resources it has.
    pub fn len(&self) -> usize {
        self.versions.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    fn is_current(&self, resource: &Resource) -> bool {
        let same = |version: &Arc<str>| *version == resource.version;
        self.versions.get(&resource.name).is_some_and(same) || self.refused.get(&resource.name).is_some_and(|(version, _)| same(version))
    }

    fn forget(&mut self, name: &str) {
        self.versions.remove(name);
        self.refused.remove(name);
        self.absent.remove(name);
    }
}

impl Channel {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            wanted: Wanted::Nothing,
            known: Known::default(),
            waiting: None,
            alone: VecDeque::new(),
            held: None,
            news: true,
            losses: true,
        }
    }

    /// Something may be to send, or to take away, that was not.
    pub(super) fn look_again(&mut self) {
        (self.news, self.losses) = (true, true);
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// Sends a resource again, though the proxy has it.
    pub(super) fn repeat(&mut self, name: &str) {
        self.known.versions.remove(name);
        self.look_again();
    }

    pub(super) fn is_open(&self) -> bool {
        self.wanted != Wanted::Nothing
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Names and versions that are in the view are kept as they are there: a thousand proxies do not each have their own.
    pub(super) fn asks(&mut self, asked: Asked, view: &View) {
        let first = self.wanted == Wanted::Nothing;
        if asked == Asked::default() && !first {
            return;
        }
        self.look_again();
        let kind = self.kind;
        let shared = |name: &str| view.get(kind, name).map_or_else(|| name.into(), |there| there.name.clone());
        let Asked { more, less, exactly, has } = asked;
        for (name, version) in has {
            let (name, version) = match view.get(self.kind, &name) {
                Some(there) if *there.version == *version => (there.name.clone(), there.version.clone()),
                Some(there) => (there.name.clone(), version.into()),
                None => (name.into(), version.into()),
            };
            self.known.versions.insert(name, version);
        }
        if first && self.kind.may_be_wanted_whole() && more.is_empty() && exactly.as_ref().is_none_or(Vec::is_empty) {
            self.wanted = Wanted::All(BTreeSet::new());
        }
        if let Some(names) = exactly {
            self.exactly(names);
        }
        for name in more {
            match (&mut self.wanted, name.as_str()) {
                (Wanted::All(_), "*") => {}
                (Wanted::Names(names), "*") => self.wanted = Wanted::All(std::mem::take(names)),
                (Wanted::Nothing, "*") => self.wanted = Wanted::All(BTreeSet::new()),
                (Wanted::All(names) | Wanted::Names(names), name) => {
                    names.insert(shared(name));
                }
                (Wanted::Nothing, name) => self.wanted = Wanted::Names([shared(name)].into()),
            }
        }
        for name in less {
            match (&mut self.wanted, name.as_str()) {
                (Wanted::All(names), "*") => self.wanted = Wanted::Names(std::mem::take(names)),
                (Wanted::All(names) | Wanted::Names(names), name) => {
                    names.remove(name);
                }
                (Wanted::Nothing, _) => {}
            }
            if !self.wants(&name) {
                self.forget(&name);
            }
        }
    }

    /// Replaces the names; who wanted everything and names nothing still does.
    fn exactly(&mut self, names: Vec<String>) {
        self.held.get_or_insert_default();
        if names.is_empty() && matches!(self.wanted, Wanted::All(_)) {
            return;
        }
        let names: BTreeSet<Arc<str>> = names.into_iter().map(Into::into).collect();
        self.wanted = if names.contains("*") { Wanted::All(BTreeSet::new()) } else { Wanted::Names(names) };
        let known = self.known.versions.keys().chain(&self.known.absent);
        let unwanted: Vec<Arc<str>> = known.filter(|name| !self.wants(name)).cloned().collect();
        for name in unwanted {
            self.forget(&name);
        }
    }

    fn forget(&mut self, name: &str) {
        self.known.forget(name);
        if let Some(held) = &mut self.held {
            held.remove(name);
        }
    }

    fn wants(&self, name: &str) -> bool {
        wants(&self.wanted, name)
    }

    pub(super) fn answers(&mut self, nonce: u64, answer: Result<(), String>) -> bool {
        let Some(waiting) = self.waiting.take_if(|waiting| waiting.nonce == nonce) else { return false };
        let Err(why) = answer else { return true };
        self.look_again();
        let several = waiting.sent.len() > 1;
        for Sent { resource, version_before, held_before } in waiting.sent {
            put_back(&mut self.known.versions, &resource.name, version_before);
            if let Some(held) = &mut self.held {
                put_back(held, &resource.name, held_before);
            }
            if several {
                self.alone.push_back(resource.name.clone());
            } else {
                self.known.refused.insert(resource.name.clone(), (resource.version.clone(), why.clone()));
            }
        }
        true
    }

    /// New and changed resources; of names that are asked for and not there, that they are not.
    pub(super) fn update(&mut self, view: &View, nonce: u64) -> Option<Push> {
        if !self.news || self.wanted == Wanted::Nothing {
            return None;
        }
        let mut alone = std::iter::from_fn(|| self.alone.pop_front()).filter_map(|name| view.get(self.kind, &name));
        let alone = alone.find(|resource| wants(&self.wanted, &resource.name) && !self.known.is_current(resource));
        // Beside one that is sent alone there may be others.
        self.news = alone.is_some();
        let updates: Vec<Arc<Resource>> = match alone {
            Some(resource) => vec![resource.clone()],
            None => self.wanted_of(view).filter(|resource| !self.known.is_current(resource)).cloned().collect(),
        };
        let removed = self.absent(view);
        if updates.is_empty() && removed.is_empty() {
            return None;
        }
        Some(self.push(nonce, updates, removed))
    }

    /// Resources that the proxy has and that are gone.
    pub(super) fn removal(&mut self, view: &View, nonce: u64) -> Option<Push> {
        if !self.losses || self.waiting.is_some() {
            return None;
        }
        let gone = |name: &&Arc<str>| view.get(self.kind, name).is_none();
        let removed: Vec<Arc<str>> = self.known.versions.keys().filter(gone).cloned().collect();
        self.known.refused.retain(|name, _| view.get(self.kind, name).is_some());
        if removed.is_empty() {
            self.losses = false;
            return None;
        }
        for name in &removed {
            self.forget(name);
            if let Wanted::Names(names) = &self.wanted
                && names.contains(name)
            {
                self.known.absent.insert(name.clone());
            }
        }
        Some(self.push(nonce, Vec::new(), removed))
    }

    pub(super) fn is_synced(&self, view: &View) -> bool {
        if !self.news && !self.losses {
            return self.waiting.is_none() && self.known.refused.is_empty();
        }
        let current = |resource: &Arc<Resource>| self.known.versions.get(&resource.name) == Some(&resource.version);
        self.waiting.is_none()
            && self.wanted_of(view).all(current)
            && self.known.versions.keys().all(|name| view.get(self.kind, name).is_some())
    }

    pub(super) fn is_answered(&self) -> bool {
        self.waiting.is_none() && (!self.news || self.wanted == Wanted::Nothing)
    }

    pub(super) fn remembered(&self) -> usize {
        let wanted = match &self.wanted {
            Wanted::Nothing => 0,
            Wanted::All(names) | Wanted::Names(names) => names.len(),
        };
        wanted + self.known.versions.len() + self.known.absent.len()
    }

    fn wanted_of<'v>(&self, view: &'v View) -> impl Iterator<Item = &'v Arc<Resource>> {
        view.of(self.kind).filter(|resource| self.wants(&resource.name))
    }

    /// Names that are asked for by themselves, are not there, and nobody has told the proxy yet.
    fn absent(&mut self, view: &View) -> Vec<Arc<str>> {
        let Wanted::Names(names) = &self.wanted else { return Vec::new() };
        let told = &self.known;
        let is_new = |name: &&Arc<str>| view.get(self.kind, name).is_none() && !told.absent.contains(*name) && !told.has(name);
        let absent: Vec<Arc<str>> = names.iter().filter(is_new).cloned().collect();
        self.known.absent.extend(absent.iter().cloned());
        absent
    }

    fn push(&mut self, nonce: u64, updates: Vec<Arc<Resource>>, removed: Vec<Arc<str>>) -> Push {
        let sent = updates.iter().map(|resource| {
            let name = resource.name.clone();
            self.known.absent.remove(&name);
            self.known.refused.remove(&name);
            let version_before = self.known.versions.insert(name.clone(), resource.version.clone());
            let held_before = self.held.as_mut().and_then(|held| held.insert(name, resource.clone()));
            Sent { resource: resource.clone(), version_before, held_before }
        });
        self.waiting = Some(Waiting { nonce, sent: sent.collect() });
        Push { kind: self.kind, nonce, updates, removed, all: self.held.iter().flat_map(BTreeMap::values).cloned().collect() }
    }
}

fn wants(wanted: &Wanted, name: &str) -> bool {
    match wanted {
        Wanted::Nothing => false,
        Wanted::All(_) => true,
        Wanted::Names(names) => names.contains(name),
    }
}

fn put_back<V>(map: &mut BTreeMap<Arc<str>, V>, name: &Arc<str>, before: Option<V>) {
    match before {
        Some(value) => map.insert(name.clone(), value),
        None => map.remove(name),
    };
}
