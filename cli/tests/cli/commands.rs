//! Every command: its answer and its exit code.

use meshglot::capture;
use test_case::test_case;

use super::GOOD;

#[test_case(&["render", "-f", "-"], 2, "no --backend" ; "render needs a backend")]
#[test_case(&["render", "-f", "-", "--backend", "istoi"], 2, "istio" ; "backends are suggested")]
#[test_case(&["rendr", "-f", "-"], 2, "render" ; "commands are suggested")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "-o", "jsn"], 2, "did you mean json?" ; "formats are suggested")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "--format", "config-entries"], 2, "istio has no format" ; "a format belongs to its backend")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "--allow-lossy", "MG9999"], 2, "there is no code MG9999" ; "codes are checked")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "--allow-lossy", "MG0301"], 2, "not a loss" ; "mistakes cannot be accepted")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "--allow-widening", "MG1101"], 2, "--allow-lossy MG1101" ; "what widens nothing is accepted otherwise")]
#[test_case(&["explain", "MG9999"], 3, "there is no code MG9999" ; "unknown code")]
#[test_case(&["explain", "trafficsplit.spec.servce"], 3, "did you mean service?" ; "unknown field")]
#[test_case(&["explain", "trafficsplt"], 3, "did you mean TrafficSplit?" ; "unknown kind")]
#[test_case(&["crds", "nothing"], 3, "there is no kind" ; "unknown crd")]
#[test_case(&["capabilities", "--feature", "nothing"], 3, "there is no feature" ; "unknown feature")]
fn refused(arguments: &[&str], exit: u8, words: &str) {
    let said = capture(arguments, GOOD.as_bytes());
    assert_eq!(said.exit, exit, "{}", said.stderr);
    assert!(said.stderr.contains(words), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test_case(&["explain", "MG0301"], "MG0301  no destination of this split can receive traffic" ; "explain a code")]
#[test_case(&["explain", "mg1321", "-o", "json"], "\"backend\": \"consul\"" ; "explain in any case")]
#[test_case(&["explain", "TrafficSplit.spec.backends.weight"], "KIND: TrafficSplit" ; "explain a field")]
#[test_case(&["explain", "mesh"], "FIELDS:" ; "explain a kind")]
#[test_case(&["crds"], "kind: CustomResourceDefinition" ; "crds")]
#[test_case(&["crds", "ts", "-o", "json"], "\"trafficsplits.split.smi-spec.io\"" ; "one crd")]
#[test_case(&["capabilities"], "split.weight" ; "capabilities")]
#[test_case(&["capabilities", "--backend", "istio", "-o", "json"], "\"kind\": \"Capabilities\"" ; "capabilities as json")]
#[test_case(&["capabilities", "-o", "md"], "| Feature |" ; "capabilities as markdown")]
#[test_case(&["completion", "bash"], "meshglot" ; "completion")]
#[test_case(&["version"], "meshglot 0." ; "version")]
#[test_case(&["version", "-o", "json"], "\"kind\": \"Version\"" ; "version as json")]
#[test_case(&["render", "-f", "-", "--backend", "istio"], "kind: VirtualService" ; "render")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "-o", "name"], "virtualservice.networking.istio.io/shop/meshglot-web" ; "render names")]
#[test_case(&["render", "-f", "-", "--backend", "istio", "--provenance"], ".spec.backends[0].weight <stdin>:4:" ; "render provenance")]
fn answered(arguments: &[&str], words: &str) {
    let said = capture(arguments, GOOD.as_bytes());
    assert_eq!(said.exit, 0, "{}", said.stderr);
    assert!(said.stdout.contains(words), "{}", said.stdout);
}

#[test]
fn json_is_one_document_with_the_diagnostics_in_it_and_the_same_exit_code() {
    let bad = GOOD.replace("weight: 90", "weight: -1");
    for text in [GOOD, &bad] {
        let yaml = capture(&["render", "-f", "-", "--backend", "istio"], text.as_bytes());
        let json = capture(&["render", "-f", "-", "--backend", "istio", "-o", "json"], text.as_bytes());
        assert_eq!(yaml.exit, json.exit);
        let answer: serde_json::Value = serde_json::from_str(&json.stdout).expect("one document");
        assert_eq!(answer["diagnostics"].as_array().map_or(0, Vec::len), usize::from(text == bad));
        assert!(!json.stderr.contains("error["), "{}", json.stderr);
    }
}

#[test]
fn quiet_says_nothing_when_nothing_is_wrong() {
    let said = capture(&["render", "-q", "-f", "-", "--backend", "istio"], GOOD.as_bytes());
    assert_eq!(said.stderr, "");
    assert!(!said.stdout.is_empty());
}

#[test]
fn lint_needs_no_backend_and_fails_on_what_it_is_told() {
    let text = GOOD.split("---\n").take(3).collect::<Vec<_>>().join("---\n");
    assert_eq!(capture(&["lint", "-f", "-"], text.as_bytes()).exit, 0, "a backend that may come later is a warning");
    let strict = capture(&["lint", "-f", "-", "--fail-on", "warning"], text.as_bytes());
    assert_eq!(strict.exit, 1);
    assert!(strict.stderr.contains("warning[MG0101]") && strict.stderr.ends_with("1 warning in 3 objects\n"), "{}", strict.stderr);
    let json = capture(&["lint", "-f", "-", "-o", "json", "--fail-on", "warning"], text.as_bytes());
    assert_eq!(json.exit, 1);
    assert!(json.stdout.contains("\"MG0101\""));
}
