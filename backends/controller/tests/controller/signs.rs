//! What a controller counts, and how it shows that it lives.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use meshglot_apiserver::{crds, installed, peer};
use meshglot_controller::{Pulse, Settings, Signs, run};
use serde_json::json;

use crate::cluster::{Cluster, Running, settings, split, until, virtual_service};

/// The value of a series, as Prometheus would read it.
fn value(running: &Running, series: &str) -> Option<f64> {
    let text = running.signs.metrics.text().expect("a text");
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

async fn becomes(running: &Running, series: &str, wanted: f64) {
    until(&format!("{series} {wanted}"), async || value(running, series) == Some(wanted)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted() {
    if !installed() || crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let running = cluster.controller("istio").await;
    running.tells("in force: ").await;
    let web = split("web", [90, 10]);
    cluster.apply(&web).await;
    cluster.comes(&web, "Ready", "True", "InForce").await;
    becomes(&running, r#"meshglot_rendered_objects{backend="istio",kind="VirtualService"}"#, 1.0).await;
    becomes(&running, r#"meshglot_applied_objects{backend="istio",state="in_force"}"#, 1.0).await;
    becomes(&running, r#"meshglot_policy_objects{kind="TrafficSplit",reason="InForce"}"#, 1.0).await;
    becomes(&running, r#"meshglot_reconcile_total{kind="VirtualService",result="applied"}"#, 1.0).await;
    becomes(&running, r#"meshglot_reconcile_seconds_count{stage="applied"}"#, 1.0).await;
    becomes(&running, "meshglot_config_last_reload_success", 1.0).await;
    becomes(&running, "meshglot_leader", 1.0).await;
    assert!(value(&running, r#"meshglot_api_requests_total{code="200",verb="watch"}"#) > Some(10.0));
    assert!(value(&running, r#"meshglot_reconcile_seconds_count{stage="pass"}"#) > Some(0.0));

    cluster.edit(&virtual_service(), &json!({"spec": {"hosts": ["theirs"]}})).await;
    becomes(&running, "meshglot_drift_corrections_total", 1.0).await;
    becomes(&running, r#"meshglot_reconcile_total{kind="VirtualService",result="corrected"}"#, 1.0).await;

    let mut theirs = virtual_service();
    theirs["spec"] = json!({"hosts": ["theirs"]});
    cluster.apply_as("argocd", &theirs).await;
    until("a conflict", async || value(&running, "meshglot_apply_conflicts_total") > Some(0.0)).await;
    becomes(&running, r#"meshglot_applied_objects{backend="istio",state="rejected"}"#, 1.0).await;
    becomes(&running, r#"meshglot_applied_objects{backend="istio",state="in_force"}"#, 0.0).await;
    is_as_promtool_wants_it(&running.signs.metrics.text().expect("a text"));
}

/// Prometheus' own judge finds nothing in the text: neither its format, nor names, units and help.
fn is_as_promtool_wants_it(text: &str) {
    let Some(promtool) = peer("promtool") else { return };
    let judged = |text: &str| {
        let mut child = Command::new(&promtool)
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("a stream").write_all(text.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(judged(text), (true, String::new()), "{text}");
    let (is_good, why) = judged(&text.replace("meshglot_drift_corrections_total", "meshglot_drift_corrections"));
    assert!(!is_good && why.contains("counter metrics should have \"_total\" suffix"), "a judge that says yes to everything: {why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_without_an_api_server_lives_and_one_whose_core_hangs_does_not() {
    if !installed() || crds().is_none() {
        return;
    }
    let mut cluster = Cluster::new(&["istio"]).await;
    let (hang, hung) = std::sync::mpsc::channel::<()>();
    let signs = Signs { pulse: Pulse::within(Duration::from_secs(3)), ..Signs::new().expect("counters") };
    let settings = Settings { signs: signs.clone(), ..settings("istio") };
    let client = cluster.server.access().client_that_asks_once(cluster.server.admin()).await.expect("a client");
    let hung = std::sync::Mutex::new(hung);
    // Whoever listens never comes back from an object that is applied: so does the core that tells it.
    let tell = move |told: meshglot_controller::Told| {
        if told.to_string().starts_with("applied ") {
            let _ = hung.lock().expect("nobody else").recv();
        }
    };
    let running = tokio::spawn(async move { run(client, settings, tell, std::future::pending()).await });
    until("it is ready", async || signs.pulse.is_ready()).await;
    assert!(signs.pulse.listed().iter().any(|(kind, is_listed)| kind == "virtualservices.networking.istio.io" && *is_listed));

    cluster.server.kill();
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(signs.pulse.is_alive() && signs.pulse.is_ready(), "the API server is away, which no restart of this would mend");
    let text = signs.metrics.text().expect("a text");
    assert!(text.contains(r#"meshglot_watch_restarts_total{kind="TrafficSplit"}"#), "{text}");
    assert!(text.contains(r#"meshglot_api_requests_total{code="error""#), "{text}");

    cluster.server.restart().await.expect("it comes back");
    assert!(signs.pulse.is_alive());
    cluster.apply(&split("web", [90, 10])).await;
    until("it hangs, and that shows", async || !signs.pulse.is_alive()).await;
    drop(hang);
    until("it lives again", async || signs.pulse.is_alive()).await;
    running.abort();
}
