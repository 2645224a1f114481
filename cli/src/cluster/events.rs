//! Events of a cluster: what was said about an object, or by a controller of ours about anything.

use meshglot_controller::REPORTER;
use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Cluster, resource};
use crate::exit::Failure;

/// Events of a cluster, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectEvents {
    /// The time at which this was true (RFC 3339).
    pub(crate) at: String,
    /// By the time at which each happened last.
    pub(crate) events: Vec<ObjectEvent>,
}

impl Answer for ObjectEvents {
    const KIND: &'static str = "ObjectEvents";
}

/// Something that happened to an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ObjectEvent {
    /// When it happened last (RFC 3339).
    pub(crate) last: String,
    /// `Normal` or `Warning`.
    #[serde(rename = "type")]
    pub(crate) type_: String,
    /// One word for programs.
    pub(crate) reason: String,
    /// `KIND/NAMESPACE/NAME`.
    pub(crate) object: String,
    /// For people.
    pub(crate) message: String,
    /// How often it has happened.
    pub(crate) count: u64,
    /// Who says so.
    pub(crate) reporter: String,
}

impl Cluster {
    /// Events of a namespace, or of all: of these objects (`Kind/namespace/name`) by whomever, or of ours about any.
    pub(crate) fn events(&self, namespace: Option<&str>, about: Option<&[String]>) -> Result<Vec<ObjectEvent>, Failure> {
        let all = self.read(self.reader.list(&resource("events.k8s.io/v1", "Event"), namespace, ""))?;
        let is_asked = |one: &ObjectEvent| match about {
            Some(objects) => objects.contains(&one.object),
            None => one.reporter == REPORTER,
        };
        let mut found: Vec<ObjectEvent> = all.iter().map(ObjectEvent::of).filter(is_asked).collect();
        found.sort_by(|a, b| (&a.last, &a.object, &a.reason).cmp(&(&b.last, &b.object, &b.reason)));
        Ok(found)
    }
}

impl ObjectEvent {
    /// Newer and older writers of events say times and counts at other places.
    fn of(event: &Value) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let first = |pointers: &[&str]| pointers.iter().map(|pointer| text(pointer)).find(|text| !text.is_empty()).unwrap_or_default();
        let (namespace, name) = (text("/regarding/namespace"), text("/regarding/name"));
        let place = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
        let count = ["/series/count", "/deprecatedCount"].iter().find_map(|pointer| event.pointer(pointer)?.as_u64());
        let times = ["/series/lastObservedTime", "/deprecatedLastTimestamp", "/eventTime", "/metadata/creationTimestamp"];
        Self {
            last: first(&times).to_owned(),
            type_: text("/type").to_owned(),
            reason: text("/reason").to_owned(),
            object: format!("{}/{place}", text("/regarding/kind")),
            message: text("/note").to_owned(),
            count: count.unwrap_or(1).max(1),
            reporter: first(&["/reportingController", "/deprecatedSource/component"]).to_owned(),
        }
    }
}
