//! Mutual TLS of the mesh: TLS 1.3, certificates and trust from the agent beside the proxy.

use serde_json::{Value, json};

use super::extension;
use crate::message::message;

/// What a caller offers where requests are read on the other side; it chooses the chain there, and is not agreed on.
pub(crate) const ALPN_HTTP: &str = "meshglot";
/// What a caller offers where bytes are passed on.
pub(crate) const ALPN_TCP: &str = "meshglot-tcp";

/// At the caller. The server must be one of `sans`, which are sorted.
pub(crate) fn upstream(alpn: &str, sans: &[String], trust_domain: &str) -> Value {
    let context = common(&[alpn], one_of(sans, trust_domain));
    let message = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    extension("envoy.transport_sockets.tls", message, message! { "common_tls_context": context })
}

/// At the server. A certificate of the mesh is always asked for, on permissive ports too: whoever has none comes
/// without TLS. `validation`: everybody of the mesh, or [`one_of`].
pub(crate) fn downstream(validation: Value) -> Value {
    let message = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";
    let fields = message! {
        // Not `ALPN_HTTP`: what is agreed on would be Envoy's protocol, and HTTP/1.1 where it is neither of the last two. Without an
        // agreement it looks at the first bytes, so that HTTP/2 comes through. These two are for callers that are not of this mesh
        // but have a certificate of it.
        "common_tls_context": common(&[ALPN_TCP, "h2", "http/1.1"], validation),
        "require_client_certificate": true,
        "disable_stateless_session_resumption": true,
        "disable_stateful_session_resumption": true,
    };
    extension("envoy.transport_sockets.tls", message, fields)
}

/// The other side must be one of `sans`, which are sorted; none would take every certificate of the mesh, so
/// somebody who cannot exist is written then.
pub(crate) fn one_of<'s>(sans: impl IntoIterator<Item = &'s String>, trust_domain: &str) -> Value {
    let name = |san: &str| json!({ "san_type": "URI", "matcher": { "exact": san } });
    let mut names: Vec<Value> = sans.into_iter().map(|san| name(san)).collect();
    if names.is_empty() {
        names.push(name(&format!("spiffe://{trust_domain}/none")));
    }
    message! { "match_typed_subject_alt_names": names }
}

/// No TLS.
pub(crate) fn plain() -> Value {
    extension("envoy.transport_sockets.raw_buffer", "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer", json!({}))
}

fn common(alpn: &[&str], validation: Value) -> Value {
    message! {
        // The maximum too: Envoy's own ends at 1.2 for callers, and then no handshake succeeds.
        "tls_params": json!({ "tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3" }),
        "alpn_protocols": alpn,
        "tls_certificate_sds_secret_configs": vec![by_agent("identity")],
        "combined_validation_context": message! {
            "default_validation_context": validation,
            "validation_context_sds_secret_config": by_agent("trust"),
        },
    }
}

/// A secret that never travels over the control plane's stream.
fn by_agent(secret: &str) -> Value {
    json!({
        "name": secret,
        "sds_config": {
            "api_config_source": {
                "api_type": "GRPC",
                "transport_api_version": "V3",
                "grpc_services": [{ "envoy_grpc": { "cluster_name": "meshglot-agent" } }],
            },
            "resource_api_version": "V3",
        },
    })
}
