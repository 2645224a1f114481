//! The objects of a folder that runs, asked for and edited by commands, on the real process and its real files.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::Value;
use test_case::test_case;

use super::running::{Running, SERVICES, config, folder, json, meshglot, policy};

/// A mesh of two files that is in force.
fn mesh() -> (tempfile::TempDir, Running) {
    let text = format!("# who may read\n{}", policy("/one"));
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &text)]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    (folder, mesh)
}

fn said(words: &str, inside: &Path) -> Output {
    let words: Vec<&str> = words.split(' ').chain(["--config-dir", "."]).collect();
    meshglot(&words, inside)
}

fn out(words: &str, inside: &Path) -> String {
    let said = said(words, inside);
    String::from_utf8(said.stdout).expect("UTF-8")
}

fn exit(words: &str, inside: &Path) -> Option<i32> {
    said(words, inside).status.code()
}

/// The reasons of a status, by condition.
fn reason(object: &str, condition: &str, inside: &Path) -> String {
    let object = json(&["get", object, "-o", "json", "--config-dir", "."], inside);
    let all = object["status"]["conditions"].as_array().expect("conditions").clone();
    let found = all.iter().find(|one| one["type"] == condition).cloned().unwrap_or(Value::Null);
    format!("{} {}", found["status"].as_str().unwrap_or("absent"), found["reason"].as_str().unwrap_or_default())
}

/// Until the mesh has read what a test has written by hand.
fn blocked(words: &str, mesh: &mut Running) -> String {
    mesh.hears(words)
}

#[test]
fn objects_are_shown_as_they_are_written_with_how_they_stand() {
    let (folder, _mesh) = mesh();
    let inside = folder.path();
    let target = json(&["get", "tt", "ledger", "-o", "json", "--config-dir", "."], inside);
    assert_eq!(target["spec"]["destination"]["name"], "ledger");
    assert_eq!(target["metadata"]["annotations"]["meshglot.dev/source"], "policy.yaml:2");
    assert_eq!(target["metadata"]["generation"], 1);
    assert_eq!(target["status"]["summary"]["ready"], "1/1");
    assert_eq!(reason("tt/ledger", "Ready", inside), "True InForce");
    assert_eq!(out("get tt,htr -o name", inside), "traffictarget.access.smi-spec.io/ledger\nhttproutegroup.specs.smi-spec.io/ledger\n");
    let table = out("get tt", inside);
    let mut lines = table.lines();
    assert!(lines.next().is_some_and(|head| head.starts_with("NAMESPACE  NAME    ")), "{table}");
    assert!(lines.next().is_some_and(|row| row.starts_with("bank       ledger  ") && row.contains("builtin")), "{table}");
    assert!(out("get svc -o wide", inside).contains("services.yaml:1"));
    assert_eq!(out("get workloads -o jsonpath={.items[*].metadata.name}", inside), "ledger teller\n");
    let page = out("describe tt/ledger", inside);
    assert!(["Written in:   policy.yaml:2", "  Ready", "InForce", "sources:"].iter().all(|words| page.contains(words)), "{page}");
    assert_eq!(
        out("status -o name", inside),
        "TrafficTarget/bank/ledger\nHTTPRouteGroup/bank/ledger\n".lines().rev().collect::<Vec<_>>().join("\n") + "\n"
    );
    assert_eq!(exit("status", inside), Some(0));
}

#[test_case("get tt nobody", Some(4); "not there")]
#[test_case("get tt nobody --ignore-not-found", Some(0); "not there, and no matter")]
#[test_case("get nothings", Some(2); "no kind")]
#[test_case("get tt -n nowhere", Some(0); "an empty namespace")]
#[test_case("describe svc/nobody", Some(4); "described, and not there")]
#[test_case("wait tt/nobody", Some(4); "waited for, and not there")]
#[test_case("wait svc/ledger", Some(1); "a kind without status")]
#[test_case("wait tt/ledger --timeout 10s", Some(0); "in force")]
#[test_case("wait meshglot --timeout 10s", Some(0); "all policy, workloads apart")]
#[test_case("wait tt/ledger --for synced --timeout 1s", Some(5); "without proxies")]
#[test_case("wait tt/ledger --for delete --timeout 1s", Some(5); "still there")]
#[test_case("wait tt/nobody --for delete", Some(0); "gone")]
#[test_case("wait tt/ledger --for soon", Some(2); "no such thing")]
#[test_case("delete tt", Some(2); "no name")]
#[test_case("delete tt nobody", Some(4); "nothing to delete")]
#[test_case("delete tt nobody --ignore-not-found", Some(0); "nothing to delete, and no matter")]
fn exit_codes(words: &str, want: Option<i32>) {
    let (folder, _mesh) = mesh();
    assert_eq!(exit(words, folder.path()), want, "{words}");
}

