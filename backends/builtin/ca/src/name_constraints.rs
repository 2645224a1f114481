//! Name constraints (RFC 5280, 4.2.1.10) on the one kind of name that workloads have: a URI whose host is the trust domain.

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, GeneralSubtree};

use crate::certificate::serial;
use crate::path::PathError;
use crate::trust_domain::TrustDomain;

/// Whether a signer may vouch for names of the trust domain. Constraints on other kinds of names do not bear on it.
pub(crate) fn permit(certificate: &X509Certificate<'_>, trust_domain: &TrustDomain) -> Result<bool, PathError> {
    let broken = || PathError::Malformed { serial: serial(certificate) };
    let Some(constraints) = certificate.name_constraints().map_err(|_| broken())? else { return Ok(true) };
    let permitted = hosts(constraints.value.permitted_subtrees.as_deref()).ok_or_else(broken)?;
    let excluded = hosts(constraints.value.excluded_subtrees.as_deref()).ok_or_else(broken)?;
    let host = trust_domain.as_str();
    let inside = permitted.is_empty() || permitted.iter().any(|constraint| includes(constraint, host));
    Ok(inside && !excluded.iter().any(|constraint| includes(constraint, host)))
}

/// The constraints on URIs; none where one of the list cannot be read.
fn hosts<'c>(subtrees: Option<&[GeneralSubtree<'c>]>) -> Option<Vec<&'c str>> {
    let mut hosts = Vec::new();
    for subtree in subtrees.unwrap_or_default() {
        match subtree.base {
            GeneralName::URI(host) => hosts.push(host),
            GeneralName::Invalid(..) => return None,
            _ => {}
        }
    }
    Some(hosts)
}

/// A leading dot means every host below, and not the host itself.
fn includes(constraint: &str, host: &str) -> bool {
    let constraint = constraint.to_ascii_lowercase();
    if constraint.starts_with('.') { host.len() > constraint.len() && host.ends_with(&constraint) } else { host == constraint }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("cluster.local", "cluster.local", true)]
    #[test_case("Cluster.Local", "cluster.local", true; "any case")]
    #[test_case("cluster.local", "a.cluster.local", false; "not below")]
    #[test_case(".cluster.local", "a.cluster.local", true; "below")]
    #[test_case(".cluster.local", "cluster.local", false; "not itself")]
    #[test_case(".local", "notlocal", false; "whole labels")]
    #[test_case("", "cluster.local", false; "nothing")]
    fn a_constraint_includes_hosts(constraint: &str, host: &str, included: bool) {
        assert_eq!(includes(constraint, host), included);
    }
}
