//! Measures parse, resolve, render and write apart, on one core, for models of growing size.
//!
//! `cargo run --release -p meshglot-bench` prints the tables of `docs/benchmarks.md`; with `-- web`, `-- mesh` or `-- demo` those of
//! the pages, the built-in mesh or the demo alone, and only with `-- proxy`,
//! `-- pods`, `-- controller` or `-- webhook` those of its data plane, of the mesh in a cluster, of the controller or of its webhook. Each size runs in
//! a process of its own, so that the peak of memory is its own.
#![allow(clippy::print_stdout, reason = "the tables are the answer")]

mod access;
mod can;
mod controller;
mod demo;
mod effect;
mod mesh;
mod pods;
mod proxy;
mod shop;
mod splits;
mod stages;
mod web;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use meshglot_translator::render::Backend;
use shop::SHOPS;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [effect::WORD, size] => effect::run(size.parse().expect("a number")),
        [web::WORD] => web::run(),
        [demo::WORD] => demos(),
        [controller::WORD] => controllers(),
        [controller::webhook::WORD] => webhooks(),
        [pods::WORD, ref words @ ..] => inside_pods(words),
        [mesh::WORD] => meshes(),
        [mesh::WORD, proxies] => mesh::run(proxies.parse().expect("a number")),
        [mesh::WORD_PROXIES] => mesh::proxies(),
        [proxy::WORD, ref words @ ..] => proxy::run(words),
        [proxy::WORD_PART, ref words @ ..] => proxy::part(words),
        [shop, backend, size] => {
            let shop = SHOPS.into_iter().find(|known| known.counts == shop).expect("the name of a shop");
            stages::run(shop, backend, size.parse().expect("a number"));
        }
        _ => all(),
    }
}

fn all() {
    let me = std::env::current_exe().expect("the path of this program");
    for shop in SHOPS {
        println!("{}", stages::head(shop));
        let measured = |backend: &&dyn Backend| shop.only.is_none_or(|only| backend.name() == only);
        for backend in meshglot_registry::all().into_iter().filter(measured) {
            for size in shop.sizes {
                let status = Command::new(&me).args([shop.counts, backend.name(), &size.to_string()]).status().expect("this program runs");
                assert!(status.success(), "{} with {size} {}", backend.name(), shop.counts);
            }
        }
        println!();
    }
    println!("{}", effect::HEAD);
    for size in effect::SIZES {
        let status = Command::new(&me).args([effect::WORD, &size.to_string()]).status().expect("this program runs");
        assert!(status.success(), "the effect of an edit among {size} targets");
    }
    println!("\n{}", web::HEAD);
    let status = Command::new(&me).arg(web::WORD).status().expect("this program runs");
    assert!(status.success(), "the pages of a large policy");
    println!();
    meshes();
    match tool(&me) {
        Some(tool) => {
            cold(&tool);
            println!();
            demo::run(&tool);
        }
        None => println!("cold start not measured: build the command line first, cargo build --release"),
    }
}

/// The demo alone.
fn demos() {
    let me = std::env::current_exe().expect("the path of this program");
    demo::run(&tool(&me).expect("build the command line first: cargo build --release"));
}

/// The controller alone.
fn controllers() {
    let me = std::env::current_exe().expect("the path of this program");
    controller::run(&tool(&me).expect("build the command line first: cargo build --release"));
}

/// Its webhook alone.
fn webhooks() {
    let me = std::env::current_exe().expect("the path of this program");
    controller::webhook::run(&tool(&me).expect("build the command line first: cargo build --release"));
}

/// The built-in mesh in pods of a cluster.
fn inside_pods(words: &[&str]) {
    let me = std::env::current_exe().expect("the path of this program");
    pods::run(&me, &tool(&me).expect("build the command line first: cargo build --release"), words);
}

/// The built-in mesh with proxies, each size in a process of its own.
fn meshes() {
    let me = std::env::current_exe().expect("the path of this program");
    for size in mesh::SIZES {
        let status = Command::new(&me).args([mesh::WORD, &size.to_string()]).status().expect("this program runs");
        assert!(status.success(), "a mesh of {size} proxies");
    }
}

/// The release binary beside this one.
fn tool(me: &Path) -> Option<PathBuf> {
    Some(me.with_file_name("meshglot")).filter(|path| path.exists())
}

/// A whole process that renders the example, against one that only prints its version.
fn cold(tool: &Path) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/bookstore");
    println!("| Cold process, median of 31 | ms |\n|---|---|");
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
