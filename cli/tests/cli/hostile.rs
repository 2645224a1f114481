//! Input that means no good: a clear error with a position, never a panic, never silence.

use meshglot::capture;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use test_case::test_case;

use super::{GOOD, render};

fn bomb() -> String {
    let levels: Vec<String> =
        (1..12).map(|level| format!("a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(","))).collect();
    format!("a0: &a0 [x,x,x,x,x,x,x,x,x]\n{}\n", levels.join("\n"))
}

#[test_case(&bomb(), "MG0012" ; "alias bomb")]
#[test_case(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "MG0012" ; "deep nesting")]
#[test_case("a:\n\tx: y\n", "MG0001" ; "tab")]
#[test_case("a: b\na: c\n", "MG0014" ; "duplicate key")]
#[test_case("kind: TrafficSplit\n  x: y\n", "MG0001" ; "bad indentation")]
#[test_case("{\"apiVersion\": \"split.smi-spec.io/v1alpha4\", ", "MG0001" ; "JSON that ends early")]
#[test_case("a: *nowhere\n", "MG0001" ; "alias without anchor")]
#[test_case("? [a, b]\n: c\n", "MG0001" ; "key that is a list")]
#[test_case(&GOOD.replace("v1alpha4", "v9"), "MG0002" ; "unknown version")]
#[test_case(&GOOD.replace("kind: TrafficSplit", "kind: TraficSplit"), "MG0002" ; "misspelt kind")]
#[test_case(&GOOD.replace("metadata: {name: canary, namespace: shop}\n", ""), "MG0005" ; "no name")]
#[test_case(&GOOD.replace("name: canary", "name: Canary_1"), "MG0010" ; "bad name")]
#[test_case(&GOOD.replace("spec: {service: web,", "spec: {"), "MG0005" ; "no root")]
#[test_case(&GOOD.replace("weight: 90", "weight: 18446744073709551616"), "MG0302" ; "huge weight")]
#[test_case(&GOOD.replace("backends: [", "backends: {").replace("weight: 10}]}", "weight: 10}}}"), "MG0001" ; "list written as mapping")]
fn told_with_a_position(text: &str, code: &str) {
    let said = render(text);
    assert!(said.stderr.contains(&format!("error[{code}]")), "{}", said.stderr);
    assert!(said.stderr.contains("--> <stdin>:"), "{}", said.stderr);
    assert!(matches!(said.exit, 1 | 3), "exit {}", said.exit);
    assert_eq!(said.stdout, "", "nothing is rendered from it");
}

#[test]
fn every_mistake_is_told_at_once_sorted_by_position() {
    let text = format!(
        "a: b: c\n---\n{}---\n{}",
        GOOD.replace("web-v1, weight: 90", "web-v1, wight: 90"),
        GOOD.replace("canary", "other").replace("service: web,", "service: wbe,")
    );
    let said = render(text);
    let codes: Vec<&str> = said.stderr.lines().filter_map(|line| line.strip_prefix("error[")?.split(']').next()).collect();
    assert_eq!(codes, ["MG0001", "MG0005", "MG0003", "MG0101"], "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `weight`?"), "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `web`?"), "{}", said.stderr);
}

#[test]
fn a_bad_document_hides_no_good_one() {
    let said = render(format!("a: b: c\n---\n{GOOD}---\n\tx"));
    assert!(said.stdout.contains("kind: VirtualService"));
    assert_eq!(said.exit, 3);
}

#[test]
fn bytes_that_are_not_utf_8_have_a_position() {
    let mut bytes = b"a: b\nc: ".to_vec();
    bytes.extend([0xff, 0xfe, b'\n']);
    let said = render(&bytes);
    assert!(said.stderr.contains("error[MG0001]: not UTF-8") && said.stderr.contains("<stdin>:2:4"), "{}", said.stderr);
    assert_eq!(said.exit, 3);
}

#[test]
fn a_file_over_the_limit_is_refused_unread() {
    let mut text = GOOD.to_owned();
    text += "# ";
    text += &"é".repeat(33 << 20);
    let said = render(&text);
    assert!(said.stderr.contains("error[MG0012]"), "{}", &said.stderr[..200.min(said.stderr.len())]);
    assert_eq!(said.exit, 3);
}

#[test_case("" ; "empty")]
#[test_case("\n\n# nothing\n" ; "comments only")]
#[test_case("---\n---\n...\n" ; "markers only")]
#[test_case("{apiVersion: example.com/v1, kind: Other, metadata: {name: x}}" ; "nothing that is read")]
fn input_without_an_object_is_a_mistake(text: &str) {
    let said = render(text);
    assert_eq!(said.exit, 3);
    assert!(said.stderr.starts_with("error: -: "), "{}", said.stderr);
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    let plain = render(GOOD);
    assert_eq!(plain.exit, 0, "{}", plain.stderr);
    assert_eq!(render(GOOD.replace('\n', "\r\n")).stdout, plain.stdout);
    assert_eq!(render(format!("\u{feff}{GOOD}")).stdout, plain.stdout);
}

#[test]
fn anchors_and_aliases_are_ordinary_yaml() {
    let text =
        GOOD.replace("{service: web-v1, weight: 90}", "&a {service: web-v1, weight: 90}").replace("{service: web-v2, weight: 10}", "*a");
    let said = render(text);
    assert_eq!(said.exit, 0, "{}", said.stderr);
    assert!(said.stdout.contains("host: web-v1.shop") && !said.stdout.contains("web-v2"), "the same Service twice is summed");
}

/// A split and a group.
fn valid() -> String {
    let group = "---\n{apiVersion: specs.smi-spec.io/v1alpha4, kind: HTTPRouteGroup, metadata: {name: g, namespace: shop}, spec: {matches: [{name: m, pathRegex: \"/(a|b)[0-9]+\", methods: [GET], headers: [{x-a: \".*\"}]}]}}\n";
    format!("{GOOD}{group}")
}

/// A valid text with a few bytes changed: mostly it is wrong in some new way.
pub(crate) fn mutated(text: String) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => prop::sample::select(b"{}[]:,-&*!|>'\"%@`#\t\n \\~?.09aon".to_vec()), 1 => any::<u8>()];
    let edit = (any::<prop::sample::Index>(), byte, 0..3u8);
    prop::collection::vec(edit, 1..12).prop_map(move |edits| {
        let mut text = text.clone().into_bytes();
        for (at, byte, how) in edits {
            let at = at.index(text.len());
            match how {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => {
                    text.remove(at);
                }
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic_the_pipeline(text in prop_oneof![4 => mutated(valid()), 1 => prop::collection::vec(any::<u8>(), 0..200)]) {
        let said = capture(&["render", "-f", "-", "--backend", "all", "--provenance"], &text);
        prop_assert!(matches!(said.exit, 0 | 1 | 3));
        prop_assert!(said.exit == 0 || !said.stderr.is_empty());
    }
}
