//! `CorsPolicy`: which other sites may call.

use envoy_types::pb::envoy::extensions::filters::http::cors::v3 as pb;
use http::HeaderValue;

use super::at::{At, open};
use super::known::Known;
use super::matching;
use super::refusal::Refusal;
use crate::table::Cors;

/// All of it.
pub(super) fn cors(at: &At<'_>, message: pb::CorsPolicy, known: &mut Known<'_>) -> Result<Cors, Refusal> {
    open!(at, message => pb::CorsPolicy {
        allow_origin_string_match, allow_methods, allow_headers, expose_headers, max_age, allow_credentials,
    } unset { filter_enabled, shadow_enabled, allow_private_network_access, forward_not_matching_preflights });
    let path = at.field("allow_origin_string_match");
    let origins = allow_origin_string_match.into_iter().enumerate();
    let origins = origins.map(|(index, origin)| matching::text(&path.index(index), origin, known));
    Ok(Cors {
        origins: origins.collect::<Result<_, _>>()?,
        methods: header(at, "allow_methods", &allow_methods)?,
        headers: header(at, "allow_headers", &allow_headers)?,
        expose: header(at, "expose_headers", &expose_headers)?,
        max_age: header(at, "max_age", &max_age)?,
        credentials: allow_credentials.is_some_and(|credentials| credentials.value),
    })
}

fn header(at: &At<'_>, field: &str, text: &str) -> Result<Option<HeaderValue>, Refusal> {
    let value = text.parse::<HeaderValue>().map_err(|_| at.field(field).refuse("is no value of a header"))?;
    Ok(Some(value).filter(|value| !value.is_empty()))
}
