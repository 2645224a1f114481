//! The folder of an authority, as it is found again.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use meshglot_ca::{Authority, Lifetime, RotationError, RotationState, Step, Store, StoreError, verify};
use tempfile::TempDir;
use time::Duration;

use crate::harness::{authority, issue, now, web};

type Change = fn(&mut Authority) -> Result<Step, RotationError>;

/// A folder with an authority in it.
fn saved() -> (TempDir, PathBuf, Store, Authority) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/ca");
    let store = Store::open(&path).expect("opened");
    assert!(store.load(now()).expect("empty").is_none());
    let authority = authority();
    store.save(&authority).expect("saved");
    (folder, path, store, authority)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("own file");
}

fn keys(path: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    paths.filter(|path| path.to_string_lossy().ends_with(".key.pem")).collect()
}

#[test]
fn an_authority_goes_on_where_it_was() {
    let (_folder, path, mut store, mut authority) = saved();
    let mut leafs = vec![issue(&authority, now()).chain()];
    let steps: [Change; 4] = [
        |authority| {
            authority.set_lifetime(Lifetime::MAX);
            Ok(Step::Done)
        },
        |authority| authority.introduce(now()),
        |authority| authority.switch(now()),
        |authority| authority.retire(now() + Duration::days(8)),
    ];
    for (at, step) in steps.into_iter().enumerate() {
        assert_eq!(store.apply(&mut authority, step).expect("taken"), Step::Done);
        drop(store);
        store = Store::open(&path).expect("opened again");
        let again = store.load(now()).expect("readable").expect("there");
        assert_eq!((again.rotation(), again.bundle()), (authority.rotation(), authority.bundle()), "step {at}");
        assert_eq!((again.signing_certificate(), again.lifetime()), (authority.signing_certificate(), Lifetime::MAX));
        leafs.push(issue(&again, now()).chain());
        if at < 3 {
            assert!(leafs.iter().all(|leaf| verify(leaf, &again.bundle(), now()) == Ok(web())), "step {at}");
        }
        authority = again;
    }
}

#[test]
fn the_longest_life_is_remembered() {
    let (_folder, path, store, mut authority) = saved();
    for lifetime in [Lifetime::MAX, Lifetime::MIN] {
        let set = |authority: &mut Authority| {
            authority.set_lifetime(lifetime);
            Ok(Step::Done)
        };
        store.apply(&mut authority, set).expect("saved");
    }
    drop(store);
    let mut authority = Store::open(path).expect("opened").load(now()).expect("readable").expect("there");
    authority.introduce(now()).expect("introduced");
    authority.switch(now()).expect("switched");
    assert_eq!(authority.rotation(), RotationState::Switched { switched_at: now(), retire_after: now() + Duration::days(7) });
}

#[test]
fn nobody_else_may_read_it() {
    let (_folder, path, store, mut authority) = saved();
    store.apply(&mut authority, |authority| authority.introduce(now())).expect("introduced");
    assert_eq!(mode(&path), 0o700);
    for entry in fs::read_dir(&path).expect("a folder") {
        let file = entry.expect("an entry").path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    assert_eq!(keys(&path).len(), 2);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let (_folder, path, store, _) = saved();
    let key = keys(&path).remove(0);
    for open in [0o640, 0o604, 0o620] {
        set_mode(&key, open);
        let error = store.load(now()).expect_err("others can read it");
        assert!(matches!(&error, StoreError::Readable { path, mode, .. } if *path == key && *mode == open));
        assert!(error.to_string().ends_with(&format!("run `chmod 600 {}`", key.display())), "{error}");
    }
    set_mode(&key, 0o400);
    assert!(store.load(now()).expect("readable").is_some(), "less is fine");
}

#[test]
fn a_folder_that_others_can_enter_is_refused() {
    let (_folder, path, store, _) = saved();
    drop(store);
    set_mode(&path, 0o755);
    let error = Store::open(&path).expect_err("others can enter it");
    assert!(error.to_string().ends_with(&format!("run `chmod 700 {}`", path.display())), "{error}");
    set_mode(&path, 0o700);
    fs::write(path.join("file"), "").expect("written");
    assert!(matches!(Store::open(path.join("file")), Err(StoreError::Io { .. })), "a file is no folder");
}

#[test]
fn one_process_at_a_time() {
    let (_folder, path, store, _) = saved();
    assert!(matches!(Store::open(&path), Err(StoreError::InUse { .. })));
    drop(store);
    assert!(Store::open(&path).is_ok());
}

#[test]
fn the_key_of_the_old_root_is_removed_and_notes_are_kept() {
    let (_folder, path, store, mut authority) = saved();
    fs::write(path.join("README"), "a note").expect("written");
    let old = keys(&path).remove(0);
    store.apply(&mut authority, |authority| authority.introduce(now())).expect("introduced");
    store.apply(&mut authority, |authority| authority.switch(now())).expect("switched");
    assert!(!old.exists() && keys(&path).len() == 1 && path.join("README").exists());
}

#[test]
fn a_refused_step_writes_nothing() {
    let (_folder, path, store, mut authority) = saved();
    let before = fs::read(path.join("authority.json")).expect("a file");
    let refused = store.apply(&mut authority, |authority| authority.switch(now()));
    assert!(matches!(refused, Err(StoreError::Rotation(RotationError::NotIntroduced))));
    assert_eq!(fs::read(path.join("authority.json")).expect("a file"), before);
}

#[test]
fn what_is_missing_or_broken_is_told() {
    let (_folder, path, store, _) = saved();
    let key = keys(&path).remove(0);
    let text = fs::read_to_string(&key).expect("a file");
    fs::remove_file(&key).expect("own file");
    assert!(matches!(store.load(now()), Err(StoreError::Missing { path }) if path == key));
    let state = path.join("authority.json");
    fs::write(&state, "{").expect("written");
    assert!(matches!(store.load(now()), Err(StoreError::Broken { path, .. }) if path == state));
    assert!(!store.load(now()).expect_err("broken").to_string().contains(&text));
}

#[test]
fn the_key_of_another_authority_is_noticed() {
    let (_folder, path, store, _) = saved();
    let (_other_folder, other, _other_store, _) = saved();
    fs::copy(keys(&other).remove(0), keys(&path).remove(0)).expect("copied");
    assert!(matches!(store.load(now()), Err(StoreError::Ca(_))));
}

#[test]
fn a_link_in_the_way_is_not_followed() {
    let (folder, path, store, mut authority) = saved();
    let elsewhere = folder.path().join("elsewhere");
    symlink(&elsewhere, path.join("authority.json.tmp")).expect("linked");
    store.apply(&mut authority, |authority| authority.introduce(now())).expect("introduced");
    assert!(!elsewhere.exists());
}
