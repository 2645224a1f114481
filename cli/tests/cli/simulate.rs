//! `simulate`: exact shares, and a sample that is the same everywhere.

use meshglot::capture;
use test_case::test_case;

const EXAMPLE: [&str; 8] = ["simulate", "--from", "storefront", "GET", "http://catalogue/x", "-n", "bookstore", "-f"];

fn simulate(arguments: &[&str]) -> (u8, String) {
    let said = capture(&[&EXAMPLE, &["../examples/bookstore"][..], arguments].concat(), b"");
    (said.exit, said.stdout + &said.stderr)
}

#[test]
fn shares_and_counts() {
    let (exit, text) = simulate(&[]);
    let want = "\
sa/bookstore/storefront → GET http://catalogue/x   1000 requests, seed 1
  policy   allow
    deployment/catalogue-v1  9/10 (90.00%)             913
    deployment/catalogue-v2  1/10 (10.00%)              87
";
    assert_eq!((exit, text.as_str()), (0, want));
}

#[test]
fn every_mesh_has_a_row_and_the_same_sample() {
    let (exit, text) = simulate(&["--backend", "all", "-o", "table", "-c", "10", "--seed", "3"]);
    assert_eq!(exit, 0, "{text}");
    let counts: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split_whitespace().skip(2).take(2).collect()).collect();
    assert_eq!(counts.len(), 5, "the policy and four meshes: {text}");
    assert!(counts.iter().all(|row| *row == counts[0]), "{text}");
    assert_eq!(counts[0].iter().map(|count| count.parse::<u64>().expect("a number")).sum::<u64>(), 10, "{text}");
}

#[test]
fn another_seed_is_another_sample() {
    assert_ne!(simulate(&["--seed", "2"]).1.replace("seed 2", "seed 1"), simulate(&[]).1);
}

#[test]
fn codes_stand_behind_their_mesh() {
    let policy = include_bytes!("../../../golden/access/methods-and-prefix/input.yaml");
    let words = ["simulate", "--from", "web", "GET", "http://api/api/x", "-n", "shop", "-f", "-", "--backend", "consul", "-o", "table"];
    let said = capture(&words, policy);
    let consul = said.stdout.lines().find(|line| line.starts_with("consul")).expect("a row");
    assert_eq!(consul.split_whitespace().collect::<Vec<_>>(), ["consul", "deny", "1000", "0", "MG1301"], "{}", said.stdout);
}

#[test]
fn nothing_is_simulated_that_is_not_written() {
    let policy = include_bytes!("../../../golden/access/linkerd-without-proxy/input.yaml");
    let words = ["simulate", "--from", "web", "GET", "http://api/", "-n", "shop", "-f", "-", "--backend", "linkerd"];
    let said = capture(&words, policy);
    assert!(said.stdout.contains("linkerd  withheld") && said.stdout.contains("MG1221"), "{}{}", said.stdout, said.stderr);
}

#[test_case(&["-c", "0"], 2 ; "no request")]
#[test_case(&["-c", "100000000"], 2 ; "too many")]
#[test_case(&["--seed", "18446744073709551615"], 0 ; "the largest seed")]
fn numbers(arguments: &[&str], exit: u8) {
    assert_eq!(simulate(arguments).0, exit);
}
