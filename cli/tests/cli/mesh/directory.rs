//! The folder of `meshglot run`: in force as a whole or not at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::running::{Running, SERVICES, config, folder, json, meshglot, policy, until};

#[test]
fn a_wrong_file_keeps_what_is_in_force_and_is_named() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one"))]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force: 2 files, 5 objects");
    fs::write(folder.path().join("bad.yaml"), "kind: [\n").expect("a file");
    let line = mesh.hears("what was in force stays");
    assert!(line.starts_with("error: ./bad.yaml:1:7: MG0001 "), "{line}");
    fs::write(folder.path().join("policy.yaml"), policy("/two")).expect("a file");
    std::thread::sleep(Duration::from_millis(500));
    assert!(config(folder.path()).contains("/one/"), "a transaction is whole");
    fs::remove_file(folder.path().join("bad.yaml")).expect("it was there");
    mesh.hears("in force: 2 files, 5 objects");
    assert!(config(folder.path()).contains("/two/"));
    assert_eq!(mesh.end(), 0);
    assert!(!folder.path().join(".meshglot/admin.sock").exists());
}

#[test]
fn a_dangling_link_and_a_missing_folder_block_and_are_named() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one"))]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    symlink("nowhere.yaml", folder.path().join("link.yaml")).expect("a link");
    let line = mesh.hears("what was in force stays");
    assert!(line.contains("link.yaml: no such file or directory"), "{line}");
    fs::write(folder.path().join("nowhere.yaml"), "").expect("a file");
    mesh.hears("in force:");
    assert!(config(folder.path()).contains("/one/"));
}

#[test]
fn what_would_allow_more_than_is_written_is_not_put_in_force() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one"))]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let open = SERVICES.replace("labels: {app: ledger}", "labels: {app: ledger, meshglot.dev/inject: disabled}");
    fs::write(folder.path().join("services.yaml"), open).expect("a file");
    let line = mesh.hears("what was in force stays");
    assert!(line.contains("more than the policy says (MG1415)"), "{line}");
    let mut accepting = Running::mesh(folder.path(), &["--state-dir", ".other", "--allow-widening", "MG1415"]);
    accepting.hears("in force:");
}

#[test]
fn a_start_with_a_wrong_file_founds_nothing_until_it_is_mended() {
    let mesh_of = |domain: &str| {
        format!(
            "{{apiVersion: meshglot.dev/v1alpha1, kind: Mesh, metadata: {{name: main}}, spec: {{backend: builtin, trustDomain: {domain}}}}}\n"
        )
    };
    let folder = folder(&[("services.yaml", "kind: [\n"), ("mesh.yaml", &mesh_of("bank.example"))]);
    let mut mesh = Running::start(&["run", "--config-dir", ".", "--listen", "127.0.0.1:0"], folder.path());
    mesh.hears("nothing is in force, and proxies are not answered");
    assert!(!folder.path().join(".meshglot/authority").exists());
    fs::write(folder.path().join("services.yaml"), SERVICES).expect("a file");
    mesh.hears("in force: 2 files, 4 objects");
    let status = json(&["proxy", "status", "--config-dir", ".", "-o", "json"], folder.path()).to_string();
    assert!(status.contains("spiffe://bank.example/ns/bank/sa/ledger"), "{status}");
    assert_eq!(mesh.end(), 0);

    // The authority is known by now, whatever the folder says.
    fs::write(folder.path().join("services.yaml"), "kind: [\n").expect("a file");
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("nothing is in force, and proxies are not answered");
    fs::write(folder.path().join("services.yaml"), SERVICES).expect("a file");
    mesh.hears("in force: 2 files, 4 objects");
    assert_eq!(mesh.end(), 0);
}

#[test]
fn a_wait_for_the_first_policy_ends_when_asked() {
    let folder = folder(&[]);
    let mut mesh = Running::start(&["run", "--config-dir", ".", "--listen", "127.0.0.1:0"], folder.path());
    mesh.hears("there is no object in the folder");
    assert_eq!(mesh.end(), 0);
}

#[test]
fn what_blocks_without_a_text_is_gone_when_it_is_gone() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/one"))]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force: 2 files");
    // The texts that can be read are the same before, meanwhile and afterwards.
    fs::write(folder.path().join("more.yaml"), [0xff, 0xfe]).expect("a file");
    mesh.hears("what was in force stays");
    fs::remove_file(folder.path().join("more.yaml")).expect("it was there");
    mesh.hears("in force: 2 files");
    symlink("nowhere.yaml", folder.path().join("link.yaml")).expect("a link");
    mesh.hears("what was in force stays");
    fs::remove_file(folder.path().join("link.yaml")).expect("it was there");
    mesh.hears("in force: 2 files");
    // A file that cannot be read any more, and is then deleted, takes its policy with it.
    fs::write(folder.path().join("policy.yaml"), [0xff, 0xfe]).expect("a file");
    mesh.hears("what was in force stays");
    fs::remove_file(folder.path().join("policy.yaml")).expect("it was there");
    mesh.hears("in force: 1 file,");
}

