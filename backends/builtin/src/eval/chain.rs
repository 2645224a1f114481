//! A filter chain: what is spoken on it, which rules it enforces on connections, and where it leads.

use serde_json::Value;

use super::fields::{Fields, Read};
use super::manager::Manager;
use super::matcher::Patterns;
use super::rbac::Rbac;
use super::tls::Socket;

/// A chain of a listener. What cannot be read makes unknown what takes it, not its neighbours.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) socket: Read<Socket>,
    pub(super) filters: Read<Filters>,
}

/// The network filters of a chain.
#[derive(Debug)]
pub(super) struct Filters {
    /// In order, before the last one.
    pub(super) rbac: Vec<Rbac>,
    pub(super) end: End,
}

/// The last filter.
#[derive(Debug)]
pub(super) enum End {
    /// Requests are read.
    Http(Manager),
    /// Bytes are passed on to these clusters, by weight.
    Tcp(Vec<(String, u64)>),
}

impl Chain {
    /// Reads a `FilterChain` whose match was taken.
    pub(super) fn new(mut fields: Fields<'_>, patterns: &mut Patterns) -> Read<Self> {
        let name = fields.text("name")?.to_owned();
        let socket = Socket::new(fields.take("transport_socket"), true, patterns);
        let filters = fields.list("filters")?;
        let filters = fields.done().and_then(|()| Filters::new(filters, patterns));
        Ok(Self { name, socket, filters })
    }
}

impl Filters {
    fn new(filters: &[Value], patterns: &mut Patterns) -> Read<Self> {
        let (last, before) = filters.split_last().ok_or("a chain without filters")?;
        let rbac = |filter: &Value| {
            let (message, config) = typed(filter)?;
            match message {
                "envoy.extensions.filters.network.rbac.v3.RBAC" => Rbac::new(config, patterns),
                other => Err(format!("network filter {other} is not modelled here")),
            }
        };
        let rbac = before.iter().map(rbac).collect::<Read<_>>()?;
        let (message, config) = typed(last)?;
        let end = match message {
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager" => {
                End::Http(Manager::new(config, patterns)?)
            }
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy" => End::Tcp(bytes(config)?),
            other => return Err(format!("network filter {other} is not modelled here")),
        };
        Ok(Self { rbac, end })
    }
}

/// Type and configuration of a filter.
fn typed(filter: &Value) -> Read<(&str, Fields<'_>)> {
    let mut fields = Fields::of(filter)?;
    fields.skip(&["name"]);
    let config = fields.take("typed_config");
    fields.done()?;
    Fields::typed(config)
}

/// Where a `TcpProxy` leads.
fn bytes(mut fields: Fields<'_>) -> Read<Vec<(String, u64)>> {
    fields.skip(&["stat_prefix", "idle_timeout", "access_log"]);
    let cluster = fields.text("cluster")?.to_owned();
    let weighted = fields.take("weighted_clusters");
    fields.done()?;
    if weighted.is_null() {
        return Ok(vec![(cluster, 1)]);
    }
    let clusters = weighted_clusters(weighted)?;
    match clusters.iter().find(|(_, weight)| *weight == 0) {
        Some((name, _)) => Err(format!("Envoy refuses connections of weight 0, as to {name}")),
        None => Ok(clusters),
    }
}

/// Names and weights, as routes and connections write them alike.
pub(super) fn weighted_clusters(value: &Value) -> Read<Vec<(String, u64)>> {
    let mut fields = Fields::of(value)?;
    let mut clusters = Vec::new();
    for cluster in fields.list("clusters")? {
        let mut cluster = Fields::of(cluster)?;
        clusters.push((cluster.text("name")?.to_owned(), cluster.number("weight")?.unwrap_or(0)));
        cluster.done()?;
    }
    fields.done()?;
    let sum = clusters.iter().try_fold(0u64, |sum, (_, weight)| sum.checked_add(*weight));
    match sum {
        Some(1..=4_294_967_295) => Ok(clusters),
        _ => Err("Envoy refuses this sum of weights".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    #[test_case(json!({ "cluster": "a" }), Some(1) ; "one cluster")]
    #[test_case(json!({ "weighted_clusters": { "clusters": [{ "name": "a", "weight": 3 }, { "name": "b", "weight": 1 }] } }), Some(2) ; "weights")]
    #[test_case(json!({ "weighted_clusters": { "clusters": [{ "name": "a", "weight": 3 }, { "name": "b" }] } }), None ; "weight 0")]
    #[test_case(json!({ "cluster": "a", "tunneling_config": {} }), None ; "field that is not modelled")]
    fn tcp_proxy(config: Value, want: Option<usize>) {
        assert_eq!(Fields::of(&config).and_then(bytes).ok().map(|clusters| clusters.len()), want);
    }

    #[test_case(json!([1, 0]), true ; "0 beside others")]
    #[test_case(json!([0]), false ; "sum 0")]
    #[test_case(json!([4294967295u64, 1]), false ; "sum over 32 bits")]
    fn weights(weights: Value, want: bool) {
        let clusters: Vec<Value> =
            weights.as_array().into_iter().flatten().map(|weight| json!({ "name": "a", "weight": weight })).collect();
        assert_eq!(weighted_clusters(&json!({ "clusters": clusters })).is_ok(), want);
    }
}
