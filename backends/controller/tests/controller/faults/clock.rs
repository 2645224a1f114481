//! The wall clock of the controller that writes jumps, by years and in both directions, while another one waits.

use std::fs;

use meshglot_apiserver::{crds, installed, peer};
use serde_json::Value;

use super::edits::Edits;
use super::process::Controller;
use crate::cluster::{Cluster, until};
use crate::leaders::lease;

/// From now on, or from the start on.
const JUMPS: [&str; 6] = ["+3d", "-10y", "+20y", "-1h", "+12h", "+0"];

async fn spec(cluster: &Cluster) -> Value {
    cluster.get(&lease()).await.unwrap_or_default()["spec"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_the_same_one_leads_when_its_clock_jumps() {
    let Some(library) = peer("faketime").filter(|_| installed() && crds().is_some()) else { return };
    let cluster = Cluster::new(&["istio"]).await;
    let kubeconfig = cluster.server.kubeconfig(cluster.server.admin()).expect("written");
    let folder = tempfile::tempdir().expect("a folder");
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0").expect("written");
    let (mut edits, guard) = Edits::begin(&cluster, 2).await;
    let (library, file) = (library.display().to_string(), clock.display().to_string());
    let variables = [
        ("LD_PRELOAD", library.as_str()),
        ("FAKETIME_TIMESTAMP_FILE", file.as_str()),
        // It is read at every question, and other clocks go on as they do: only the wall clock is ever set.
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ];
    let _first = Controller::start(&kubeconfig, Some("first"), variables);
    until("the first one leads", async || spec(&cluster).await["holderIdentity"] == "first").await;
    let _second = Controller::start(&kubeconfig, Some("second"), []);
    let transitions = spec(&cluster).await["leaseTransitions"].clone();
    let mut years = std::collections::BTreeSet::new();
    for jump in JUMPS {
        fs::write(&clock, jump).expect("written");
        for _ in 0..3 {
            edits.next(&cluster).await;
            edits.pause(1_000).await;
        }
        let renewed = spec(&cluster).await["renewTime"].as_str().unwrap_or_default().to_owned();
        years.insert(renewed.split('-').next().unwrap_or_default().to_owned());
    }
    let now = spec(&cluster).await;
    assert!(years.len() >= 3, "its clock has not jumped: {years:?}");
    assert_eq!((&now["holderIdentity"], &now["leaseTransitions"]), (&Value::from("first"), &transitions));
    let looks = edits.end(&cluster, &guard).await;
    assert!(looks > JUMPS.len(), "{looks} states");
}
