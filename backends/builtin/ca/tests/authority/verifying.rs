//! What proves an identity, and what does not.

use meshglot_ca::{Certificate, CertificateError, PathError, ValidityError, VerifyError, verify};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use test_case::test_case;
use time::Duration;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::harness::{Other, authority, below, ca_params, issue, leaf_params, now, p256, read, root, sign, signed_bytes, uri, web};

fn changed(change: impl FnOnce(&mut CertificateParams)) -> Result<(), VerifyError> {
    let root = root();
    let mut params = leaf_params();
    change(&mut params);
    verify(&[sign(&root, &params)], &[read(&root)], now()).map(|id| assert_eq!(id, web()))
}

#[test]
fn the_leaf_that_others_are_changed_from_is_good() {
    assert_eq!(changed(|_| ()), Ok(()));
}

#[test]
fn a_leaf_is_good_in_its_life_only() {
    let issued = issue(&authority(), now());
    let at = |now| verify(&issued.chain(), issued.bundle(), now);
    let (begin, end) = (issued.leaf().not_before(), issued.leaf().not_after());
    assert!(at(begin).is_ok() && at(end).is_ok() && at(end + Duration::milliseconds(999)).is_ok());
    assert!(matches!(at(end + Duration::SECOND), Err(VerifyError::Validity(ValidityError::Expired { .. }))));
    assert!(matches!(at(begin - Duration::nanoseconds(1)), Err(VerifyError::Validity(ValidityError::NotYetValid { .. }))));
}

#[test]
fn the_bundle_of_another_mesh_proves_nothing() {
    let (one, other) = (authority(), authority());
    let chain = issue(&one, now()).chain();
    assert!(matches!(verify(&chain, &other.bundle(), now()), Err(VerifyError::Path(PathError::NoRoot { .. }))));
    assert!(matches!(verify(&chain, &[], now()), Err(VerifyError::Path(PathError::NoRoot { .. }))));
    assert_eq!(verify(&[], &one.bundle(), now()), Err(VerifyError::Path(PathError::Empty)));
    assert!(verify(&chain, &[other.bundle(), one.bundle()].concat(), now()).is_ok(), "any root of the bundle");
}

#[test]
fn a_root_with_the_same_name_proves_nothing() {
    let (ours, same_name) = (root(), root());
    let chain = [sign(&ours, &leaf_params())];
    assert!(matches!(verify(&chain, &[read(&same_name)], now()), Err(VerifyError::Path(PathError::NoRoot { .. }))));
    assert!(verify(&chain, &[read(&same_name), read(&ours)], now()).is_ok());
}

#[test]
fn no_byte_of_a_leaf_can_be_changed() {
    let issued = issue(&authority(), now());
    let der = issued.leaf().der();
    let (_, leaf) = X509Certificate::from_der(der).expect("a certificate");
    for at in signed_bytes(der, leaf.tbs_certificate.as_ref(), &leaf.signature_value.data) {
        let mut tampered = der.to_vec();
        tampered[at] ^= 1;
        let Ok(tampered) = Certificate::from_der(tampered) else { continue };
        assert!(verify(&[tampered], issued.bundle(), now()).is_err(), "byte {at}");
    }
}

#[test]
fn a_leaf_signs_nothing() {
    let issuer = root();
    let leaf = below(&issuer, leaf_params());
    let mut params = leaf_params();
    params.subject_alt_names = vec![uri("spiffe://cluster.local/ns/shop/sa/admin")];
    let chain = [sign(&leaf, &params), read(&leaf)];
    assert!(matches!(verify(&chain, &[read(&issuer)], now()), Err(VerifyError::Path(PathError::NotCa { .. }))));
}

#[test]
fn a_root_or_an_intermediate_is_nobodys_leaf() {
    let authority = authority();
    assert!(verify(&authority.bundle(), &authority.bundle(), now()).is_err());
    let root = root();
    let mut params = leaf_params();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(verify(&[sign(&root, &params)], &[read(&root)], now()), Err(VerifyError::NotALeaf));
    // Even one that looks like a leaf, and stands in the bundle.
    let alone = Other::self_signed(leaf_params(), p256()).expect("a certificate");
    assert_eq!(verify(&[read(&alone)], &[read(&alone)], now()), Err(VerifyError::NotALeaf));
}

