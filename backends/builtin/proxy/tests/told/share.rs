//! A share of the log: what ends well is logged now and then, everything else always.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::peers::{call, connect, echo, websocket};
use crate::under_test::UnderTest;

/// What lines of requests are about.
fn statuses(log: &[Value]) -> Vec<u64> {
    let mut statuses: Vec<_> = log.iter().filter_map(|line| line["status"].as_u64()).filter(|status| *status > 0).collect();
    statuses.sort_unstable();
    statuses
}

#[test]
fn what_does_not_end_well_is_logged_whatever_the_share() {
    let proxy = UnderTest::with_share("0");
    let port = proxy.ports.requests;
    for status in [200, 204, 302, 404, 503] {
        assert_eq!(call(port, &format!("/open/{status}"), ""), status);
    }
    assert_eq!(call(port, "/closed/", ""), 403);
    // The rules that are only asked would have refused it.
    assert_eq!(call(port, "/audited/206", ""), 206);
    // Of gRPC: an answer of HTTP that is well, and a denial within it.
    assert_eq!(call(port, "/closed/", "content-type: application/grpc\r\n"), 200);
    drop(connect(proxy.ports.bytes));
    let mut ended = connect(proxy.ports.bytes);
    echo(&mut ended, b"words");
    drop(ended);
    // What is open while the proxy ends is cut.
    let mut cut = connect(proxy.ports.bytes);
    echo(&mut cut, b"more words");
    let mut upgraded = websocket(port);
    echo(&mut upgraded, b"yet more words");
    std::thread::sleep(Duration::from_millis(200));
    let counted = proxy.counter("meshglot_proxy_requests_total", &["status=\"200\""]);
    assert!(counted.ends_with(" 1"), "what is not logged is counted: {counted}");
    let log = proxy.end();
    assert_eq!(statuses(&log), [101, 206, 403, 403, 404, 503], "{log:#?}");
    let bytes: Vec<_> = log.iter().filter(|line| line["protocol"] == "TCP").map(|line| line["bytes_in"].as_u64()).collect();
    assert_eq!(bytes, [Some(10)], "{log:#?}");
}

/// The IDs of the calls that a proxy logs, of 400 that end well: half of them belong to traces.
fn logged(share: &str) -> BTreeSet<String> {
    let proxy = UnderTest::with_share(share);
    for number in 0..200 {
        call(proxy.ports.requests, "/open/200", &format!("x-request-id: alone-{number}\r\n"));
        let trace = format!("traceparent: 00-{:032x}-00f067aa0ba902b7-01\r\n", number + 1);
        // The trace decides: others see the call with another ID.
        call(proxy.ports.requests, "/open/200", &format!("x-request-id: {share}-{number}\r\n{trace}"));
    }
    let log = proxy.end();
    let ids = log.iter().filter_map(|line| Some(line["request_id"].as_str()?.trim_start_matches(&format!("{share}-")).to_owned()));
    ids.collect()
}

#[test]
fn proxies_agree_on_what_they_log() {
    let [half, again, quarter, all] = ["50", "50.0", "25", "100"].map(logged);
    assert_eq!(all.len(), 400);
    assert_eq!(half, again);
    assert!(quarter.is_subset(&half), "{quarter:?}");
    // Five standard deviations.
    assert!((150..250).contains(&half.len()) && (57..143).contains(&quarter.len()), "{} {}", half.len(), quarter.len());
}
