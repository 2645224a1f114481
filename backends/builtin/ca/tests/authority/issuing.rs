//! What is in a certificate.

use meshglot_ca::{Authority, Certificate, IssueError, Lifetime, ValidityError, verify};
use time::Duration;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate, X509Version};

use crate::harness::{authority, csr, domain, issue, now, web};

#[test]
fn a_leaf_is_an_x509_svid() {
    let authority = authority();
    let issued = issue(&authority, now());
    let (_, leaf) = X509Certificate::from_der(issued.leaf().der()).expect("a certificate");
    let (_, root) = X509Certificate::from_der(authority.signing_certificate().der()).expect("a certificate");
    assert_eq!(leaf.version(), X509Version::V3);
    assert_eq!(leaf.subject().iter().count(), 0, "the subject is empty");
    let names = leaf.subject_alternative_name().expect("readable").expect("there");
    assert!(names.critical);
    assert_eq!(names.value.general_names, [GeneralName::URI("spiffe://cluster.local/ns/shop/sa/web")]);
    let usage = leaf.key_usage().expect("readable").expect("there");
    assert!(usage.critical && usage.value.flags == 1, "digitalSignature alone");
    let purpose = leaf.extended_key_usage().expect("readable").expect("there").value;
    assert!(purpose.server_auth && purpose.client_auth && !purpose.any && purpose.other.is_empty());
    assert!(!leaf.basic_constraints().expect("readable").expect("there").value.ca);
    let own = leaf.iter_extensions().find_map(|it| match it.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    });
    assert!(own.is_some());
    let issuer = leaf.iter_extensions().find_map(|it| match it.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(id) => id.key_identifier.as_ref().map(|id| id.0.to_vec()),
        _ => None,
    });
    let signer = root.iter_extensions().find_map(|it| match it.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0.to_vec()),
        _ => None,
    });
    assert!(issuer.is_some() && issuer == signer);
    assert_eq!(issued.chain(), [issued.leaf().clone()], "the own root signs itself");
    assert_eq!(verify(&issued.chain(), issued.bundle(), now()), Ok(web()));
}

#[test]
fn an_own_root_is_a_ca_of_the_trust_domain_for_ten_years() {
    let authority = authority();
    let (_, root) = X509Certificate::from_der(authority.signing_certificate().der()).expect("a certificate");
    let constraints = root.basic_constraints().expect("readable").expect("there");
    assert!(constraints.critical && constraints.value.ca && constraints.value.path_len_constraint == Some(0));
    assert!(root.key_usage().expect("readable").expect("there").value.key_cert_sign());
    let names = root.subject_alternative_name().expect("readable").expect("there");
    assert_eq!(names.value.general_names, [GeneralName::URI("spiffe://cluster.local")]);
    assert_eq!(authority.ends(), now() + Duration::days(3650));
    root.verify_signature(None).expect("self-signed");
}

#[test]
fn the_life_is_the_lifetime_and_a_minute_before() {
    let mut authority = authority();
    let leaf = issue(&authority, now() + Duration::milliseconds(900)).leaf().clone();
    assert_eq!((leaf.not_before(), leaf.not_after()), (now() - Duration::MINUTE, now() + Duration::DAY));
    authority.set_lifetime(Lifetime::MIN);
    assert_eq!(issue(&authority, now()).leaf().not_after(), now() + Duration::minutes(5));
}

#[test]
fn no_leaf_outlives_the_authority() {
    let authority = authority();
    let late = authority.ends() - Duration::HOUR;
    assert_eq!(issue(&authority, late).leaf().not_after(), authority.ends());
}

#[test]
fn an_authority_signs_in_its_life_only() {
    let authority = authority();
    let asked = |now| authority.issue(&csr(), &web(), now);
    let late = authority.ends() + Duration::SECOND;
    assert!(matches!(asked(late), Err(IssueError::Authority(ValidityError::Expired { .. }))));
    let early = now() - Duration::minutes(2);
    assert!(matches!(asked(early), Err(IssueError::Authority(ValidityError::NotYetValid { .. }))));
    assert!(asked(late).expect_err("expired").to_string().contains("rotate it"));
}

#[test]
fn an_authority_signs_for_its_trust_domain_only() {
    let other = Authority::new("other".parse().expect("a trust domain"), now()).expect("an authority");
    assert!(matches!(other.issue(&csr(), &web(), now()), Err(IssueError::TrustDomain { .. })));
    assert_eq!(*authority().trust_domain(), domain());
}

#[test]
fn serial_numbers_are_long_and_never_the_same() {
    let authority = authority();
    let mut serials: Vec<_> = (0..50).map(|_| issue(&authority, now()).leaf().serial()).collect();
    assert!(serials.iter().all(|serial| (26..=34).contains(&serial.len())), "{serials:?}");
    serials.sort();
    serials.dedup();
    assert_eq!(serials.len(), 50);
}

#[test]
fn pem_says_the_same_as_der() {
    let issued = issue(&authority(), now());
    assert_eq!(Certificate::from_pem(&issued.chain_pem()).expect("certificates"), issued.chain());
    assert_eq!(Certificate::from_pem(&issued.bundle_pem()).expect("certificates"), issued.bundle());
    assert_eq!(issued.leaf().spiffe_id(), Ok(web()));
}
