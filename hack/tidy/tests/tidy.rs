//! All checks on this repository.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use meshglot_tidy::tree::{self, File};
use meshglot_tidy::workspace::{self, Member};
use meshglot_tidy::{Findings, arrows, codes, goldens, links, lock, shape, source};

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
static MEMBERS: LazyLock<Vec<Member>> = LazyLock::new(|| workspace::members(&ROOT).expect("cargo knows the workspace"));
static FILES: LazyLock<Vec<File>> = LazyLock::new(|| tree::files(&ROOT).expect("the repository can be read"));

#[track_caller]
fn none(findings: &Findings) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn text(path: &str) -> &'static str {
    &FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is there")).text
}

#[test]
fn dependencies_point_one_way() {
    none(&arrows::check(&MEMBERS));
}

#[test]
fn the_core_and_the_backends_pull_in_no_runtime() {
    // What stands below a backend is a process, and so is the controller.
    let is_backend = |folder: &str| folder.strip_prefix("backends/").is_some_and(|name| !name.contains('/') && name != "controller");
    let pure = MEMBERS.iter().filter(|member| matches!(member.folder.as_str(), "crds" | "translator") || is_backend(&member.folder));
    none(&pure.flat_map(|member| lock::check(member, text("Cargo.lock"))).collect());
}

#[test]
fn code_mentions_only_what_it_may() {
    none(&source::check(&FILES));
}

#[test]
fn readings_and_renderers_do_not_meet() {
    none(&source::check_readers(&FILES));
}

#[test]
fn only_the_registry_names_a_backend() {
    let backends = arrows::backend_crates(&MEMBERS);
    assert!(!backends.is_empty());
    none(&source::check_backend_names(&FILES, &backends));
}

#[test]
fn files_have_a_head_and_an_end() {
    none(&shape::check(&FILES));
}

#[test]
fn every_code_is_said_by_its_crate() {
    let entries = codes::read(text("translator/codes.yaml")).expect("a list of codes");
    none(&codes::check(&entries, &FILES));
}

#[test]
fn golden_cases_are_complete() {
    let backends = arrows::backend_crates(&MEMBERS);
    let names: Vec<&str> = backends.iter().filter_map(|(folder, _)| folder.strip_prefix("backends/")).collect();
    none(&goldens::check(&FILES, &names));
}

#[test]
fn links_lead_somewhere() {
    none(&links::check(&FILES));
}
