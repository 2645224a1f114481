//! What is asked for, what is taken, and what is answered.

use envoy_types::pb::google::protobuf::Any;
use meshglot_proxy::ads::Kind::{Assignment, Cluster, Listener, Route};

use crate::plane::{Plane, resource, response, versions};
use crate::under_test::UnderTest;

#[tokio::test]
async fn everything_of_two_kinds_is_asked_for_and_of_the_others_what_these_lead_to() {
    let mut plane = Plane::start();
    let proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;

    let first = peer.hears(Cluster).await;
    let node = first.node.clone().expect("who it is");
    assert_eq!((node.id.as_str(), node.cluster.as_str(), node.user_agent_name.as_str()), ("shop/web/web-1", "shop", "meshglot"));
    assert!(first.resource_names_subscribe.is_empty() && versions(&first).is_empty() && first.response_nonce.is_empty());
    let second = peer.hears(Listener).await;
    assert!(second.node.is_none() && second.resource_names_subscribe.is_empty());
    peer.expect_silence().await;

    peer.says(Cluster, "1", &["c=a b", "d=b"], &[]);
    // What follows from a response is asked for before it is answered.
    let names = peer.hears(Assignment).await;
    assert_eq!(names.resource_names_subscribe, ["a", "b"]);
    assert!(names.node.is_none() && names.response_nonce.is_empty());
    peer.hears_yes(Cluster, "1").await;

    peer.says(Assignment, "2", &["a=10.0.0.1", "b=10.0.0.2"], &[]);
    peer.hears_yes(Assignment, "2").await;
    peer.says(Listener, "3", &["l=r"], &[]);
    assert_eq!(peer.hears(Route).await.resource_names_subscribe, ["r"]);
    peer.hears_yes(Listener, "3").await;
    peer.says(Route, "4", &["r=to c"], &[]);
    peer.hears_yes(Route, "4").await;
    assert_eq!(proxy.words.force(), ["CDS c=a b", "CDS d=b", "EDS a=10.0.0.1", "EDS b=10.0.0.2", "LDS l=r", "RDS r=to c"]);
    assert_eq!(proxy.words.state().commits, 5, "one at the start, and one for each response");
    assert_eq!(proxy.status.borrow().taken, [(Cluster, 2), (Assignment, 2), (Listener, 1), (Route, 1)].into());
    proxy.stop().await;
}

#[tokio::test]
async fn one_bad_resource_blocks_itself_alone() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Cluster, "1", &["c=a"], &[]);
    assert_eq!(peer.hears(Assignment).await.resource_names_subscribe, ["a"]);
    peer.hears_yes(Cluster, "1").await;

    peer.says(Cluster, "2", &["c@2=bad one", "d=a", "e=bad two"], &[]);
    assert_eq!(peer.hears_no(Cluster, "2").await, "c: words: bad one; e: words: bad two");
    assert_eq!(proxy.words.force(), ["CDS c=a", "CDS d=a"], "the last good one stays");
    let refused = proxy.until(|status| status.refused.len() == 2).await.refused;
    assert_eq!(refused[&(Cluster, "e".into())], "words: bad two");

    // The control plane sends what was refused no more, and all others again.
    peer.says(Cluster, "3", &["d=a"], &[]);
    peer.hears_yes(Cluster, "3").await;
    peer.says(Cluster, "4", &["c@3=a"], &["e"]);
    peer.hears_yes(Cluster, "4").await;
    proxy.until(|status| status.refused.is_empty()).await;
    proxy.stop().await;
}

#[tokio::test]
async fn what_is_gone_is_removed_and_what_it_led_to_is_asked_for_no_more() {
    let mut plane = Plane::start();
    let proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Cluster, "1", &["c=a b", "d=b"], &[]);
    peer.hears(Assignment).await;
    peer.hears_yes(Cluster, "1").await;
    peer.says(Assignment, "2", &["a=x", "b=y"], &[]);
    peer.hears_yes(Assignment, "2").await;

    peer.says(Cluster, "3", &["e=f"], &["c"]);
    let change = peer.hears(Assignment).await;
    assert_eq!((change.resource_names_subscribe, change.resource_names_unsubscribe), (vec!["f".to_owned()], vec!["a".to_owned()]));
    peer.hears_yes(Cluster, "3").await;
    assert_eq!(proxy.words.force(), ["CDS d=b", "CDS e=f", "EDS b=y"]);

    // This one was on its way, and that one is not there.
    peer.says(Assignment, "4", &["a@2=x"], &["f"]);
    peer.hears_yes(Assignment, "4").await;
    assert_eq!(proxy.words.force(), ["CDS d=b", "CDS e=f", "EDS b=y"]);
    assert!(proxy.words.state().removed.contains(&(Assignment, "f".to_owned())), "it is told to wait no longer");
    proxy.stop().await;
}

#[tokio::test]
async fn what_is_no_resource_of_the_kind_is_refused_and_other_types_are_left_alone() {
    let mut plane = Plane::start();
    let proxy = UnderTest::start(&plane);
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    let mut other = response(Cluster, "1");
    other.type_url = "type.googleapis.com/envoy.service.runtime.v3.Runtime".to_owned();
    peer.sends(other);

    let mut response = response(Cluster, "2");
    let (mut empty, mut listener) = (resource(Cluster, "empty="), resource(Cluster, "listener="));
    empty.resource = None;
    listener.resource = Some(Any { type_url: Listener.type_url().to_owned(), value: Vec::new() });
    response.resources = vec![empty, listener, resource(Cluster, "good=")];
    peer.sends(response);
    let why = peer.hears_no(Cluster, "2").await;
    assert!(why.starts_with("empty: resource: it is missing; listener: resource: its type is "), "{why}");
    assert_eq!(proxy.words.force(), ["CDS good="]);
    proxy.stop().await;
}

#[tokio::test]
async fn who_is_told_to_stop_or_left_alone_ends() {
    let mut plane = Plane::start();
    let (one, other) = (UnderTest::start(&plane), UnderTest::start(&plane));
    let (_first, _second) = (plane.stream().await, plane.stream().await);
    one.stop().await;
    other.abandon().await;
}
