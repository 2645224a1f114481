//! `hash_policy` of a route: what decides on the endpoint.

use envoy_types::pb::envoy::config::route::v3::route_action::{HashPolicy as Message, hash_policy as part};

use super::at::{At, open};
use super::known::named;
use super::matching;
use super::refusal::Refusal;
use super::value;
use crate::table::HashPolicy;

/// One of them.
pub(super) fn policy(at: &At<'_>, message: Message) -> Result<HashPolicy, Refusal> {
    open!(at, message => Message { policy_specifier } unset { terminal });
    match policy_specifier {
        Some(part::PolicySpecifier::Header(header)) => {
            let at = &at.field("header");
            open!(at, header => part::Header { header_name } unset { regex_rewrite });
            matching::header_name(&at.field("header_name"), &header_name).map(HashPolicy::Header)
        }
        Some(part::PolicySpecifier::Cookie(cookie)) => {
            let at = &at.field("cookie");
            open!(at, cookie => part::Cookie { name, ttl, path } unset { attributes });
            let is_token = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"=;,\"".contains(&byte));
            at.has_to("name", is_token, "the name of a cookie")?;
            let path = value::line(&at.field("path"), path)?;
            at.has_to("path", !path.contains(';'), "without ;")?;
            let ttl = ttl.map(|ttl| value::duration(&at.field("ttl"), &ttl)).transpose()?;
            Ok(HashPolicy::Cookie { name: name.into(), ttl, path })
        }
        Some(part::PolicySpecifier::ConnectionProperties(part::ConnectionProperties { source_ip })) => {
            at.field("connection_properties").has_to("source_ip", source_ip, true)?;
            Ok(HashPolicy::SourceAddress)
        }
        Some(part::PolicySpecifier::QueryParameter(part::QueryParameter { name })) => {
            let at = &at.field("query_parameter");
            named(&at.field("name"), &name).map(|name| HashPolicy::Query(name.as_ref().into()))
        }
        Some(part::PolicySpecifier::FilterState(_)) => Err(at.unread("filter_state")),
        None => Err(at.refuse("looks at nothing: header, cookie, connection_properties and query_parameter are known")),
    }
}
