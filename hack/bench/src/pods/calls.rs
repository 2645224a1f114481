//! A call between two pods: how fast it is answered, and what all containers on its way use, beside the same pods without sidecars.

use std::net::IpAddr;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::cgroup::Container;
use super::manifests::{OTHER, PATH, PORT};
use super::options::Options;
use super::probe;
use super::prober::Prober;
use super::site::Site;
use crate::proxy::child::Running;
use crate::proxy::load::{Asked, Speaks, measure_by};
use crate::proxy::table::{head, median};

/// Whose time on processors is told: caller, its sidecar, the server's, server.
const ON_THE_WAY: [(&str, &str); 4] = [("caller", "main"), ("caller", "meshglot-proxy"), ("server", "meshglot-proxy"), ("server", "main")];

const TITLES: &str = "\
| Calls | Pods | p50 ms | p99 ms | p99.9 ms | CPU µs per call | caller | its sidecar | server's sidecar | server |";

pub(super) struct Measured {
    pub(super) table: String,
    pub(super) values: Value,
}

/// One measurement: p50, p99 and p99.9 in milliseconds, and microseconds of processors for each call.
struct Round {
    latencies: [f64; 3],
    cpu: [f64; 4],
}

impl Round {
    fn all_cpu(&self) -> f64 {
        self.cpu.iter().sum()
    }
}

/// Both sites in turn, so that whatever else the machine does is met by both.
pub(super) fn measured(site: &Site, options: &Options) -> Measured {
    is_as_said(site);
    let (mut rows, mut values) = (vec![head(TITLES)], Vec::new());
    for (what, is_anew) in [("kept connections", false), ("a connection each", true)] {
        let rounds: Vec<[Round; 2]> =
            (0..options.rounds).map(|_| ["plain", "meshed"].map(|namespace| round(site, namespace, is_anew, options))).collect();
        for (at, pods) in ["without a mesh", "with sidecars"].into_iter().enumerate() {
            let of = |which: &dyn Fn(&Round) -> f64| median(rounds.iter().map(|pair| which(&pair[at])));
            let latencies = [0, 1, 2].map(|at| of(&|round| round.latencies[at]));
            let cpu = [0, 1, 2, 3].map(|at| of(&|round| round.cpu[at]));
            let all = of(&Round::all_cpu);
            let cells =
                [latencies.map(|ms| format!("{ms:.2}")).join(" | "), format!("{all:.0}"), cpu.map(|us| format!("{us:.0}")).join(" | ")];
            rows.push(format!("| {what} | {pods} | {} |", cells.join(" | ")));
            values.push(json!({"calls": what, "pods": pods, "latencyMs": latencies, "cpuMicros": all, "cpuMicrosOf": cpu}));
        }
        let of = |which: &dyn Fn(&Round, &Round) -> f64| median(rounds.iter().map(|[plain, meshed]| which(plain, meshed)));
        let added = [0, 1, 2].map(|at| of(&|plain, meshed| meshed.latencies[at] - plain.latencies[at]));
        let times = [0, 1, 2].map(|at| of(&|plain, meshed| meshed.latencies[at] / plain.latencies[at]));
        let (more, ratio) =
            (of(&|plain, meshed| meshed.all_cpu() - plain.all_cpu()), of(&|plain, meshed| meshed.all_cpu() / plain.all_cpu()));
        rows.push(format!("| {what} | added | {} | {more:.0} | | | | |", added.map(|ms| format!("{ms:.2}")).join(" | ")));
        rows.push(format!("| {what} | ratio | {} | {ratio:.2} x | | | | |", times.map(|times| format!("{times:.2} x")).join(" | ")));
        values.push(json!({"calls": what, "addedMs": added, "ratio": times, "addedCpuMicros": more, "cpuRatio": ratio}));
    }
    Measured { table: rows.join("\n"), values: values.into() }
}

/// The rule is in force and nobody is let in without a sidecar, or it is no mesh that is measured.
fn is_as_said(site: &Site) {
    let patience = Duration::from_secs(60);
    let answers = |from: &str, host: IpAddr, port: u16, path: &str, status: u16| {
        let asked = probe::Asked { hosts: vec![host], port, path: path.to_owned(), every: 100 };
        let words = serde_json::to_string(&asked).expect("JSON");
        let mut prober = Prober::start(site.part(from, "caller", &["probe", &words]), 1);
        prober.until_all(status, |_| true, patience);
        prober.is_left_alone(Duration::from_secs(1));
    };
    answers("plain", address(site, "plain"), 80, PATH, 200);
    answers("plain", address(site, "plain"), 80, OTHER, 200);
    answers("meshed", address(site, "meshed"), 80, PATH, 200);
    answers("meshed", address(site, "meshed"), 80, OTHER, 403);
    let pods = site.pods("meshed", "server");
    let pod = pods[0]["status"]["podIP"].as_str().and_then(|text| text.parse().ok()).expect("an address");
    answers("plain", pod, PORT, PATH, 403);
    let sidecars = |namespace| ["caller", "server"].map(|app| site.containers(namespace, app, "meshglot-proxy").len());
    assert_eq!([sidecars("plain"), sidecars("meshed")], [[0, 0], [1, 1]], "sidecars are where they are said to be");
}

fn address(site: &Site, namespace: &str) -> IpAddr {
    let text = site.kubectl(&["-n", namespace, "get", "service", "server", "-o", "jsonpath={.spec.clusterIP}"]);
    text.parse().expect("an address")
}

fn round(site: &Site, namespace: &str, is_anew: bool, options: &Options) -> Round {
    let asked = Asked {
        speaks: Speaks::Http1,
        host: address(site, namespace),
        port: 80,
        path: PATH.to_owned(),
        connections: 16,
        is_anew,
        streams: 1,
        rate: options.rate,
        seconds: options.seconds,
    };
    let containers: Vec<Option<Container>> =
        ON_THE_WAY.iter().map(|(app, name)| site.containers(namespace, app, name).into_iter().next()).collect();
    let used = || containers.iter().map(|one| one.as_ref().map_or(Duration::ZERO, Container::cpu)).collect::<Vec<_>>();
    let words = serde_json::to_string(&asked).expect("JSON");
    let mut command: Command = site.part(namespace, "caller", &["load", &words]);
    let caller = Running::spoken(&mut command).expect("it starts");
    let (answered, before, after) = measure_by(caller, used).expect("every call is answered");
    let cpu = [0, 1, 2, 3].map(|at| (after[at] - before[at]).as_secs_f64() * 1e6 / answered.calls as f64);
    Round { latencies: answered.latencies, cpu }
}
