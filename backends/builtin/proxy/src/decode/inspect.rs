//! `listener_filters`: what is found out of a connection before its chain is chosen.

use std::ops::RangeInclusive;

use envoy_types::pb::envoy::config::listener::v3 as pb;
use envoy_types::pb::envoy::extensions::filters::listener::http_inspector::v3::HttpInspector;
use envoy_types::pb::envoy::extensions::filters::listener::original_dst::v3::OriginalDst;
use envoy_types::pb::envoy::extensions::filters::listener::tls_inspector::v3::TlsInspector;
use envoy_types::pb::envoy::r#type::v3::Int32Range;
use envoy_types::pb::google::protobuf::Any;
use pb::listener_filter_chain_match_predicate::Rule;

use super::any;
use super::at::{At, open};
use super::refusal::Refusal;
use crate::table::Ports;

const ORIGINAL_DST: &str = "envoy.filters.listener.original_dst";
const TLS: &str = "envoy.filters.listener.tls_inspector";
const HTTP: &str = "envoy.filters.listener.http_inspector";

/// What is found out.
pub(super) struct Inspection {
    pub(super) original_destination: bool,
    pub(super) tls: Ports,
    pub(super) http: Ports,
}

/// All filters, each of which may be left out.
pub(super) fn inspection(at: &At<'_>, filters: Vec<pb::ListenerFilter>) -> Result<Inspection, Refusal> {
    let mut found = Inspection { original_destination: false, tls: Ports::NONE, http: Ports::NONE };
    let mut known = [ORIGINAL_DST, TLS, HTTP].into_iter();
    for (index, filter) in filters.into_iter().enumerate() {
        let at = &at.index(index);
        let pb::ListenerFilter { name, filter_disabled, config_type } = filter;
        if !known.any(|known| known == name) {
            return Err(at.field("name").refuse(format!("is {name}: {ORIGINAL_DST}, {TLS} and {HTTP} are known, in this order")));
        }
        let config = match config_type {
            Some(pb::listener_filter::ConfigType::TypedConfig(config)) => config,
            Some(pb::listener_filter::ConfigType::ConfigDiscovery(_)) => return Err(at.unread("config_discovery")),
            None => return Err(at.field("typed_config").refuse("is missing")),
        };
        let config_at = &at.field("typed_config");
        match name.as_str() {
            ORIGINAL_DST => {
                let OriginalDst {} = any::typed(config_at, &config)?;
                at.has_to("filter_disabled", filter_disabled.is_none(), "absent: what was called is always asked")?;
                found.original_destination = true;
            }
            TLS => {
                tls(config_at, &config)?;
                found.tls = ports(at, filter_disabled)?;
            }
            _ => {
                let HttpInspector {} = any::typed(config_at, &config)?;
                found.http = ports(at, filter_disabled)?;
            }
        }
    }
    Ok(found)
}

fn tls(at: &At<'_>, config: &Any) -> Result<(), Refusal> {
    let inspector: TlsInspector = any::typed(at, config)?;
    open!(at, inspector => TlsInspector {} unset {
        enable_ja3_fingerprinting, enable_ja4_fingerprinting, initial_read_buffer_size,
        close_connection_on_client_hello_parsing_errors, max_client_hello_size,
    });
    Ok(())
}

/// Where a filter is not switched off: `not_match` of one range of ports or of several.
fn ports(at: &At<'_>, disabled: Option<pb::ListenerFilterChainMatchPredicate>) -> Result<Ports, Refusal> {
    let Some(pb::ListenerFilterChainMatchPredicate { rule }) = disabled else { return Ok(Ports::All) };
    let at = &at.field("filter_disabled");
    let inner = match rule {
        Some(Rule::NotMatch(inner)) => inner,
        rule => return Err(other(at, rule, "not_match")),
    };
    let at = &at.field("not_match");
    let pb::ListenerFilterChainMatchPredicate { rule } = *inner;
    match rule {
        Some(Rule::DestinationPortRange(range)) => Ok(Ports::Within(vec![self::range(&at.field("destination_port_range"), range)?])),
        Some(Rule::OrMatch(pb::listener_filter_chain_match_predicate::MatchSet { rules })) => {
            let path = at.field("or_match");
            let path = path.field("rules");
            let ranges = rules.into_iter().enumerate().map(|(index, pb::ListenerFilterChainMatchPredicate { rule })| {
                let at = &path.index(index);
                match rule {
                    Some(Rule::DestinationPortRange(range)) => self::range(&at.field("destination_port_range"), range),
                    rule => Err(other(at, rule, "destination_port_range")),
                }
            });
            Ok(Ports::Within(ranges.collect::<Result<_, _>>()?))
        }
        rule => Err(other(at, rule, "destination_port_range")),
    }
}

fn other(at: &At<'_>, rule: Option<Rule>, wanted: &str) -> Refusal {
    let found = match rule {
        None => return at.field(wanted).refuse("is missing"),
        Some(Rule::OrMatch(_)) => "or_match",
        Some(Rule::AndMatch(_)) => "and_match",
        Some(Rule::NotMatch(_)) => "not_match",
        Some(Rule::AnyMatch(_)) => "any_match",
        Some(Rule::DestinationPortRange(_)) => "destination_port_range",
    };
    at.field(found)
        .refuse("is unknown here: filters are switched off by not_match of one destination_port_range, or of an or_match of some")
}

/// A range whose end is no part of it, as one whose end is.
fn range(at: &At<'_>, range: Int32Range) -> Result<RangeInclusive<u16>, Refusal> {
    let Int32Range { start, end } = range;
    let first = u16::try_from(start).map_err(|_| at.field("start").refuse("is no port"))?;
    let last = u16::try_from(i64::from(end) - 1).map_err(|_| at.field("end").refuse("is no port, nor the one behind the last"))?;
    at.has_to("end", first <= last, "greater than start")?;
    Ok(first..=last)
}
