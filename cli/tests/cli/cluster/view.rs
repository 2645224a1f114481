//! The web view of a controller, on the one that leads and on one that stands by.

use meshglot_apiserver::installed;

use super::pages::Pages;
use super::site::Site;

/// A controller with a view.
fn viewed(site: &Site, auth: &str) -> Pages {
    let words = ["controller", "--backend", "istio", "--lease-duration", "3", "--web-address", "127.0.0.1:0", "--web-auth", auth];
    Pages::start(site.command(&words, &site.kubeconfig), "web            ")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_shows_policy_and_its_edits() {
    if !installed() {
        return;
    }
    let site = Site::own("viewed", &[], &[]).await;
    site.services(&["web", "web-v1", "web-v2"]).await;
    site.apply(&site.split("canary", [90, 10])).await;
    let both = [viewed(&site, "none"), viewed(&site, "none")];
    let page = "/policies/TrafficSplit/viewed/canary.json";
    for one in &both {
        site.until("the split is shown", async || one.shows(page, "\"weight\":90")).await;
    }
    site.apply(&site.split("canary", [37, 63])).await;
    for one in &both {
        site.until("the edit is shown", async || one.shows(page, "\"weight\":37")).await;
    }
    let shut = viewed(&site, "token");
    assert!(shut.get(page).starts_with("HTTP/1.1 401 "), "{}", shut.get(page));
}
