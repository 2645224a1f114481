//! Which signing requests are answered.

use meshglot_ca::{CsrError, IssueError, Issued, KeyPair, verify};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, KeyUsagePurpose, SanType};
use test_case::test_case;
use x509_parser::prelude::{FromDer as _, X509CertificationRequest};

use crate::harness::{authority, csr, now, p256, signed_bytes, uri, web};

const RSA: &str = include_str!("fixtures/rsa.csr.pem");
const P521: &str = include_str!("fixtures/p521.csr.pem");

fn ask(csr: &[u8]) -> Result<Issued, CsrError> {
    authority().issue(csr, &web(), now()).map_err(|error| match error {
        IssueError::Csr(error) => error,
        error => panic!("not about the request: {error}"),
    })
}

fn request(params: &CertificateParams, key: &rcgen::KeyPair) -> Vec<u8> {
    params.serialize_request(key).expect("a request").der().to_vec()
}

fn with_names(names: Vec<SanType>) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.subject_alt_names = names;
    request(&params, &p256())
}

#[test]
fn der_and_pem_are_read() {
    let key = p256();
    let request = CertificateParams::default().serialize_request(&key).expect("a request");
    let pem = request.pem().expect("PEM");
    assert!(ask(request.der()).is_ok() && ask(pem.as_bytes()).is_ok());
    assert!(ask(pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST").as_bytes()).is_ok());
    assert_eq!(ask(pem.replace("CERTIFICATE REQUEST", "CERTIFICATE").as_bytes()), Err(CsrError::Unreadable));
    assert_eq!(ask((pem.clone() + &pem).as_bytes()), Err(CsrError::Unreadable), "one only");
}

#[test]
fn p384_is_signed_too() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("random numbers");
    let issued = ask(&request(&CertificateParams::default(), &key)).expect("a certificate");
    assert_eq!(verify(&issued.chain(), issued.bundle(), now()), Ok(web()));
}

#[test]
fn wishes_are_not_copied() {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "admin");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let issued = ask(&request(&params, &p256())).expect("a certificate");
    // Verification takes no CA and no other usage for a leaf.
    assert_eq!(verify(&issued.chain(), issued.bundle(), now()), Ok(web()));
    assert!(!issued.leaf().der().windows(5).any(|bytes| bytes == b"admin"));
}

#[test]
fn the_own_name_may_be_asked_for() {
    assert!(ask(&csr()).is_ok());
    assert!(ask(&with_names(vec![uri("spiffe://cluster.local/ns/shop/sa/web")])).is_ok());
}

#[test_case(vec![uri("spiffe://cluster.local/ns/shop/sa/admin")]; "another account")]
#[test_case(vec![uri("spiffe://cluster.local/ns/shop/sa/web/")]; "another spelling")]
#[test_case(vec![uri("spiffe://cluster.local/ns/shop/sa/web"), uri("spiffe://cluster.local/ns/shop/sa/admin")]; "one more")]
#[test_case(vec![uri("spiffe://cluster.local/ns/shop/sa/web"), SanType::DnsName("web.shop".try_into().expect("ascii"))]; "a host too")]
#[test_case(vec![SanType::DnsName("web.shop".try_into().expect("ascii"))]; "a host")]
#[test_case(vec![SanType::IpAddress([10, 0, 0, 1].into())]; "an address")]
#[test_case(vec![SanType::Rfc822Name("a@b".try_into().expect("ascii"))]; "an email")]
#[test_case(vec![SanType::OtherName((vec![1, 2, 3], "x".into()))]; "another kind")]
fn foreign_names_are_refused(names: Vec<SanType>) {
    assert!(matches!(ask(&with_names(names)), Err(CsrError::ForeignName { .. })));
}

#[test]
fn a_second_list_of_names_is_read_too() {
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![uri("spiffe://cluster.local/ns/shop/sa/web")];
    // SEQUENCE of one dNSName "evil".
    let names = vec![0x30, 0x06, 0x82, 0x04, b'e', b'v', b'i', b'l'];
    params.custom_extensions = vec![rcgen::CustomExtension::from_oid_content(&[2, 5, 29, 17], names)];
    let asked = ask(&request(&params, &p256()));
    assert!(matches!(asked, Err(CsrError::ForeignName { .. } | CsrError::Unreadable)), "{asked:?}");
}

#[test]
fn a_message_quotes_the_foreign_name() {
    let error = ask(&with_names(vec![uri("spiffe://x/\nfake log line")])).expect_err("foreign");
    assert_eq!(error.to_string().lines().count(), 1, "{error}");
}

#[test]
fn every_tampered_byte_is_noticed() {
    let csr = csr();
    let (_, request) = X509CertificationRequest::from_der(&csr).expect("a request");
    let authority = authority();
    for at in signed_bytes(&csr, request.certification_request_info.raw, &request.signature_value.data) {
        let mut tampered = csr.clone();
        tampered[at] ^= 1;
        assert!(authority.issue(&tampered, &web(), now()).is_err(), "byte {at}");
    }
    let mut swapped = csr.clone();
    let last = swapped.len() - 1;
    swapped[last] ^= 1;
    assert_eq!(ask(&swapped), Err(CsrError::Signature));
}

#[test]
fn the_key_of_somebody_else_is_noticed() {
    let (own, other) = (KeyPair::generate().expect("a key"), csr());
    let own = own.csr(&web()).expect("a request");
    // Both have the same length up to the signature: take the key of one and the signature of the other.
    let point = |csr: &[u8]| csr.windows(4).position(|bytes| bytes == [0x03, 0x42, 0x00, 0x04]).expect("a public key") + 4;
    let mut mixed = own.clone();
    mixed[point(&own)..point(&own) + 64].copy_from_slice(&other[point(&other)..point(&other) + 64]);
    assert_eq!(ask(&mixed), Err(CsrError::Signature));
}

#[test_case(RSA; "RSA")]
#[test_case(P521; "another curve")]
fn other_kinds_of_keys_are_refused(pem: &str) {
    assert_eq!(ask(pem.as_bytes()), Err(CsrError::KeyKind));
}

#[test]
fn ed25519_is_refused() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("random numbers");
    assert_eq!(ask(&request(&CertificateParams::default(), &key)), Err(CsrError::KeyKind));
}

#[test]
fn what_is_no_request_is_refused() {
    assert_eq!(ask(b""), Err(CsrError::Unreadable));
    assert_eq!(ask(b"-----BEGIN CERTIFICATE REQUEST-----"), Err(CsrError::Unreadable));
    assert_eq!(ask(&[csr(), vec![0]].concat()), Err(CsrError::Unreadable), "something after it");
    assert_eq!(ask(&vec![b'x'; 16 * 1024 + 1]), Err(CsrError::TooLarge { bytes: 16 * 1024 + 1 }));
}
