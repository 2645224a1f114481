//! What ServiceDefaults, ProxyDefaults and Mesh set: protocols, mutual TLS and the normalisation of paths.

use serde_json::Value;

use super::fields::{Fields, Read};
use super::path::{EscapedSlashes, Normalisation};

/// What a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Tcp,
    Http,
    Http2,
    Grpc,
}

/// `ServiceDefaults.spec` or `ProxyDefaults.spec`, as far as it decides anything.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// `None`: not set.
    pub(super) protocol: Option<Protocol>,
    /// `None`: not set.
    pub(super) permissive: Option<bool>,
    /// Paths are open without mutual TLS at ports of their own.
    pub(super) exposes: bool,
}

/// `Mesh.spec`, as far as it decides anything.
#[derive(Debug)]
pub(super) struct Mesh {
    pub(super) allows_permissive: bool,
    pub(super) normalisation: Normalisation,
    /// What becomes of headers with `_` in their names.
    pub(super) underscores: Underscores,
}

/// `headersWithUnderscoresAction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Underscores {
    Allow,
    /// 400.
    Reject,
    Drop,
}

impl Protocol {
    pub(super) fn is_http(self) -> bool {
        self != Self::Tcp
    }

    /// Empty is not set.
    fn read(name: &str) -> Read<Option<Self>> {
        match name.to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "tcp" => Ok(Some(Self::Tcp)),
            "http" => Ok(Some(Self::Http)),
            "http2" => Ok(Some(Self::Http2)),
            "grpc" => Ok(Some(Self::Grpc)),
            other => Err(format!("protocol {other:?} is not known")),
        }
    }
}

/// Fields of both kinds of defaults that do not change what becomes of a request: what is slow or too large is
/// not told here.
const HARMLESS: [&str; 10] = [
    "mode",
    "transparentProxy",
    "meshGateway",
    "accessLogs",
    "maxInboundConnections",
    "localConnectTimeoutMs",
    "localRequestTimeoutMs",
    "balanceInboundConnections",
    "maxRequestHeadersKB",
    "meta",
];

/// Keys of the opaque `config` that change nothing either; the others can replace whole listeners.
const HARMLESS_CONFIG: [&str; 14] = [
    "connect_timeout_ms",
    "local_connect_timeout_ms",
    "local_request_timeout_ms",
    "max_inbound_connections",
    "envoy_prometheus_bind_addr",
    "envoy_stats_bind_addr",
    "envoy_ready_bind_address",
    "envoy_ready_bind_port",
    "envoy_statsd_url",
    "envoy_dogstatsd_url",
    "envoy_stats_tags",
    "envoy_stats_flush_interval",
    "envoy_tracing_json",
    "envoy_telemetry_collector_bind_socket_dir",
];

impl Defaults {
    /// The `spec` of a ServiceDefaults.
    pub(super) fn of_service(spec: &Value) -> Read<Self> {
        let mut fields = Fields::of(spec)?;
        let protocol = Protocol::read(fields.text("protocol")?)?;
        upstreams(fields.take("upstreamConfig"))?;
        Self::rest(fields, protocol)
    }

    /// The `spec` of a ProxyDefaults.
    pub(super) fn of_proxies(spec: &Value) -> Read<Self> {
        let mut fields = Fields::of(spec)?;
        let mut config = Fields::of(fields.take("config"))?;
        let protocol = Protocol::read(config.text("protocol")?)?;
        config.skip(&HARMLESS_CONFIG);
        config.done().map_err(|why| format!("config: {why}"))?;
        Self::rest(fields, protocol)
    }

    fn rest(mut fields: Fields<'_>, protocol: Option<Protocol>) -> Read<Self> {
        let permissive = match fields.text("mutualTLSMode")? {
            "" => None,
            "strict" => Some(false),
            "permissive" => Some(true),
            other => return Err(format!("the server refuses mutualTLSMode {other:?}")),
        };
        let mut expose = Fields::of(fields.take("expose"))?;
        let exposes = expose.flag("checks")? || !expose.list("paths")?.is_empty();
        expose.done()?;
        fields.skip(&HARMLESS);
        fields.done()?;
        Ok(Self { protocol, permissive, exposes })
    }
}

/// Limits and detection of outliers decide about overload, which is not told here; a limit of 0 and everything
/// else about upstreams can change where calls go.
fn upstreams(value: &Value) -> Read<()> {
    let mut fields = Fields::of(value)?;
    let defaults = fields.take("defaults");
    for upstream in std::iter::once(defaults).chain(fields.list("overrides")?) {
        let mut fields = Fields::of(upstream)?;
        let limits = fields.map("limits")?;
        if limits.iter().any(|(_, limit)| limit.as_f64() == Some(0.0)) {
            return Err("upstreamConfig: a limit of 0 is not modelled".to_owned());
        }
        fields.local()?;
        fields.skip(&["name", "connectTimeoutMs", "passiveHealthCheck", "meshGateway", "balanceOutboundConnections"]);
        fields.done().map_err(|why| format!("upstreamConfig: {why}"))?;
    }
    fields.done().map_err(|why| format!("upstreamConfig: {why}"))
}

impl Default for Mesh {
    fn default() -> Self {
        Self { allows_permissive: false, normalisation: Normalisation::DEFAULT, underscores: Underscores::Allow }
    }
}

impl Mesh {
    pub(super) fn read(spec: &Value) -> Read<Self> {
        let mut fields = Fields::of(spec)?;
        let allows_permissive = fields.flag("allowEnablingPermissiveMutualTLS")?;
        let mut http = Fields::of(fields.take("http"))?;
        let mut incoming = Fields::of(http.take("incoming"))?;
        let mut request = Fields::of(incoming.take("requestNormalization"))?;
        let normalisation = Normalisation {
            canonical: !request.flag("insecureDisablePathNormalization")?,
            merge_slashes: request.flag("mergeSlashes")?,
            escaped_slashes: match request.text("pathWithEscapedSlashesAction")? {
                "" | "IMPLEMENTATION_SPECIFIC_DEFAULT" | "KEEP_UNCHANGED" => EscapedSlashes::Keep,
                "REJECT_REQUEST" => EscapedSlashes::Reject,
                "UNESCAPE_AND_REDIRECT" => EscapedSlashes::Redirect,
                "UNESCAPE_AND_FORWARD" => EscapedSlashes::Forward,
                other => return Err(format!("the server refuses pathWithEscapedSlashesAction {other:?}")),
            },
        };
        let underscores = match request.text("headersWithUnderscoresAction")? {
            "" | "ALLOW" => Underscores::Allow,
            "REJECT_REQUEST" => Underscores::Reject,
            "DROP_HEADER" => Underscores::Drop,
            other => return Err(format!("the server refuses headersWithUnderscoresAction {other:?}")),
        };
        request.done()?;
        incoming.done()?;
        // It is about a header that rules cannot rely on anyway.
        http.skip(&["sanitizeXForwardedClientCert"]);
        http.done()?;
        fields.skip(&["transparentProxy", "tls", "peering", "validateClusters"]);
        fields.done()?;
        Ok(Self { allows_permissive, normalisation, underscores })
    }
}
