//! Streams that end, and those after them.

use std::path::Path;
use std::time::Duration;

use meshglot_proxy::ads::Kind::{Assignment, Cluster, Listener, Route};
use tonic::Status;

use crate::plane::{Plane, resource, response, versions};
use crate::under_test::UnderTest;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn another_stream_begins_with_what_is_there() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Cluster, "1", &["c@v1=a b"], &[]);
    peer.hears(Assignment).await;
    peer.hears_yes(Cluster, "1").await;
    peer.says(Cluster, "2", &["c@v2=bad", "d@v2=bad"], &[]);
    peer.hears_no(Cluster, "2").await;
    peer.says(Assignment, "3", &["a@v3=x"], &[]);
    peer.hears_yes(Assignment, "3").await;
    drop(peer);

    let mut peer = plane.stream().await;
    let clusters = peer.hears(Cluster).await;
    assert_eq!(clusters.node.as_ref().map(|node| node.id.as_str()), Some("shop/web/web-1"), "every stream begins with it");
    assert_eq!(versions(&clusters), ["c@v1"], "of what is refused the version in force");
    let assignments = peer.hears(Assignment).await;
    assert_eq!(
        (assignments.resource_names_subscribe.clone(), versions(&assignments)),
        (vec!["a".to_owned(), "b".to_owned()], vec!["a@v3".to_owned()])
    );
    assert!(versions(&peer.hears(Listener).await).is_empty());
    peer.expect_silence().await;
    assert_eq!(proxy.words.force(), ["CDS c=a b", "EDS a=x"], "nothing is lost meanwhile");
    let status = proxy.until(|status| status.connections == 2 && status.refused.is_empty()).await;
    assert!(status.connected && status.last_error.expect("an error").contains("has ended the stream"));
    proxy.stop().await;
}

#[tokio::test]
async fn a_control_plane_that_is_killed_is_found_again() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Listener, "1", &["l=r"], &[]);
    peer.hears(Route).await;
    peer.hears_yes(Listener, "1").await;

    plane.go();
    let status =
        proxy.until(|status| !status.connected && status.last_error.as_ref().is_some_and(|why| why.contains("no connection"))).await;
    assert!(status.last_error.expect("an error").contains(&plane.address.to_string()));
    assert_eq!(proxy.words.force(), ["LDS l=r"]);
    plane.come();
    let mut peer = plane.stream().await;
    peer.hears(Cluster).await;
    assert_eq!(versions(&peer.hears(Listener).await), ["l@1"]);
    assert_eq!(peer.hears(Route).await.resource_names_subscribe, ["r"]);
    peer.says(Listener, "1", &["l@2=r s"], &[]);
    assert_eq!(peer.hears(Route).await.resource_names_subscribe, ["s"]);
    peer.hears_yes(Listener, "1").await;
    proxy.stop().await;
}

#[tokio::test]
async fn why_the_control_plane_sends_a_proxy_away_is_told() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::start(&plane);
    plane.stream().await.fails(Status::permission_denied("shop/web is of another namespace"));
    let status = proxy.until(|status| status.last_error.is_some()).await;
    let why = status.last_error.expect("an error");
    assert!(why.contains("shop/web is of another namespace") && why.contains(&plane.address.to_string()), "{why}");
    // It might be let in another time.
    plane.stream().await;
    proxy.stop().await;
}

#[tokio::test]
async fn a_response_that_is_too_large_is_not_read() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    let mut large = response(Cluster, "1");
    let mut body = resource(Cluster, "c=");
    body.resource.as_mut().expect("a message").value = vec![b'x'; (64 << 20) + 1];
    large.resources = vec![body];
    peer.sends(large);
    let status = proxy.until(|status| !status.connected && status.last_error.is_some()).await;
    assert!(status.last_error.as_ref().expect("an error").contains("message length too large"), "{status:?}");
    proxy.stop().await;
}

#[tokio::test]
async fn a_renewed_certificate_breaks_no_stream_and_is_shown_by_the_next() {
    let mut plane = Plane::start();
    let proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    let renewed = plane.held();
    proxy.held.send_replace(Some(renewed));
    plane.expect_no_stream().await;
    peer.says(Cluster, "1", &["c="], &[]);
    peer.hears_yes(Cluster, "1").await;
    let before = peer.serial.clone();
    drop(peer);
    assert_ne!(plane.stream().await.serial, before);
    proxy.stop().await;
}

#[tokio::test]
async fn an_ended_certificate_is_shown_to_nobody_and_another_is_at_once() {
    let mut plane = Plane::start();
    let folder = tempfile::tempdir().expect("a folder");
    let ended = plane.held();
    plane.clock.advance(time::Duration::hours(25));
    plane.go();
    plane.come();
    let mut proxy = UnderTest::with(&plane, Some(ended), LONG, folder.path());
    let status = proxy.until(|status| status.last_error.is_some()).await;
    assert!(status.last_error.expect("an error").contains("the certificate ended at"));
    plane.expect_no_stream().await;
    proxy.held.send_replace(Some(plane.held()));
    plane.stream().await.hears_the_first().await;
    proxy.stop().await;
}

#[tokio::test]
async fn a_proxy_without_a_certificate_waits_for_one() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::with(&plane, None, Duration::from_millis(50), Path::new("/nonexistent"));
    assert_eq!(proxy.status.borrow().last_error, None, "it takes a moment");
    let status = proxy.until(|status| status.last_error.is_some()).await;
    assert!(status.last_error.expect("an error").contains("no certificate yet"));
    proxy.held.send_replace(Some(plane.held()));
    plane.stream().await.hears_the_first().await;
    proxy.stop().await;
}