#[test]
fn a_folder_that_is_wrong_is_told_object_by_object() {
    let (folder, mut mesh) = mesh();
    let inside = folder.path();
    let wrong = policy("/two").replace("matches: [{name: read", "matches: [{name: write").replace("name: HTTPRouteGroup", "x: y");
    let wrong =
        wrong.replace("rules: [{kind: HTTPRouteGroup, name: ledger}]", "rules: [{kind: HTTPRouteGroup, name: ledger, matches: [read]}]");
    fs::write(inside.join("policy.yaml"), wrong).expect("written");
    blocked("what was in force stays", &mut mesh);
    assert_eq!(reason("tt/ledger", "Accepted", inside), "False ReferenceMissing");
    assert_eq!(reason("tt/ledger", "Stalled", inside), "True Invalid");
    // The group is right, and waits for the other.
    assert_eq!(reason("htr/ledger", "Ready", inside), "False NotApplied");
    assert_eq!(reason("htr/ledger", "Reconciling", inside), "True Progressing");
    let group = json(&["get", "htr/ledger", "-o", "json", "--config-dir", "."], inside);
    assert_eq!((&group["metadata"]["generation"], &group["status"]["backends"][0]["lastGood"]["generation"]), (&2.into(), &1.into()));
    assert_eq!(exit("status", inside), Some(1));
    let page = out("describe tt/ledger", inside);
    assert!(["generation 1 stays in force", "Events:", "./policy.yaml:3:"].iter().all(|words| page.contains(words)), "{page}");
    assert_eq!(exit("wait tt/ledger --timeout 5s", inside), Some(1), "no waiting helps");
    // What cannot be read at all says nothing: what it said before is in force.
    fs::write(inside.join("policy.yaml"), "kind: [\n").expect("written");
    blocked("MG0001", &mut mesh);
    assert_eq!(reason("tt/ledger", "Ready", inside), "True InForce");
    let told = said("get tt", inside);
    assert!(String::from_utf8_lossy(&told.stderr).contains("is not in force: ./policy.yaml:1:7: MG0001"));
}

#[test]
fn an_object_is_edited_where_it_stands_once_the_mesh_would_take_it() {
    let (folder, _mesh) = mesh();
    let inside = folder.path();
    let read = || fs::read_to_string(inside.join("policy.yaml")).expect("is there");
    let before = read();
    let new = policy("/two");
    let outside = tempfile::tempdir().expect("a folder");
    let file = outside.path().join("new.yaml");
    fs::write(&file, &new).expect("written");
    let apply = format!("apply -f {}", file.display());
    let planned = said(&apply, inside);
    assert_eq!(planned.status.code(), Some(1));
    let told = String::from_utf8_lossy(&planned.stdout).into_owned();
    assert!(told.contains("httproutegroup.specs.smi-spec.io/ledger would be configured (policy.yaml)"), "{told}");
    assert!(told.contains("traffictarget.access.smi-spec.io/ledger unchanged"), "{told}");
    assert_eq!(read(), before, "nothing is written without --write");

    let since = Instant::now();
    assert_eq!(exit(&format!("{apply} --write"), inside), Some(0));
    assert!(since.elapsed() < Duration::from_secs(20));
    assert_eq!(read(), before.replace("/one/", "/two/"), "comments stay");
    assert!(config(inside).contains("/two/"), "it is in force when the command has ended");
    let group = json(&["get", "htr/ledger", "-o", "json", "--config-dir", "."], inside);
    assert_eq!(group["metadata"]["generation"], 2);
    assert_eq!(exit(&apply, inside), Some(0), "nothing is left to do");

    // A new object has a file of its own, and one that is wrong is not written.
    fs::write(&file, "{apiVersion: v1, kind: Service, metadata: {name: new, namespace: bank}, spec: {ports: [{port: 81}]}}\n")
        .expect("written");
    assert_eq!(exit(&format!("{apply} --write"), inside), Some(0));
    assert!(inside.join("bank/service-new.yaml").is_file());
    fs::write(&file, new.replace("name: ledger}]}", "name: nobody}]}")).expect("written");
    let refused = said(&format!("{apply} --write"), inside);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert!(told.contains("nothing was written") && told.contains("error[MG0101]"), "{told}");
    assert_eq!(read(), before.replace("/one/", "/two/"));
    for (wrong, words) in
        [("{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}", "ConfigMap/x is no object of a mesh"), ("{kind: Mesh}", "error[MG0")]
    {
        fs::write(&file, wrong).expect("written");
        let refused = said(&apply, inside);
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(3) && told.contains(words), "{told}");
    }
}

#[test]
fn an_object_is_taken_out_and_a_file_without_any_is_removed() {
    let (folder, _mesh) = mesh();
    let inside = folder.path();
    assert_eq!(exit("delete workload/teller", inside), Some(1));
    assert_eq!(fs::read_to_string(inside.join("services.yaml")).expect("is there"), SERVICES);
    // The rule is about somebody who runs nowhere then, which is no mistake.
    assert_eq!(exit("delete workload/teller --write", inside), Some(0));
    assert!(!fs::read_to_string(inside.join("services.yaml")).expect("is there").contains("name: teller"));
    assert_eq!(exit("get workload/teller", inside), Some(4));
    assert_eq!(exit("delete tt/ledger htr/ledger --write", inside), Some(0));
    assert!(!inside.join("policy.yaml").exists());
    assert_eq!(exit("wait tt/ledger --for delete --timeout 5s", inside), Some(0));
    // All that is left would be nothing, which a mesh does not take.
    let refused = said("delete svc/ledger workload/ledger --write", inside);
    assert_eq!(refused.status.code(), Some(3));
    assert!(inside.join("services.yaml").is_file());
}

#[test]
fn only_a_folder_can_be_written() {
    let (folder, _mesh) = mesh();
    let told = meshglot(&["delete", "tt/ledger", "--admin", ".meshglot/admin.sock"], folder.path());
    assert_eq!(told.status.code(), Some(2));
    assert_eq!(meshglot(&["get", "tt", "--admin", "nowhere.sock"], folder.path()).status.code(), Some(4));
}
