//! What Envoy reads at its start: who it is, where the control plane is, and where its secrets come from.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The service account that the control plane runs as; a proxy takes orders from nobody else.
pub const CONTROL_PLANE: &str = "ns/meshglot-system/sa/control-plane";

/// Everything that differs from one Envoy to the next.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// `NAMESPACE/WORKLOAD/INSTANCE`.
    pub id: String,
    /// The trust domain of the mesh.
    pub trust_domain: String,
    /// Where the control plane listens.
    pub control_plane: SocketAddr,
    /// The folder of this proxy: its sockets are made there. Only its user may enter it.
    pub folder: PathBuf,
}

/// A type of Envoy's.
const TLS: &str = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
const HTTP: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/// Rules may have regular expressions larger than Envoy takes by default, which would refuse the whole resource.
const REGEX_SIZE: u32 = 100_000;

impl Bootstrap {
    /// The socket over which the agent hands out secrets.
    pub fn agent_socket(&self) -> PathBuf {
        self.folder.join("agent.sock")
    }

    /// The socket of Envoy's own administration.
    pub fn admin_socket(&self) -> PathBuf {
        self.folder.join("admin.sock")
    }

    /// The document.
    pub fn document(&self) -> Value {
        let namespace = self.id.split('/').next().unwrap_or_default();
        json!({
            "node": { "id": self.id, "cluster": namespace },
            "admin": { "address": pipe(&self.admin_socket()) },
            "layered_runtime": { "layers": [{
                "name": "meshglot",
                "static_layer": { "re2.max_program_size.error_level": REGEX_SIZE },
            }] },
            "dynamic_resources": {
                "ads_config": {
                    "api_type": "DELTA_GRPC",
                    "transport_api_version": "V3",
                    "set_node_on_first_message_only": true,
                    "grpc_services": [grpc("meshglot-control")],
                },
                "cds_config": ads(),
                "lds_config": ads(),
            },
            "static_resources": { "clusters": [self.agent(), self.control()] },
        })
    }

    fn agent(&self) -> Value {
        cluster("meshglot-agent", pipe(&self.agent_socket()))
    }

    fn control(&self) -> Value {
        let address = json!({ "socket_address": {
            "address": self.control_plane.ip().to_string(),
            "port_value": self.control_plane.port(),
        } });
        let mut cluster = cluster("meshglot-control", address);
        let id = format!("spiffe://{}/{CONTROL_PLANE}", self.trust_domain);
        cluster["transport_socket"] = json!({ "name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": TLS,
            "common_tls_context": {
                // Envoy's client would end at 1.2.
                "tls_params": { "tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3" },
                "alpn_protocols": ["h2"],
                "tls_certificate_sds_secret_configs": [secret("identity")],
                "combined_validation_context": {
                    "default_validation_context": {
                        "match_typed_subject_alt_names": [{ "san_type": "URI", "matcher": { "exact": id } }],
                    },
                    "validation_context_sds_secret_config": secret("trust"),
                },
            },
        } });
        cluster
    }
}

fn cluster(name: &str, address: Value) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "typed_extension_protocol_options": { HTTP: {
            "@type": format!("type.googleapis.com/{HTTP}"),
            "explicit_http_config": { "http2_protocol_options": {
                // A control plane that is gone without a word is noticed.
                "connection_keepalive": { "interval": "30s", "timeout": "5s" },
            } },
        } },
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
        },
    })
}

fn secret(name: &str) -> Value {
    let source = json!({ "api_type": "GRPC", "transport_api_version": "V3", "grpc_services": [grpc("meshglot-agent")] });
    json!({ "name": name, "sds_config": { "api_config_source": source, "resource_api_version": "V3" } })
}

fn grpc(cluster: &str) -> Value {
    json!({ "envoy_grpc": { "cluster_name": cluster } })
}

fn ads() -> Value {
    // A proxy without its clusters and listeners is none: it waits for as long as it takes.
    json!({ "ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s" })
}

fn pipe(path: &Path) -> Value {
    json!({ "pipe": { "path": path.display().to_string(), "mode": 0o600 } })
}
