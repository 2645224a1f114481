//! One rendered resource as bytes, encoded once for all proxies that read it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::{ObjectId, RenderedObject};
use prost_reflect::{DynamicMessage, SerializeOptions, prost::Message as _};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::descriptors;
use crate::kind::Kind;

/// The owner of resources that every workload may read, as the backend writes it.
const SHARED: &str = "shared";

/// How the owner of what the workloads of a group read begins.
const GROUP: &str = "mesh~";

/// A kind, and a name that one workload reads one resource by.
pub(crate) type Key = (Kind, Arc<str>);

/// A resource that proxies read. Two are the same if their versions are.
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Whose it is: `NAMESPACE/NAME` of a workload, or `mesh~NAME` of the captured workloads of a Mesh; `None`: any workload's.
    pub owner: Option<Arc<str>>,
    /// Of a workload's: the group whose resources it reads besides.
    pub group: Option<Arc<str>>,
    /// The name that it is asked for by.
    pub name: Arc<str>,
    /// 32 hexadecimal digits of the SHA-256 of its canonical JSON: the same in every process that renders the same.
    pub version: Arc<str>,
    /// The encoded message.
    pub bytes: Vec<u8>,
    /// Other resources that it names; some may not exist.
    pub leads_to: Box<[(Kind, Arc<str>)]>,
    /// The neutral objects that it was made from.
    pub sources: Box<[ObjectKey]>,
    /// SHA-256 of the text that it was made from.
    text: [u8; 32],
}

/// A rendered object is no resource of xDS. It is a mistake of meshglot, since goldens are checked against Envoy.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// Its type is none that is served.
    #[error("{name}: resources of type {type_url} are not served")]
    Type {
        /// What was rendered.
        name: String,
        /// Its type.
        type_url: String,
    },
    /// Its fields are not those of the type.
    #[error("{name}: {why}")]
    Fields {
        /// What was rendered.
        name: String,
        /// The first field that does not fit.
        why: String,
    },
}

impl Resource {
    /// The message with its `@type`, fields named as in the proto files, as Envoy's configuration dump has it.
    pub fn json(&self) -> Value {
        let options = SerializeOptions::new().use_proto_field_name(true);
        // What was encoded here can be read here.
        let decoded = descriptors::of(self.kind).and_then(|descriptor| DynamicMessage::decode(descriptor, self.bytes.as_slice()).ok());
        let value = decoded.and_then(|message| message.serialize_with_options(serde_json::value::Serializer, &options).ok());
        let mut value = value.unwrap_or_default();
        if let Value::Object(fields) = &mut value {
            fields.insert("@type".to_owned(), self.kind.type_url().into());
        }
        value
    }

    /// Encodes what the backend rendered.
    ///
    /// # Errors
    /// It has a type that is not served, or fields that the type has not.
    pub fn encode(object: &RenderedObject) -> Result<Self, EncodeError> {
        let id = &object.id;
        let named = || id.path();
        let (owner, (kind, name)) = place(id).ok_or_else(|| EncodeError::Type { name: named(), type_url: id.api_version.clone() })?;
        let wrong = |why: String| EncodeError::Fields { name: named(), why };
        let mut body = object.body();
        let resource = body.get_mut("resource").map(Value::take).unwrap_or_default();
        let group = body["group"].as_str().map(Into::into);
        let descriptor = descriptors::of(kind).ok_or_else(|| wrong(format!("{} is not described", kind.type_url())))?;
        let version = version(&resource);
        let mut leads_to = BTreeSet::new();
        collect(&resource, &mut leads_to);
        if kind == Kind::Cluster && resource.get("type").is_some_and(|kind| kind == "EDS") {
            leads_to.insert((Kind::Assignment, name.clone()));
        }
        let message = DynamicMessage::deserialize(descriptor, resource).map_err(|error| wrong(error.to_string()))?;
        Ok(Self {
            kind,
            owner,
            group,
            name,
            version: version.into(),
            bytes: message.encode_to_vec(),
            leads_to: leads_to.into_iter().collect(),
            sources: object.sources.clone().into(),
            text: digest(object),
        })
    }

    /// Whether whoever reads it reads by it what is read by another one.
    pub(crate) fn leads_as(&self, other: &Self) -> bool {
        (&self.owner, &self.group, &self.leads_to) == (&other.owner, &other.group, &other.leads_to)
    }

    /// Whether it is what this would be, if it were encoded.
    pub(crate) fn is_of(&self, object: &RenderedObject) -> bool {
        self.text == digest(object) && *self.sources == *object.sources
    }
}

/// Whose a rendered object is, and what it is called there; `None`: its type is none that is served.
pub(crate) fn place(id: &ObjectId) -> Option<(Option<Arc<str>>, Key)> {
    let kind = Kind::of(&id.api_version)?;
    let owner = Some(id.namespace.as_str()).filter(|owner| *owner != SHARED);
    Some((owner.map(Into::into), (kind, id.name.as_str().into())))
}

/// Whether an owner is a group of workloads.
pub(crate) fn is_group(owner: &str) -> bool {
    owner.starts_with(GROUP)
}

fn digest(object: &RenderedObject) -> [u8; 32] {
    Sha256::digest(object.json()).into()
}

/// Bytes of maps come in any order, so that they do not tell.
impl PartialEq for Resource {
    fn eq(&self, other: &Self) -> bool {
        let key = |of: &Self| (of.kind, of.owner.clone(), of.group.clone(), of.name.clone(), of.version.clone());
        key(self) == key(other)
    }
}

impl Eq for Resource {}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, owner, name, version, .. } = self;
        write!(f, "{kind} {}/{name}@{version}", owner.as_deref().unwrap_or(SHARED))
    }
}

fn version(resource: &Value) -> String {
    Sha256::digest(resource.to_string()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Every name of another resource in a message, wherever it stands.
fn collect(value: &Value, found: &mut BTreeSet<Key>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    // In the format of a log it is a variable.
                    ("cluster", Value::String(name)) if !name.starts_with('%') => {
                        found.insert((Kind::Cluster, name.as_str().into()));
                    }
                    ("route_config_name", Value::String(name)) => {
                        found.insert((Kind::Route, name.as_str().into()));
                    }
                    ("weighted_clusters", weighted) => {
                        let clusters = weighted.get("clusters").and_then(Value::as_array);
                        let names = clusters.into_iter().flatten().filter_map(|cluster| cluster.get("name")?.as_str());
                        found.extend(names.map(|name| (Kind::Cluster, name.into())));
                        collect(weighted, found);
                    }
                    (_, value) => collect(value, found),
                }
            }
        }
        _ => {}
    }
}
