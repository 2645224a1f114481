//! The sample application as pods: who may call whom, and which share of the calls each version gets.

use meshglot::capture;

use super::look;
use super::sidecar_site::{rolled_out, with_replicas};
use super::site::Site;

/// Calls that are counted.
const CALLS: usize = 600;

/// A pod with the account of the front, which may do what the front may, and one that is in no mesh.
const CALLER: &str = "\
{apiVersion: v1, kind: Pod, metadata: {name: caller, namespace: bookshop, labels: {app: caller}},
 spec: {serviceAccountName: frontend, terminationGracePeriodSeconds: 1,
  containers: [{name: main, image: localhost/tools:1, command: [/usr/bin/sleep, '86400']}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: plain, namespace: default, labels: {meshglot.dev/inject: disabled}},
 spec: {terminationGracePeriodSeconds: 1,
  containers: [{name: main, image: localhost/tools:1, command: [/usr/bin/sleep, '86400']}]}}
";

pub(super) const DEPLOYMENTS: [&str; 7] = ["frontend", "details", "reviews-v1", "reviews-v2", "ratings", "batch", "visitors"];

/// The sample application with sidecars, in force, and whatever is applied beside it.
pub(super) fn bookshop(site: &Site, besides: &str) {
    let printed = capture(&["demo", "--manifests", "--image", "meshglot:test"], b"");
    assert_eq!(printed.exit, 0, "{}", printed.stderr);
    site.apply(&format!("{}---\n{besides}", printed.stdout));
    for name in DEPLOYMENTS {
        rolled_out(site, &["-n", "bookshop"], &format!("deployment/{name}"));
    }
    let status = ["-n", "bookshop", "get", "traffictargets,trafficsplits", "-o", "jsonpath={.items[*].status.summary.ready}"];
    site.until("all policy is in force", || site.kubectl(&status) == "1/1 1/1 1/1 1/1 1/1");
}

/// What curl prints in a pod, however it ends.
pub(super) fn curl(site: &Site, from: &str, words: &[&str]) -> String {
    let namespace = if from == "plain" { "default" } else { "bookshop" };
    let exec = ["-n", namespace, "exec", from, "-c", "main", "--", "/usr/bin/curl", "-s", "-m", "60"];
    site.try_kubectl(&[&exec[..], words].concat())
}

/// The status alone.
pub(super) fn status(site: &Site, from: &str, url: &str) -> String {
    curl(site, from, &["-o", "/dev/null", "-w", "%{http_code}", url])
}

#[test]
fn the_sample_application_runs_in_pods_as_its_policy_says() {
    // Each of two controllers serves some of the sidecars, and both see all.
    let Some(site) = with_replicas("2") else { return };
    bookshop(&site, CALLER);
    site.kubectl(&["-n", "bookshop", "wait", "--for=condition=Ready", "pod/caller", "--timeout=120s"]);
    site.kubectl(&["wait", "--for=condition=Ready", "pod/plain", "--timeout=120s"]);
    let reviews = "http://reviews.bookshop:9080/reviews/7";
    site.until("the reviews are read", || status(&site, "caller", reviews) == "200");
    // Which version answers is decided call by call, by the shares of the split.
    let said = curl(&site, "caller", &[&format!("http://reviews.bookshop:9080/reviews/[1-{CALLS}]")]);
    let of = |version: &str| said.matches(&format!("\"version\":\"{version}\"")).count();
    let (first, second) = (of("reviews-v1"), of("reviews-v2"));
    assert_eq!(first + second, CALLS, "every call is answered");
    // One in ten; five standard deviations to either side, of 7.3 calls each.
    assert!((60 - 37..=60 + 37).contains(&second), "{second} of {CALLS}");

    // Neither without an identity, nor by another one's, nor what no rule names.
    assert_ne!(status(&site, "plain", reviews), "200");
    assert_eq!(status(&site, "caller", "http://ratings.bookshop:9080/ratings/7"), "403");
    look::commands_show_who_calls_whom(&site);
    look::the_view_shows_calls(&site);
    look::others_see_nothing(&site, |words| curl(&site, "plain", words));
    // The rule of the ratings is wrong on purpose, and the shop tells so; mended, the stars are there.
    let front = || curl(&site, "caller", &["http://reviews.bookshop:9080/reviews/7"]);
    assert!(front().contains("the ratings answered 403"), "{}", front());
    let mended = r#"{"spec": {"matches": [{"name": "read", "pathRegex": "/ratings/", "methods": ["GET"]}]}}"#;
    site.kubectl(&["-n", "bookshop", "patch", "httproutegroup", "ratings", "--type=merge", "-p", mended]);
    site.until("the stars are there", || front().contains("\"stars\":[5,4]"));

    // All that comes goes to the second version when the split says so.
    let split = r#"{"spec": {"backends": [{"service": "reviews-v1", "weight": 0}, {"service": "reviews-v2", "weight": 100}]}}"#;
    site.kubectl(&["-n", "bookshop", "patch", "trafficsplit", "reviews-canary", "--type=merge", "-p", split]);
    let all = || curl(&site, "caller", &["http://reviews.bookshop:9080/reviews/[1-20]"]).matches("reviews-v2").count();
    site.until("everybody meets the second version", || all() == 20);
}
