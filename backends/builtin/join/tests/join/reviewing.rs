//! Tokens of another authority.

use std::sync::Arc;
use std::time::Duration;

use meshglot_ca::SpiffeId;
use meshglot_join::{Holder, Review, ReviewError, Reviewer, Settings, SignResponse};
use tonic::{Code, Status};

use crate::harness::{control_plane, csr, id, web};
use crate::plane::Plane;

/// Knows one token, says nothing of another, and is away for a third.
struct Other;

impl Reviewer for Other {
    fn review(&self, token: String) -> Review<'_> {
        Box::pin(async move {
            match token.as_str() {
                "projected" => Ok::<SpiffeId, _>(web()),
                "slow" => Err(ReviewError::Unavailable("it is away".to_owned())),
                _ => Err(ReviewError::Refused("it is of nobody".to_owned())),
            }
        })
    }
}

fn refused(answer: Result<SignResponse, Status>, code: Code, part: &str) {
    let status = answer.expect_err("a refusal");
    assert!(status.code() == code && status.message().contains(part), "{status:?}");
}

#[tokio::test]
async fn whoever_another_authority_vouches_for_gets_a_certificate_again_and_again() {
    let plane = Plane::reviewed_by(Arc::new(Other));
    let mut joiner = plane.joiner(None).await;
    for _ in 0..2 {
        joiner.sign(csr(&web()), Some("projected")).await.expect("a certificate");
    }
    refused(joiner.sign(csr(&id("ns/shop/sa/till")), Some("projected")).await, Code::PermissionDenied, "shop/sa/till");
    refused(joiner.sign(csr(&web()), Some("forged")).await, Code::Unauthenticated, "it is of nobody");
    refused(joiner.sign(csr(&web()), Some("slow")).await, Code::Unavailable, "it is away");
    refused(joiner.sign(csr(&web()), Some(&"x".repeat(9_000))).await, Code::Unauthenticated, "longer than");
    let mut till = plane.joiner(Some(&plane.held(&id("ns/shop/sa/till")))).await;
    refused(till.sign(csr(&id("ns/shop/sa/till")), Some("projected")).await, Code::PermissionDenied, "is not for");
}

#[tokio::test]
async fn join_tokens_are_never_shown_to_another_authority() {
    let plane = Plane::reviewed_by(Arc::new(Other));
    let mut joiner = plane.joiner(None).await;
    let token = plane.token(&web());
    joiner.sign(csr(&web()), Some(&token)).await.expect("a certificate");
    refused(joiner.sign(csr(&web()), Some(&token)).await, Code::Unauthenticated, "used before");
    refused(joiner.sign(csr(&web()), Some("mgj_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await, Code::Unauthenticated, "unknown");
}

#[tokio::test]
async fn without_a_reviewer_there_is_no_other_authority() {
    let plane = Plane::start();
    let mut joiner = plane.joiner(None).await;
    refused(joiner.sign(csr(&web()), Some("projected")).await, Code::Unauthenticated, "unknown");
}

#[tokio::test]
async fn a_holder_reads_the_file_of_a_token_whenever_it_joins() {
    let plane = Plane::reviewed_by(Arc::new(Other));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let mut settings = Settings::new(plane.address, control_plane(), web(), plane.bundle());
    settings.token_file = Some(file.clone());
    settings.clock = plane.clock.clone();
    settings.first_pause = Duration::from_millis(10);
    settings.longest_pause = Duration::from_millis(10);
    let holder = Holder::run(settings);
    let mut error = holder.error();
    error.wait_for(|error| error.as_ref().is_some_and(|why| why.contains("is projected there"))).await.expect("a holder");
    // As the kubelet writes it.
    std::fs::write(&file, "projected\n").expect("a file");
    let mut held = holder.held();
    let held =
        tokio::time::timeout(Duration::from_secs(30), held.wait_for(Option::is_some)).await.expect("in time").expect("a holder").clone();
    assert_eq!(held.expect("secrets").id, web());
}

#[tokio::test]
async fn who_is_not_there_any_more_gets_nothing_by_whatever_it_shows() {
    let plane = Plane::reviewed_by(Arc::new(Other));
    let gone = id("ns/shop/sa/gone");
    let mut own = plane.joiner(Some(&plane.held(&gone))).await;
    refused(own.sign(csr(&gone), None).await, Code::PermissionDenied, "runs as");
    let token = plane.token(&gone);
    refused(plane.joiner(None).await.sign(csr(&gone), Some(&token)).await, Code::PermissionDenied, "runs as");
}
