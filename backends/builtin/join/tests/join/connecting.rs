//! Which servers a client talks to.

use std::sync::Arc;

use meshglot_ca::{Authority, chain_pem};
use meshglot_join::{Clock as _, ConnectError};
use time::Duration;

use crate::harness::{control_plane, csr, id, web};
use crate::plane::{Face, Plane};

fn refused<T>(connected: Result<T, ConnectError>, part: &str) {
    let error = connected.err().expect("no connection").to_string();
    assert!(error.contains(part), "{error}");
}

#[tokio::test]
async fn a_workload_is_not_the_control_plane() {
    let plane = Plane::with(Face { id: id("ns/shop/sa/till"), version: &rustls::version::TLS13 });
    refused(plane.connect(None).await, "the server is spiffe://cluster.local/ns/shop/sa/till");
}

#[tokio::test]
async fn another_authority_vouches_for_nobody() {
    let plane = Plane::start();
    let other = Authority::new("cluster.local".parse().expect("a trust domain"), plane.clock.now()).expect("an authority");
    refused(plane.connect_by(&chain_pem(&other.bundle()), None).await, "not vouched for");
}

#[tokio::test]
async fn tls_1_2_is_not_enough() {
    let plane = Plane::with(Face { id: control_plane(), version: &rustls::version::TLS12 });
    refused(plane.connect(None).await, "TLS 1.3");
}

#[tokio::test]
async fn a_bundle_must_be_one() {
    let plane = Plane::start();
    refused(plane.connect_by("no bundle", None).await, "copy it whole");
}

#[tokio::test]
async fn nobody_there_is_told() {
    let mut plane = Plane::start();
    plane.go();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    refused(plane.connect(None).await, &plane.address.to_string());
}

#[tokio::test]
async fn a_server_whose_certificate_ends_is_refused_by_the_clock_of_the_client() {
    let plane = Plane::start();
    let ahead = crate::harness::TestClock::new();
    ahead.advance(Duration::hours(25));
    let connected = meshglot_join::connect(plane.address, &plane.bundle(), &control_plane(), None, Arc::clone(&ahead) as _).await;
    refused(connected, "ended at");
}

#[tokio::test]
async fn a_key_of_another_certificate_does_not_connect() {
    let plane = Plane::start();
    let (mut own, other) = (plane.held(&web()), plane.held(&web()));
    own.key_pem = other.key_pem;
    let answer = match plane.connect(Some(&own)).await {
        Ok(mut joiner) => joiner.sign(csr(&web()), None).await.map_err(|status| status.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let error = answer.expect_err("no certificate");
    assert!(!error.contains("PRIVATE"), "{error}");
}
