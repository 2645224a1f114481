//! `lint`: one exit code for every format, what is ignored is counted, and each format is what its readers expect.

use meshglot::{Captured, capture};
use quick_junit::{Report, TestCaseStatus};
use serde_json::Value;
use test_case::test_case;

/// A shadowed target, an open path and a workload that nobody closes.
const INPUT: &str = "../golden/lint/shadowed-rule/input.yaml";

const FORMATS: [&str; 7] = ["text", "table", "json", "yaml", "sarif", "junit", "github"];

fn lint(arguments: &[&str]) -> Captured {
    capture(&[&["lint", "-f", INPUT], arguments].concat(), b"")
}

fn lint_text(text: &str, arguments: &[&str]) -> Captured {
    capture(&[&["lint", "-f", "-"], arguments].concat(), text.as_bytes())
}

fn json(said: &Captured) -> Value {
    serde_json::from_str(&said.stdout).expect("one document")
}

#[test_case(&[], 0 ; "no error")]
#[test_case(&["--fail-on", "warning"], 1 ; "a warning")]
#[test_case(&["--fail-on", "warning", "-S", "MG0204,MG0504"], 0 ; "warnings that are ignored")]
#[test_case(&["--fail-on", "info", "-S", "MG0204,MG0504"], 1 ; "a note")]
#[test_case(&["--backend", "istio"], 1 ; "a refused rendering")]
#[test_case(&["--backend", "istio", "--allow-lossy", "any"], 0 ; "a loss that is accepted")]
#[test_case(&["--backend", "istio", "--fail-on", "none"], 0 ; "nothing fails")]
fn no_format_changes_the_exit_code_or_the_closing_line(arguments: &[&str], exit: u8) {
    let closing: Vec<String> = FORMATS
        .map(|format| {
            let said = lint(&[arguments, &["-o", format]].concat());
            assert_eq!(said.exit, exit, "-o {format}: {}{}", said.stdout, said.stderr);
            said.stderr
        })
        .into();
    assert!(closing.iter().all(|line| *line == closing[0]), "{closing:#?}");
    assert!(closing[0].starts_with(if exit == 0 { "✔" } else { "✘" }), "{}", closing[0]);
}

#[test]
fn a_line_for_each_and_one_that_closes() {
    let said = lint(&["-o", "table", "--fail-on", "warning"]);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert_eq!(lines[0], format!("{INPUT}:8:29: warning[MG0504]: match `read` takes `/ordersX` too: the expression is open at its end"));
    assert!(
        lines[1].contains(":21:18: warning[MG0204]: everything that this target allows is allowed already: TrafficTarget/shop/web-reads")
    );
    assert!(lines[2].contains(": info[MG0501]: every caller may call Deployment `web` of namespace `shop`"));
    assert_eq!(said.stderr, "✘ 2 warnings, 1 note in 1 file (meshglot explain MG0504)\n");
    assert_eq!(lint(&["-q"]).stderr, "");
}

#[test]
fn rendering_is_as_quiet_as_before() {
    let said = capture(&["render", "-f", INPUT, "--backend", "linkerd"], b"");
    for code in ["MG0204", "MG0504", "MG0501"] {
        assert!(!said.stderr.contains(code), "{}", said.stderr);
    }
}

#[test_case("istio", "MG1110" ; "istio")]
#[test_case("linkerd", "MG1210" ; "linkerd")]
#[test_case("consul", "MG1316" ; "consul")]
fn paths_that_reach_the_application_in_other_spellings_are_told_of_their_mesh(backend: &str, code: &str) {
    let said = lint(&["--backend", backend, "-o", "table"]);
    assert!(said.stdout.contains(&format!("[{code}]: {backend}: ")), "{}", said.stdout);
}

#[test]
fn what_is_ignored_is_counted_and_kept_in_json() {
    let text = std::fs::read_to_string(INPUT).expect("the input");
    let annotated = text.replace(
        "{name: web-status, namespace: shop}",
        "{name: web-status, namespace: shop, annotations: {meshglot.dev/lint-ignore: 'MG0204,MG0111'}}",
    );
    let said = lint_text(&annotated, &["-o", "json", "-S", "MG0504=HTTPRouteGroup shop/*", "-S", "MG0301", "-S", "MG1103"]);
    let answer = json(&said);
    assert_eq!(answer["summary"], serde_json::json!({"errors": 0, "warnings": 0, "infos": 1, "accepted": 0, "suppressed": 2}));
    let suppressed = |at: usize, field: &str| answer["suppressed"][at][field].as_str().unwrap_or_default().to_owned();
    assert_eq!((suppressed(0, "by"), suppressed(0, "rule")), ("commandLine".into(), "MG0504=HTTPRouteGroup shop/*".into()));
    assert_eq!(
        (suppressed(1, "by"), suppressed(1, "rule")),
        ("annotation".into(), "meshglot.dev/lint-ignore of TrafficTarget/shop/web-status".into())
    );
    assert_eq!(answer["suppressed"][1]["diagnostic"]["code"], "MG0204");
    assert_eq!(answer["diagnostics"].as_array().map(Vec::len), Some(1));
    // MG1103 is a loss of a mesh that is not asked for.
    let notes: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(
        notes,
        [
            "note: nothing was ignored by `MG0301`",
            "note: meshglot.dev/lint-ignore of TrafficTarget/shop/web-status: MG0111 is not said of it",
            "✔ 1 note in 1 file, 2 suppressed (meshglot explain MG0501)",
        ]
    );
    assert_eq!(answer["unused"].as_array().map(Vec::len), Some(2));
}

