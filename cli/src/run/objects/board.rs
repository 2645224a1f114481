//! All objects with their statuses. They are made when somebody asks: most folders change more often than people look.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_observed::{Proxies, Sync};
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::plan::Plan;
use meshglot_translator::status::{Applied, Facts, OnBackend, Status, Told, status};
use serde_json::{Map, Value, json};

use super::life::Life;
use crate::age::now;
use crate::objects::SOURCE;
use crate::objects::wire::Objects;

/// The folder and what became of it.
pub(in crate::run) struct Board {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// As it was read last, in force or not.
    read: Option<Arc<Plan>>,
    in_force: Option<Arc<Plan>>,
    /// Why what was read last is not in force.
    blocked: Option<String>,
    revision: u64,
    /// When it was read: conditions hold since then, whenever somebody looks.
    at: String,
    lives: BTreeMap<ObjectKey, Life>,
}

impl Board {
    pub(in crate::run) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), state: Mutex::default() }
    }

    /// Takes what is in force from now on.
    pub(in crate::run) fn enforce(&self, plan: &Arc<Plan>, revision: u64) {
        let (at, mut state) = (now(), self.state());
        state.read(plan, &at);
        state.lives.retain(|key, _| plan.model.document(key).is_some());
        state.lives.values_mut().for_each(|life| life.enforce(&at));
        state.in_force = Some(plan.clone());
        state.blocked = None;
        state.revision = revision;
        state.at = at;
    }

    /// Takes what is not in force, if it could be read at all.
    pub(in crate::run) fn block(&self, plan: Option<&Arc<Plan>>, why: &str) {
        let (at, mut state) = (now(), self.state());
        if let Some(plan) = plan {
            state.read(plan, &at);
        }
        state.blocked = Some(why.to_owned());
        state.at = at;
    }

    /// The objects of the kinds that are wanted, by kind, namespace and name.
    pub(in crate::run) fn objects(&self, wanted: impl Fn(&str) -> bool, proxies: &Proxies) -> Objects {
        let mut state = self.state();
        let State { read, in_force, blocked, revision, at, lives } = &mut *state;
        let seen = Seen { at, folder: &self.folder, revision: *revision, synced: synced(proxies) };
        let force_told = in_force.as_deref().map(|plan| (plan, Told::of_plan(plan)));
        // They are two only while something is blocked.
        let is_one = matches!((&*read, &*in_force), (Some(read), Some(in_force)) if Arc::ptr_eq(read, in_force));
        let read_told = read.as_deref().filter(|_| !is_one).map(|plan| (plan, Told::of_plan(plan)));
        let mut items = Vec::new();
        for (key, life) in lives.iter_mut().filter(|(key, _)| wanted(key.kind.name())) {
            let is_written = read.as_ref().is_some_and(|plan| plan.model.document(key).is_some());
            let last_good = life.last_good().filter(|_| is_written);
            let is_in_force = !is_written || (life.in_force.is_some() && last_good.is_none());
            // Of what is in force the plan in force speaks: the one that is blocked would have it otherwise, or not at all
            // where its file cannot be read.
            let told = if is_in_force || is_one { &force_told } else { &read_told };
            let Some((plan, told)) = told else { continue };
            let applied = match blocked {
                Some(why) if !is_in_force => Applied::Pending(why.clone()),
                _ => Applied::InForce,
            };
            let on = OnBackend { applied, last_good, synced: Some(seen.synced), ..OnBackend::default() };
            let generation = if is_written { life.generation } else { life.in_force.as_ref().map_or(life.generation, |(good, _)| *good) };
            items.extend(seen.item(plan, told, key, (life, generation), on));
        }
        Objects { revision: *revision, at: now(), blocked: blocked.clone(), items, ..Objects::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn read(&mut self, plan: &Arc<Plan>, at: &str) {
        for key in plan.model.keys() {
            let Some(document) = plan.model.document(key) else { continue };
            let value = document.root().to_json();
            match self.lives.get_mut(key) {
                Some(life) => life.read(value),
                None => {
                    self.lives.insert(key.clone(), Life::new(value, at));
                }
            }
        }
        // What was never in force and is no more in the files is nowhere.
        self.lives.retain(|key, life| life.in_force.is_some() || plan.model.document(key).is_some());
        self.read = Some(plan.clone());
    }
}

/// What all objects of an answer have in common.
struct Seen<'s> {
    at: &'s str,
    folder: &'s Path,
    revision: u64,
    synced: (usize, usize),
}

impl Seen<'_> {
    /// The object as an API server would have it.
    fn item(&self, plan: &Plan, told: &Told<'_>, key: &ObjectKey, (life, generation): (&mut Life, i64), on: OnBackend) -> Option<Value> {
        let document = plan.model.document(key)?;
        let mut object = document.root().to_json();
        let origin = document.root().origin();
        let name = origin.source().name();
        let file = Path::new(name).strip_prefix(self.folder).map_or_else(|_| name.to_owned(), |path| path.display().to_string());
        let metadata = fields(object.as_object_mut()?, "metadata")?;
        if !key.namespace.is_empty() {
            metadata.insert("namespace".to_owned(), json!(&*key.namespace));
        }
        metadata.insert("generation".to_owned(), json!(generation));
        metadata.insert("resourceVersion".to_owned(), json!(self.revision.to_string()));
        metadata.insert("creationTimestamp".to_owned(), json!(life.created));
        fields(metadata, "annotations")?.insert(SOURCE.to_owned(), json!(format!("{file}:{}", origin.position().line)));
        if key.kind.is_neutral() {
            object["status"] = json!(self.status(plan, told, key, (life, generation), on));
        }
        Some(object)
    }

    fn status(&self, plan: &Plan, told: &Told<'_>, key: &ObjectKey, (life, generation): (&mut Life, i64), on: OnBackend) -> Status {
        let backends: Vec<(&'static str, OnBackend)> = plan.engines.iter().map(|(backend, _)| (backend.name(), on.clone())).collect();
        let facts = Facts { generation, at: self.at, before: life.status.as_ref(), backends: &backends, newest: None };
        let status = status(plan, told, key, &facts);
        life.status = Some(status.clone());
        status
    }
}

/// A mapping below another one; made where it is missing.
fn fields<'o>(object: &'o mut Map<String, Value>, name: &str) -> Option<&'o mut Map<String, Value>> {
    object.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

/// Proxies that have everything, of all that there should be.
fn synced(proxies: &Proxies) -> (usize, usize) {
    (proxies.proxies.iter().filter(|one| one.sync == Sync::Synced).count(), proxies.proxies.len())
}
