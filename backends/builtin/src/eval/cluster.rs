//! Clusters and their assignments: how a destination is spoken to.

use serde_json::Value;

use super::fields::{Fields, Read};
use super::matcher::Patterns;
use super::tls::Socket;

/// A `Cluster`.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) kind: Kind,
    /// To an address that takes mutual TLS.
    mutual: Socket,
    /// To any other.
    other: Socket,
}

/// Where its addresses come from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// From an assignment of its name.
    Assigned,
    /// The address that was called.
    Called,
    /// Written in it.
    Written(Vec<(String, u16)>),
}

/// What does not change whom a call reaches.
const HARMLESS: [&str; 7] = [
    "name",
    "connect_timeout",
    "lb_policy",
    "common_lb_config",
    "circuit_breakers",
    "outlier_detection",
    "typed_extension_protocol_options",
];

impl Cluster {
    /// Reads a `Cluster`.
    pub(super) fn new(resource: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(resource)?;
        fields.skip(&HARMLESS);
        let (written, eds) = (fields.take("load_assignment"), fields.take("eds_cluster_config"));
        let kind = match fields.text("type")? {
            "EDS" => {
                let mut eds = Fields::of(eds)?;
                eds.skip(&["eds_config"]);
                eds.done()?;
                Kind::Assigned
            }
            "ORIGINAL_DST" => Kind::Called,
            "STATIC" => Kind::Written(endpoints(written)?.into_iter().map(|endpoint| (endpoint.address, endpoint.port)).collect()),
            other => return Err(format!("cluster of type {other:?} is not modelled")),
        };
        let socket = fields.take("transport_socket");
        let (mut mutual, mut other) = (None, None);
        for one in fields.list("transport_socket_matches")? {
            let mut one = Fields::of(one)?;
            one.skip(&["name"]);
            let wanted = one.map("match")?;
            let socket = one.take("transport_socket");
            match wanted.as_slice() {
                [] => {
                    mutual = mutual.or(Some(socket));
                    other = other.or(Some(socket));
                }
                [("mtls", Value::Bool(true))] => mutual = mutual.or(Some(socket)),
                _ => return Err("a transport socket for other endpoints is not modelled".to_owned()),
            }
            one.done()?;
        }
        fields.done()?;
        let mut read = |own: Option<&Value>| Socket::new(own.unwrap_or(socket), false, patterns);
        Ok(Self { kind, mutual: read(mutual)?, other: read(other)? })
    }

    /// What is spoken to a pod. `proxied`: whether it has a proxy, which decides where the addresses differ or are
    /// not known.
    pub(super) fn socket(&self, assigned: &[Assigned], proxied: bool) -> &Socket {
        let mutual = match self.kind {
            Kind::Assigned if assigned.iter().all(|endpoint| endpoint.mutual == assigned[0].mutual) => {
                assigned.first().map_or(proxied, |endpoint| endpoint.mutual)
            }
            _ => proxied,
        };
        if mutual { &self.mutual } else { &self.other }
    }

    /// SPIFFE IDs of those who may answer.
    pub(super) fn uris(&self) -> impl Iterator<Item = &String> {
        self.mutual.tls().into_iter().flat_map(|tls| &tls.uris)
    }
}

/// An address of an assignment.
#[derive(Debug)]
pub(super) struct Assigned {
    address: String,
    port: u16,
    /// Whether it takes mutual TLS.
    mutual: bool,
}

/// Reads a `ClusterLoadAssignment`.
pub(super) fn endpoints(resource: &Value) -> Read<Vec<Assigned>> {
    let mut fields = Fields::of(resource)?;
    fields.skip(&["cluster_name"]);
    let mut all = Vec::new();
    for group in fields.list("endpoints")? {
        let mut group = Fields::of(group)?;
        for endpoint in group.list("lb_endpoints")? {
            all.push(one(endpoint)?);
        }
        group.done()?;
    }
    fields.done()?;
    Ok(all)
}

fn one(endpoint: &Value) -> Read<Assigned> {
    let mut fields = Fields::of(endpoint)?;
    let mut inner = Fields::of(fields.take("endpoint"))?;
    let mut place = Fields::of(inner.take("address"))?;
    let mut socket = Fields::of(place.take("socket_address"))?;
    let (address, port) = (socket.text("address")?.to_owned(), socket.port("port_value")?.unwrap_or(0));
    let mut metadata = Fields::of(fields.take("metadata"))?;
    let mut metadata_filters = Fields::of(metadata.take("filter_metadata"))?;
    let mut wanted = Fields::of(metadata_filters.take("envoy.transport_socket_match"))?;
    let mutual = wanted.flag("mtls")?;
    for rest in [socket, place, inner, wanted, metadata_filters, metadata, fields] {
        rest.done()?;
    }
    Ok(Assigned { address, port, mutual })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn assignment(mutual: &[bool]) -> Vec<Assigned> {
        mutual.iter().map(|mutual| Assigned { address: String::new(), port: 1, mutual: *mutual }).collect()
    }

    #[test_case(&[], true, true ; "no address: by the proxy")]
    #[test_case(&[], false, false ; "no address and no proxy")]
    #[test_case(&[true, true], false, true ; "all of them")]
    #[test_case(&[false], true, false ; "none of them")]
    #[test_case(&[true, false], true, true ; "some of them")]
    fn mutual(addresses: &[bool], proxied: bool, want: bool) {
        let cluster = json!({ "type": "EDS", "transport_socket_matches": [{ "match": { "mtls": true }, "transport_socket": tls() }, { "match": {} }] });
        let cluster = Cluster::new(&cluster, &mut Patterns::default()).expect("a cluster");
        assert_eq!(cluster.socket(&assignment(addresses), proxied).tls().is_some(), want);
        assert_eq!(cluster.uris().collect::<Vec<_>>(), ["spiffe://td/ns/shop/sa/api"]);
    }

    fn tls() -> Value {
        let name = json!({ "san_type": "URI", "matcher": { "exact": "spiffe://td/ns/shop/sa/api" } });
        let context = json!({ "tls_certificate_sds_secret_configs": [{ "name": "identity" }], "combined_validation_context": {
            "default_validation_context": { "match_typed_subject_alt_names": [name] }, "validation_context_sds_secret_config": { "name": "trust" } } });
        let message = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
        json!({ "typed_config": { "@type": message, "common_tls_context": context } })
    }

    #[test_case(json!({ "type": "LOGICAL_DNS" }) ; "kind")]
    #[test_case(json!({ "type": "EDS", "eds_cluster_config": { "service_name": "x" } }) ; "assignment of another name")]
    #[test_case(json!({ "type": "EDS", "health_checks": [{}] }) ; "field")]
    #[test_case(json!({ "type": "STATIC", "load_assignment": { "endpoints": [{ "priority": 1 }] } }) ; "priorities")]
    fn not_modelled(cluster: Value) {
        assert!(Cluster::new(&cluster, &mut Patterns::default()).is_err());
    }
}
