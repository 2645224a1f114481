//! `typed_per_filter_config`: what filters do on a route.

use std::collections::HashMap;
use std::sync::Arc;

use envoy_types::pb::google::protobuf::Any;

use super::any;
use super::at::At;
use super::cors;
use super::fault;
use super::known::Known;
use super::rate_limit;
use super::rbac;
use super::refusal::Refusal;
use super::sorted::sorted;
use crate::table::Overrides;

/// Names of filters. Envoy takes a name that no filter has, and the rules under it are kept by nobody.
pub(super) const DENY: &str = "meshglot.deny";
pub(super) const ALLOW: &str = "meshglot.allow";
pub(super) const RATE_LIMIT: &str = "envoy.filters.http.local_ratelimit";
pub(super) const FAULT: &str = "envoy.filters.http.fault";
pub(super) const CORS: &str = "envoy.filters.http.cors";

/// All of them.
pub(super) fn overrides(at: &At<'_>, said: HashMap<String, Any>, known: &mut Known<'_>) -> Result<Overrides, Refusal> {
    let mut overrides = Overrides::default();
    for (name, config) in sorted(said) {
        let at = &at.key(&name);
        match name.as_str() {
            DENY => overrides.deny = Some(rbac::of_route(at, any::typed(at, &config)?, known)?),
            ALLOW => overrides.allow = Some(rbac::of_route(at, any::typed(at, &config)?, known)?),
            RATE_LIMIT => overrides.rate_limit = Some(Arc::new(rate_limit::rate_limit(at, any::typed(at, &config)?)?)),
            FAULT => overrides.fault = Some(fault::fault(at, any::typed(at, &config)?)?),
            CORS => overrides.cors = Some(Arc::new(cors::cors(at, any::typed(at, &config)?, known)?)),
            _ => {
                return Err(at.refuse(format!(
                    "is said to a filter that no chain has: {DENY}, {ALLOW}, {RATE_LIMIT}, {FAULT} and {CORS} are known"
                )));
            }
        }
    }
    Ok(overrides)
}
