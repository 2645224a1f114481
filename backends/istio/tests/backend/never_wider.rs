//! Law: whatever path a rendered policy admits, the expression that was written takes.

use proptest::prelude::*;
use regex_automata::meta::Regex;
use serde_json::Value;

use crate::harness::{policies, with_match};

const PIECES: &[&str] = &[
    "/",
    "/a",
    "/b",
    "a",
    "b",
    "ab",
    "ba",
    ".*",
    ".+",
    "[^/]+",
    "[^/]*",
    "[^/]",
    "[ab]",
    "[ab]+",
    "[^a]",
    "[^a]+",
    "(a|b)",
    "(/.*)?",
    "(/a)?",
    "a?",
    "b*",
    "(ab)+",
    "(/b|a$)",
    "$",
    "^",
    ".",
    "(?i)a",
    "[^/\\\\[\\\\]]+",
];

/// A small matcher of Istio's own, from its reference: exact, prefix, suffix, any, and templates.
fn takes(value: &str, path: &str) -> bool {
    if value.contains('{') {
        let segments: Vec<&str> = value.split('/').collect();
        return in_template(&segments, &path.split('/').collect::<Vec<_>>());
    }
    match (value.strip_suffix('*'), value.strip_prefix('*')) {
        (_, Some(end)) => path.ends_with(end),
        (Some(start), None) => path.starts_with(start),
        (None, None) => path == value,
    }
}

fn in_template(template: &[&str], path: &[&str]) -> bool {
    match (template, path) {
        ([], []) => true,
        (["{**}", rest @ ..], _) => (1..=path.len()).any(|taken| in_template(rest, &path[taken..])),
        (["{*}", rest @ ..], [one, below @ ..]) => !one.is_empty() && !one.contains(['[', ']']) && in_template(rest, below),
        ([text, rest @ ..], [one, below @ ..]) => text == one && in_template(rest, below),
        _ => false,
    }
}

fn any(list: &Value, path: &str) -> Option<bool> {
    let list = list.as_array()?;
    Some(list.iter().filter_map(Value::as_str).any(|value| takes(value, path)))
}

fn admits(policy: &Value, path: &str) -> bool {
    let operation = |to: &Value| {
        let one = &to["operation"];
        any(&one["paths"], path).unwrap_or(true) && !any(&one["notPaths"], path).unwrap_or(false)
    };
    policy["spec"]["rules"].as_array().into_iter().flatten().any(|rule| {
        let when = rule["when"].as_array().into_iter().flatten();
        rule["to"].as_array().into_iter().flatten().any(operation) && when.into_iter().all(|one| any(&one["values"], path).unwrap_or(true))
    })
}

/// Every path of up to six characters of a small alphabet.
fn samples() -> Vec<String> {
    let mut all = vec!["/".to_owned()];
    let mut from = 0;
    for _ in 0..5 {
        let to = all.len();
        for index in from..to {
            for c in ["/", "a", "b", "[", "A"] {
                all.push(format!("{}{c}", all[index]));
            }
        }
        from = to;
    }
    all
}

fn check(regex: &str, exact_only: bool, samples: &[String]) -> Option<String> {
    let [policy] = &policies(&with_match(&format!("pathRegex: \"{regex}\"")))[..] else { return Some("not one policy".to_owned()) };
    let written = regex.replace("\\\\", "\\");
    let neutral = Regex::new(&format!("^(?:{written})")).ok()?;
    let closed = policy["spec"].get("rules").is_none();
    let template = policy["spec"]["rules"].to_string().contains('{') && policy["spec"]["rules"].to_string().contains("{*");
    for path in samples {
        let (wanted, admitted) = (neutral.is_match(path.as_str()), admits(policy, path));
        let too_narrow = exact_only && wanted && !admitted && !closed && !template;
        if admitted && !wanted || too_narrow {
            return Some(format!("{regex}: {path}: wanted {wanted}, admitted {admitted}: {}", policy["spec"]["rules"]));
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Never wider; and where there is no template, which is told as a loss, not narrower either.
    #[test]
    fn no_path_is_admitted_that_was_not_written(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..6)) {
        let regex = format!("/{}", pieces.concat());
        prop_assume!(!["**", "+*", "*+", "?+", "?*", "*?", "+?", "++", "??", "$*"].iter().any(|twice| regex.contains(twice)));
        prop_assert_eq!(check(&regex, true, &samples()), None);
    }
}
