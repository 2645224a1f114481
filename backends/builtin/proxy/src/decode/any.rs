//! Bytes as messages, with nothing left over.

use envoy_types::pb::google::protobuf::Any;
use prost::{Message, Name};

use super::at::At;
use super::refusal::Refusal;

const DOMAIN: &str = "type.googleapis.com/";

/// Reads a message. Fields that are not described are dropped in reading, so that the message would take less room than it did.
pub(super) fn message<M: Message + Default>(at: &At<'_>, bytes: &[u8]) -> Result<M, Refusal> {
    let message = M::decode(bytes).map_err(|error| at.refuse(format!("cannot be read: {error}")))?;
    if message.encoded_len() != bytes.len() {
        at.leave_over("holds a field that this proxy does not know, or one twice");
    }
    Ok(message)
}

/// The full name of the message that is within.
pub(super) fn kind<'v>(at: &At<'_>, value: &'v Any) -> Result<&'v str, Refusal> {
    let Any { type_url, value: _ } = value;
    if type_url.is_empty() {
        return Err(at.refuse("has no @type"));
    }
    type_url.strip_prefix(DOMAIN).ok_or_else(|| at.refuse(format!("is of the type {type_url}, which is none of {DOMAIN}")))
}

/// What is within, which has to be of one type.
pub(super) fn typed<M: Message + Name + Default>(at: &At<'_>, value: &Any) -> Result<M, Refusal> {
    let (kind, wanted) = (kind(at, value)?, M::full_name());
    if kind != wanted {
        return Err(at.refuse(format!("is of the type {kind}, where this proxy knows {wanted} alone")));
    }
    message(at, &value.value)
}

/// The configuration of an extension that has one legal name.
pub(super) fn extension<M: Message + Name + Default>(at: &At<'_>, name: &str, legal: &str, config: Option<&Any>) -> Result<M, Refusal> {
    at.has_to("name", name == legal, legal)?;
    typed(&at.field("typed_config"), at.needed("typed_config", config)?)
}
