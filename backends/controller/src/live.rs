//! Rendered objects as the API server has them.

use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::ObjectId;
use serde_json::Value;

use crate::packed::Packed;
use crate::trim::EDITOR;

/// An object with our labels. What it says is read when it is compared, once a version.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    metadata: Arc<Value>,
    is_accepted: bool,
    whole: Packed,
}

impl Live {
    pub(crate) fn new(object: &Value) -> Self {
        // Of a status nothing else is read; it may be long, and it changes often.
        let mut said = object.clone();
        if let Some(fields) = said.as_object_mut() {
            fields.remove("status");
        }
        Self { metadata: said["metadata"].clone().into(), is_accepted: is_accepted(&object["status"]), whole: Packed::of(&said) }
    }

    /// The object without its status.
    pub(crate) fn whole(&self) -> Value {
        self.whole.value()
    }

    /// What it is called.
    pub(crate) fn id(object: &Value) -> Option<ObjectId> {
        let text = |place: &str| object.pointer(place).and_then(Value::as_str).map(str::to_owned);
        Some(ObjectId {
            api_version: text("/apiVersion")?,
            kind: text("/kind")?,
            namespace: text("/metadata/namespace").unwrap_or_default(),
            name: text("/metadata/name")?,
        })
    }

    pub(crate) fn uid(&self) -> Option<String> {
        self.metadata["uid"].as_str().map(str::to_owned)
    }

    pub(crate) fn version(&self) -> u64 {
        version_of(&self.metadata)
    }

    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        self.metadata["labels"][name].as_str()
    }

    pub(crate) fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata["annotations"][name].as_str()
    }

    /// Who has edited it last, as far as the API server knows.
    pub(crate) fn editor(&self) -> &str {
        self.metadata[EDITOR].as_str().unwrap_or("somebody else")
    }

    /// Whether what we have written last is this, as its digest says: what is otherwise somebody else has changed.
    pub(crate) fn was_written_as(&self, digest: &str) -> bool {
        self.annotation("meshglot.dev/digest") == Some(digest)
    }

    /// Whether a neutral object is behind it, as it says itself.
    pub(crate) fn is_of(&self, key: &ObjectKey) -> bool {
        self.annotation("meshglot.dev/sources").is_some_and(|sources| sources.split(',').any(|source| source == key.to_string()))
    }

    /// Whether the mesh has taken it.
    pub(crate) fn is_accepted(&self) -> bool {
        self.is_accepted
    }
}

/// Whether a condition `Accepted` is true, of an object itself or for a parent.
fn is_accepted(status: &Value) -> bool {
    let parents = status["parents"].as_array().into_iter().flatten().map(|parent| &parent["conditions"]);
    let all = [&status["conditions"]].into_iter().chain(parents);
    all.filter_map(Value::as_array).flatten().any(|one| one["type"] == "Accepted" && one["status"] == "True")
}

/// Whether an object is ours to change and to delete, as its labels say.
pub fn is_ours(object: &Value, backend: &str) -> bool {
    let labels = &object["metadata"]["labels"];
    labels["app.kubernetes.io/managed-by"] == "meshglot" && labels["meshglot.dev/backend"] == backend
}

/// The version of an object; they grow within a kind.
pub(crate) fn version(object: &Value) -> u64 {
    version_of(&object["metadata"])
}

fn version_of(metadata: &Value) -> u64 {
    metadata["resourceVersion"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}
