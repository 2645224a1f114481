//! What a certificate that signs others must say about itself.

use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_KEY_USAGE, OID_X509_EXT_NAME_CONSTRAINTS,
    OID_X509_EXT_SUBJECT_ALT_NAME, Oid,
};

use crate::certificate::{serial, sole_uri};
use crate::name_constraints;
use crate::path::PathError;
use crate::trust_domain::TrustDomain;

/// Everything that is read here and elsewhere of this crate.
const UNDERSTOOD: [Oid<'static>; 5] = [
    OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_NAME_CONSTRAINTS,
];

/// Whether each of these may sign the one before it, and all vouch for workloads of the trust domain. The first one signs leafs.
pub(crate) fn check(signers: &[X509Certificate<'_>], trust_domain: &TrustDomain) -> Result<(), PathError> {
    for (below, certificate) in signers.iter().enumerate() {
        check_critical(certificate)?;
        check_signer(certificate, below)?;
        check_name(certificate, trust_domain)?;
    }
    Ok(())
}

/// Whether everything that must be understood is.
pub(crate) fn check_critical(certificate: &X509Certificate<'_>) -> Result<(), PathError> {
    match certificate.extensions().iter().find(|extension| extension.critical && !UNDERSTOOD.contains(&extension.oid)) {
        Some(extension) => Err(PathError::Critical { serial: serial(certificate), oid: extension.oid.to_id_string() }),
        None => Ok(()),
    }
}

fn check_signer(certificate: &X509Certificate<'_>, below: usize) -> Result<(), PathError> {
    let broken = |_| PathError::Malformed { serial: serial(certificate) };
    let constraints = certificate.basic_constraints().map_err(broken)?.map(|extension| extension.value);
    let usage = certificate.key_usage().map_err(broken)?;
    let Some(constraints) = constraints.filter(|it| it.ca && usage.is_some_and(|usage| usage.value.key_cert_sign())) else {
        return Err(PathError::NotCa { serial: serial(certificate) });
    };
    if constraints.path_len_constraint.is_some_and(|allowed| u64::from(allowed) < below as u64) {
        return Err(PathError::PathLength { serial: serial(certificate), below });
    }
    let purpose = certificate.extended_key_usage().map_err(broken)?.map(|extension| extension.value);
    if !purpose.is_none_or(|it| it.any || it.server_auth && it.client_auth) {
        return Err(PathError::Purpose { serial: serial(certificate) });
    }
    Ok(())
}

/// A signer that names a trust domain as its own signs for no other.
fn check_name(certificate: &X509Certificate<'_>, trust_domain: &TrustDomain) -> Result<(), PathError> {
    let foreign = sole_uri(certificate).is_some_and(|uri| uri.starts_with("spiffe://") && uri != trust_domain.uri());
    if foreign || !name_constraints::permit(certificate, trust_domain)? {
        return Err(PathError::Name { serial: serial(certificate), name: trust_domain.to_string() });
    }
    Ok(())
}