#[test]
fn intermediates_and_roots_must_live_too() {
    let root = root();
    let mut params = ca_params("intermediate");
    params.not_after = now() + Duration::minutes(10);
    let lower = below(&root, params);
    let chain = [sign(&lower, &leaf_params()), read(&lower)];
    assert!(verify(&chain, &[read(&root)], now()).is_ok());
    let late = verify(&chain, &[read(&root)], now() + Duration::minutes(11));
    assert!(matches!(late, Err(VerifyError::Validity(ValidityError::Expired { serial, .. })) if serial == read(&lower).serial()));
    let mut old = ca_params("root");
    old.not_after = now() - Duration::SECOND;
    let old = Other::self_signed(old, p256()).expect("a root");
    let ended = verify(&[sign(&old, &leaf_params())], &[read(&old)], now());
    assert!(matches!(ended, Err(VerifyError::Validity(ValidityError::Expired { .. }))));
}

#[test]
fn order_and_length_matter() {
    let root = root();
    let upper = below(&root, ca_params("upper"));
    let lower = below(&upper, ca_params("lower"));
    let leaf = sign(&lower, &leaf_params());
    let (roots, upper, lower) = ([read(&root)], read(&upper), read(&lower));
    assert_eq!(verify(&[leaf.clone(), lower.clone(), upper.clone()], &roots, now()), Ok(web()));
    assert_eq!(verify(&[leaf.clone(), lower.clone(), upper.clone(), roots[0].clone()], &roots, now()), Ok(web()), "the root too");
    let swapped = verify(&[leaf.clone(), upper, lower.clone()], &roots, now());
    assert!(matches!(swapped, Err(VerifyError::Path(PathError::NotLinked { .. }))));
    assert!(matches!(verify(&[leaf.clone(), lower], &roots, now()), Err(VerifyError::Path(PathError::NoRoot { .. }))));
    assert!(matches!(verify(&vec![leaf; 9], &roots, now()), Err(VerifyError::Path(PathError::TooLong { certificates: 9 }))));
}

#[test]
fn an_authority_of_one_trust_domain_vouches_for_no_other() {
    let mut params = ca_params("root");
    params.subject_alt_names = vec![uri("spiffe://elsewhere")];
    let root = Other::self_signed(params, p256()).expect("a root");
    let foreign = verify(&[sign(&root, &leaf_params())], &[read(&root)], now());
    assert!(matches!(foreign, Err(VerifyError::Path(PathError::Name { .. }))));
}

#[test_case(vec![]; "no name")]
#[test_case(vec![uri("spiffe://cluster.local/ns/shop/sa/web"), uri("spiffe://cluster.local/ns/shop/sa/admin")]; "two")]
#[test_case(vec![uri("spiffe://cluster.local/ns/shop/sa/web"), SanType::DnsName("web".try_into().expect("ascii"))]; "a host too")]
#[test_case(vec![SanType::DnsName("web".try_into().expect("ascii"))]; "a host")]
fn a_leaf_has_one_name(names: Vec<SanType>) {
    assert_eq!(changed(|params| params.subject_alt_names = names), Err(VerifyError::Names(CertificateError::Names)));
}

#[test]
fn the_name_is_an_identity() {
    let other = changed(|params| params.subject_alt_names = vec![uri("spiffe://cluster.local/web")]);
    assert!(matches!(other, Err(VerifyError::Names(CertificateError::SpiffeId(_)))));
}

#[test]
fn usages_must_fit() {
    assert_eq!(changed(|params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]), Err(VerifyError::NotALeaf));
    assert_eq!(changed(|params| params.key_usages = Vec::new()), Err(VerifyError::NotALeaf));
    assert_eq!(changed(|params| params.key_usages.push(KeyUsagePurpose::KeyCertSign)), Err(VerifyError::NotALeaf));
    assert_eq!(changed(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]), Err(VerifyError::Purpose));
    assert_eq!(changed(|params| params.extended_key_usages = Vec::new()), Err(VerifyError::Purpose));
}

#[test]
fn the_issuer_is_the_root_by_name_and_by_key() {
    let (one, key) = (root(), p256());
    let renamed = Other::self_signed(ca_params("renamed"), key).expect("a root");
    // The key of the one root, and the name of another.
    let mixed = rcgen::Issuer::new(ca_params("renamed"), one.key());
    let leaf = leaf_params().signed_by(&p256(), &mixed).expect("a leaf");
    let chain = [Certificate::from_der(leaf.der().to_vec()).expect("a certificate")];
    let verified = verify(&chain, &[read(&one), read(&renamed)], now());
    assert!(matches!(verified, Err(VerifyError::Path(PathError::NoRoot { .. }))));
}

#[test]
fn other_signatures_are_not_accepted() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("random numbers");
    let root = Other::self_signed(ca_params("root"), key).expect("a root");
    let verified = verify(&[sign(&root, &leaf_params())], &[read(&root)], now());
    assert!(matches!(verified, Err(VerifyError::Path(PathError::NoRoot { .. }))));
}
