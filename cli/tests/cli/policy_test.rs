//! `test`: what holds, what does not and why, and test files that are wrong.

use std::fs;

use meshglot::{Captured, capture};
use test_case::test_case;

/// `web` may GET what begins with `/api` of `api`.
const ACCESS: &str = concat!(
    include_str!("../../../golden/access/methods-and-prefix/input.yaml"),
    "---\n{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: 8080}]}}\n"
);

/// A policy of access of which Linkerd would get half a protection.
const WITHHELD: &str = include_str!("../../../golden/access/linkerd-without-proxy/input.yaml");

const HEAD: &str = "apiVersion: test.meshglot.dev/v1alpha1\nkind: PolicyTest\nmetadata: {name: t}\nnamespace: shop\n";

fn test(policy: &str, tests: &str, words: &[&str]) -> Captured {
    let text = format!("{policy}---\n{HEAD}tests:\n{tests}\n");
    capture(&[&["test", "-f", "-"], words].concat(), text.as_bytes())
}

#[test_case("- can: {from: web, to: GET http://api/api/x}" ; "an allowed call")]
#[test_case("- can: {from: sa/web, to: [get http://api:80/api, GET http://api.shop/api?q]}" ; "several, spelt otherwise")]
#[test_case("- cannot: {from: [web, api, sa/nobody], to: [POST http://api/api, DELETE http://api/]}" ; "denied calls")]
#[test_case("- cannot: {from: web, to: 'tcp://api:80'}" ; "bytes")]
#[test_case("- split: {from: web, to: GET http://api/api, shares: {api: 100%, deploy/web: 0%}}" ; "shares")]
fn holds(tests: &str) {
    let said = test(ACCESS, tests, &[]);
    assert_eq!((said.exit, said.stderr.as_str()), (0, "✔ 1 test passed\n"), "{}", said.stdout);
    assert!(said.stdout.starts_with("ok    "), "{}", said.stdout);
}

#[test_case("- can: {from: web, to: POST http://api/api}", "policy, istio, linkerd, consul, builtin: expected allow, got deny" ; "a method")]
#[test_case("- can: {from: web, to: POST http://api/api}", "closest: TrafficTarget/shop/web-to-api#routes allows the caller, but" ; "the rule that nearly allows it")]
#[test_case("- cannot: {from: web, to: GET http://api/api}", "by TrafficTarget/shop/web-to-api#routes   <stdin>:" ; "the rule that allows it")]
#[test_case("- can: {from: web, to: [GET http://api/api, GET http://api/other]}", "expected allow of web → GET http://api/other" ; "one of several")]
#[test_case("- split: {from: web, to: GET http://api/api, shares: {api: < 50%}}", "expected api < 50%, got api 100.00%" ; "a share")]
#[test_case("- split: {from: web, to: PUT http://api/api, shares: {api: <= 50%}}", "expected an answer, got deny" ; "a share of nothing")]
fn does_not_hold(tests: &str, words: &str) {
    let said = test(ACCESS, tests, &[]);
    assert_eq!((said.exit, said.stderr.as_str()), (1, "✘ 0 passed, 1 failed\n"), "{}", said.stdout);
    assert!(said.stdout.starts_with("FAIL  ") && said.stdout.contains(words), "{}", said.stdout);
    let line = format!("{ACCESS}---\n{HEAD}tests:\n").lines().count() + 1;
    assert!(said.stdout.lines().next().is_some_and(|first| first.ends_with(&format!("<stdin>:{line}"))), "{}", said.stdout);
}

#[test]
fn what_is_not_written_for_a_mesh_does_not_hold_there() {
    let said =
        test(WITHHELD, "- cannot: {from: sa/stranger, to: GET http://api/}\n- lossless: {backends: [linkerd]}", &["--backend", "linkerd"]);
    assert_eq!(said.exit, 1, "{}", said.stderr);
    assert_eq!(said.stdout.matches("got not rendered (MG1221").count(), 2, "{}", said.stdout);
}

