//! `-f`: files, folders, standard input.

use std::fs;

use meshglot::capture;

use super::GOOD;

#[test]
fn a_folder_is_read_by_name_and_below_only_with_r() {
    let folder = tempfile::tempdir().expect("a folder");
    let (split, services) = GOOD.split_once("---\n").expect("documents");
    fs::write(folder.path().join("b.yaml"), split).expect("written");
    fs::create_dir(folder.path().join("below")).expect("made");
    fs::write(folder.path().join("below/a.yml"), services).expect("written");
    fs::write(folder.path().join("notes.txt"), "not: [yaml").expect("written");
    fs::write(folder.path().join(".hidden.yaml"), "not: [yaml").expect("written");
    let path = folder.path().to_str().expect("UTF-8");

    let flat = capture(&["render", "-f", path, "--backend", "istio"], b"");
    assert!(flat.stderr.contains("error[MG0101]"), "{}", flat.stderr);
    let deep = capture(&["render", "-R", "-f", path, "--backend", "istio"], b"");
    assert_eq!(deep.exit, 0, "{}", deep.stderr);
    // The same file by two ways is one file.
    let file = folder.path().join("b.yaml");
    let twice = capture(&["render", "-R", "-f", path, "-f", file.to_str().expect("UTF-8"), "--backend", "istio"], b"");
    assert_eq!(twice.stdout, deep.stdout);
}

#[test]
fn a_path_that_is_not_there_is_told_with_its_neighbour() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("made");
    let wrong = folder.path().join("polices");
    let said = capture(&["render", "-f", wrong.to_str().expect("UTF-8"), "--backend", "istio"], b"");
    assert_eq!(said.exit, 3);
    assert!(said.stderr.contains("no such file or directory (did you mean") && said.stderr.contains("policies?)"), "{}", said.stderr);
}

#[test]
fn objects_without_a_namespace_are_in_the_one_that_is_named() {
    let text = GOOD.replace(", namespace: shop", "");
    let said = capture(&["render", "-f", "-", "-n", "blog", "--backend", "istio"], text.as_bytes());
    assert!(said.stdout.contains("namespace: blog"), "{}", said.stderr);
}

#[test]
fn other_kinds_are_counted_and_refused_only_when_strict() {
    let text = format!("{GOOD}---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: x}}}}\n");
    let said = capture(&["render", "-f", "-", "--backend", "istio"], text.as_bytes());
    assert_eq!(said.exit, 0);
    assert!(said.stderr.contains("1 object of kinds that are not read"), "{}", said.stderr);
    assert_eq!(capture(&["render", "--strict", "-f", "-", "--backend", "istio"], text.as_bytes()).exit, 3);
}

#[test]
fn unknown_fields_are_warnings_when_lenient() {
    let text = GOOD.replace("service: web,", "service: web, note: mine,");
    assert_eq!(capture(&["render", "-f", "-", "--backend", "istio"], text.as_bytes()).exit, 3);
    let said = capture(&["render", "--lenient", "-f", "-", "--backend", "istio"], text.as_bytes());
    assert_eq!(said.exit, 0);
    assert!(said.stderr.contains("warning[MG0003]"), "{}", said.stderr);
}
