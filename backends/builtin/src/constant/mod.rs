//! Parts of resources that are the same bytes wherever they stand (`docs/mapping/builtin.md`, section 3).
//!
//! Defaults of Envoy are written out where another proxy could have another one.

use serde_json::{Value, json};

use crate::message::message;

pub(crate) mod access_log;
pub(crate) mod ambiguous;
pub(crate) mod http_manager;
pub(crate) mod rbac;
pub(crate) mod tcp_proxy;
pub(crate) mod tls;

/// A `google.protobuf.Any` of this message.
pub(crate) fn typed(message: &str, mut fields: Value) -> Value {
    fields["@type"] = format!("type.googleapis.com/{message}").into();
    fields
}

/// A filter, transport socket or log: its name and its typed configuration.
pub(crate) fn extension(name: &str, message: &str, fields: Value) -> Value {
    message! { "name": name, "typed_config": typed(message, fields) }
}

/// Where everything but secrets comes from.
pub(crate) fn ads() -> Value {
    json!({ "ads": {}, "resource_api_version": "V3" })
}
