//! A control plane and its proxies: how long a change takes until the last of them has it, and what that costs.
//!
//! The proxies are simulated, in a process of their own; everything else is real.

mod envoy;
mod fleet;
mod plane;
mod process;
mod proxies;
mod shop;

use std::time::{Duration, Instant};

use fleet::Fleet;
use plane::Plane;
use shop::{Change, WORKLOADS};

pub(crate) use proxies::run as proxies;

/// The word of the command line, and that of the process of the proxies.
pub(crate) const WORD: &str = "mesh";
pub(crate) const WORD_PROXIES: &str = "mesh-proxies";

/// Of a mesh of one or ten proxies for each workload.
pub(crate) const SIZES: [usize; 2] = [WORKLOADS, 10 * WORKLOADS];

const HEAD: &str = "| Proxies | all have all after s | server's CPU s | proxies' CPU s | failed connections | MiB sent | resources sent | KiB of the server for each |";

const HEAD_CHANGES: &str =
    "| Proxies | Change | p50 ms | p99 ms | rendered after, p50 ms | server's CPU ms | messages | resources | KiB sent |";

/// How often each change is made.
const CHANGES: usize = 100;

/// How long all proxies may take for anything.
const PATIENCE: Duration = Duration::from_secs(120);

/// After this much quiet nothing is under way.
const QUIET: Duration = Duration::from_millis(1500);

/// Prints the tables of a mesh with so many proxies.
pub(crate) fn run(count: usize) {
    let start = Instant::now();
    let mut plane = Plane::start(shop::text(count / WORKLOADS)).expect("a control plane");
    let made = start.elapsed();
    let mut fleet = Fleet::start(&plane.invitations(count).expect("certificates")).expect("proxies");
    let empty = process::memory_kib("VmRSS");
    println!("{HEAD}\n|{}", "---|".repeat(HEAD.matches('|').count() - 1));
    together(&format!("{count} connect for the first time"), &plane, &mut fleet, count, empty);
    let changed = Change::ALL.map(|change| edits(change, &mut plane, &mut fleet, count));
    for again in ["come back", "come back once more"] {
        leave(&plane, &mut fleet);
        together(&format!("{count} {again}"), &plane, &mut fleet, count, empty);
    }
    leave(&plane, &mut fleet);
    let (gone, most) = (process::memory_kib("VmRSS"), process::memory_kib("VmHWM"));
    println!("\n{HEAD_CHANGES}\n|{}", "---|".repeat(HEAD_CHANGES.matches('|').count() - 1));
    changed.iter().for_each(|row| println!("{row}"));
    println!(
        "\nRendered and encoded in {:.2} s. The server had {} MiB before the first came, {} at most, {} after the last had left.\n",
        made.as_secs_f64(),
        empty / 1024,
        most / 1024,
        gone / 1024
    );
}

/// All proxies connect at once.
fn together(what: &str, plane: &Plane, fleet: &mut Fleet, count: usize, empty: u64) {
    let _ = fleet.got().expect("the proxies live");
    let (start, cpu) = (Instant::now(), process::cpu());
    fleet.connect().expect("the proxies live");
    let watching = wait(|| plane.synced(plane.revision()) == count);
    let (time, cpu) = (start.elapsed(), process::cpu() - cpu - watching);
    std::thread::sleep(QUIET);
    let got = fleet.got().expect("the proxies live");
    println!(
        "| {what} | {:.2} | {:.2} | {:.2} | {} | {:.1} | {} | {:.0} |",
        time.as_secs_f64(),
        cpu.as_secs_f64(),
        got.cpu_ms as f64 / 1e3,
        got.failures,
        got.bytes as f64 / f64::from(1 << 20),
        got.resources + got.removed,
        process::memory_kib("VmRSS").saturating_sub(empty) as f64 / count as f64
    );
}

/// All proxies go, and the server has noticed.
fn leave(plane: &Plane, fleet: &mut Fleet) {
    fleet.leave().expect("the proxies live");
    wait(|| plane.proxies.count(|_| true) == 0);
    std::thread::sleep(QUIET);
}

/// One object at a time is changed; the next once all proxies have it.
fn edits(change: Change, plane: &mut Plane, fleet: &mut Fleet, count: usize) -> String {
    let _ = fleet.got().expect("the proxies live");
    let (mut times, mut renders, mut watching) = (Vec::new(), Vec::new(), Duration::ZERO);
    let cpu = process::cpu();
    for n in 0..CHANGES {
        let text = change.text(n, count / WORKLOADS);
        let start = Instant::now();
        let revision = plane.edit(text);
        renders.push(start.elapsed());
        watching += wait(|| plane.synced(revision) == count);
        times.push(start.elapsed());
    }
    let cpu = (process::cpu() - cpu - watching) / CHANGES as u32;
    std::thread::sleep(QUIET);
    let got = fleet.got().expect("the proxies live");
    assert_eq!(got.failures, 0, "nobody loses its connection");
    times.sort();
    renders.sort();
    let each = |sum: u64| sum as f64 / CHANGES as f64;
    format!(
        "| {count} | {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {:.1} |",
        change.words(),
        ms(times[CHANGES / 2]),
        ms(times[CHANGES * 99 / 100]),
        ms(renders[CHANGES / 2]),
        ms(cpu),
        each(got.responses),
        each(got.resources + got.removed),
        each(got.bytes) / 1024.0
    )
}

/// Looks again and again until it is so; what looking cost.
fn wait(done: impl Fn() -> bool) -> Duration {
    let (end, before) = (Instant::now() + PATIENCE, process::own_cpu());
    while !done() {
        assert!(Instant::now() < end, "the proxies are not there in time");
        std::thread::sleep(Duration::from_millis(1));
    }
    process::own_cpu() - before
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