#[test]
fn losses_are_named_and_may_be_known() {
    let lossy = include_str!("../../../examples/losses/beta.yaml").replace("namespace: bookstore", "namespace: shop");
    let said = test(&lossy, "- lossless: {backends: [linkerd]}", &[]);
    assert_eq!(said.exit, 1);
    assert!(said.stdout.contains("linkerd: expected no loss, got MG1210") && said.stdout.contains("MG1210 "), "{}", said.stdout);
    let said = test(&lossy, "- lossless: {backends: [linkerd, istio], except: [MG1210]}", &[]);
    assert_eq!(said.exit, 0, "{}", said.stdout);
}

#[test_case("- can: {from: web, too: GET http://api/api}", "error[MG0003]", "did you mean `to`?" ; "an unknown field")]
#[test_case("- can: {from: web}", "error[MG0005]", "`to` is missing" ; "a missing field")]
#[test_case("- can: {from: wbe, to: GET http://api/api}", "error[MG0101]", "did you mean web?" ; "an unknown caller")]
#[test_case("- can: {from: web, to: GET http://apy/api}", "error[MG0101]", "did you mean api?" ; "an unknown Service")]
#[test_case("- cannot: {from: web, to: 'GET http://api:81/api'}", "error[MG0101]", "has no port 81" ; "an unknown port denies nothing")]
#[test_case("- can: {from: web, to: http://api/api}", "error[MG0010]", "has no method" ; "no method")]
#[test_case("- can: {from: web, to: GET ftp://api/api}", "error[MG0010]", "none of http, tcp" ; "another scheme")]
#[test_case("- split: {from: web, to: GET http://api/api, shares: {api: half}}", "error[MG0303]", "write `10%`" ; "no share")]
#[test_case("- split: {from: web, to: GET http://api/api, shares: {apy: 1%}}", "error[MG0101]", "did you mean `api`?" ; "nobody's share")]
#[test_case("- lossless: {except: [MG9999]}", "error[MG0007]", "there is no code MG9999" ; "an unknown code")]
#[test_case("- lossless: {backends: [istoi]}", "error[MG0007]", "did you mean `istio`?" ; "an unknown mesh")]
#[test_case("- {can: {from: web, to: GET http://api/api}, cannot: {from: web, to: GET http://api/api}}", "error[MG0006]", "exactly one of" ; "two in one")]
#[test_case("- {name: x}", "error[MG0006]", "exactly one of" ; "none at all")]
#[test_case("- can: {from: [], to: GET http://api/api}", "error[MG0005]", "the list is empty" ; "nobody")]
#[test_case("- can: {from: 7, to: GET http://api/api}", "error[MG0004]", "`7` is not a string" ; "a number")]
#[test_case("- {name: a, lossless: {}}\n- {name: a, lossless: {}}", "error[MG0013]", "two tests are called `a`" ; "one name twice")]
#[test_case("  []", "error[MG0005]", "one test or more" ; "no test")]
fn is_wrong(tests: &str, code: &str, words: &str) {
    let said = test(ACCESS, tests, &[]);
    assert_eq!(said.exit, 3, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains(code) && said.stderr.contains(words) && said.stderr.contains("--> <stdin>:"), "{}", said.stderr);
}

#[test]
fn a_wrong_test_hides_no_other() {
    let said = test(ACCESS, "- can: {from: web, to: GET http://api/api}\n- can: {from: wbe, to: GET http://api/api}", &[]);
    assert_eq!(said.exit, 3);
    assert!(said.stdout.starts_with("ok "), "{}", said.stdout);
}

#[test]
fn policy_that_is_wrong_is_told_and_no_success() {
    let bad = ACCESS.replace("pathRegex", "pathRegexp");
    let said = test(&bad, "- cannot: {from: web, to: GET http://api/api}", &[]);
    assert_eq!(said.exit, 3);
    assert!(said.stderr.contains("did you mean `pathRegex`?"), "{}", said.stderr);
}

