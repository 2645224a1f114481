//! What `tap`, `edges`, `stat` and `top` show of what they printed before; `mesh/look.rs` asks a mesh that runs.

use meshglot::capture;
use serde_json::{Value, json};
use test_case::test_case;

/// What is told of calls to the ledger, with other fields in place of the usual ones.
fn call(id: u64, fields: Value) -> String {
    let mut call = json!({
        "apiVersion": "cli.meshglot.dev/v1", "kind": "Call", "id": id, "at": "2026-11-22T02:00:00.123Z", "direction": "inbound",
        "source": {"workload": "bank/teller"}, "destination": {"workload": "bank/ledger-1", "service": "bank/ledger"},
        "verdict": "allowed", "policy": "TrafficTarget/bank/ledger#read", "method": "GET", "path": "/accounts/1?a=b", "status": 200,
        "durationMs": 4, "bytesIn": 0, "bytesOut": 2
    });
    for (name, value) in fields.as_object().expect("fields") {
        call[name] = value.clone();
    }
    format!("{call}\n")
}

/// One of each sort.
fn calls() -> String {
    let batch = json!({"workload": "bank/batch"});
    let shop = json!({"identity": "spiffe://cluster.local/ns/shop/sa/web"});
    [
        call(1, json!({})),
        call(2, json!({"source": batch, "verdict": "denied", "policy": null, "status": 403, "path": "/b\u{1b}[2J"})),
        call(3, json!({"direction": "outbound", "policy": null})),
        call(4, json!({"direction": "outbound", "policy": null, "verdict": "failed", "status": 503, "flags": "UF"})),
        call(5, json!({"source": shop, "verdict": "failed", "method": "POST", "status": 500, "path": "/accounts/2"})),
        call(6, json!({"method": null, "path": null, "status": null, "destination": {"workload": "bank/db", "address": "127.0.0.9:5432"}})),
    ]
    .concat()
}

fn look(words: &str) -> (String, String) {
    let words: Vec<&str> = words.split(' ').chain(["-f", "-"]).collect();
    let said = capture(&words, calls().as_bytes());
    assert_eq!(said.exit, 0, "{words:?}: {}", said.stderr);
    (said.stdout, said.stderr)
}

#[test]
fn a_call_is_a_line() {
    let want = "\
02:00:00.123 ✔ allowed  bank/teller → bank/ledger-1  GET /accounts/1?a=b  200  TrafficTarget/bank/ledger#read  4 ms
02:00:00.123 ✘ denied   bank/batch → bank/ledger-1  GET /b\\u{1b}[2J  403  default  4 ms
02:00:00.123 ‼ failed   bank/teller → bank/ledger-1  GET /accounts/1?a=b  503  -  4 ms  UF
02:00:00.123 ‼ failed   shop/web → bank/ledger-1  POST /accounts/2  500  TrafficTarget/bank/ledger#read  4 ms
02:00:00.123 ✔ allowed  bank/teller → bank/db  TCP 127.0.0.9:5432  -  TrafficTarget/bank/ledger#read  4 ms
";
    assert_eq!(look("tap"), (want.to_owned(), String::new()));
}

#[test_case("tap", &[1, 2, 4, 5, 6]; "each once")]
#[test_case("tap --direction both", &[1, 2, 3, 4, 5, 6]; "all")]
#[test_case("tap --direction in", &[1, 2, 5, 6]; "as the called see them")]
#[test_case("tap --direction out", &[3, 4]; "as the callers see them")]
#[test_case("tap --verdict denied", &[2]; "a verdict")]
#[test_case("tap --method post", &[5]; "a method")]
#[test_case("tap --path /accounts/", &[1, 4, 5]; "a path")]
#[test_case("tap --from bank/batch", &[2]; "a caller")]
#[test_case("tap --from ns/shop", &[5]; "callers of a namespace")]
#[test_case("tap --to svc/ledger -n bank", &[1, 2, 4, 5]; "who is called")]
#[test_case("tap batch", &[2]; "one end")]
#[test_case("tap -n shop", &[5]; "a namespace")]
#[test_case("tap --count 2", &[1, 2]; "so many")]
#[test_case("tap svc/ledger --verdict failed --count 1", &[4]; "so many of those")]
fn what_is_asked_for(words: &str, want: &[u64]) {
    let (told, _) = look(&format!("{words} -o json"));
    let ids: Vec<u64> =
        told.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].as_u64().expect("an id")).collect();
    assert_eq!(ids, want);
}

