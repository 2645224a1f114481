//! Policy and inventory of the cluster, and what they render: the plan, fed by what watchers find.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::{Document, Source, parse};
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::render::{Leaving, ObjectId, Update};
use meshglot_translator::resolve::ReadOptions;
use serde_json::Value;

use crate::consul::{ENTRIES, as_entry};
use crate::last_good::StandIns;
use crate::packed::Packed;

/// Fields of `metadata` that say nothing of what is written.
const KEPT: [&str; 4] = ["generation", "resourceVersion", "uid", "deletionTimestamp"];

/// A rendered object that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Complete, as it is applied.
    pub(crate) body: Packed,
    /// Of the body.
    pub(crate) digest: Box<str>,
    /// The Mesh that it is for, by its label.
    pub(crate) mesh: Option<Box<str>>,
    /// The neutral objects behind it.
    pub(crate) sources: Vec<ObjectKey>,
    /// The backend that it is for.
    pub(crate) backend: &'static str,
}

impl Wanted {
    fn new(body: &Value, sources: Vec<ObjectKey>, backend: &'static str) -> Self {
        let metadata = &body["metadata"];
        let digest = metadata["annotations"]["meshglot.dev/digest"].as_str().unwrap_or_default().into();
        let mesh = metadata["labels"]["meshglot.dev/mesh"].as_str().map(Into::into);
        Self { body: Packed::of(body), digest, mesh, sources, backend }
    }
}

/// Of rendered objects those that have to be there first.
type Before = BTreeMap<ObjectId, Vec<ObjectId>>;

/// The plan, with edits that are not in it yet.
pub(crate) struct Policy {
    pub(crate) plan: Plan,
    /// By place in the backend's order.
    pub(crate) wanted: BTreeMap<ObjectId, Wanted>,
    /// Worked out once an edit; `None`: not since the last.
    before: Option<Arc<Before>>,
    /// Rendered objects that may be otherwise since somebody has taken these.
    pub(crate) touched: BTreeSet<ObjectId>,
    /// Backends for which nothing is written at all, and the codes that say why.
    pub(crate) withheld: BTreeMap<&'static str, Vec<&'static str>>,
    /// What is known of each object, without what does not matter.
    known: HashMap<ObjectKey, u64>,
    pub(crate) edits: BTreeMap<ObjectKey, Option<Arc<Document>>>,
    pub(crate) stand_ins: StandIns,
    /// Whether a config entry stands in the place of each `spec`.
    as_entries: bool,
}

impl Policy {
    /// Losses of the `accepted` codes are accepted.
    pub(crate) fn new(chosen: Chosen, accepted: BTreeSet<Code>) -> Self {
        let plan = Plan::empty(chosen, ReadOptions::default(), accepted);
        Self {
            plan,
            wanted: BTreeMap::new(),
            before: None,
            touched: BTreeSet::new(),
            withheld: BTreeMap::new(),
            known: HashMap::new(),
            edits: BTreeMap::new(),
            stand_ins: StandIns::default(),
            as_entries: false,
        }
    }

    /// Whether what is wanted has config entries in the place of each `spec`.
    pub(crate) fn with_entries(self, as_entries: bool) -> Self {
        Self { as_entries, ..self }
    }

    /// Whether something was edited since the last rendering.
    pub(crate) fn has_edits(&self) -> bool {
        !self.edits.is_empty()
    }

    /// Takes an object as it is now.
    pub(crate) fn put(&mut self, key: &ObjectKey, object: &Value) {
        let text = written(object).to_string();
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        if self.known.insert(key.clone(), hasher.finish()) != Some(hasher.finish()) {
            self.edits.insert(key.clone(), parsed(key, text));
        }
    }

    /// Takes an object away.
    pub(crate) fn remove(&mut self, key: &ObjectKey) {
        if self.known.remove(key).is_some() {
            self.edits.insert(key.clone(), None);
            self.stand_ins.forget(key);
        }
    }