#[test]
fn a_folder_that_is_gone_or_empty_ends_nothing() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    fs::create_dir(folder.path().join("real")).expect("a folder");
    fs::write(folder.path().join("real/policy.yaml"), policy("/one")).expect("a file");
    symlink("real", folder.path().join("team")).expect("a link");
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    fs::rename(folder.path().join("real"), folder.path().join(".elsewhere")).expect("another name");
    let line = mesh.hears("what was in force stays");
    assert!(line.contains("team: no such file or directory"), "{line}");
    assert!(config(folder.path()).contains("/one/"));
    fs::remove_file(folder.path().join("team")).expect("a link");
    fs::remove_file(folder.path().join("services.yaml")).expect("a file");
    let line = mesh.hears("no object in the folder");
    assert!(line.contains("what was in force stays"), "{line}");
    assert!(config(folder.path()).contains("/one/"));
}

#[test]
fn keys_are_never_put_where_policy_is_read() {
    let folder = folder(&[("services.yaml", SERVICES), (".gitignore", "mine\n")]);
    let output = meshglot(&["run", "--config-dir", ".", "--state-dir", "state", "--listen", "127.0.0.1:0"], folder.path());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let mut mesh = Running::mesh(folder.path(), &["--state-dir", ".state"]);
    mesh.hears("in force:");
    assert_eq!(fs::read_to_string(folder.path().join(".gitignore")).expect("a file"), "mine\n");
}

#[test]
fn strict_ends_where_the_start_is_wrong() {
    let folder = folder(&[("services.yaml", "kind: [\n")]);
    let output = meshglot(&["run", "--config-dir", ".", "--strict", "--listen", "127.0.0.1:0"], folder.path());
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("services.yaml:1:7: MG0001"), "{output:?}");
}

#[test]
fn a_folder_is_used_by_one_process() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    let output = meshglot(&["run", "--config-dir", ".", "--listen", "127.0.0.1:0"], folder.path());
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    // The other one leaves what it has not made.
    assert_eq!(json(&["proxy", "status", "--config-dir", ".", "-o", "json"], folder.path())["revision"], 1);
}

#[test]
fn edits_without_an_end_are_followed() {
    let folder = folder(&[("services.yaml", SERVICES), ("policy.yaml", &policy("/0"))]);
    let mesh = Running::mesh(folder.path(), &[]);
    // A hundred a second where the machine has nothing else to do, and never a pause until one is followed.
    let end = Instant::now() + Duration::from_secs(60);
    let mut count = 0;
    while count == 0 || count % 50 != 0 || config(folder.path()).contains("/0/") {
        assert!(Instant::now() < end, "nothing is read while edits go on");
        count += 1;
        replace(&folder.path().join("policy.yaml"), &policy(&format!("/{count}")));
        std::thread::sleep(Duration::from_millis(10));
    }
    until("the last edit", || config(folder.path()).contains(&format!("/{count}/")));
    assert_eq!(mesh.end(), 0);
}

/// As editors and Kubernetes do: another file takes the name.
fn replace(path: &Path, text: &str) {
    let other = path.with_extension("new");
    fs::write(&other, text).expect("a file");
    fs::rename(other, path).expect("another name");
}

#[test]
fn a_config_map_is_swapped_whole() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    let of = |name: &str, text: &str| {
        fs::create_dir(folder.path().join(name)).expect("a folder");
        fs::write(folder.path().join(name).join("policy.yaml"), text).expect("a file");
    };
    of("..1", &policy("/one"));
    symlink("..1", folder.path().join("..data")).expect("a link");
    symlink("..data/policy.yaml", folder.path().join("policy.yaml")).expect("a link");
    let mesh = Running::mesh(folder.path(), &[]);
    until("the first", || config(folder.path()).contains("/one/"));
    of("..2", &policy("/two"));
    symlink("..2", folder.path().join("..data_tmp")).expect("a link");
    fs::rename(folder.path().join("..data_tmp"), folder.path().join("..data")).expect("another name");
    until("the second", || config(folder.path()).contains("/two/"));
    assert_eq!(mesh.end(), 0);
}

#[test]
fn a_folder_that_is_a_link_is_swapped_whole() {
    let folder = folder(&[]);
    for (name, path) in [("one", "/one"), ("two", "/two")] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
        fs::write(folder.path().join(name).join("all.yaml"), format!("{SERVICES}---\n{}", policy(path))).expect("a file");
    }
    symlink("one", folder.path().join("current")).expect("a link");
    let words = ["run", "--config-dir", "current", "--state-dir", "state", "--listen", "127.0.0.1:0"];
    let mut mesh = Running::start(&words, folder.path());
    mesh.hears("in force:");
    symlink("two", folder.path().join("next")).expect("a link");
    fs::rename(folder.path().join("next"), folder.path().join("current")).expect("another name");
    mesh.hears("in force:");
    let config = json(&["proxy", "config", "bank/ledger", "--admin", "state/admin.sock", "-o", "json"], folder.path()).to_string();
    assert!(config.contains("/two/"));
    // What is edited in the folder that was swapped in is followed, too.
    fs::write(folder.path().join("two/all.yaml"), format!("{SERVICES}---\n{}", policy("/three"))).expect("a file");
    mesh.hears("in force:");
}

#[test]
fn a_hang_up_reads_again() {
    let folder = folder(&[("services.yaml", SERVICES)]);
    let mut mesh = Running::mesh(folder.path(), &[]);
    mesh.hears("in force:");
    mesh.signal(Signal::HUP);
    std::thread::sleep(Duration::from_millis(300));
    // The same texts are no other state.
    assert!(!mesh.said("revision 2"));
    assert_eq!(mesh.end(), 0);
}