#[test]
fn what_is_left_out_is_told() {
    let (told, noted) = look("tap --max-rps 2");
    assert_eq!((told.lines().count(), noted.as_str()), (2, "note: 3 calls left out, as --max-rps says\n"));
    let (told, noted) = look("tap -q --max-rps 2");
    assert_eq!((told.lines().count(), noted.as_str()), (2, ""));
}

#[test]
fn paths_are_counted_without_what_is_asked_of_them() {
    let (table, _) = look("top");
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["FROM", "TO", "METHOD", "PATH", "COUNT", "BEST", "WORST", "LAST", "OK%"]);
    assert_eq!(rows[1], ["bank/teller", "bank/ledger-1", "GET", "/accounts/1", "2", "4ms", "4ms", "4ms", "50.0%"]);
    assert_eq!(rows.len(), 5, "{table}");
    assert!(table.contains("/b\\u{1b}[2J") && !table.contains('\u{1b}'), "{table}");
}

/// What was counted of a ledger, by its own proxy and by a caller's.
const EDGES: &str = r#"{"at": "2026-11-22T02:00:00Z", "windowSeconds": 60.0, "edges": [
 {"direction": "inbound", "source": {"workload": "bank/teller"}, "destination": {"workload": "bank/ledger-1", "service": "bank/ledger"},
  "verdict": "allowed", "policy": "p", "calls": 90, "perSecond": 1.5, "succeeded": 89, "latency": {"p50Ms": 2.0, "p90Ms": 5.0, "p95Ms": 10.0, "p99Ms": 25.0}},
 {"direction": "inbound", "source": {"workload": "bank/batch"}, "destination": {"workload": "bank/ledger-1", "service": "bank/ledger"},
  "verdict": "denied", "calls": 6, "perSecond": 0.1, "succeeded": 0},
 {"direction": "outbound", "source": {"workload": "bank/teller"}, "destination": {"service": "bank/ledger"}, "verdict": "allowed", "calls": 90,
  "perSecond": 1.5, "succeeded": 90},
 {"direction": "outbound", "source": {"workload": "bank/teller"}, "destination": {"service": "bank/archive"}, "verdict": "failed", "calls": 3,
  "perSecond": 0.05, "succeeded": 0},
 {"direction": "outbound", "source": {"workload": "bank/batch"}, "destination": {"service": "bank/ledger"}, "verdict": "failed", "calls": 10,
  "perSecond": 0.2, "succeeded": 0}]}"#;

fn counted(words: &str) -> Vec<String> {
    let words: Vec<&str> = words.split(' ').chain(["-f", "-"]).collect();
    let said = capture(&words, EDGES.as_bytes());
    assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{words:?}");
    said.stdout.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn edges_and_their_ends() {
    let allowed = "bank/teller bank/ledger-1 allowed p 90 1.5 98.9% 2ms 25ms";
    let denied = "bank/batch bank/ledger-1 denied default 6 0.10 0.0% - -";
    let lost = "bank/teller bank/archive failed - 3 0.05 0.0% - -";
    let refused = "bank/batch bank/ledger failed - 10 0.20 0.0% - -";
    assert_eq!(counted("edges")[1..], [allowed, denied, lost, refused]);
    assert_eq!(counted("edges bank/batch")[1..], [denied, refused]);
    assert_eq!(counted("edges svc/archive")[1..], [lost]);
    assert_eq!(counted("edges --verdict failed")[1..], [lost, refused]);
    assert_eq!(counted("edges -o wide").len(), 6, "all that both ends tell");
    // Who was called, of a hundred that policy let pass, how many were answered well: what never arrived was not.
    let ledger = "bank/ledger-1 89.0% 1.8 6 2ms 10ms 25ms";
    assert_eq!(counted("stat")[1..], ["bank/archive 0.0% 0.05 0 - - -", ledger]);
    assert_eq!(counted("stat svc/ledger -n bank")[1..], [ledger]);
}
