//! Many proxies at once, and some among them that behave badly.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use envoy_types::pb::envoy::service::discovery::v3 as wire;
use meshglot_xds::{Kind, View};

use super::model::{service, shop};
use super::plane::{Client, Plane, ask, ask_for, names, refuse, take};

fn weighed(weight: usize) -> String {
    shop().replace("weight: 90", &format!("weight: {weight}"))
}

/// A proxy that wants one kind, by name or all of it.
async fn proxy(plane: &Plane, id: &str) -> Client {
    plane.stream(vec![ask_for(Kind::Route, id, &["shop/web/80"])]).await
}

#[tokio::test]
async fn a_thousand_that_come_back_with_what_they_have_are_sent_nothing() {
    let plane = Plane::start(&shop()).await;
    let view = plane.worlds.borrow().view("shop/caller");
    // As Envoy says it: clusters and listeners all, the others by name.
    let again = |kind: Kind, id: &str| {
        let has: HashMap<String, String> =
            view.of(kind).map(|resource| (resource.name.to_string(), resource.version.to_string())).collect();
        let by_name = matches!(kind, Kind::Assignment | Kind::Route);
        let names = if by_name { has.keys().cloned().collect() } else { Vec::new() };
        wire::DeltaDiscoveryRequest { resource_names_subscribe: names, initial_resource_versions: has, ..ask(kind, id) }
    };
    let mut proxies = Vec::new();
    for connection in 0..10 {
        let mut client = plane.client().await;
        for n in 0..100 {
            let id = format!("shop/caller/{connection}-{n}");
            let requests = Kind::ALL.map(|kind| again(kind, if kind == Kind::Cluster { &id } else { "" }));
            proxies.push(Client::open(&mut client, requests.into()).await);
        }
    }
    plane.until(1000, |status| status.kinds.len() == 4 && status.is_synced()).await;
    plane.edit(&weighed(7));
    for proxy in &mut proxies {
        let first = proxy.takes().await;
        assert_eq!((first.nonce.as_str(), names(&first)), ("1", vec!["shop/web/80"]), "the first that it is sent");
    }
    plane.settled(1000).await;
}

#[tokio::test]
async fn who_refuses_everything_keeps_nobody_else_from_anything() {
    let plane = Plane::start(&shop()).await;
    let mut others = [proxy(&plane, "shop/caller/1").await, proxy(&plane, "shop/web/1").await];
    let mut bad = proxy(&plane, "shop/caller/2").await;
    for weight in 1..=10 {
        for other in &mut others {
            assert_eq!(names(&other.takes().await), ["shop/web/80"]);
        }
        let message = bad.next().await;
        bad.say(refuse(&message)).await;
        plane.until(2, |status| status.is_synced()).await;
        plane.until(1, |status| !status.is_synced() && status.kinds[&Kind::Route].refused.contains_key("shop/web/80")).await;
        plane.edit(&weighed(weight));
    }
    assert_eq!(bad.next().await.nonce, "11", "each version was sent to it once");
}

#[tokio::test]
async fn who_never_reads_costs_one_view_and_keeps_nobody_waiting() {
    let many: String = (10..40).map(|n| service(&format!("s{n}"), n)).collect();
    let plane = Plane::start(&(shop() + &many)).await;
    let mut good = proxy(&plane, "shop/web/1").await;
    good.takes().await;
    // It wants all there is, which is more than fits into a connection that nobody reads.
    let mut lazy = Vec::new();
    for n in 0..5 {
        lazy.push(plane.stream(vec![ask(Kind::Cluster, &format!("shop/caller/{n}")), ask(Kind::Listener, "")]).await);
    }
    plane.until(6, |_| true).await;
    let mut views: Vec<Weak<View>> = Vec::new();
    for weight in 1..=20 {
        plane.edit(&(weighed(weight) + &many));
        views.push(Arc::downgrade(&plane.worlds.borrow().view("shop/caller")));
        assert_eq!(names(&good.takes().await), ["shop/web/80"]);
    }
    plane.until(1, |status| status.node.workload == "shop/web" && status.is_synced()).await;
    let alive = views.iter().filter(|view| view.strong_count() > 0).count();
    assert!(alive <= 1 + lazy.len(), "{alive} of {} views are held", views.len());
}

#[tokio::test]
async fn edits_while_an_answer_is_awaited_become_one_message() {
    let plane = Plane::start(&shop()).await;
    let mut proxy = proxy(&plane, "shop/caller/1").await;
    let first = proxy.next().await;
    for weight in 1..=20 {
        plane.edit(&weighed(weight));
    }
    let revision = plane.worlds.borrow().revision();
    plane.until(1, |status| status.revision == revision).await;
    proxy.say(take(&first)).await;
    let second = proxy.takes().await;
    let last = plane.worlds.borrow().view("shop/caller").get(Kind::Route, "shop/web/80").expect("a route").version.to_string();
    assert_eq!((second.nonce.as_str(), second.resources[0].version.as_str()), ("2", &*last));
    plane.settled(1).await;
    plane.edit(&weighed(77));
    assert_eq!(proxy.next().await.nonce, "3", "nothing came between");
}
