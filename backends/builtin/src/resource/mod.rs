//! Envoy's resources, as far as they are written, in the golden form: whose it is, its type, the message.

use meshglot_translator::render::{ObjectId, RenderedObject};
use serde_json::Value;

use crate::message::message;

pub(crate) mod assignment;
pub(crate) mod cluster;
pub(crate) mod listener;
pub(crate) mod route_configuration;

/// The owner of resources that every workload reads.
pub(crate) const SHARED: &str = "shared";

/// How the owner begins of what the captured workloads of a Mesh read alike. No workload is called so: `~` occurs in no namespace.
pub(crate) const GROUP: &str = "mesh~";

/// That owner.
pub(crate) fn group(mesh: &str) -> String {
    format!("{GROUP}{mesh}")
}

/// A message of this mesh that has a name and is asked for by it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message {
    Cluster,
    ClusterLoadAssignment,
    Listener,
    RouteConfiguration,
}

impl Message {
    fn package(self) -> (&'static str, &'static str) {
        match self {
            Self::Cluster => ("cluster", "Cluster"),
            Self::ClusterLoadAssignment => ("endpoint", "ClusterLoadAssignment"),
            Self::Listener => ("listener", "Listener"),
            Self::RouteConfiguration => ("route", "RouteConfiguration"),
        }
    }
}

/// One resource of a workload `NAMESPACE/NAME`, of a [`group`], or [`SHARED`].
pub(crate) fn object(owner: &str, message: Message, name: &str, resource: Value) -> RenderedObject {
    written(owner, None, message, name, resource)
}

/// One of a workload that reads what is of a group besides.
pub(crate) fn member(workload: &str, of: &str, message: Message, name: &str, resource: Value) -> RenderedObject {
    written(workload, Some(of), message, name, resource)
}

fn written(owner: &str, group: Option<&str>, message: Message, name: &str, resource: Value) -> RenderedObject {
    let (package, kind) = message.package();
    let type_url = format!("type.googleapis.com/envoy.config.{package}.v3.{kind}");
    let mut body = message! { "workload": owner, "@type": type_url.as_str(), "resource": resource };
    if let Some(group) = group {
        body["group"] = group.into();
    }
    let id = ObjectId { api_version: type_url, kind: kind.to_owned(), namespace: owner.to_owned(), name: name.to_owned() };
    RenderedObject::plain(id, &body, Vec::new(), Vec::new())
}
