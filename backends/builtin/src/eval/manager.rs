//! The filter that reads requests: Envoy's HTTP connection manager and its HTTP filters.

use serde_json::Value;

use super::fields::{Fields, Read};
use super::matcher::Patterns;
use super::rbac::{Rbac, Ruling, Subject};
use super::route::Overrides;

/// A connection manager whose paths are normalised as `path` says.
#[derive(Debug)]
pub(super) struct Manager {
    /// The name of its route configuration.
    pub(super) routes: String,
    /// In order; the router is last.
    filters: Vec<(String, Filter)>,
}

#[derive(Debug)]
enum Filter {
    Rbac(Rbac),
    /// Does nothing unless a route says so.
    Idle,
}

/// What does not change which requests go through, or only by time and size.
const HARMLESS: [&str; 17] = [
    "stat_prefix",
    "codec_type",
    "use_remote_address",
    "skip_xff_append",
    "internal_address_config",
    "generate_request_id",
    "preserve_external_request_id",
    "server_header_transformation",
    "stream_idle_timeout",
    "request_timeout",
    "request_headers_timeout",
    "common_http_protocol_options",
    "upgrade_configs",
    "access_log",
    "forward_client_cert_details",
    "set_current_client_cert_details",
    "tracing",
];

impl Manager {
    /// Reads an `HttpConnectionManager`.
    pub(super) fn new(mut fields: Fields<'_>, patterns: &mut Patterns) -> Read<Self> {
        fields.skip(&HARMLESS);
        let normalised = fields.flag("normalize_path")? && fields.text("path_with_escaped_slashes_action")? == "REJECT_REQUEST";
        if !normalised || fields.flag("merge_slashes")? {
            return Err("paths that are not normalised as all others are not modelled".to_owned());
        }
        let mut rds = Fields::of(fields.take("rds"))?;
        let routes = rds.text("route_config_name")?.to_owned();
        rds.skip(&["config_source"]);
        rds.done()?;
        let mut filters = Vec::new();
        for filter in fields.list("http_filters")? {
            let mut filter = Fields::of(filter)?;
            let name = filter.text("name")?.to_owned();
            filters.push((name, Filter::new(filter.take("typed_config"), patterns)?));
            filter.done()?;
        }
        fields.done()?;
        Ok(Self { routes, filters })
    }

    /// What the filters before the router do to a request, with what its route says to them.
    pub(super) fn decide(&self, overrides: &[&Overrides], subject: Subject<'_>) -> Read<Ruling> {
        let mut by = None;
        for (name, filter) in &self.filters {
            let said = overrides.iter().find_map(|overrides| overrides.get(name));
            let ruling = match (filter, said) {
                (Filter::Idle, None) => continue,
                (Filter::Idle, Some(_)) => return Err(format!("what a route says to the filter {name} is not modelled")),
                (Filter::Rbac(rbac), None) => rbac.decide(subject)?,
                (Filter::Rbac(_), Some(Err(why))) => return Err(why.clone()),
                // Switched off.
                (Filter::Rbac(_), Some(Ok(None))) => continue,
                (Filter::Rbac(_), Some(Ok(Some(rbac)))) => rbac.decide(subject)?,
            };
            match ruling {
                Ruling::Refuse(_) => return Ok(ruling),
                Ruling::Pass(key) => by = by.or(key),
            }
        }
        Ok(Ruling::Pass(by))
    }
}

impl Filter {
    fn new(config: &Value, patterns: &mut Patterns) -> Read<Self> {
        let (message, mut fields) = Fields::typed(config)?;
        match message {
            "envoy.extensions.filters.http.rbac.v3.RBAC" => return Rbac::new(fields, patterns).map(Self::Rbac),
            // Without a bucket there is no limit.
            "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit" => fields.skip(&["stat_prefix"]),
            "envoy.extensions.filters.http.cors.v3.Cors" | "envoy.extensions.filters.http.fault.v3.HTTPFault" => {}
            "envoy.extensions.filters.http.router.v3.Router" => fields.skip(&["suppress_envoy_headers"]),
            other => return Err(format!("HTTP filter {other} is not modelled")),
        }
        fields.done().map(|()| Self::Idle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case("normalize_path", json!(false) ; "raw paths")]
    #[test_case("merge_slashes", json!(true) ; "slashes")]
    #[test_case("path_with_escaped_slashes_action", json!("KEEP_UNCHANGED") ; "escaped slashes")]
    #[test_case("scoped_routes", json!({}) ; "routes by host")]
    #[test_case("http_filters", json!([{ "name": "lua", "typed_config": { "@type": "type.googleapis.com/envoy.lua" } }]) ; "other filter")]
    fn not_modelled(field: &str, value: Value) {
        let mut manager = json!({ "normalize_path": true, "path_with_escaped_slashes_action": "REJECT_REQUEST" });
        let read = |manager: &Value| Fields::of(manager).and_then(|fields| Manager::new(fields, &mut Patterns::default())).is_ok();
        assert!(read(&manager));
        manager[field] = value;
        assert!(!read(&manager));
    }
}
