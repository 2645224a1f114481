//! Progressive delivery from end to end: Flagger moves calls by our TrafficSplit, and Prometheus tells it what our sidecars counted.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::flagger_site::{said, site};
use super::sidecar_site::rolled_out;
use super::site::Site;

/// A roll-out has at most so long.
const PATIENCE: Duration = Duration::from_secs(240);

fn object(site: &Site, kind: &str) -> Value {
    let text = site.try_kubectl(&["-n", "bookshop", "get", kind, "ratings", "-o", "json"]);
    serde_json::from_str(&text).unwrap_or_default()
}

/// Waits for a phase; the shares that the canary had until then, in percent.
fn comes_to(site: &Site, phase: &str) -> BTreeSet<i64> {
    let (begin, mut shares) = (Instant::now(), BTreeSet::new());
    loop {
        let (canary, split) = (object(site, "canary"), object(site, "trafficsplit"));
        let backends = split["spec"]["backends"].as_array().into_iter().flatten();
        shares.extend(backends.filter(|one| one["service"] == "ratings-canary").filter_map(|one| one["weight"].as_i64()));
        if canary["status"]["phase"] == phase {
            return shares;
        }
        assert!(begin.elapsed() < PATIENCE, "never {phase}: {:#}\n{}", canary["status"], said(site));
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Another version of the ratings; so many of a hundred of its answers are errors.
fn rolls_out(site: &Site, errors: u32) {
    let args = format!(r#"["demo-service", "ratings", "--listen", "0.0.0.0:8080", "--errors", "{errors}"]"#);
    let patch = format!(r#"{{"spec": {{"template": {{"spec": {{"containers": [{{"name": "ratings", "args": {args}}}]}}}}}}}}"#);
    site.kubectl(&["-n", "bookshop", "patch", "deployment", "ratings", "-p", &patch]);
}

/// What those who serve all calls were started with.
fn primary(site: &Site) -> String {
    site.kubectl(&["-n", "bookshop", "get", "deployment", "ratings-primary", "-o", "jsonpath={.spec.template.spec.containers[0].args}"])
}

#[test]
fn a_good_canary_is_promoted_and_a_bad_one_is_rolled_back() {
    let Some(site) = site() else { return };
    site.apply(include_str!("../../../../examples/flagger/canary.yaml"));
    comes_to(&site, "Initialized");

    // A new version that is well gets its tenth, its half, and then everything.
    rolls_out(&site, 0);
    let shares = comes_to(&site, "Succeeded");
    assert!(shares.is_superset(&BTreeSet::from([10, 50])), "{shares:?}");
    assert!(primary(&site).contains("\"--errors\",\"0\""), "{}", primary(&site));

    // One that fails most of its calls gets a tenth, and never more: with so many visitors that it is seen within one look.
    site.kubectl(&["-n", "bookshop", "scale", "deployment/visitors", "--replicas=3"]);
    rolled_out(&site, &["-n", "bookshop"], "deployment/visitors");
    rolls_out(&site, 80);
    let shares = comes_to(&site, "Failed");
    assert!(shares.contains(&10) && !shares.contains(&50), "{shares:?}");
    assert!(primary(&site).contains("\"--errors\",\"0\""), "{}", primary(&site));
    let split = object(&site, "trafficsplit");
    let weights: Vec<i64> =
        split["spec"]["backends"].as_array().expect("backends").iter().filter_map(|one| one["weight"].as_i64()).collect();
    assert_eq!(weights, [0, 100], "{:#}", split["spec"]);
    // By what the mesh does it was: the split is in force, and of the canary's answers some were errors.
    assert_eq!(split["status"]["summary"]["ready"], "1/1", "{:#}", split["status"]);
    assert!(said(&site).contains("advancement success rate"), "{}", said(&site));
}
