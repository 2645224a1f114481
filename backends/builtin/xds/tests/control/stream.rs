//! Over real streams of gRPC, in both ways of speaking.

use std::time::Duration;

use envoy_types::pb::envoy::config::core::v3::Node as WireNode;
use envoy_types::pb::envoy::service::discovery::v3 as wire;
use meshglot_xds::{Kind, Node};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::model::shop;
use super::plane::{Plane, ask, ask_for, names, next, refuse};

#[tokio::test]
async fn incremental_clients_are_sent_what_changed() {
    let plane = Plane::start(&shop()).await;
    let mut proxy = plane.stream(vec![ask(Kind::Cluster, "shop/caller/1")]).await;
    let clusters = proxy.takes().await;
    assert_eq!((clusters.type_url.as_str(), clusters.resources.len()), (Kind::Cluster.type_url(), 5));
    proxy.say(ask_for(Kind::Assignment, "", &["shop/web/80", "shop/web-2/80", "shop/caller/80"])).await;
    assert_eq!(proxy.takes().await.resources.len(), 3);

    plane.edit(&shop().replace("10.1.0.3", "10.1.0.33"));
    let changed = proxy.next().await;
    assert_eq!(names(&changed), ["shop/web-2/80"]);
    proxy.say(refuse(&changed)).await;
    let status = loop {
        let all = plane.proxies.all();
        if let Some(one) = all.first().filter(|one| one.last_nack.is_some()) {
            break one.clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(status.node, Node { workload: "shop/caller".to_owned(), instance: "1".to_owned() });
    assert_eq!(status.last_nack.expect("a refusal").why, "not like that");
    assert!(status.kinds[&Kind::Cluster].synced && !status.kinds[&Kind::Assignment].synced);
    assert_eq!(status.kinds[&Kind::Assignment].refused.keys().collect::<Vec<_>>(), ["shop/web-2/80"]);

    drop(proxy);
    while !plane.proxies.all().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn clients_that_are_sent_everything_get_everything_again() {
    let plane = Plane::start(&shop()).await;
    let (sender, receiver) = mpsc::channel(8);
    let node = WireNode { id: "shop/caller/1".to_owned(), ..WireNode::default() };
    let request = |kind: Kind, names: &[&str]| wire::DiscoveryRequest {
        type_url: kind.type_url().to_owned(),
        resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
        ..wire::DiscoveryRequest::default()
    };
    let first = wire::DiscoveryRequest { node: Some(node), ..request(Kind::Route, &["shop/web/80", "shop/web-2/80"]) };
    sender.send(first).await.expect("a stream");
    let mut stream = plane.client().await.stream_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream").into_inner();
    let routes = next(&mut stream).await;
    assert_eq!(routes.resources.len(), 2);
    let answer = |names: &[&str], response: &wire::DiscoveryResponse| wire::DiscoveryRequest {
        version_info: response.version_info.clone(),
        response_nonce: response.nonce.clone(),
        ..request(Kind::Route, names)
    };
    sender.send(answer(&["shop/web/80", "shop/web-2/80"], &routes)).await.expect("a stream");
    plane.edit(&shop().replace("weight: 90", "weight: 5"));
    let again = next(&mut stream).await;
    assert_eq!(again.resources.len(), 2, "both, though one changed");
    assert_ne!(again.version_info, routes.version_info);
    // It took them, and then wants one more.
    sender.send(answer(&["shop/web/80", "shop/web-2/80"], &again)).await.expect("a stream");
    sender.send(answer(&["shop/web/80", "shop/web-2/80", "shop/caller/80"], &again)).await.expect("a stream");
    assert_eq!(next(&mut stream).await.resources.len(), 3);
}

#[tokio::test]
async fn who_may_not_read_is_told_why() {
    let plane = Plane::start(&shop()).await;
    for (id, words) in [
        ("other/web/1", "other/web is of another namespace"),
        ("web-1", "NAMESPACE/WORKLOAD/INSTANCE"),
        ("", "NAMESPACE/WORKLOAD/INSTANCE"),
    ] {
        let (sender, receiver) = mpsc::channel(8);
        sender.send(ask(Kind::Cluster, id)).await.expect("a stream");
        let stream = plane.client().await.delta_aggregated_resources(ReceiverStream::new(receiver)).await.expect("a stream");
        let error = stream.into_inner().message().await.expect_err("a refusal");
        assert!(error.message().contains(words), "{id}: {error}");
    }
    assert!(plane.proxies.all().is_empty());
}

#[tokio::test]
async fn many_proxies_follow_many_edits_to_the_last() {
    let plane = Plane::start(&shop()).await;
    let mut proxies = Vec::new();
    for n in 0..50 {
        proxies.push(plane.stream(vec![ask_for(Kind::Route, &format!("shop/caller/{n}"), &["shop/web/80"])]).await);
    }
    for weight in 1..=30 {
        plane.edit(&shop().replace("weight: 90", &format!("weight: {weight}")));
    }
    let last = plane.worlds.borrow().view("shop/caller").get(Kind::Route, "shop/web/80").expect("a route").version.to_string();
    for mut proxy in proxies {
        while proxy.takes().await.resources[0].version != last {}
    }
}

#[tokio::test]
async fn a_proxy_is_not_remembered_without_end() {
    let plane = Plane::start(&shop()).await;
    let names: Vec<String> = (0..100_001).map(|n| format!("n{n}")).collect();
    let many = wire::DeltaDiscoveryRequest { resource_names_subscribe: names, ..ask(Kind::Route, "shop/caller/1") };
    let mut proxy = plane.stream(vec![many]).await;
    let error = proxy.stream.message().await.expect_err("a refusal");
    assert_eq!(error.code(), tonic::Code::ResourceExhausted, "{error}");
}
