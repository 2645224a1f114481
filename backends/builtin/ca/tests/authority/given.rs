//! Intermediates that somebody else issued.

use meshglot_ca::{Authority, CaError, Certificate, CertificateError, Intermediate, KeyError, PathError, ValidityError, chain_pem, verify};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose};
use time::Duration;

use crate::harness::{Other, below, ca_params, domain, issue, now, p256, read, root, uri, web};

fn given(chain: &[&Other], roots: &[&Other]) -> Result<Authority, CaError> {
    given_with(&chain[0].key().serialize_pem(), chain, roots)
}

fn given_with(key: &str, chain: &[&Other], roots: &[&Other]) -> Result<Authority, CaError> {
    let pem = |others: &[&Other]| others.iter().map(|other| other.pem()).collect::<String>();
    Authority::from_intermediate(domain(), Intermediate { chain: &pem(chain), key, roots: &pem(roots) }, now())
}

/// An intermediate with one thing changed, below a good root.
fn changed(change: impl FnOnce(&mut CertificateParams)) -> Result<Authority, CaError> {
    let root = root();
    let mut params = ca_params("intermediate");
    change(&mut params);
    given(&[&below(&root, params)], &[&root])
}

#[test]
fn a_chain_of_two_signs_and_verifies() {
    let root = root();
    let upper = below(&root, ca_params("upper"));
    let lower = below(&upper, ca_params("lower"));
    let authority = given(&[&lower, &upper], &[&root]).expect("an authority");
    let issued = issue(&authority, now());
    assert_eq!(issued.chain(), [issued.leaf().clone(), read(&lower), read(&upper)], "without the root");
    assert_eq!(issued.bundle(), [read(&root)]);
    assert_eq!(verify(&issued.chain(), issued.bundle(), now()), Ok(web()));
    assert_eq!(authority.ends(), now() + Duration::days(30));
}

#[test]
fn a_root_at_the_end_of_the_chain_does_no_harm() {
    let root = root();
    let lower = below(&root, ca_params("lower"));
    let issued = issue(&given(&[&lower, &root], &[&root]).expect("an authority"), now());
    assert_eq!(issued.chain().len(), 2);
}

#[test]
fn a_p384_key_signs() {
    let root = root();
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("random numbers");
    let lower = Other::signed_by(ca_params("lower"), key, &root).expect("an intermediate");
    let issued = issue(&given(&[&lower], &[&root]).expect("an authority"), now());
    assert_eq!(verify(&issued.chain(), issued.bundle(), now()), Ok(web()));
}

#[test]
fn leafs_end_with_the_first_certificate_above() {
    let root = root();
    let mut params = ca_params("intermediate");
    params.not_after = now() + Duration::hours(2);
    let issued = issue(&given(&[&below(&root, params)], &[&root]).expect("an authority"), now());
    assert_eq!(issued.leaf().not_after(), now() + Duration::hours(2));
}

#[test]
fn the_key_must_be_that_of_the_first_certificate() {
    let root = root();
    let lower = below(&root, ca_params("lower"));
    assert_eq!(given_with(&p256().serialize_pem(), &[&lower], &[&root]).err(), Some(CaError::KeyMismatch));
    let other = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("random numbers");
    assert_eq!(given_with(&other.serialize_pem(), &[&lower], &[&root]).err(), Some(CaError::Key(KeyError::Kind)));
}

#[test]
fn the_chain_must_link_up_to_a_given_root() {
    let (ours, other) = (root(), root());
    let upper = below(&ours, ca_params("upper"));
    let lower = below(&upper, ca_params("lower"));
    assert!(matches!(given(&[&lower, &upper], &[&other]), Err(CaError::Path(PathError::NoRoot { .. }))));
    assert!(matches!(given(&[&lower], &[&ours]), Err(CaError::Path(PathError::NoRoot { .. }))), "one is missing");
    let stranger = below(&other, ca_params("upper"));
    assert!(matches!(given(&[&lower, &stranger], &[&other]), Err(CaError::Path(PathError::NotLinked { .. }))), "same name, other key");
}

