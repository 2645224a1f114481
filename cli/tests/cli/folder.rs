//! `-o dir=PATH`: whole files, ours alone, and what was in force stays in force.

use std::fs;
use std::path::{Path, PathBuf};

use meshglot::{Captured, capture};

use super::GOOD;

fn write(folder: &Path, text: &str) -> Captured {
    capture(&["render", "-f", "-", "--backend", "istio", "-o", &format!("dir={}", folder.display())], text.as_bytes())
}

fn file(folder: &Path) -> PathBuf {
    folder.join("istio/shop/virtualservice-meshglot-web.yaml")
}

#[test]
fn files_come_and_go_with_their_objects() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = write(folder.path(), GOOD);
    assert_eq!((said.exit, said.stdout.as_str()), (0, ""), "{}", said.stderr);
    assert!(fs::read_to_string(file(folder.path())).expect("written").contains("kind: VirtualService"));

    let without = GOOD.split_once("---\n").expect("documents").1;
    assert_eq!(write(folder.path(), without).exit, 0);
    assert!(!file(folder.path()).exists());
}

#[test]
fn a_refused_object_keeps_the_file_it_had() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), GOOD);
    let before = fs::read_to_string(file(folder.path())).expect("written");
    for bad in [GOOD.replace("weight: 90", "weight: 0").replace("weight: 10", "weight: 0"), GOOD.replace("weight: 90", "weight: -1")] {
        let said = write(folder.path(), &bad);
        assert!(matches!(said.exit, 1 | 3), "{}", said.stderr);
        assert!(said.stderr.contains("is kept as it was"), "{}", said.stderr);
        assert_eq!(fs::read_to_string(file(folder.path())).expect("kept"), before);
    }
    // Deleting the object is no mistake: it always takes its contribution away.
    write(folder.path(), GOOD.split_once("---\n").expect("documents").1);
    assert!(!file(folder.path()).exists());
}

#[test]
fn files_of_others_are_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = file(folder.path());
    fs::create_dir_all(target.parent().expect("a parent")).expect("made");
    fs::write(&target, "mine\n").expect("written");
    let said = write(folder.path(), GOOD);
    assert_eq!(said.exit, 6);
    assert!(said.stderr.contains("not written by meshglot"), "{}", said.stderr);
    assert_eq!(fs::read_to_string(&target).expect("there"), "mine\n");
}

#[test]
fn edits_of_our_files_are_not_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), GOOD);
    fs::write(file(folder.path()), "edited\n").expect("written");
    let said = write(folder.path(), &GOOD.replace("weight: 90", "weight: 80"));
    assert_eq!(said.exit, 6);
    assert_eq!(fs::read_to_string(file(folder.path())).expect("there"), "edited\n");
}
