//! TLS on both sides. What is proven is the process's own; a resource says to whom, and in its only legal form how.

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::extensions::transport_sockets::raw_buffer::v3::RawBuffer;
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3 as tls;

use super::any;
use super::at::{At, open};
use super::known::Known;
use super::matching;
use super::refusal::Refusal;
use super::source;
use super::value;
use crate::table::{ClientTls, ServerTls, Sessions, TextMatch};

const SOCKET: &str = "envoy.transport_sockets.tls";

/// A socket that ends TLS.
pub(super) fn server(at: &At<'_>, socket: core::TransportSocket, known: &mut Known<'_>) -> Result<ServerTls, Refusal> {
    let context: tls::DownstreamTlsContext = typed(at, socket, SOCKET)?;
    let at = &at.field("typed_config");
    open!(at, context => tls::DownstreamTlsContext {
        common_tls_context, require_client_certificate, disable_stateful_session_resumption, session_ticket_keys_type,
    } unset { require_sni, session_timeout, ocsp_staple_policy, full_scan_certs_on_sni_mismatch, prefer_client_ciphers });
    value::switch(at, "require_client_certificate", require_client_certificate, true)?;
    use tls::downstream_tls_context::SessionTicketKeysType;
    let has_tickets = match session_ticket_keys_type {
        Some(SessionTicketKeysType::DisableStatelessSessionResumption(disabled)) => !disabled,
        Some(SessionTicketKeysType::SessionTicketKeys(_)) => return Err(at.unread("session_ticket_keys")),
        Some(SessionTicketKeysType::SessionTicketKeysSdsSecretConfig(_)) => {
            return Err(at.unread("session_ticket_keys_sds_secret_config"));
        }
        None => true,
    };
    let sessions = match (has_tickets, disable_stateful_session_resumption) {
        (true, _) => Sessions::Tickets,
        (false, false) => Sessions::Kept,
        (false, true) => Sessions::None,
    };
    let (alpn, peers) = common(at, common_tls_context, known)?;
    Ok(ServerTls { alpn, peers, sessions })
}

/// A socket that begins TLS.
pub(super) fn client(at: &At<'_>, socket: core::TransportSocket, known: &mut Known<'_>) -> Result<ClientTls, Refusal> {
    let context: tls::UpstreamTlsContext = typed(at, socket, SOCKET)?;
    let at = &at.field("typed_config");
    open!(at, context => tls::UpstreamTlsContext { common_tls_context }
        unset { sni, auto_host_sni, auto_sni_san_validation, allow_renegotiation, max_session_keys, enforce_rsa_key_usage });
    let (alpn, peers) = common(at, common_tls_context, known)?;
    if peers.is_empty() {
        let path = at.field("common_tls_context");
        let path = path.field("combined_validation_context");
        let path = path.field("default_validation_context");
        return Err(path.field("match_typed_subject_alt_names").refuse("is empty: every certificate of the mesh would do as the server's"));
    }
    Ok(ClientTls { alpn, peers })
}

/// A socket without TLS.
pub(super) fn plain(at: &At<'_>, socket: core::TransportSocket) -> Result<(), Refusal> {
    let RawBuffer {} = typed(at, socket, "envoy.transport_sockets.raw_buffer")?;
    Ok(())
}

fn typed<M: prost::Message + prost::Name + Default>(at: &At<'_>, socket: core::TransportSocket, legal: &str) -> Result<M, Refusal> {
    let core::TransportSocket { name, config_type } = socket;
    let config = config_type.map(|core::transport_socket::ConfigType::TypedConfig(config)| config);
    any::extension(at, &name, legal, config.as_ref())
}

/// What both sides say: what is offered, and who the other has to be.
fn common(at: &At<'_>, context: Option<tls::CommonTlsContext>, known: &mut Known<'_>) -> Result<(Vec<Vec<u8>>, Vec<TextMatch>), Refusal> {
    let (context, at) = (at.needed("common_tls_context", context)?, &at.field("common_tls_context"));
    open!(at, context => tls::CommonTlsContext {
        tls_params, tls_certificate_sds_secret_configs, alpn_protocols, validation_context_type,
    } unset {
        tls_certificates, tls_certificate_provider_instance, custom_tls_certificate_selector, tls_certificate_certificate_provider,
        tls_certificate_certificate_provider_instance, custom_handshaker, key_log,
    });
    parameters(at, tls_params)?;
    let path = at.field("tls_certificate_sds_secret_configs");
    let count = tls_certificate_sds_secret_configs.len();
    let Ok([identity]) = <[_; 1]>::try_from(tls_certificate_sds_secret_configs) else {
        return Err(path.refuse(format!("has to be one secret, not {count}")));
    };
    secret(&path.index(0), identity, "identity")?;
    let path = at.field("alpn_protocols");
    let alpn = alpn_protocols.into_iter().enumerate().map(|(index, protocol)| match protocol.len() {
        1..=255 => Ok(protocol.into_bytes()),
        _ => Err(path.index(index).refuse("has to have 1 to 255 bytes")),
    });
    Ok((alpn.collect::<Result<_, _>>()?, validation(at, validation_context_type, known)?))
}

