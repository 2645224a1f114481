//! What a proxy proves who it is with and what it trusts, in Envoy's words.

use envoy_types::pb::envoy::config::core::v3::{DataSource, data_source::Specifier};
use envoy_types::pb::envoy::extensions::transport_sockets::tls::v3::{CertificateValidationContext, Secret, TlsCertificate, secret::Type};
use meshglot_join::Held;

/// `identity` or `trust`, as listeners and clusters of this mesh name them.
pub(crate) fn named(held: &Held, name: &str) -> Option<Secret> {
    let kind = match name {
        "identity" => Type::TlsCertificate(TlsCertificate {
            certificate_chain: Some(inline(&held.chain_pem)),
            private_key: Some(inline(&held.key_pem)),
            ..TlsCertificate::default()
        }),
        "trust" => Type::ValidationContext(CertificateValidationContext {
            trusted_ca: Some(inline(&held.bundle_pem)),
            ..CertificateValidationContext::default()
        }),
        _ => return None,
    };
    Some(Secret { name: name.to_owned(), r#type: Some(kind) })
}

fn inline(text: &str) -> DataSource {
    DataSource { specifier: Some(Specifier::InlineString(text.to_owned())), ..DataSource::default() }
}
