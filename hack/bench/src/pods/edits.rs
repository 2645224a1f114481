//! From an edit of a rule until each of many pods keeps to it, as a caller sees it.

use std::net::IpAddr;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use super::manifests::{PATH, PORT, target};
use super::options::Options;
use super::probe::{Asked, now};
use super::prober::Prober;
use super::site::Site;
use super::status::Said;
use crate::controller::cluster::one;
use crate::proxy::table;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// From one edit to the next: never the same, so that no clock of ours beats with them.
const REST: Duration = Duration::from_millis(700);

pub(super) struct Measured {
    pub(super) table: String,
    pub(super) values: Value,
    /// Of all pods.
    pub(super) calls: u64,
}

/// In milliseconds after the edit was sent.
struct Edit {
    lets_in: bool,
    /// Until the API server has said that it has it.
    taken: f64,
    /// Until the status of the rule says that it is in force.
    said: f64,
    /// Until each pod kept to it, the first one first.
    kept: Vec<f64>,
}

/// Takes the caller away and lets it in again, in turn.
pub(super) fn measured(site: &Site, options: &Options) -> Measured {
    let pods = site.pods("fleet", "target");
    let hosts: Vec<IpAddr> =
        pods.iter().filter_map(|pod| pod["status"]["podIP"].as_str()).map(|text| text.parse().expect("an address")).collect();
    assert_eq!(hosts.len(), options.pods, "every pod has an address");
    let asked = Asked { hosts, port: PORT, path: PATH.to_owned(), every: options.every };
    let words = serde_json::to_string(&asked).expect("JSON");
    let mut prober = Prober::start(site.part("fleet", "prober", &["probe", &words]), options.pods);
    // Before the prober's sidecar knows them all there may be any answer.
    prober.until_all(200, |_| true, PATIENCE);
    prober.is_left_alone(Duration::from_secs(3));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let client = runtime.block_on(client(site));
    let mut said = runtime.block_on(async { Said::of(&client) });
    let edits: Vec<Edit> = (0..options.edits)
        .map(|at| {
            let lets_in = at % 2 == 1;
            let (caller, status, old) = if lets_in { ("prober", 200, 403) } else { ("nobody", 403, 200) };
            let begin = now();
            runtime.block_on(one(&client, &target("fleet", "target", caller)));
            let taken = now();
            let times = prober.until_all(status, |status| status == old, PATIENCE);
            let said = said.next(PATIENCE);
            prober.is_left_alone(REST + Duration::from_millis(37 * at as u64 % 211));
            let since = |time: u64| time.saturating_sub(begin) as f64 / 1e3;
            let mut kept: Vec<f64> = times.into_iter().map(since).collect();
            kept.sort_by(f64::total_cmp);
            Edit { lets_in, taken: since(taken), said: since(said), kept }
        })
        .collect();
    told(&edits, options, prober.calls())
}

async fn client(site: &Site) -> Client {
    let file = Kubeconfig::read_from(&site.kubeconfig).expect("a kubeconfig");
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.expect("settings");
    Client::try_from(config).expect("a client")
}

fn told(edits: &[Edit], options: &Options, calls: u64) -> Measured {
    let mut rows = vec![table::head(
        "| Edit | of | each pod p50 ms | p99 ms | worst ms | first pod p50 ms | last pod p50 ms | API server p50 ms | status says so p50 ms |",
    )];
    let mut values = Vec::new();
    for (what, lets_in) in [("a caller is taken away", Some(false)), ("a caller is let in", Some(true)), ("both", None)] {
        let all: Vec<&Edit> = edits.iter().filter(|one| lets_in.is_none_or(|lets_in| lets_in == one.lets_in)).collect();
        let each = spread(all.iter().flat_map(|one| one.kept.iter().copied()).collect());
        let first = spread(all.iter().filter_map(|one| one.kept.first().copied()).collect());
        let last = spread(all.iter().filter_map(|one| one.kept.last().copied()).collect());
        let taken = spread(all.iter().map(|one| one.taken).collect());
        let said = spread(all.iter().map(|one| one.said).collect());
        let cells = [each[0], each[1], each[2], first[0], last[0], taken[0], said[0]].map(|ms| format!("{ms:.0}"));
        rows.push(format!("| {what} | {} | {} |", all.len(), cells.join(" | ")));
        values.push(
            json!({"edit": what, "edits": all.len(), "eachPodMs": each, "firstPodMs": first, "lastPodMs": last, "apiServerMs": taken, "statusMs": said}),
        );
    }
    rows.push(format!("\n{} pods, each called every {} ms.", options.pods, options.every));
    Measured { table: rows.join("\n"), values: json!({"sorts": values, "calls": calls}), calls }
}

/// p50, p99 and the worst.
fn spread(mut times: Vec<f64>) -> [f64; 3] {
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).or(times.last()).copied().unwrap_or_default();
    [at(50), at(99), at(100)]
}
