//! A token without rights, a server that is away, and Meshes that name none, another one, or two.

use serde_json::json;

use super::server::{Consul, READS, RIGHTS};
use super::{controller, is_there, mesh, shares};
use crate::cluster::{Cluster, split, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_may_not_do_is_told_and_done_once_it_may() {
    if !is_there() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let consul = Consul::start(&cluster).await;
    let token = consul.token(READS).await;
    let _running = controller(&cluster, &token).await;
    let web = split("web", [90, 10]);
    cluster.apply(&mesh(&consul.address)).await;
    cluster.apply(&web).await;
    let message = cluster.comes(&web, "Applied", "False", "Rejected").await;
    assert!(message.contains("Permission denied") && message.contains("service:write"), "{message}");
    assert_eq!(consul.entries().await, Vec::<serde_json::Value>::new());
    consul.grant(RIGHTS).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert!(consul.get("service-splitter/web").await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_exist_is_refused_in_consuls_words() {
    if !is_there() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let consul = Consul::start(&cluster).await;
    let _running = controller(&cluster, "00000000-0000-4000-8000-00000000dead").await;
    let web = split("web", [90, 10]);
    cluster.apply(&mesh(&consul.address)).await;
    cluster.apply(&web).await;
    let message = cluster.comes(&web, "Applied", "False", "Rejected").await;
    assert!(message.contains("ACL not found"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_is_brought_up_to_date() {
    if !is_there() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let mut consul = Consul::start(&cluster).await;
    let token = consul.token(RIGHTS).await;
    let running = controller(&cluster, &token).await;
    let web = split("web", [90, 10]);
    cluster.apply(&mesh(&consul.address)).await;
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    consul.kill();
    // Also where nothing is to be written.
    let message = cluster.comes(&web, "Applied", "False", "Unreachable").await;
    assert!(message.contains(&consul.address), "{message}");
    cluster.apply(&split("web", [1, 1])).await;
    cluster.comes(&web, "Applied", "False", "Unreachable").await;
    consul.restart().await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let splitter = consul.get("service-splitter/web").await.expect("a splitter");
    assert_eq!(shares(&splitter), [("web-v1", 50.0), ("web-v2", 50.0)]);
    drop(running);

    // One that begins while the server is away tells it.
    consul.kill();
    let _running = controller(&cluster, &token).await;
    cluster.apply(&split("web", [2, 3])).await;
    cluster.comes(&web, "Applied", "False", "Unreachable").await;
    consul.restart().await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    let splitter = consul.get("service-splitter/web").await.expect("a splitter");
    assert_eq!(shares(&splitter), [("web-v1", 40.0), ("web-v2", 60.0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_is_found_when_a_mesh_names_one() {
    if !is_there() {
        return;
    }
    let cluster = Cluster::new(&[]).await;
    let consul = Consul::start(&cluster).await;
    let token = consul.token(RIGHTS).await;
    let running = controller(&cluster, &token).await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    // As long as nobody names one there would have to be Consul's kinds.
    let message = cluster.comes(&web, "Applied", "False", "Pending").await;
    assert!(message.contains("consul.hashicorp.com/v1alpha1) is not installed"), "{message}");
    cluster.apply(&mesh(&consul.address)).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    assert!(consul.get("service-splitter/web").await.is_some());
    // Two are one too many.
    let mut second = mesh("http://127.0.0.1:1");
    second["metadata"]["name"] = json!("second");
    second["spec"]["namespaceSelector"] = json!({"matchLabels": {"mesh": "second"}});
    cluster.apply(&second).await;
    running.tells("name two Consul servers").await;
    cluster.delete(&second).await;
    cluster.apply(&split("web", [1, 1])).await;
    until("the edit", async || {
        consul.get("service-splitter/web").await.is_some_and(|one| shares(&one) == [("web-v1", 50.0), ("web-v2", 50.0)])
    })
    .await;
}
