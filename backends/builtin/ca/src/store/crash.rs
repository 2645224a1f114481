//! What is left where the process dies between any two writes: each step of a life is stopped after every single operation on the disk.

use time::Duration;

use super::*;
use crate::certificate::Certificate;
use crate::key_pair::KeyPair;
use crate::rotation::RotationState;
use crate::verify::verify;

type Change = fn(&mut Authority, OffsetDateTime) -> Result<Step, RotationError>;

/// The steps in their order; before step N all earlier ones are done.
const STEPS: [Change; 3] = [Authority::introduce, Authority::switch, Authority::retire];

fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("in range")
}

/// Steps are far enough apart to retire; leafs are made shortly before each.
fn time_of(step: usize) -> OffsetDateTime {
    start() + Duration::hours([1, 2, 27][step])
}

fn state(authority: &Authority) -> &'static str {
    match authority.rotation() {
        RotationState::Steady => "steady",
        RotationState::Introduced { .. } => "introduced",
        RotationState::Switched { .. } => "switched",
    }
}

fn leaf(authority: &Authority, now: OffsetDateTime) -> Vec<Certificate> {
    let id = "spiffe://cluster.local/ns/shop/sa/web".parse().expect("an identity");
    let csr = KeyPair::generate().and_then(|key| key.csr(&id)).expect("a request");
    authority.issue(&csr, &id, now).expect("a certificate").chain()
}

/// Files of the folder without the lock, in order.
fn files(path: &std::path::Path) -> Vec<String> {
    let names = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name != LOCK).collect();
    names.sort();
    names
}

#[test]
fn every_step_survives_a_crash_at_every_point() {
    let after = ["introduced", "switched", "steady"];
    for step in 0..STEPS.len() {
        let before = if step == 0 { "steady" } else { after[step - 1] };
        let mut crashes = 0;
        for fuse in 0.. {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("ca");
            let store = Store::open(&path).expect("opened");
            let mut authority = Authority::new("cluster.local".parse().expect("a domain"), start()).expect("an authority");
            store.save(&authority).expect("saved");
            let mut leafs = Vec::new();
            for (earlier, apply) in STEPS.iter().enumerate().take(step) {
                leafs.push(leaf(&authority, time_of(earlier) - Duration::minutes(1)));
                store.apply(&mut authority, |authority| apply(authority, time_of(earlier))).expect("taken");
            }
            let now = time_of(step);
            leafs.push(leaf(&authority, now - Duration::minutes(1)));
            store.folder.fuse.set(fuse);
            let outcome = store.apply(&mut authority, |authority| STEPS[step](authority, now));
            let burnt = store.folder.fuse.get() == 0;
            // The process is dead; another one starts.
            drop((store, authority));
            let store = Store::open(&path).expect("opened again");
            let mut authority = store.load(now).expect("usable").expect("there");
            let found = state(&authority);
            assert!(found == after[step] || (outcome.is_err() && found == before), "step {step}, fuse {fuse}: {found}");
            leafs.push(leaf(&authority, now));
            // The step is taken again, and everything is as if nothing had happened.
            store.apply(&mut authority, |authority| STEPS[step](authority, now)).expect("taken");
            assert_eq!(state(&authority), after[step]);
            for leaf in leafs.iter().filter(|leaf| leaf[0].not_after() >= now) {
                verify(leaf, &authority.bundle(), now).expect("still trusted");
            }
            assert_eq!(files(&path).len(), if step == 0 { 3 } else { 2 }, "step {step}, fuse {fuse}: {:?}", files(&path));
            if !burnt {
                break;
            }
            crashes += 1;
        }
        assert!(crashes >= 5, "step {step} was stopped {crashes} times");
    }
}

#[test]
fn a_crash_while_the_first_one_is_saved_leaves_it_or_nothing() {
    for fuse in 0.. {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path().join("ca")).expect("opened");
        let authority = Authority::new("cluster.local".parse().expect("a domain"), start()).expect("an authority");
        store.folder.fuse.set(fuse);
        let saved = store.save(&authority).is_ok();
        let burnt = store.folder.fuse.get() == 0;
        drop(store);
        let store = Store::open(folder.path().join("ca")).expect("opened again");
        let found = store.load(start()).expect("usable");
        assert!(found.is_some() || !saved, "fuse {fuse}: what was saved is there");
        store.save(&authority).expect("saved");
        assert_eq!(files(&folder.path().join("ca")).len(), 2, "fuse {fuse}");
        if !burnt {
            break;
        }
    }
}

#[test]
fn a_failed_change_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("ca")).expect("opened");
    let mut authority = Authority::new("cluster.local".parse().expect("a domain"), start()).expect("an authority");
    store.save(&authority).expect("saved");
    store.folder.fuse.set(3);
    assert!(matches!(store.apply(&mut authority, |authority| authority.introduce(start())), Err(StoreError::Io { .. })));
    assert_eq!(authority.rotation(), RotationState::Steady);
}
