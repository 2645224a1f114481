//! Between the messages of the protocol and what a session understands: incremental, and state of the world.

use std::collections::BTreeMap;
use std::sync::Arc;

use envoy_types::pb::envoy::config::core::v3::Node as WireNode;
use envoy_types::pb::envoy::service::discovery::v3 as wire;
use envoy_types::pb::google::protobuf::Any;
use sha2::{Digest, Sha256};

use crate::kind::Kind;
use crate::resource::Resource;
use crate::session::{Asked, Push};

/// What a client says.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) kind: Kind,
    pub(crate) asked: Asked,
    /// The push that it answers, and why it refuses.
    pub(crate) answer: Option<(u64, Result<(), String>)>,
}

/// One of the two ways to speak.
pub(crate) trait Dialect: Send + 'static {
    type Request: Send + 'static;
    type Response: Send + 'static;

    fn node(request: &Self::Request) -> Option<&WireNode>;
    /// `None`: it is about a type that nobody has here, such as extensions' own.
    fn said(&mut self, request: Self::Request) -> Option<Said>;
    fn message(push: &Push) -> Self::Response;
}

/// Changes alone are sent.
#[derive(Debug, Default)]
pub(crate) struct Incremental;

/// Everything of a kind is sent whenever something of it changes.
#[derive(Debug, Default)]
pub(crate) struct Whole {
    /// The nonce that the client answered last. Another request with the same nonce asks for other names.
    answered: BTreeMap<Kind, String>,
}

impl Dialect for Incremental {
    type Request = wire::DeltaDiscoveryRequest;
    type Response = wire::DeltaDiscoveryResponse;

    fn node(request: &Self::Request) -> Option<&WireNode> {
        request.node.as_ref()
    }

    fn said(&mut self, request: Self::Request) -> Option<Said> {
        let kind = Kind::of(&request.type_url)?;
        let refused = request.error_detail.map(|status| status.message);
        let mut has: Vec<(String, String)> = request.initial_resource_versions.into_iter().collect();
        has.sort();
        let answer = answer(&request.response_nonce, refused);
        let asked = Asked { more: request.resource_names_subscribe, less: request.resource_names_unsubscribe, exactly: None, has };
        Some(Said { kind, asked, answer })
    }

    fn message(push: &Push) -> Self::Response {
        let resource = |resource: &Arc<Resource>| wire::Resource {
            name: resource.name.to_string(),
            version: resource.version.to_string(),
            resource: Some(any(resource)),
            ..wire::Resource::default()
        };
        wire::DeltaDiscoveryResponse {
            type_url: push.kind.type_url().to_owned(),
            nonce: push.nonce.to_string(),
            resources: push.updates.iter().map(resource).collect(),
            removed_resources: push.removed.iter().map(ToString::to_string).collect(),
            ..wire::DeltaDiscoveryResponse::default()
        }
    }
}

impl Dialect for Whole {
    type Request = wire::DiscoveryRequest;
    type Response = wire::DiscoveryResponse;

    fn node(request: &Self::Request) -> Option<&WireNode> {
        request.node.as_ref()
    }

    fn said(&mut self, request: Self::Request) -> Option<Said> {
        let kind = Kind::of(&request.type_url)?;
        let refused = request.error_detail.map(|status| status.message);
        let is_repeated = self.answered.get(&kind) == Some(&request.response_nonce);
        let answer = if is_repeated { None } else { answer(&request.response_nonce, refused) };
        self.answered.insert(kind, request.response_nonce);
        Some(Said { kind, asked: Asked { exactly: Some(request.resource_names), ..Asked::default() }, answer })
    }

    fn message(push: &Push) -> Self::Response {
        let versions: String = push.all.iter().map(|resource| &*resource.version).collect();
        let version: String = Sha256::digest(versions).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        wire::DiscoveryResponse {
            type_url: push.kind.type_url().to_owned(),
            nonce: push.nonce.to_string(),
            version_info: version,
            resources: push.all.iter().map(any).collect(),
            ..wire::DiscoveryResponse::default()
        }
    }
}

/// A first request answers nothing.
fn answer(nonce: &str, refused: Option<String>) -> Option<(u64, Result<(), String>)> {
    Some((nonce.parse().ok()?, refused.map_or(Ok(()), Err)))
}

fn any(resource: &Arc<Resource>) -> Any {
    Any { type_url: resource.kind.type_url().to_owned(), value: resource.bytes.clone() }
}
