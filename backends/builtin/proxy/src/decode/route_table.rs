//! `RouteConfiguration`: routes by host.

use std::collections::HashSet;
use std::sync::Arc;

use envoy_types::pb::envoy::config::route::v3 as pb;

use super::at::{At, open};
use super::known::{Known, named};
use super::overrides;
use super::refusal::Refusal;
use super::route;
use super::value;
use crate::table::{Direction, PathMatch, Route, RouteAction, RouteTable, VirtualHost};

/// Routes of one resource, at most.
const ROUTES: usize = 10_000;
/// The name of the route that stands before all others.
const AMBIGUOUS: &str = "ambiguous-path";

/// All of it.
pub(super) fn table(at: &At<'_>, message: pb::RouteConfiguration, known: &mut Known<'_>) -> Result<RouteTable, Refusal> {
    open!(at, message => pb::RouteConfiguration { name, virtual_hosts, validate_clusters } unset {
        vhds, internal_only_headers, response_headers_to_add, response_headers_to_remove, request_headers_to_add,
        request_headers_to_remove, most_specific_header_mutations_wins, max_direct_response_body_size_bytes, cluster_specifier_plugins,
        request_mirror_policies, ignore_port_in_host_matching, vhost_header, ignore_path_parameters_in_path_matching,
        typed_per_filter_config, metadata, route_specifiers,
    });
    let id = known.route(&at.field("name"), &name)?;
    // A cluster may come later than the routes that lead to it.
    value::switch(at, "validate_clusters", validate_clusters, false)?;
    let path = at.field("virtual_hosts");
    let routes: usize = virtual_hosts.iter().map(|host| host.routes.len()).sum();
    if routes > ROUTES {
        return Err(path.refuse(format!("holds {routes} routes, more than {ROUTES}")));
    }
    let hosts = virtual_hosts.into_iter().enumerate().map(|(index, host)| self::host(&path.index(index), host, known));
    let table = RouteTable { id, name: named(&at.field("name"), &name)?, hosts: hosts.collect::<Result<_, _>>()? };
    differ(&path, &table.hosts)?;
    // No chain has the filters of both sides, so that what is said to one of the two would be obeyed by nobody.
    let is_one_sided = !(table.speaks_to(Direction::Inbound) && table.speaks_to(Direction::Outbound));
    at.has_to("virtual_hosts", is_one_sided, "for the filters of one side: calls to the workload, or calls of it")?;
    Ok(table)
}

fn host(at: &At<'_>, message: pb::VirtualHost, known: &mut Known<'_>) -> Result<VirtualHost, Refusal> {
    open!(at, message => pb::VirtualHost { name, domains, routes, typed_per_filter_config } unset {
        matcher, require_tls, virtual_clusters, rate_limits, request_headers_to_add, request_headers_to_remove, response_headers_to_add,
        response_headers_to_remove, cors, include_request_attempt_count, include_attempt_count_in_response, retry_policy,
        retry_policy_typed_config, hedge_policy, include_is_timeout_retry_header, per_request_buffer_limit_bytes,
        request_body_buffer_limit, request_mirror_policies, metadata, route_specifiers,
    });
    let path = at.field("domains");
    if domains.is_empty() {
        return Err(path.refuse("is empty"));
    }
    let domains = domains.into_iter().enumerate().map(|(index, domain)| self::domain(&path.index(index), &domain));
    let path = at.field("routes");
    let routes = routes.into_iter().enumerate().map(|(index, route)| route::route(&path.index(index), route, known).map(Arc::new));
    let routes = routes.collect::<Result<Vec<_>, _>>()?;
    let is_first = routes.first().is_some_and(|route| is_ambiguous_path(route));
    at.has_to("routes", is_first, "led by the route `ambiguous-path`: one safe_regex and a direct_response of 400")?;
    Ok(VirtualHost {
        name: named(&at.field("name"), &name)?,
        domains: domains.collect::<Result<_, _>>()?,
        routes,
        overrides: overrides::overrides(&at.field("typed_per_filter_config"), typed_per_filter_config, known)?,
    })
}

/// `*`, or a host as requests say it.
fn domain(at: &At<'_>, domain: &str) -> Result<Box<str>, Refusal> {
    let domain = named(at, domain)?.to_ascii_lowercase();
    let is_host = domain.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*');
    if domain == "*" || is_host { Ok(domain.into()) } else { Err(at.refuse(format!("is {domain:?}: `*` or a host is known"))) }
}

/// Whether a route answers paths that two proxies could read differently, whoever calls.
fn is_ambiguous_path(route: &Route) -> bool {
    let answers = matches!(&route.action, RouteAction::Respond(response) if response.status == http::StatusCode::BAD_REQUEST);
    *route.name == *AMBIGUOUS && answers && route.headers.is_empty() && matches!(route.path, PathMatch::Regex(_))
}

/// A host is routed in one way.
fn differ(at: &At<'_>, hosts: &[VirtualHost]) -> Result<(), Refusal> {
    let mut taken = HashSet::new();
    for (index, host) in hosts.iter().enumerate() {
        for (place, domain) in host.domains.iter().enumerate() {
            if !taken.insert(domain) {
                let at = &at.index(index);
                return Err(at.field("domains").index(place).refuse(format!("is {domain}, which another virtual host has already")));
            }
        }
    }
    Ok(())
}
