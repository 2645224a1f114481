//! Who gets a certificate, and who does not.

use meshglot_ca::{Authority, Certificate, Step, verify};
use meshglot_join::{Clock as _, Held, SignResponse};
use test_case::test_case;
use time::Duration;
use tonic::{Code, Status};

use crate::harness::{csr, id, web};
use crate::plane::Plane;

fn refused(answer: Result<SignResponse, Status>, code: Code, part: &str) {
    let status = answer.expect_err("a refusal");
    assert!(status.code() == code && status.message().contains(part), "{status:?}");
}

fn names(plane: &Plane, answer: &SignResponse) -> String {
    let read = |pem| Certificate::from_pem(pem).expect("certificates");
    assert_eq!(answer.bundle_pem, plane.bundle());
    verify(&read(&answer.chain_pem), &read(&answer.bundle_pem), plane.clock.now()).expect("an identity").to_string()
}

#[tokio::test]
async fn a_token_brings_a_certificate_once() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(None).await;
    let token = plane.token(&web());
    let answer = joiner.sign(csr(&web()), Some(&token)).await.expect("a certificate");
    assert_eq!(names(&plane, &answer), web().to_string());
    refused(joiner.sign(csr(&web()), Some(&token)).await, Code::Unauthenticated, "used before");
}

#[tokio::test]
async fn tokens_that_are_not_good_are_refused() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(None).await;
    let token = plane.token(&web());
    for wrong in ["mgj_", &token[1..], &"x".repeat(36), "mgj_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        refused(joiner.sign(csr(&web()), Some(wrong)).await, Code::Unauthenticated, "unknown");
    }
    plane.clock.advance(Duration::minutes(10));
    refused(joiner.sign(csr(&web()), Some(&token)).await, Code::Unauthenticated, "expired");
}

#[tokio::test]
async fn nobody_gets_nothing() {
    let plane = Plane::start();
    refused(plane.joiner(None).await.sign(csr(&web()), None).await, Code::Unauthenticated, "send a join token");
}

#[tokio::test]
async fn a_foreign_name_is_refused() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(None).await;
    let token = plane.token(&web());
    refused(joiner.sign(csr(&id("ns/shop/sa/till")), Some(&token)).await, Code::PermissionDenied, "shop/sa/till");
    refused(joiner.sign(csr(&web()), Some(&token)).await, Code::Unauthenticated, "used before");
    let mut own = plane.joiner(Some(&plane.held(&web()))).await;
    refused(own.sign(csr(&id("ns/shop/sa/till")), None).await, Code::PermissionDenied, "shop/sa/till");
}

fn tampered() -> Vec<u8> {
    let mut request = csr(&web());
    if let Some(last) = request.last_mut() {
        *last ^= 1;
    }
    request
}

#[test_case(Vec::new(), Code::InvalidArgument, "cannot be read"; "nothing")]
#[test_case(tampered(), Code::InvalidArgument, "own key"; "tampered with")]
#[test_case(vec![b' '; 16 * 1024 + 1], Code::InvalidArgument, "at most 16384"; "too long")]
#[test_case(vec![b' '; 32 * 1024], Code::OutOfRange, ""; "far too long")]
#[tokio::test]
async fn a_bad_request_does_not_use_up_the_token(request: Vec<u8>, code: Code, part: &str) {
    let plane = Plane::start();
    let mut joiner = plane.joiner(None).await;
    let token = plane.token(&web());
    refused(joiner.sign(request, Some(&token)).await, code, part);
    joiner.sign(csr(&web()), Some(&token)).await.expect("the token is still good");
}

#[tokio::test]
async fn an_authority_that_has_ended_does_not_use_up_the_token() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(None).await;
    plane.clock.advance(Duration::days(3651));
    let token = plane.token(&web());
    refused(joiner.sign(csr(&web()), Some(&token)).await, Code::Unavailable, "operator");
    let now = plane.clock.now();
    plane.change(|authority| *authority = Authority::new(authority.trust_domain().clone(), now).expect("an authority"));
    joiner.sign(csr(&web()), Some(&token)).await.expect("the token is still good");
}

