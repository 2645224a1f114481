//! How often memory is asked for while a request goes through: seldom, and as often with 10,000 access rules as with 10.
//!
//! The whole proxy runs, with resources from its store and without a control plane. Whoever calls and answers asks for nothing.

mod given;
mod peers;

use std::alloc::System;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use meshglot_join::SystemClock;
use meshglot_proxy::{LogShare, MetricNames, Settings};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::sync::watch;

use given::By;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Not counted: connections are made, and buffers grow to their size.
const WARM: usize = 300;

const REQUESTS: usize = 2_000;

/// For a request of HTTP/1.1 and its answer, hyper's own at both ends included.
const MOST: usize = 12;

/// All in one test: what else runs in this process would be counted too.
#[test]
fn rules_cost_no_allocation() {
    for by in [By::Path, By::Caller] {
        let [few, many] = [10, 10_000].map(|rules| per_request(by, rules, LogShare::ALL));
        assert!((few - many).abs() < 0.2, "{by:?}: {few} allocations per request with 10 rules, {many} with 10,000");
        assert!(few < MOST as f64, "{by:?}: {few} allocations per request");
    }
    // What decides that a call is not logged costs less than its line.
    let [all, some, none] = ["100", "1", "0"].map(|share| per_request(By::Path, 10, share.parse().expect("a share")));
    assert!(
        some <= all + 0.1 && none <= all + 0.1,
        "{all} allocations per request that is logged, {some} where few are, {none} where none is"
    );
}

fn per_request(by: By, rules: usize, log_share: LogShare) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let (port, server) = (free_port(), peers::serve());
    given::resources(folder.path(), (port, server), by, rules);
    let (stop, stops) = watch::channel(false);
    let settings = settings(folder.path(), log_share);
    let proxy = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(meshglot_proxy::run(settings, stops)).expect("it runs");
    });
    let mut caller = peers::Caller::connect(port, rules - 1);
    (0..WARM).for_each(|_| caller.call());
    let region = Region::new(ALLOCATOR);
    (0..REQUESTS).for_each(|_| caller.call());
    let change = region.change();
    drop(caller);
    stop.send_replace(true);
    proxy.join().expect("it ends");
    (change.allocations + change.reallocations) as f64 / REQUESTS as f64
}

/// It holds no certificate, so that it asks no control plane.
fn settings(folder: &Path, log_share: LogShare) -> Settings {
    Settings {
        id: "shop/api/0".to_owned(),
        control_plane: (Ipv4Addr::LOCALHOST, 1).into(),
        control_plane_id: "spiffe://cluster.local/ns/meshglot-system/sa/control-plane".parse().expect("an identity"),
        held: watch::channel(None).1,
        clock: Arc::new(SystemClock),
        folder: folder.to_owned(),
        workers: 1,
        log: Some(File::create(folder.join("log")).expect("a file")),
        log_share,
        metrics: None,
        looked: None,
        metric_names: MetricNames::default(),
        drain: Duration::ZERO,
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    listener.local_addr().expect("an address").port()
}
