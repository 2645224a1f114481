//! Keys and tokens show nowhere that is not meant for them.

use std::fmt::Debug;

use meshglot_ca::{Authority, Intermediate, JoinTokens, KeyPair, Store};

use crate::harness::{authority, issue, now, web};

/// Whether a line of the body of a PEM text is in another text.
fn shows(text: &str, pem: &str) -> bool {
    pem.lines().filter(|line| !line.starts_with('-')).any(|line| text.contains(line))
}

fn debug(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn debug_shows_no_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("ca")).expect("opened");
    let mut authority = authority();
    authority.introduce(now()).expect("introduced");
    store.save(&authority).expect("saved");
    let names = std::fs::read_dir(folder.path().join("ca")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let keys: Vec<_> = names.filter(|path| path.to_string_lossy().ends_with(".key.pem")).collect();
    assert_eq!(keys.len(), 2);
    let said = debug(&authority) + &debug(&store) + &debug(&issue(&authority, now()));
    let state = std::fs::read_to_string(folder.path().join("ca/authority.json")).expect("a file");
    for key in keys.iter().map(|path| std::fs::read_to_string(path).expect("a file")) {
        assert!(key.contains("PRIVATE KEY") && !shows(&said, &key) && !shows(&state, &key));
    }
}

#[test]
fn debug_of_a_holder_shows_no_key() {
    let key = KeyPair::generate().expect("a key");
    let pem = key.private_key_pem();
    let given = Intermediate { chain: "chain", key: &pem, roots: "roots" };
    assert!(!shows(&(debug(&key) + &debug(&given)), &pem));
}

#[test]
fn debug_of_tokens_shows_neither_them_nor_their_hashes() {
    let mut tokens = JoinTokens::new();
    let text = tokens.issue(&web(), now()).expect("a token");
    assert_eq!(format!("{tokens:?}"), "JoinTokens { remembered: 1, .. }");
    let error = tokens.redeem(&text[..35], now()).expect_err("cut");
    assert!(!format!("{error} {error:?}").contains(&text[4..12]));
}

#[test]
fn a_server_may_share_them_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Authority>();
    shared::<Store>();
    shared::<JoinTokens>();
    shared::<KeyPair>();
}
