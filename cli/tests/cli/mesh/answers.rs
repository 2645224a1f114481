//! What `meshglot proxy` says of a control plane, and of files.

use std::fs;

use super::running::{Running, SERVICES, folder, json, meshglot, policy};

#[test]
fn workloads_without_a_proxy_are_absent_and_a_file_says_the_same() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one"))]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let status = json(&["proxy", "status", "--config-dir", ".", "-o", "json"], folder.path());
    let told: Vec<_> = status["proxies"].as_array().expect("a list").iter().map(|one| (&one["workload"], &one["sync"])).collect();
    assert_eq!(format!("{told:?}"), r#"[(String("bank/ledger"), String("ABSENT")), (String("bank/teller"), String("ABSENT"))]"#);
    assert_eq!(mesh.end(), 0);
    fs::write(folder.path().join("status.out"), status.to_string()).expect("a file");
    assert_eq!(json(&["proxy", "status", "-f", "status.out", "-o", "json"], folder.path()), status);
}

#[test]
fn one_that_is_behind_is_exit_1() {
    let folder = folder(&[]);
    let one = |sync: &str| {
        let text = format!(
            r#"{{"revision": 7, "at": "2026-11-22T02:00:00Z", "proxies": [{{"workload": "bank/ledger", "instance": "a", "sync": "{sync}",
                "revision": 6, "since": "2026-11-22T01:00:00Z", "refused": [{{"kind": "LDS", "name": "inbound", "why": "no such filter"}}]}}]}}"#
        );
        fs::write(folder.path().join("status.out"), text).expect("a file");
        let output = meshglot(&["proxy", "status", "-f", "status.out"], folder.path());
        (output.status.code(), String::from_utf8(output.stdout).expect("a text"))
    };
    assert_eq!(one("SYNCED").0, Some(0));
    assert_eq!(one("STALE").0, Some(1));
    let (code, text) = one("REFUSED");
    assert_eq!(code, Some(1));
    assert!(text.contains("bank/ledger  a         REFUSED  6/7       60m"), "{text}");
    assert!(text.contains("bank/ledger refuses LDS inbound: no such filter"), "{text}");
}

#[test]
fn clusters_and_routes_are_tables_of_what_config_prints() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one"))]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let config = json(&["proxy", "config", "bank/teller", "--config-dir", ".", "-o", "json"], folder.path());
    fs::write(folder.path().join("config.out"), config.to_string()).expect("a file");
    for (what, line) in [
        ("clusters", "bank/ledger/80  EDS           127.0.0.1:8080  spiffe://cluster.local/ns/bank/sa/ledger"),
        ("routes", "bank/ledger/80  any "),
    ] {
        let live = meshglot(&["proxy", what, "bank/teller", "--config-dir", "."], folder.path());
        let text = String::from_utf8(live.stdout).expect("a text");
        assert!(text.lines().any(|one| one.starts_with(line)), "{text}");
        let filed = meshglot(&["proxy", what, "-f", "config.out"], folder.path());
        assert_eq!(String::from_utf8(filed.stdout).expect("a text"), text);
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    let told = |words: &[&str]| {
        let output = meshglot(words, folder.path());
        (output.status.code(), String::from_utf8(output.stderr).expect("a text"))
    };
    let (code, text) = told(&["proxy", "status", "--config-dir", "."]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("nobody listens there (`meshglot run --config-dir DIR` starts one)"), "{text}");
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let (code, text) = told(&["proxy", "token", "bank/ledgr", "--config-dir", "."]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("did you mean `bank/ledger`?"), "{text}");
    assert_eq!(told(&["proxy", "config", "--config-dir", "."]).0, Some(2));
    assert_eq!(told(&["proxy", "config", "a/b/../c", "--config-dir", "."]).0, Some(2));
    assert_eq!(told(&["proxy", "status", "nobody/else", "--config-dir", "."]).0, Some(3));
    fs::write(folder.path().join("none.out"), "{\"a\": 1}").expect("a file");
    assert_eq!(told(&["proxy", "clusters", "-f", "none.out"]).0, Some(3));
    assert_eq!(told(&["proxy", "run", "--join", "none.out"]).0, Some(3));
}

#[test]
fn a_capture_is_a_ruleset() {
    let folder = folder(&[]);
    let output = meshglot(&["proxy", "capture", "--user", "2102", "--leave", "22"], folder.path());
    let text = String::from_utf8(output.stdout).expect("a text");
    assert!(text.contains("meta skuid 2102 return") && text.contains("tcp dport { 22 } return"), "{text}");
}