#[test]
fn it_must_be_a_ca_that_signs_certificates() {
    let not_ca = |authority: Result<Authority, CaError>| matches!(authority, Err(CaError::Path(PathError::NotCa { .. })));
    assert!(not_ca(changed(|params| params.is_ca = IsCa::ExplicitNoCa)));
    assert!(not_ca(changed(|params| params.is_ca = IsCa::NoCa)));
    assert!(not_ca(changed(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign])));
    assert!(not_ca(changed(|params| params.key_usages = Vec::new())));
    let other_use = changed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]);
    assert!(matches!(other_use, Err(CaError::Path(PathError::Purpose { .. }))));
}

#[test]
fn path_lengths_are_kept() {
    let mut params = ca_params("root");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = Other::self_signed(params, p256()).expect("a root");
    let lower = below(&root, ca_params("lower"));
    assert!(matches!(given(&[&lower], &[&root]), Err(CaError::Path(PathError::PathLength { below: 1, .. }))));
}

#[test]
fn it_must_live_now() {
    let late = changed(|params| params.not_after = now() - Duration::SECOND);
    assert!(matches!(late, Err(CaError::Validity(ValidityError::Expired { .. }))));
    let early = changed(|params| params.not_before = now() + Duration::SECOND);
    assert!(matches!(early, Err(CaError::Validity(ValidityError::NotYetValid { .. }))));
}

#[test]
fn it_must_be_of_the_trust_domain() {
    assert!(changed(|params| params.subject_alt_names = vec![uri("spiffe://cluster.local")]).is_ok());
    let other = changed(|params| params.subject_alt_names = vec![uri("spiffe://elsewhere")]);
    assert!(matches!(other, Err(CaError::Path(PathError::Name { .. }))));
}

/// The extension with one permitted or excluded host for URIs.
fn constraint(tag: u8, host: &str) -> rcgen::CustomExtension {
    let wrap = |tag: u8, content: Vec<u8>| [vec![tag, u8::try_from(content.len()).expect("short")], content].concat();
    let der = wrap(0x30, wrap(tag, wrap(0x30, wrap(0x86, host.as_bytes().to_vec()))));
    let mut extension = rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 30], der);
    extension.set_criticality(true);
    extension
}

#[test]
fn name_constraints_are_kept() {
    let with = |tag, host| changed(|params| params.custom_extensions = vec![constraint(tag, host)]);
    let refused = |authority: Result<Authority, CaError>| matches!(authority, Err(CaError::Path(PathError::Name { .. })));
    assert!(with(0xa0, "cluster.local").is_ok());
    assert!(with(0xa0, ".local").is_ok());
    assert!(refused(with(0xa0, "elsewhere")));
    assert!(with(0xa1, "elsewhere").is_ok());
    assert!(refused(with(0xa1, "cluster.local")));
}

#[test]
fn critical_extensions_must_be_understood() {
    let unknown = changed(|params| {
        let mut extension = rcgen::CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        params.custom_extensions = vec![extension];
    });
    assert!(matches!(unknown, Err(CaError::Path(PathError::Critical { oid, .. })) if oid == "1.2.3.4"));
}

#[test]
fn a_key_among_the_certificates_is_found_without_showing_it() {
    let root = root();
    let key = root.key().serialize_pem();
    let given = Intermediate { chain: &(root.pem() + &key), key: &key, roots: &root.pem() };
    let error = Authority::from_intermediate(domain(), given, now()).expect_err("a key is no certificate");
    assert_eq!(error, CaError::Certificate(CertificateError::Label { label: "PRIVATE KEY".to_owned() }));
    assert_eq!(Certificate::from_pem("").err(), Some(CertificateError::Pem));
    assert_eq!(Certificate::from_pem(&chain_pem(&[read(&root)])).expect("one").len(), 1);
}

#[test]
fn its_name_must_be_one_that_can_be_repeated() {
    // A second organization, which the signing library would lose in the issuer of every leaf.
    let twice = changed(|params| params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 10]), "Another"));
    assert_eq!(twice.err(), Some(CaError::IssuerName));
}
