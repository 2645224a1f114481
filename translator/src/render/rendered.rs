//! What a backend gets: objects, sets that must be applied in order, losses, and where each field came from.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::loss::{Loss, Report};
use crate::diagnostic::Code;
use crate::ir::{MeshSettings, ObjectKey};
use crate::name;
use crate::parse::Origin;

/// Identifies a rendered object among all of its backend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// `group/version`; for xDS resources the type URL.
    pub api_version: String,
    /// Kind; for xDS resources the message's name.
    pub kind: String,
    /// Namespace; for xDS resources the workload, `NAMESPACE/NAME` or `shared`.
    pub namespace: String,
    /// Name.
    pub name: String,
}

impl ObjectId {
    /// `kind.group/namespace/name` in lower case, as kubectl writes it.
    pub fn path(&self) -> String {
        let kind = self.kind.to_lowercase();
        let kind = match self.api_version.split_once('/') {
            Some((group, _)) if !group.contains("googleapis") => format!("{kind}.{group}"),
            _ => kind,
        };
        format!("{kind}/{}/{}", self.namespace, self.name)
    }
}

/// One object for one backend.
#[derive(Clone, Debug)]
pub struct RenderedObject {
    /// What it is called.
    pub id: ObjectId,
    /// As compact JSON: a tree of values would take ten times the memory, for every object of a cluster.
    json: Box<str>,
    /// The neutral objects that it was made from, sorted.
    pub sources: Vec<ObjectKey>,
    /// Field by field, where it came from.
    pub provenance: Vec<Provenance>,
}

/// A field of a rendered object, and the neutral field that decided it.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// Such as `.spec.http[0].route[1].weight`.
    pub path: String,
    /// Where that was written.
    pub origin: Origin,
}

/// Objects that only make sense together and must be applied in order: create, wait, delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaceSet {
    /// Names the set; a set of the same key replaces it.
    pub key: String,
    /// In the order of application; deletion runs backwards.
    pub members: Vec<ObjectId>,
    /// What must hold before the old members are deleted, such as `Accepted=True`.
    pub ready_when: String,
}

/// What one unit rendered.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    /// In any order.
    pub objects: Vec<RenderedObject>,
    /// In any order.
    pub sets: Vec<ReplaceSet>,
    /// In the order found.
    pub losses: Vec<Loss>,
}

/// What one backend gets for the whole model.
#[derive(Debug)]
pub struct Rendered<'e> {
    /// The backend's name.
    pub backend: &'static str,
    /// Sorted as the backend wants them.
    pub objects: Vec<&'e RenderedObject>,
    /// By key.
    pub sets: Vec<&'e ReplaceSet>,
    /// By position of what was written.
    pub losses: Vec<&'e Loss>,
}

impl Rendered<'_> {
    /// The objects, complete, as they are applied.
    pub fn bodies(&self) -> Vec<Value> {
        self.objects.iter().map(|object| object.body()).collect()
    }
}

/// Sources beyond this many bytes are replaced by their hash: annotations share 256 KiB.
const SOURCES_BYTES: usize = 4096;

/// The annotation that names the neutral objects.
const SOURCES: &str = "meshglot.dev/sources";

/// A Kubernetes object; fields are sorted, as they are in every tree of values.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "apiVersion")]
    api_version: &'a str,
    kind: &'a str,
    metadata: Metadata<'a>,
    spec: Value,
}

#[derive(Serialize)]
struct Metadata<'a> {
    annotations: BTreeMap<&'a str, String>,
    labels: BTreeMap<&'a str, &'a str>,
    name: &'a str,
    namespace: &'a str,
}

/// What every Kubernetes object of ours carries besides its spec.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The Mesh.
    pub mesh: &'a MeshSettings,
    /// The backend.
    pub backend: &'static str,
    /// The neutral objects behind it, sorted.
    pub sources: &'a [ObjectKey],
    /// Further labels.
    pub labels: &'a [(&'static str, String)],
}

impl RenderedObject {
    /// An object as it is applied, complete.
    pub fn plain(id: ObjectId, body: &Value, sources: Vec<ObjectKey>, provenance: Vec<Provenance>) -> Self {
        Self { id, json: text(body).into(), sources, provenance }
    }

    /// The object, complete, as it is applied.
    pub fn body(&self) -> Value {
        // It was made from a value.
        serde_json::from_str(&self.json).unwrap_or_default()
    }

    /// The same as compact JSON, keys sorted.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// A Kubernetes object with our labels and annotations.
    pub fn new(id: ObjectId, spec: Value, owner: Owner<'_>, report: &Report) -> Self {
        let mut labels: BTreeMap<&str, &str> = [
            ("app.kubernetes.io/managed-by", "meshglot"),
            ("meshglot.dev/mesh", &*owner.mesh.name),
            ("meshglot.dev/backend", owner.backend),
        ]
        .into();
        labels.extend(owner.labels.iter().map(|(name, value)| (*name, value.as_str())));
        let mut annotations: BTreeMap<&str, String> = [(SOURCES, sources(owner.sources))].into();
        let accepted: BTreeSet<Code> = report.accepted_losses();
        if !accepted.is_empty() {
            let codes: Vec<&str> = accepted.iter().map(|code| code.info().name).collect();
            annotations.insert("meshglot.dev/accepted-losses", codes.join(","));
        }
        let metadata = Metadata { annotations, labels, name: &id.name, namespace: &id.namespace };
        let mut json = text(&Body { api_version: &id.api_version, kind: &id.kind, metadata, spec });
        // The digest is that of all the rest, and is written where its key is sorted: before the sources, whose key
        // stands nowhere earlier.
        let digest = format!("\"meshglot.dev/digest\":\"{}\",", name::hash(json.as_bytes()));
        if let Some(place) = json.find(&format!("\"{SOURCES}\"")) {
            json.insert_str(place, &digest);
        }
        Self { id, json: json.into(), sources: owner.sources.to_vec(), provenance: Vec::new() }
    }

    /// Remembers where each field came from.
    #[must_use]
    pub fn from(self, provenance: Vec<Provenance>) -> Self {
        Self { provenance, ..self }
    }

    /// Remembers which neutral objects it was made from.
    #[must_use]
    pub fn of(self, mut sources: Vec<ObjectKey>) -> Self {
        sources.sort();
        sources.dedup();
        Self { sources, ..self }
    }
}

/// Compact JSON.
fn text(value: &impl Serialize) -> String {
    // Maps of texts and values that were JSON before have a form.
    serde_json::to_string(value).unwrap_or_default()
}

/// The sorted list of sources, or its SHA-256 where it is too long for an annotation.
fn sources(keys: &[ObjectKey]) -> String {
    let mut names: Vec<String> = keys.iter().map(ObjectKey::to_string).collect();
    names.sort();
    let list = names.join(",");
    if list.len() > SOURCES_BYTES { format!("sha256:{}", name::hash(list.as_bytes())) } else { list }
}
