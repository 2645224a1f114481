//! What each mesh can say: all of it, and what an input uses of it.

use std::collections::BTreeSet;
use std::fs;

use meshglot::capture;
use serde_json::Value;
use test_case::test_case;

use super::{GOOD, pages};

fn features(arguments: &[&str], stdin: &str) -> BTreeSet<String> {
    let said = capture(&[&["capabilities", "-o", "json"], arguments].concat(), stdin.as_bytes());
    assert_eq!(said.exit, 0, "{}", said.stderr);
    let answer: serde_json::Value = serde_json::from_str(&said.stdout).expect("one document");
    let rows = answer["features"].as_array().expect("features").iter();
    rows.map(|row| row["feature"].as_str().expect("a name").to_owned()).collect()
}

fn used(text: &str) -> BTreeSet<String> {
    features(&["--only-used", "-f", "-"], text)
}

#[test_case("split/ninety-ten", &["split.weight"] ; "shares alone")]
#[test_case("split/two-ports", &["split.port", "split.weight"] ; "two ports")]
#[test_case("split/tcp", &["split.tcp", "split.weight"] ; "connections")]
#[test_case("match/headers", &["match.header", "split.match", "split.weight"] ; "headers")]
#[test_case("access/methods-and-prefix", &["access.default", "access.identity", "access.path"] ; "paths of callers")]
#[test_case("access/istio-headers", &["access.default", "access.header", "access.identity", "access.path"] ; "headers of callers")]
fn an_input_uses_what_is_written_in_it(case: &str, want: &[&str]) {
    let text = fs::read_to_string(pages::root().join("golden").join(case).join("input.yaml")).expect("a case");
    assert_eq!(used(&text).iter().map(String::as_str).collect::<Vec<_>>(), want);
}

#[test]
fn every_feature_is_used_by_a_case_that_proves_it() {
    let said = capture(&["capabilities", "-o", "json"], b"");
    let answer: serde_json::Value = serde_json::from_str(&said.stdout).expect("one document");
    for row in answer["features"].as_array().expect("features") {
        let feature = row["feature"].as_str().expect("a name");
        for cell in row["backends"].as_array().expect("cells") {
            let proof = cell["proof"].as_str().expect("a proof");
            let text = fs::read_to_string(pages::root().join("golden").join(proof).join("input.yaml")).expect("a case");
            assert!(used(&text).contains(feature), "golden/{proof} does not use {feature}, which it proves on {}", cell["backend"]);
        }
    }
}

#[test_case(&["--only-used"], 2 ; "nothing that uses")]
#[test_case(&["-f", "-"], 2 ; "input for nothing")]
#[test_case(&["--only-used", "-f", "no/such/file"], 3 ; "no such file")]
fn refused(arguments: &[&str], exit: u8) {
    assert_eq!(capture(&[&["capabilities"], arguments].concat(), GOOD.as_bytes()).exit, exit);
}

#[test]
fn wide_tells_the_proof_and_the_note_of_every_mesh() {
    let said = capture(&["capabilities", "--feature", "split.tcp", "-o", "wide"], b"").stdout;
    assert_eq!(said.lines().count(), 5, "{said}");
    let consul = said.lines().find(|line| line.contains(" consul ")).expect("a line of Consul");
    assert!(consul.contains("refused") && consul.contains("golden/split/tcp") && consul.ends_with("(MG1322)"), "{consul}");
}

#[test]
fn every_mesh_answers_for_every_feature() {
    let said = capture(&["capabilities", "-o", "json"], b"");
    let answer: Value = serde_json::from_str(&said.stdout).expect("JSON");
    for feature in answer["features"].as_array().expect("features") {
        let meshes = feature["backends"].as_array().map(Vec::len);
        assert_eq!(meshes, Some(meshglot_registry::all().len()), "{}", feature["feature"]);
    }
}