#[test_case(&["--filter", "first"], 0, "✔ 1 test passed" ; "one by its name")]
#[test_case(&["--filter", "frist"], 3, "did you mean first?" ; "a name that is misspelt")]
#[test_case(&["--backend", "consul"], 0, "✔ 2 tests passed" ; "one mesh")]
fn some_of_them(words: &[&str], exit: u8, told: &str) {
    let tests = "- {name: first, can: {from: web, to: GET http://api/api}}\n- {name: other, cannot: {from: web, to: PUT http://api/api}}";
    let said = test(ACCESS, tests, words);
    assert_eq!(said.exit, exit, "{}", said.stdout);
    assert!(said.stderr.contains(told), "{}", said.stderr);
}

#[test]
fn zero_tests_are_no_success() {
    let said = capture(&["test", "-f", "-"], ACCESS.as_bytes());
    assert_eq!(said.exit, 3);
    assert!(said.stderr.contains("no PolicyTest") && said.stderr.contains("test.meshglot.dev/v1alpha1"), "{}", said.stderr);
    // A test about a mesh that is not asked for.
    assert_eq!(test(ACCESS, "- lossless: {backends: [istio]}", &["--backend", "consul"]).exit, 3);
}

#[test]
fn inputs_are_relative_to_the_file_and_read_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let (tests, policies) = (folder.path().join("tests"), folder.path().join("policies/deep"));
    fs::create_dir_all(&tests).expect("made");
    fs::create_dir_all(&policies).expect("made");
    fs::write(policies.join("access.yaml"), ACCESS).expect("written");
    let text = format!("{HEAD}input: [../policies]\ntests:\n- can: {{from: web, to: GET http://api/api}}\n");
    fs::write(tests.join("a.yaml"), &text).expect("written");
    fs::write(tests.join("b.yaml"), &text).expect("written");
    let (tests, policies) = (tests.to_str().expect("UTF-8").to_owned(), policies.to_str().expect("UTF-8").to_owned());
    for words in [vec!["test", "-f", &tests], vec!["test", "-f", &tests, "-f", &policies]] {
        let said = capture(&words, b"");
        assert_eq!((said.exit, said.stderr.as_str()), (0, "✔ 2 tests passed\n"), "{}", said.stdout);
    }
    fs::write(folder.path().join("tests/a.yaml"), text.replace("../policies", "../polices")).expect("written");
    let said = capture(&["test", "-f", &tests], b"");
    assert_eq!(said.exit, 3);
    assert!(said.stderr.contains("a.yaml:5:9") && said.stderr.contains("policies?"), "{}", said.stderr);
}

#[test]
fn junit_counts_each_place() {
    let tests = "- {name: first, can: {from: web, to: GET http://api/api}}\n- {name: other, can: {from: web, to: PUT http://api/api}}";
    let said = test(ACCESS, tests, &["-o", "junit"]);
    assert_eq!(said.exit, 1);
    assert!(said.stdout.contains(r#"<testsuites name="meshglot test" tests="10" skipped="0" failures="5" errors="0">"#), "{}", said.stdout);
    assert!(said.stdout.contains(r#"<testcase name="other [istio]" classname="t" file="&lt;stdin&gt;" line="#), "{}", said.stdout);
}

#[test]
fn the_published_schema_takes_what_is_taken_and_refuses_what_is_refused() {
    let (_, schema) = meshglot::input_schemas().remove(0);
    let validator = jsonschema::draft202012::new(&schema.to_value()).expect("a schema");
    let whole = |test: serde_json::Value| serde_json::json!({"apiVersion": "test.meshglot.dev/v1alpha1", "kind": "PolicyTest", "metadata": {"name": "t"}, "tests": [test]});
    let call = || serde_json::json!({"from": "web", "to": ["GET http://api/"]});
    assert!(validator.is_valid(&whole(serde_json::json!({"name": "x", "can": call()}))));
    assert!(validator.is_valid(&whole(serde_json::json!({"lossless": {}}))));
    for bad in [
        serde_json::json!({"can": call(), "cannot": call()}),
        serde_json::json!({"name": "x"}),
        serde_json::json!({"can": {"from": "web"}}),
    ] {
        assert!(!validator.is_valid(&whole(bad.clone())), "{bad}");
    }
}
