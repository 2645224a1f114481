//! Transport sockets: what is spoken on a connection, and whom each end takes the other for.

use serde_json::Value;

use super::fields::{Fields, Read, any};
use super::identity::Peer;
use super::matcher::{Patterns, Text};

/// A transport socket.
#[derive(Debug)]
pub(super) enum Socket {
    /// No TLS.
    Plain,
    /// Mutual TLS.
    Tls(Tls),
}

/// One end of mutual TLS.
#[derive(Debug)]
pub(super) struct Tls {
    /// Lowest and highest version, as the digit after `1.`.
    versions: (u8, u8),
    /// In the order offered.
    pub(super) alpn: Vec<String>,
    /// Exactly these URIs may be at the other end; none: any certificate of the trust bundle.
    names: Vec<Text>,
    /// The exact ones among them.
    pub(super) uris: Vec<String>,
}

const UPSTREAM: &str = "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
const DOWNSTREAM: &str = "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext";

impl Socket {
    /// Reads a `TransportSocket`; absent is plain.
    pub(super) fn new(value: &Value, downstream: bool, patterns: &mut Patterns) -> Read<Self> {
        if value.is_null() {
            return Ok(Self::Plain);
        }
        let mut socket = Fields::of(value)?;
        socket.skip(&["name"]);
        let (message, mut fields) = Fields::typed(socket.take("typed_config"))?;
        socket.done()?;
        match message {
            "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer" => {}
            UPSTREAM if !downstream => {
                let tls = Tls::new(fields.take("common_tls_context"), 2, patterns)?;
                return fields.done().map(|()| Self::Tls(tls));
            }
            DOWNSTREAM if downstream => {
                if !fields.flag("require_client_certificate")? {
                    return Err("TLS without a certificate of the caller is not modelled".to_owned());
                }
                fields.skip(&["disable_stateless_session_resumption", "disable_stateful_session_resumption"]);
                let tls = Tls::new(fields.take("common_tls_context"), 3, patterns)?;
                return fields.done().map(|()| Self::Tls(tls));
            }
            other => return Err(format!("transport socket {other} is not modelled")),
        }
        fields.done().map(|()| Self::Plain)
    }

    /// Its TLS, if it has any.
    pub(super) fn tls(&self) -> Option<&Tls> {
        match self {
            Self::Plain => None,
            Self::Tls(tls) => Some(tls),
        }
    }
}

impl Tls {
    /// `highest`: Envoy's default, which is not the same at both ends.
    fn new(context: &Value, highest: u8, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(context)?;
        let mut parameters = Fields::of(fields.take("tls_params"))?;
        let lowest = version(parameters.text("tls_minimum_protocol_version")?, 2)?;
        let highest = version(parameters.text("tls_maximum_protocol_version")?, highest)?;
        parameters.done()?;
        let alpn = fields.texts("alpn_protocols")?.into_iter().map(str::to_owned).collect();
        match fields.list("tls_certificate_sds_secret_configs")? {
            [one] => secret(one, "identity")?,
            _ => return Err("TLS without the certificate `identity` is not modelled".to_owned()),
        }
        let mut validation = Fields::of(fields.take("combined_validation_context"))?;
        secret(validation.take("validation_context_sds_secret_config"), "trust")?;
        let mut context = Fields::of(validation.take("default_validation_context"))?;
        let mut tls = Self { versions: (lowest, highest), alpn, names: Vec::new(), uris: Vec::new() };
        for name in context.list("match_typed_subject_alt_names")? {
            let mut name = Fields::of(name)?;
            if name.text("san_type")? != "URI" {
                return Err("names in certificates other than URIs are not modelled".to_owned());
            }
            let text = Text::new(name.take("matcher"), patterns)?;
            name.done()?;
            if let Text::Exact(uri) = &text {
                tls.uris.push(uri.clone());
            }
            tls.names.push(text);
        }
        context.done()?;
        validation.done()?;
        fields.done()?;
        Ok(tls)
    }

    /// Whether this end accepts that certificate.
    pub(super) fn accepts(&self, peer: &Peer) -> Read<bool> {
        if self.names.is_empty() {
            return Ok(peer.has_certificate());
        }
        peer.is(|id| any(self.names.iter().map(|name| name.matches(|| None, id))))
    }

    /// Whether both ends know a common version.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        self.versions.0.max(other.versions.0) <= self.versions.1.min(other.versions.1)
    }
}

fn version(word: &str, default: u8) -> Read<u8> {
    match word {
        "" | "TLS_AUTO" => Ok(default),
        "TLSv1_2" => Ok(2),
        "TLSv1_3" => Ok(3),
        other => Err(format!("{other} is not modelled")),
    }
}

/// A secret by its name; where it comes from is the proxy's business.
fn secret(config: &Value, name: &str) -> Read<()> {
    let mut fields = Fields::of(config)?;
    if fields.text("name")? != name {
        return Err(format!("TLS without the secret `{name}` is not modelled"));
    }
    fields.skip(&["sds_config"]);
    fields.done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn context(params: &Value, names: &Value) -> Value {
        json!({ "tls_params": params, "alpn_protocols": ["meshglot"], "tls_certificate_sds_secret_configs": [{ "name": "identity" }],
            "combined_validation_context": { "default_validation_context": { "match_typed_subject_alt_names": names },
                "validation_context_sds_secret_config": { "name": "trust" } } })
    }

    fn tls(params: Value, names: Value, highest: u8) -> Read<Tls> {
        Tls::new(&context(&params, &names), highest, &mut Patterns::default())
    }

    #[test_case(json!([]), Some(true) ; "no list takes everybody of the bundle")]
    #[test_case(json!([{ "san_type": "URI", "matcher": { "exact": "spiffe://td/none" } }]), Some(false) ; "nobody")]
    #[test_case(json!([{ "san_type": "URI", "matcher": { "prefix": "spiffe://td/" } }]), Some(true) ; "listed")]
    #[test_case(json!([{ "san_type": "DNS", "matcher": { "exact": "x" } }]), None ; "other names")]
    fn names(names: Value, want: Option<bool>) {
        let web = Peer::of(vec!["spiffe://td/ns/shop/sa/web".to_owned()]);
        assert_eq!(tls(json!({}), names, 3).and_then(|tls| tls.accepts(&web)).ok(), want);
    }

    #[test]
    fn envoys_default_ends_at_1_2_for_callers() {
        let new = |params: Value, highest| tls(params, json!([]), highest).expect("a context");
        let server = new(json!({ "tls_minimum_protocol_version": "TLSv1_3" }), 3);
        assert!(!new(json!({}), 2).agrees_with(&server));
        assert!(new(json!({ "tls_maximum_protocol_version": "TLSv1_3" }), 2).agrees_with(&server));
    }
}
