//! Examples that are too large for a file: made here, so that these codes are held against the program like all others.

use std::fmt::Write as _;

/// `bad.yaml` or `good.yaml` of a code that says in `codes.yaml` why it has no files.
pub(crate) fn input(code: &str, file: &str) -> Option<String> {
    let bad = file == "bad.yaml";
    match code {
        // One route is for requests that no match takes.
        "MG1410" => Some(matches_of(if bad { 512 } else { 511 })),
        _ => None,
    }
}

const SERVICE: &str = "apiVersion: v1\nkind: Service\nspec: {ports: [{port: 80, appProtocol: http}]}\n";

fn service(name: &str) -> String {
    format!("---\n{SERVICE}metadata: {{name: {name}, namespace: shop}}\n")
}

fn matches_of(matches: usize) -> String {
    let mut text = String::from(
        "apiVersion: specs.smi-spec.io/v1alpha4\nkind: HTTPRouteGroup\nmetadata: {name: testers, namespace: shop}\nspec:\n  matches:\n",
    );
    for number in 0..matches {
        let _ = writeln!(text, "  - {{name: tester-{number}, headers: {{x-tester: \"{number}\"}}}}");
    }
    text += "---\napiVersion: split.smi-spec.io/v1alpha4\nkind: TrafficSplit\nmetadata: {name: testers, namespace: shop}\nspec: {service: \
             web, matches: [{kind: HTTPRouteGroup, name: testers}], backends: [{service: web-v2, weight: 1}]}\n";
    text + &service("web") + &service("web-v2")
}