#[tokio::test]
async fn a_certificate_brings_the_next_one() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(Some(&plane.held(&web()))).await;
    for _ in 0..2 {
        let answer = joiner.sign(csr(&web()), None).await.expect("a certificate");
        assert_eq!(names(&plane, &answer), web().to_string());
    }
}

#[tokio::test]
async fn a_certificate_that_ends_on_an_open_connection_is_refused() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(Some(&plane.held(&web()))).await;
    plane.clock.advance(Duration::hours(24));
    joiner.sign(csr(&web()), None).await.expect("its last second");
    plane.clock.advance(Duration::SECOND);
    refused(joiner.sign(csr(&web()), None).await, Code::Unauthenticated, "ended at");
    let token = plane.token(&web());
    joiner.sign(csr(&web()), Some(&token)).await.expect("a token helps");
}

#[tokio::test]
async fn an_expired_certificate_does_not_even_connect() {
    let plane = Plane::start();
    let old = plane.held(&web());
    plane.clock.advance(Duration::hours(25));
    // TLS 1.3 tells it with the first call.
    let answer = match plane.connect(Some(&old)).await {
        Ok(mut joiner) => joiner.sign(csr(&web()), None).await.map_err(|status| status.to_string()),
        Err(error) => Err(error.to_string()),
    };
    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn a_certificate_of_a_root_that_left_the_bundle_is_refused_on_an_open_connection() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(Some(&plane.held(&web()))).await;
    let now = plane.clock.now();
    plane.change(|authority| *authority = Authority::new(authority.trust_domain().clone(), now).expect("an authority"));
    refused(joiner.sign(csr(&web()), None).await, Code::Unauthenticated, "join with a new token");
}

#[tokio::test]
async fn a_token_and_a_certificate_must_be_for_the_same() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(Some(&plane.held(&web()))).await;
    let own = plane.token(&web());
    joiner.sign(csr(&web()), Some(&own)).await.expect("a certificate");
    let till = id("ns/shop/sa/till");
    let foreign = plane.token(&till);
    refused(joiner.sign(csr(&till), Some(&foreign)).await, Code::PermissionDenied, "shop/sa/till");
    refused(joiner.sign(csr(&web()), Some(&foreign)).await, Code::PermissionDenied, "is not for");
    refused(plane.joiner(None).await.sign(csr(&till), Some(&foreign)).await, Code::Unauthenticated, "used before");
}

#[tokio::test]
async fn anybody_is_sent_the_roots() {
    let plane = Plane::start();
    let mut roots = plane.joiner(None).await.trust().await.expect("a stream");
    let first = roots.message().await.expect("no error").expect("a message");
    assert_eq!(first.bundle_pem, plane.bundle());
    // Not every change is one of the roots.
    plane.change(|authority| authority.set_lifetime(meshglot_ca::Lifetime::MIN));
    let now = plane.clock.now();
    plane.change(|authority| assert_eq!(authority.introduce(now).expect("a root"), Step::Done));
    let second = roots.message().await.expect("no error").expect("a message");
    assert!(second.bundle_pem == plane.bundle() && second != first);
}

#[test]
fn held_secrets_must_fit_and_show_no_key() {
    let plane = Plane::start();
    let (one, other) = (plane.held(&web()), plane.held(&web()));
    let now = plane.clock.now();
    assert!(Held::new(one.chain_pem.clone(), other.key_pem.clone(), plane.bundle(), now).is_err());
    assert!(Held::new(one.chain_pem.clone(), "no key".to_owned(), plane.bundle(), now).is_err());
    assert!(Held::new(one.chain_pem.clone(), one.key_pem.clone(), plane.bundle(), now + Duration::hours(25)).is_err());
    let shown = format!("{one:?}");
    assert!(shown.contains("web") && !shown.contains("PRIVATE") && !shown.contains("key_pem"), "{shown}");
}