fn parameters(at: &At<'_>, parameters: Option<tls::TlsParameters>) -> Result<(), Refusal> {
    let (parameters, at) = (at.needed("tls_params", parameters)?, &at.field("tls_params"));
    open!(at, parameters => tls::TlsParameters { tls_minimum_protocol_version, tls_maximum_protocol_version }
        unset { cipher_suites, ecdh_curves, signature_algorithms, compliance_policies });
    let is_newest = |version: i32| version == tls::tls_parameters::TlsProtocol::TlSv13 as i32;
    at.has_to("tls_minimum_protocol_version", is_newest(tls_minimum_protocol_version), "TLSv1_3")?;
    at.has_to("tls_maximum_protocol_version", is_newest(tls_maximum_protocol_version), "TLSv1_3")
}

fn secret(at: &At<'_>, secret: tls::SdsSecretConfig, legal: &str) -> Result<(), Refusal> {
    let tls::SdsSecretConfig { name, sds_config } = secret;
    at.has_to("name", name == legal, legal)?;
    source::agent(at, "sds_config", sds_config)
}

/// Who the other side has to be; empty: anybody whom the roots vouch for.
fn validation(
    at: &At<'_>,
    validation: Option<tls::common_tls_context::ValidationContextType>,
    known: &mut Known<'_>,
) -> Result<Vec<TextMatch>, Refusal> {
    use tls::common_tls_context::{CombinedCertificateValidationContext, ValidationContextType};
    let combined = match validation {
        Some(ValidationContextType::CombinedValidationContext(combined)) => combined,
        Some(ValidationContextType::ValidationContext(_)) => return Err(at.unread("validation_context")),
        Some(ValidationContextType::ValidationContextSdsSecretConfig(_)) => {
            return Err(at.unread("validation_context_sds_secret_config"));
        }
        Some(ValidationContextType::ValidationContextCertificateProvider(_)) => {
            return Err(at.unread("validation_context_certificate_provider"));
        }
        Some(ValidationContextType::ValidationContextCertificateProviderInstance(_)) => {
            return Err(at.unread("validation_context_certificate_provider_instance"));
        }
        None => return Err(at.field("combined_validation_context").refuse("is missing")),
    };
    let at = &at.field("combined_validation_context");
    open!(at, combined => CombinedCertificateValidationContext { default_validation_context, validation_context_sds_secret_config }
        unset { validation_context_certificate_provider, validation_context_certificate_provider_instance });
    let field = "validation_context_sds_secret_config";
    secret(&at.field(field), at.needed(field, validation_context_sds_secret_config)?, "trust")?;
    let (own, at) = (at.needed("default_validation_context", default_validation_context)?, &at.field("default_validation_context"));
    open!(at, own => tls::CertificateValidationContext { match_typed_subject_alt_names } unset {
        trusted_ca, ca_certificate_provider_instance, system_root_certs, watched_directory, verify_certificate_spki,
        verify_certificate_hash, match_subject_alt_names, require_signed_certificate_timestamp, crl, allow_expired_certificate,
        trust_chain_verification, custom_validator_config, only_verify_leaf_cert_crl, max_verify_depth, suppress_client_ca_list,
    });
    let path = at.field("match_typed_subject_alt_names");
    let names = match_typed_subject_alt_names.into_iter().enumerate();
    names.map(|(index, name)| self::name(&path.index(index), name, known)).collect()
}

fn name(at: &At<'_>, name: tls::SubjectAltNameMatcher, known: &mut Known<'_>) -> Result<TextMatch, Refusal> {
    open!(at, name => tls::SubjectAltNameMatcher { san_type, matcher } unset { oid });
    at.has_to("san_type", san_type == tls::subject_alt_name_matcher::SanType::Uri as i32, "URI")?;
    matching::text(&at.field("matcher"), at.needed("matcher", matcher)?, known)
}
