//! `explain`: every code and every field, in every format, offline.

use meshglot::capture;
use meshglot_crds::{Kind, all};
use meshglot_translator::diagnostic::CODES;
use serde_json::Value;
use test_case::test_case;

fn said(words: &[&str]) -> String {
    let said = capture(&[&["explain"], words].concat(), b"");
    assert_eq!((said.exit, said.stderr.as_str()), (0, ""), "{words:?}");
    said.stdout
}

fn json(words: &[&str]) -> Value {
    serde_json::from_str(&said(&[words, &["-o", "json"]].concat())).expect("one document")
}

#[test]
fn a_code_is_told_with_everything_about_it() {
    let text = said(&["mg1103"]);
    let parts = [
        "MG1103  istio: path regex that an AuthorizationPolicy cannot say\nlevel: by verdict   since 0.1   kinds: TrafficTarget, HTTPRouteGroup\n",
        "\nWhat you can do\n",
        "\nExample (fails): golden/codes/MG1103/bad.yaml\n",
        "  $ meshglot lint -f golden/codes/MG1103/bad.yaml --backend istio\n  error[MG1103]: ",
        "\nExample (fixed): golden/codes/MG1103/good.yaml\n",
        "`--allow-lossy MG1103`",
        "\nSee also\n  MG1104 istio: ",
        "docs/codes/MG1103.md\n",
    ];
    for part in parts {
        assert!(text.contains(part), "{part:?} in:\n{text}");
    }
}

#[test]
fn every_code_is_explained_in_every_format() {
    for info in CODES {
        let text = said(&[info.name]);
        assert!(text.starts_with(info.name) && text.contains(info.title), "{text}");
        let answer = json(&[info.name]);
        assert_eq!((&answer["kind"], &answer["code"], &answer["title"]), (&"Code".into(), &info.name.into(), &info.title.into()));
        assert!(said(&[info.name, "-o", "md"]).starts_with(&format!("# {}: ", info.name)));
    }
}

#[test]
fn every_field_of_every_kind_is_explained() {
    for kind in all() {
        walk(kind, "");
    }
}

fn walk(kind: &'static Kind, path: &str) {
    let topic = format!("{}.{path}", kind.kind);
    let answer = json(&[&topic]);
    assert_eq!((&answer["kind"], &answer["of"], &answer["path"]), (&"Field".into(), &kind.kind.into(), &path.into()));
    let field = kind.field(path).expect("it was listed");
    for child in field.children {
        walk(kind, &if path.is_empty() { child.name } else { format!("{path}.{}", child.name) });
    }
}

#[test]
fn a_field_is_told_with_what_each_mesh_makes_of_it_and_its_codes() {
    let text = said(&["ts.spec.backends.weight"]);
    for part in [
        "FIELD: spec.backends.weight <int-or-string> required",
        "\nBACKENDS:\n  split.weight  istio",
        "consul   rounded",
        "\nCODES:\n",
        "MG1321",
    ] {
        assert!(text.contains(part), "{part:?} in:\n{text}");
    }
    let answer = json(&["ts.spec.backends.weight"]);
    assert_eq!(answer["features"][0]["backends"][2]["verdict"], "rounded");
    assert!(said(&["ts.spec.backends.weight", "-o", "md"]).contains("| split.weight | consul | rounded |"));
    assert!(!said(&["mesh.spec.trustDomain"]).contains("BACKENDS"));
}

#[test]
fn recursive_shows_the_fields_below_the_fields() {
    let flat = said(&["traffictarget.spec"]);
    assert!(flat.contains("\n  destination <Object>\n") && !flat.contains("\n    port <"), "{flat}");
    let deep = said(&["traffictarget.spec", "--recursive"]);
    assert!(deep.contains("\n  destination <Object>\n    apiGroup <string>\n"), "{deep}");
    assert_eq!(json(&["traffictarget.spec", "--recursive"])["fields"][0]["fields"][0]["name"], "apiGroup");
}

#[test]
fn without_a_topic_it_tells_what_there_is() {
    let text = said(&[]);
    for part in ["meshglot explain KIND.field", "TrafficTarget", "MG13xx"] {
        assert!(text.contains(part), "{part:?} in:\n{text}");
    }
    let counted: u64 = json(&[])["ranges"].as_array().into_iter().flatten().filter_map(|range| range["codes"].as_u64()).sum();
    assert_eq!(counted, CODES.len() as u64);
    assert_eq!(said(&["--list"]).lines().count(), CODES.len() + 1);
    assert_eq!(json(&["--list"])["codes"].as_array().map(Vec::len), Some(CODES.len()));
}

#[test_case(&["MG1130"], 3, "did you mean MG" ; "a code that is near another")]
#[test_case(&["MG123456"], 3, "explain --list shows all" ; "a code that is near none")]
#[test_case(&["mg"], 3, "there is no code mg" ; "letters of a code alone")]
#[test_case(&["trafficsplit.spec.backends.weight.least"], 3, "has none below it" ; "below a leaf")]
#[test_case(&["mesh.spec.xyzzy"], 3, "one of access" ; "a field that is near none")]
#[test_case(&["--recursive"], 2, "required" ; "recursive needs a topic")]
#[test_case(&["--list", "MG0001"], 2, "cannot be used" ; "a list has no topic")]
fn refused(words: &[&str], exit: u8, part: &str) {
    let said = capture(&[&["explain"], words].concat(), b"");
    assert_eq!((said.exit, said.stdout.as_str()), (exit, ""), "{}", said.stderr);
    assert!(said.stderr.contains(part), "{}", said.stderr);
}
