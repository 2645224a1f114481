//! What both data planes are given, made by hand in the very form that the goldens have.

mod cluster;
mod listener;
mod routes;

use meshglot_translator::render::{ObjectId, RenderedObject};
use serde_json::{Value, json};

pub(crate) use cluster::{application, assigned, assigned_to, constants};
pub(crate) use listener::{bytes, explicit, inbound};
pub(crate) use routes::{by_host, guarded, open, policy, to_cluster};

/// The owner of resources that every workload reads.
pub(crate) const SHARED: &str = "shared";

/// The trust domain of all identities here.
pub(crate) const TRUST_DOMAIN: &str = "cluster.local";

/// The SPIFFE ID of a workload `NAMESPACE/NAME`.
pub(crate) fn spiffe(workload: &str) -> String {
    let (namespace, name) = workload.split_once('/').expect("a workload has a namespace");
    format!("spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{name}")
}

fn object(workload: &str, (package, kind): (&str, &str), name: &str, resource: Value) -> RenderedObject {
    let type_url = format!("type.googleapis.com/envoy.config.{package}.v3.{kind}");
    let body = json!({ "workload": workload, "@type": type_url, "resource": resource });
    let id = ObjectId { api_version: type_url, kind: kind.to_owned(), namespace: workload.to_owned(), name: name.to_owned() };
    RenderedObject::plain(id, &body, Vec::new(), Vec::new())
}

/// A filter, transport socket or log with its typed configuration.
fn extension(name: &str, message: &str, fields: Value) -> Value {
    json!({ "name": name, "typed_config": typed(message, fields) })
}

fn typed(message: &str, mut fields: Value) -> Value {
    fields["@type"] = format!("type.googleapis.com/{message}").into();
    fields
}

fn ads() -> Value {
    json!({ "ads": {}, "resource_api_version": "V3" })
}

fn address(port: u16) -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": port } })
}

/// What both ends of mutual TLS have in common.
fn tls(alpn: &[&str], validation: Value) -> Value {
    let by_agent = |name: &str| {
        let source = json!({
            "api_type": "GRPC",
            "transport_api_version": "V3",
            "grpc_services": [{ "envoy_grpc": { "cluster_name": "meshglot-agent" } }],
        });
        json!({ "name": name, "sds_config": { "api_config_source": source, "resource_api_version": "V3" } })
    };
    json!({
        "tls_params": { "tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3" },
        "alpn_protocols": alpn,
        "tls_certificate_sds_secret_configs": [by_agent("identity")],
        "combined_validation_context": {
            "default_validation_context": validation,
            "validation_context_sds_secret_config": by_agent("trust"),
        },
    })
}
