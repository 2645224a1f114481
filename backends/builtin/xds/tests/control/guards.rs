//! Where an edit changes who may call a workload and something else besides, that workload's proxies hear of it first.

use std::time::Duration;

use meshglot_xds::Kind;

use super::model::shop;
use super::plane::{Client, Plane, ask_for, names, refuse};

/// Closes `web` but for its caller, and moves its calls.
fn closing_and_moving() -> String {
    let target = "---\napiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {name: all, namespace: shop}\n\
        spec: {matches: [{name: all, pathRegex: '.*', methods: ['*']}]}\n\
        ---\napiVersion: access.smi-spec.io/v1alpha3\nkind: TrafficTarget\nmetadata: {name: web, namespace: shop}\n\
        spec:\n  destination: {kind: ServiceAccount, name: web, namespace: shop}\n  \
        rules: [{kind: HTTPRouteGroup, name: all}]\n  sources: [{kind: ServiceAccount, name: caller, namespace: shop}]\n";
    shop().replace("weight: 90", "weight: 5") + target
}

/// A caller of `web`, and `web` itself: what it is called by.
async fn caller_and_server(plane: &Plane) -> (Client, Client) {
    let mut caller = plane.stream(vec![ask_for(Kind::Route, "shop/caller/1", &["shop/web/80"])]).await;
    let mut server = plane.stream(vec![ask_for(Kind::Route, "shop/web/1", &["inbound/8080"])]).await;
    caller.takes().await;
    server.takes().await;
    plane.settled(2).await;
    (caller, server)
}

#[tokio::test]
async fn callers_hear_once_the_server_has_answered() {
    let plane = Plane::start(&shop()).await;
    let (mut caller, mut server) = caller_and_server(&plane).await;
    plane.edit(&closing_and_moving());
    let closed = server.next().await;
    assert_eq!(names(&closed), ["inbound/8080"]);
    let early = tokio::time::timeout(Duration::from_millis(100), caller.stream.message()).await;
    assert!(early.is_err(), "the server has not answered yet: {early:?}");
    // A refusal is an answer: the server goes on with what it had, and says so.
    server.say(refuse(&closed)).await;
    assert_eq!(names(&caller.takes().await), ["shop/web/80"]);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_waited_for_a_while_alone() {
    let plane = Plane::with_patience(&shop(), Duration::from_millis(50)).await;
    let (mut caller, mut server) = caller_and_server(&plane).await;
    plane.edit(&closing_and_moving());
    assert_eq!(names(&caller.takes().await), ["shop/web/80"]);
    assert_eq!(names(&server.next().await), ["inbound/8080"]);
}

#[tokio::test]
async fn nobody_waits_for_a_workload_without_proxies_or_for_an_edit_that_closes_alone() {
    let plane = Plane::start(&shop()).await;
    let (mut caller, server) = caller_and_server(&plane).await;
    drop(server);
    plane.until(1, |_| true).await;
    plane.edit(&closing_and_moving());
    assert_eq!(names(&caller.takes().await), ["shop/web/80"], "nobody is there to be waited for");

    let mut server = plane.stream(vec![ask_for(Kind::Route, "shop/web/2", &["inbound/8080"])]).await;
    server.takes().await;
    plane.settled(2).await;
    plane.edit(&closing_and_moving().replace("name: caller, namespace: shop}]", "name: web-2, namespace: shop}]"));
    server.next().await;
    // It has not answered, and the next edit is not kept waiting.
    plane.edit(
        &closing_and_moving()
            .replace("name: caller, namespace: shop}]", "name: web-2, namespace: shop}]")
            .replace("weight: 5", "weight: 6"),
    );
    assert_eq!(names(&caller.takes().await), ["shop/web/80"]);
}

#[tokio::test]
async fn nobody_waits_for_a_workload_that_is_gone() {
    let plane = Plane::start(&shop()).await;
    let (mut caller, _server) = caller_and_server(&plane).await;
    let is_gone = |document: &&str| document.contains("kind: Deployment") && document.contains("{name: web, ");
    let shop = shop().replace("weight: 90", "weight: 5");
    let left: Vec<&str> = shop.split("---\n").filter(|document| !is_gone(document)).collect();
    plane.edit(&left.join("---\n"));
    assert!(plane.worlds.borrow().workloads().all(|name| &**name != "shop/web"));
    // Its proxy is sent that it has nothing to listen to, and does not answer.
    assert_eq!(names(&caller.takes().await), ["shop/web/80"]);
}