#[test]
fn yaml_is_the_same_document() {
    let (yaml, json) = (lint(&["-o", "yaml"]), json(&lint(&["-o", "json"])));
    let (documents, wrong) = meshglot_translator::parse::parse(&[meshglot_translator::parse::Source::new("answer", yaml.stdout)]);
    assert!(wrong.is_empty() && documents.len() == 1);
    assert_eq!(documents[0].root().to_json(), json);
}

#[test_case(&["-S", "MG9999"], "there is no code MG9999" ; "code")]
#[test_case(&["-S", "MG0204=TraficTarget a/b"], "did you mean TrafficTarget?" ; "kind")]
#[test_case(&["-S", "MG0204=TrafficTarget web"], "NAMESPACE/web" ; "namespace")]
#[test_case(&["-o", "sarf"], "sarif" ; "format")]
fn usage(arguments: &[&str], words: &str) {
    let said = lint(arguments);
    assert_eq!((said.exit, said.stdout.as_str()), (2, ""));
    assert!(said.stderr.contains(words), "{}", said.stderr);
}

#[test]
fn the_list_needs_no_input_and_lacks_no_code() {
    let codes = meshglot_translator::diagnostic::CODES;
    let table = capture(&["lint", "--list"], b"");
    assert_eq!((table.exit, table.stdout.lines().count()), (0, codes.len() + 1));
    assert!(table.stdout.contains("MG0204  warning     -        access rule is shadowed\n"), "{}", table.stdout);
    assert!(table.stdout.contains("MG1103  by verdict  istio    path regex"), "{}", table.stdout);
    let list = json(&capture(&["lint", "-L", "-o", "json"], b""));
    assert_eq!(list["codes"].as_array().map(Vec::len), Some(codes.len()));
    assert_eq!(capture(&["lint", "-L", "-o", "sarif"], b"").exit, 2);
    assert_eq!(capture(&["lint"], b"").exit, 2, "otherwise input is needed");
}

#[test]
fn kinds_that_are_not_read_are_a_mistake_only_where_asked() {
    let text = std::fs::read_to_string(INPUT).expect("the input") + "---\n{apiVersion: example.com/v1, kind: Other, metadata: {name: x}}\n";
    assert_eq!(lint_text(&text, &[]).exit, 0);
    let strict = lint_text(&text, &["--strict"]);
    assert_eq!(strict.exit, 3);
    assert!(strict.stderr.contains("error: 1 object of kinds that are not read"), "{}", strict.stderr);
}

/// What the standard asks of a log (SARIF 2.1.0, the sections named) and what GitHub's code scanning needs.
#[test]
fn sarif_has_what_its_readers_need() {
    let said = lint(&["--backend", "istio", "-o", "sarif", "-S", "MG0504"]);
    let log = json(&said);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|uri| uri.ends_with("sarif-schema-2.1.0.json")));
    let run = &log["runs"][0];
    assert_eq!(log["runs"].as_array().map(Vec::len), Some(1));
    assert_eq!(run["columnKind"], "unicodeCodePoints", "3.14.17");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "meshglot", "3.19.8");
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        let has = |path: &str| rule.pointer(path).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
        assert!(
            ["/id", "/shortDescription/text", "/fullDescription/text", "/help/text", "/help/markdown"].into_iter().all(has),
            "3.49: {rule}"
        );
        assert!(is_level(&rule["defaultConfiguration"]["level"]), "3.50.3");
    }
    let results = run["results"].as_array().expect("results");
    assert!(results.len() > 3);
    for result in results {
        let index = result["ruleIndex"].as_u64().map(|index| index as usize).expect("3.27.6");
        assert_eq!(result["ruleId"], rules[index]["id"], "3.27.5");
        assert!(is_level(&result["level"]) && result["message"]["text"].is_string(), "3.27.10, 3.27.11");
        for place in result["locations"].as_array().into_iter().chain(result["relatedLocations"].as_array()).flatten() {
            assert_place(&place["physicalLocation"]);
        }
        assert!(result["suppressions"].is_array(), "3.27.23: in all results or in none");
    }
    let of = |code: &str| results.iter().find(|result| result["ruleId"] == code).cloned().unwrap_or_default();
    assert_eq!(of("MG0504")["suppressions"][0]["kind"], "external", "3.35.2");
    let shadowed = of("MG0204");
    assert_eq!(shadowed["suppressions"], Value::Array(Vec::new()));
    assert_eq!(shadowed["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "TrafficTarget/shop/web-status");
    assert_eq!(
        shadowed["locations"][0]["physicalLocation"]["region"],
        serde_json::json!({"startLine": 21, "startColumn": 18, "endLine": 21, "endColumn": 28})
    );
    assert_eq!(shadowed["relatedLocations"].as_array().map(Vec::len), Some(1));
}

fn is_level(level: &Value) -> bool {
    ["error", "warning", "note", "none"].into_iter().any(|word| level == word)
}

fn assert_place(place: &Value) {
    let uri = place["artifactLocation"]["uri"].as_str().expect("3.29.3");
    assert!(!uri.is_empty() && uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\\\"{}|^`".contains(&byte)), "RFC 3986: {uri}");
    let number = |name: &str| place["region"][name].as_u64().unwrap_or_default();
    assert!(number("startLine") >= 1 && number("startColumn") >= 1 && number("endColumn") >= 1, "3.30.5: {place}");
    assert!((number("endLine"), number("endColumn")) >= (number("startLine"), number("startColumn")), "3.30.7: {place}");
}

