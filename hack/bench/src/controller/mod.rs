//! A controller on a real API server, with the large policy of the pages: from its start until all is in force, from an edit until it is
//! applied, its memory, and what it writes at rest.

mod client;
pub(crate) mod cluster;
mod edits;
mod process;
pub(crate) mod webhook;

use std::path::Path;
use std::time::{Duration, Instant};

use cluster::Cluster;
use meshglot_apiserver::{Gate, installed};
use process::Controller;

/// The word of the command line.
pub(crate) const WORD: &str = "controller";

/// How long it is left alone.
const REST: Duration = Duration::from_secs(60);

/// Prints the tables, of the command line `tool`.
pub(crate) fn run(tool: &Path) {
    if !installed() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(all(tool));
}

async fn all(tool: &Path) {
    let begin = Instant::now();
    let cluster = Cluster::with(&super::web::text()).await;
    eprintln!("{} objects are in the cluster after {:.0} s", cluster.objects, begin.elapsed().as_secs_f64());
    println!("{}", process::HEAD);
    let controller = Controller::start(tool, &cluster.kubeconfig());
    println!("{}", controller.until_in_force("nothing is rendered yet").await);
    let times = edits::measured(&cluster, &controller).await;
    drop(controller);
    let gate = Gate::before(&cluster.server).await.expect("a gate");
    let controller = Controller::start(tool, &cluster.kubeconfig_of(gate.access()));
    println!("{}", controller.until_in_force("all is as it should be, behind the gate").await);
    println!("\n{}\n{}", edits::HEAD, times.join("\n"));
    let writes = |gate: &Gate| gate.counts().writes();
    let at_start = writes(&gate);
    // What was under way when the last status was told has ended then.
    tokio::time::sleep(Duration::from_secs(5)).await;
    gate.forget();
    let cpu = controller.cpu();
    tokio::time::sleep(REST).await;
    let counts = gate.counts();
    println!(
        "\nThe second start wrote {at_start} times. In {} s at rest: {} writes, {} reads, {:.2} s of the processor; {} MiB resident.",
        REST.as_secs(),
        counts.writes(),
        counts.reads(),
        (controller.cpu() - cpu).as_secs_f64(),
        controller.memory("VmRSS")
    );
}
