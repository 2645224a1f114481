//! What sidecars hold in memory.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::cgroup::Memory;
use super::site::Site;

/// Above the rows.
pub(super) const HEAD: &str = "\
| Sidecars | of | working set MiB, mean | worst | resident MiB, mean | worst | of it no file, mean | worst |
|---|---|---|---|---|---|---|---|";

/// Until nothing is under way any more.
const REST: Duration = Duration::from_secs(10);

pub(super) struct Measured {
    pub(super) row: String,
    pub(super) values: Value,
}

/// Of all sidecars of the fleet.
pub(super) fn measured(site: &Site, when: &str) -> Measured {
    thread::sleep(REST);
    let all: Vec<Memory> = site.containers("fleet", "target", "meshglot-proxy").iter().map(|one| one.memory()).collect();
    let of = |which: fn(&Memory) -> f64| {
        let mean = all.iter().map(which).sum::<f64>() / all.len() as f64;
        (mean, all.iter().map(which).fold(0.0, f64::max))
    };
    let [set, resident, own] = [of(|one| one.working_set), of(|one| one.resident), of(|one| one.own)];
    let cells = [set, resident, own].map(|(mean, worst)| format!("{mean:.1} | {worst:.1}")).join(" | ");
    let told = |(mean, worst): (f64, f64)| json!({"meanMiB": mean, "worstMiB": worst});
    Measured {
        row: format!("| {when} | {} | {cells} |", all.len()),
        values: json!({"sidecars": all.len(), "workingSet": told(set), "resident": told(resident), "noFile": told(own)}),
    }
}