#[test]
fn junit_fails_the_objects_that_fail_the_command() {
    let read = |arguments: &[&str]| Report::deserialize_from_str(&lint(&[arguments, &["-o", "junit"]].concat()).stdout).expect("JUnit");
    let report = read(&["--fail-on", "warning"]);
    assert_eq!((report.tests, report.failures, report.test_suites.len()), (4, 2, 1));
    let case = report.test_suites[0].test_cases.iter().find(|case| case.name.as_str() == "TrafficTarget/shop/web-status").expect("a case");
    let TestCaseStatus::NonSuccess { message, ty, .. } = &case.status else { panic!("{case:?}") };
    assert_eq!(ty.as_ref().map(|ty| ty.as_str()), Some("MG0204"));
    assert!(message.as_ref().is_some_and(|message| message.as_str().starts_with("everything that this target allows")));
    assert_eq!((read(&[]).tests, read(&[]).failures), (4, 0), "what does not fail is told all the same");
}

#[test]
fn github_points_at_lines_of_the_change() {
    let said = lint(&["-o", "github"]);
    let first = said.stdout.lines().next().unwrap_or_default();
    let start =
        format!("::warning file={INPUT},line=8,endLine=8,col=29,endColumn=36,title=MG0504 access rule with an unanchored literal path::");
    assert!(first.starts_with(&start), "{first}");
    assert!(first.contains("%0Ahelp: write `/orders$`"), "{first}");
}

/// A name with everything that some format gives a meaning to.
const HOSTILE: &str = "\"a\\r\\n::error::x, %25: \\e[2J<![CDATA[ ]]> {0} \\0 \\uFFFE\"";

#[test_case("text")]
#[test_case("table")]
#[test_case("json")]
#[test_case("sarif")]
#[test_case("junit")]
#[test_case("github")]
fn no_text_of_a_file_gets_out_of_its_finding(format: &str) {
    let text =
        format!("{{apiVersion: split.smi-spec.io/v1alpha4, kind: TrafficSplit, metadata: {{name: {HOSTILE}}}, spec: {{service: web}}}}\n");
    let said = lint_text(&text, &["-o", format]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    assert!(said.stdout.contains("MG0010"), "{}", said.stdout);
    assert!(!said.stdout.contains(['\u{1b}', '\0', '\r']), "{:?}", said.stdout);
    assert!(!said.stdout.lines().any(|line| line.starts_with("::error::")), "{}", said.stdout);
    match format {
        "json" => assert!(json(&said)["diagnostics"][0]["message"].as_str().is_some_and(|message| message.contains("\r\n::error::x"))),
        "sarif" => assert!(json(&said)["runs"][0]["results"][0]["message"]["text"].as_str().is_some_and(|text| text.contains("{{0}}"))),
        "junit" => assert_eq!(Report::deserialize_from_str(&said.stdout).expect("XML").failures, 1),
        "github" | "table" => assert_eq!(said.stdout.lines().count(), 1, "{}", said.stdout),
        _ => {}
    }
}

#[test]
fn ten_thousand_findings_are_written_in_every_format() {
    let one = |number: usize| {
        format!(
            "{{apiVersion: specs.smi-spec.io/v1alpha3, kind: HTTPRouteGroup, metadata: {{name: g-{number}}}, spec: {{matches: [{{name: m, pathRegex: '('}}]}}}}\n"
        )
    };
    let text = (0..5000).map(one).collect::<Vec<_>>().join("---\n");
    for format in FORMATS {
        let said = lint_text(&text, &["-o", format]);
        assert_eq!(said.exit, 1, "-o {format}");
        assert!(said.stdout.matches("MG0009").count() >= 5000 && said.stdout.matches("MG0116").count() >= 5000, "-o {format}");
        assert!(said.stderr.starts_with("✘ 5000 errors, 5001 notes in 1 file"), "{}", said.stderr);
    }
}