    /// Objects of a kind that are known.
    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<ObjectKey> {
        self.known.keys().filter(|key| key.kind == kind).cloned().collect()
    }

    /// All objects as they are written now, also where an older generation stands in.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Arc<Document>> {
        let model = &self.plan.model;
        model.keys().filter_map(|key| self.stand_ins.newest(key).map(|newest| &newest.document).or_else(|| model.document(key)))
    }

    /// Renders what was edited; whether anything was.
    pub(crate) fn render(&mut self) -> bool {
        if self.edits.is_empty() {
            return false;
        }
        // As all of it is written now; then older generations stand in for what cannot be.
        let mut edits = self.stand_ins.step_back();
        edits.append(&mut self.edits);
        self.edit(edits);
        self.stand_in();
        self.withhold();
        true
    }

    /// Lets backends serve these namespaces besides, and no others; whether that is news.
    pub(crate) fn leave(&mut self, leaving: Leaving) -> bool {
        let Some(updates) = self.plan.leave(leaving) else { return false };
        self.updated(&updates);
        self.withhold();
        true
    }

    fn withhold(&mut self) {
        self.withheld = self.plan.all_withheld().filter(|(_, codes)| !codes.is_empty()).collect();
    }

    /// Renders objects in the place of what they were.
    pub(crate) fn edit(&mut self, edits: BTreeMap<ObjectKey, Option<Arc<Document>>>) {
        let updates = self.plan.edit(edits);
        self.updated(&updates);
    }

    /// Takes what engines render otherwise.
    fn updated(&mut self, updates: &[Update]) {
        self.before = None;
        for (update, (backend, engine)) in updates.iter().zip(&self.plan.engines) {
            for id in &update.gone {
                self.wanted.remove(id);
                self.touched.insert(id.clone());
            }
            for object in engine.rendered_by(update) {
                self.touched.insert(object.id.clone());
                self.wanted.insert(object.id.clone(), Wanted::new(&object.body(), object.sources.clone(), backend.name()));
            }
            // One may be spelt otherwise because of another one: Consul's namespaces are read off all of them.
            let has_entries = self.as_entries && backend.formats().contains(&ENTRIES);
            let entries = if has_entries { backend.in_format(ENTRIES, &engine.rendered()) } else { Vec::new() };
            for (id, entry) in entries {
                let Some(wanted) = self.wanted.get_mut(&id) else { continue };
                let body = as_entry(&wanted.body.value(), entry);
                if wanted.body != Packed::of(&body) {
                    *wanted = Wanted::new(&body, std::mem::take(&mut wanted.sources), wanted.backend);
                    self.touched.insert(id);
                }
            }
        }
    }

    /// Objects that have to be there before each of these, as their sets say.
    pub(crate) fn before(&mut self) -> Arc<Before> {
        let engines = &self.plan.engines;
        let made = self.before.get_or_insert_with(|| {
            let mut before = Before::new();
            for set in engines.iter().flat_map(|(_, engine)| engine.sets()) {
                for (place, member) in set.members.iter().enumerate() {
                    before.entry(member.clone()).or_default().extend(set.members[..place].iter().cloned());
                }
            }
            Arc::new(before)
        });
        made.clone()
    }
}

/// What of an object people have written.
pub fn written(object: &Value) -> Value {
    let mut written = object.clone();
    if let Some(fields) = written.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = written["metadata"].as_object_mut() {
        metadata.retain(|name, _| !KEPT.contains(&name.as_str()));
    }
    written
}

/// An object as a text that can be pointed into.
pub(crate) fn document(key: &ObjectKey, written: &Value) -> Option<Arc<Document>> {
    parsed(key, written.to_string())
}

fn parsed(key: &ObjectKey, text: String) -> Option<Arc<Document>> {
    document_of(&Source::new(key.to_string(), text))
}

/// The one object of a text.
pub(crate) fn document_of(source: &Arc<Source>) -> Option<Arc<Document>> {
    parse(std::slice::from_ref(source)).0.into_iter().next()
}
