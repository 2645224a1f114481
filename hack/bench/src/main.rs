//! Measures parse, resolve, render and write apart, on one core, for models of growing size.
//!
//! `cargo run --release -p meshglot-bench` prints the tables of `docs/benchmarks.md`. Each size runs in a
//! process of its own, so that the peak of memory is its own.
#![allow(clippy::print_stdout, reason = "the tables are the answer")]

mod shop;
mod stages;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Splits of each run; a split comes with its root Service and a group of five matches.
const SIZES: [usize; 4] = [333, 3_333, 10_000, 33_333];

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (Some("one"), Some(backend), Some(splits)) => stages::run(&backend, splits.parse().expect("a number of splits")),
        _ => all(),
    }
}

fn all() {
    println!("{}", stages::HEAD);
    let me = std::env::current_exe().expect("the path of this program");
    for backend in meshglot_registry::all() {
        for splits in SIZES {
            let status = Command::new(&me).args(["one", backend.name(), &splits.to_string()]).status().expect("this program runs");
            assert!(status.success(), "{} with {splits} splits", backend.name());
        }
    }
    match tool(&me) {
        Some(tool) => cold(&tool),
        None => println!("\ncold start not measured: build the command line first, cargo build --release"),
    }
}

/// The release binary beside this one.
fn tool(me: &Path) -> Option<PathBuf> {
    Some(me.with_file_name("meshglot")).filter(|path| path.exists())
}

/// A whole process that renders the example, against one that only prints its version.
fn cold(tool: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookstore");
    println!("\n| Cold process, median of 31 | ms |\n|---|---|");
    for backend in meshglot_registry::all() {
        let time = median(|| Command::new(tool).args(["render", "-q", "--backend", backend.name(), "-f"]).arg(&example).output());
        println!("| `meshglot render -f examples/bookstore --backend {}` | {:.1} |", backend.name(), time.as_secs_f64() * 1e3);
    }
    println!("| `meshglot version` | {:.1} |", median(|| Command::new(tool).arg("version").output()).as_secs_f64() * 1e3);
}

fn median(mut run: impl FnMut() -> std::io::Result<std::process::Output>) -> Duration {
    let mut times: Vec<Duration> = (0..31)
        .map(|_| {
            let start = Instant::now();
            run().expect("the command line runs");
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}
