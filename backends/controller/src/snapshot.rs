//! Policy and inventory of a cluster as they are at one moment, read as a controller reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::render::{Backend, Leaving};
use serde_json::Value;

use crate::kinds::{Role, keeps, read};
use crate::live::Live;
use crate::owner::Owners;
use crate::policy::{Policy, document_of, written};
use crate::reader::{ReadError, Reader};
use crate::revisions::{Revisions, good};
use crate::trim::trim;

/// Policy and inventory.
pub struct Snapshot {
    /// What people have written, an object a text, named by its key.
    pub sources: BTreeMap<ObjectKey, Arc<Source>>,
    /// Kinds of policy that are not installed.
    pub absent: Vec<Kind>,
    owners: Owners,
    /// Whole, with their status.
    policy: BTreeMap<ObjectKey, Value>,
    /// ControllerRevisions of policy objects, whole.
    kept: BTreeMap<ObjectKey, Value>,
}

impl Snapshot {
    /// Reads all of it: nothing is known of a policy that is read in part.
    ///
    /// # Errors
    /// A kind cannot be listed.
    pub async fn read(reader: &Reader) -> Result<Self, ReadError> {
        let mut snapshot = Self {
            sources: BTreeMap::new(),
            absent: Vec::new(),
            owners: Owners::default(),
            policy: BTreeMap::new(),
            kept: BTreeMap::new(),
        };
        for kind in Kind::ALL {
            let Some(resource) = reader.resource(&read(kind)).await? else {
                snapshot.absent.push(kind);
                continue;
            };
            for object in reader.list(&resource.api, None, "").await? {
                snapshot.put(kind, trim(object, Role::Read(kind)));
            }
        }
        if let Some(resource) = reader.resource(&keeps()).await? {
            snapshot.keep(reader.list(&resource.api, None, "app.kubernetes.io/managed-by=meshglot").await?);
        }
        Ok(snapshot)
    }

    /// The newest generation that was in force, of each object.
    fn keep(&mut self, all: Vec<Value>) {
        let mut revisions = Revisions::default();
        all.iter().for_each(|one| revisions.put(one));
        for (key, object) in &self.policy {
            let Some(newest) = revisions.of(key, object) else { continue };
            let is_it = |one: &&Value| one["metadata"]["name"] == *newest.name && one["metadata"]["namespace"] == *key.namespace;
            if let Some(one) = all.iter().find(is_it) {
                self.kept.insert(key.clone(), one.clone());
            }
        }
    }

    /// What a controller renders of it for a mesh, and keeps: older generations stand in where it lets them. Where Meshes name other
    /// backends, too, it is what is theirs, and what is on its way from it as statuses say.
    pub fn plan(&self, backend: &'static dyn Backend, accepted: BTreeSet<Code>) -> Plan {
        let is_theirs = self.meshes().any(|mesh| mesh["spec"]["backend"] != backend.name());
        let chosen = if is_theirs { Chosen::NamedOf(vec![backend]) } else { Chosen::These(vec![backend]) };
        let mut policy = Policy::new(chosen, accepted);
        policy.edits = self.sources.iter().map(|(key, source)| (key.clone(), document_of(source))).collect();
        policy.render();
        let bereft: Vec<ObjectKey> = policy.stand_ins.bereft().cloned().collect();
        for key in bereft {
            if let Some(found) = self.kept.get(&key).and_then(|revision| good(&key, revision)) {
                policy.recall(&key, found);
            }
        }
        policy.render();
        if is_theirs {
            let leaving = self.served_by(backend.name());
            policy.leave(Leaving::from([(backend.name(), leaving)]));
        }
        policy.plan
    }

    fn meshes(&self) -> impl Iterator<Item = &Value> {
        self.policy.iter().filter(|(key, _)| key.kind == Kind::Mesh).map(|(_, mesh)| mesh)
    }

    /// Namespaces of which an object says that a backend serves it.
    fn served_by(&self, backend: &str) -> BTreeSet<Arc<str>> {
        let says = |object: &Value| object["status"]["backends"].as_array().into_iter().flatten().any(|one| one["name"] == backend);
        let found = self.policy.iter().filter(|(key, object)| !key.namespace.is_empty() && says(object));
        found.map(|(key, _)| key.namespace.clone()).collect()
    }

    fn put(&mut self, kind: Kind, object: Value) {
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
        let key = ObjectKey { kind, namespace: text("namespace").into(), name: text("name").into() };
        self.sources.insert(key.clone(), Source::new(key.to_string(), written(&object).to_string()));
        if kind.is_neutral() {
            self.owners.put(key.clone(), object.clone());
            self.policy.insert(key, object);
        }
    }

    /// Policy objects with their status, by key.
    pub fn policy(&self) -> &BTreeMap<ObjectKey, Value> {
        &self.policy
    }

    /// Whether a controller leaves an object of ours that nobody wants: its Mesh, or a policy object behind it, is paused.
    pub fn is_kept(&self, live: &Value) -> bool {
        self.owners.is_kept(&Live::new(live))
    }

    /// Whether a controller writes nothing of what these policy objects render; `wanted` is what they render.
    pub fn is_paused(&self, wanted: &Value, sources: &[ObjectKey]) -> bool {
        self.owners.is_paused(wanted["metadata"]["labels"]["meshglot.dev/mesh"].as_str(), sources)
    }
}
