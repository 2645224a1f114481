//! The last good resources on disk.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use meshglot_proxy::ads::Kind::{self, Assignment, Cluster, Listener};
use meshglot_proxy::store::{Resources, Store, Stored};
use proptest::prelude::*;

use crate::plane::{Plane, versions, within};
use crate::under_test::UnderTest;

fn stored(kind: Kind, name: &str, words: &'static str) -> ((Kind, std::sync::Arc<str>), Stored) {
    ((kind, name.into()), Stored { version: "v".into(), bytes: words.into() })
}

/// The file of a store in a folder.
fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("resources.bin")
}

#[tokio::test]
async fn a_proxy_starts_while_the_control_plane_is_away() {
    let mut plane = Plane::start();
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = UnderTest::kept_in(&plane, folder.path());
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Cluster, "1", &["c@v1=a"], &[]);
    peer.hears(Assignment).await;
    peer.hears_yes(Cluster, "1").await;
    peer.says(Assignment, "2", &["a@v2=x"], &[]);
    peer.hears_yes(Assignment, "2").await;
    peer.says(Cluster, "3", &["c@v3=bad"], &[]);
    peer.hears_no(Cluster, "3").await;
    let before = proxy.words.force();
    proxy.stop().await;
    assert_eq!(fs::metadata(file(folder.path())).expect("a file").mode() & 0o777, 0o600);

    plane.go();
    let mut proxy = UnderTest::kept_in(&plane, folder.path());
    let status = proxy.until(|status| status.loaded == 2).await;
    assert!(!status.connected && status.store_error.is_none());
    assert_eq!(proxy.words.force(), before);
    assert_eq!(proxy.words.state().commits, 1, "all of it comes into force together");
    plane.come();
    let mut peer = plane.stream().await;
    assert_eq!(versions(&peer.hears(Cluster).await), ["c@v1"]);
    let assignments = peer.hears(Assignment).await;
    assert_eq!((assignments.resource_names_subscribe.clone(), versions(&assignments)), (vec!["a".to_owned()], vec!["a@v2".to_owned()]));
    proxy.stop().await;
}

#[tokio::test]
async fn what_is_taken_is_written_soon_and_survives_a_crash() {
    let mut plane = Plane::start();
    let folder = tempfile::tempdir().expect("a folder");
    let proxy = UnderTest::kept_in(&plane, folder.path());
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Listener, "1", &["l="], &[]);
    peer.hears_yes(Listener, "1").await;
    within(async {
        while !file(folder.path()).exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    proxy.crash().await;
    let kept = Store::of(folder.path()).read().expect("a store");
    assert_eq!(kept, [((Listener, "l".into()), Stored { version: "1".into(), bytes: "".into() })].into());
}

#[tokio::test]
async fn what_is_refused_or_wanted_no_more_at_the_start_is_dropped() {
    let plane = Plane::start();
    let folder = tempfile::tempdir().expect("a folder");
    let kept: Resources = [
        stored(Cluster, "c", "a"),
        stored(Cluster, "d", "bad, as this program sees it"),
        stored(Assignment, "a", "x"),
        stored(Assignment, "of-d", "y"),
    ]
    .into();
    Store::of(folder.path()).write(&kept).expect("it is written");
    let mut proxy = UnderTest::kept_in(&plane, folder.path());
    proxy.until(|status| status.loaded == 2).await;
    assert_eq!(proxy.words.force(), ["CDS c=a", "EDS a=x"]);
    proxy.stop().await;
}

#[tokio::test]
async fn a_broken_file_is_told_and_replaced() {
    let mut plane = Plane::start();
    let folder = tempfile::tempdir().expect("a folder");
    Store::of(folder.path()).write(&[stored(Cluster, "c", "")].into()).expect("it is written");
    let mut bytes = fs::read(file(folder.path())).expect("a file");
    bytes.pop();
    fs::write(file(folder.path()), bytes).expect("it is broken");
    let mut proxy = UnderTest::kept_in(&plane, folder.path());
    let status = proxy.until(|status| status.store_error.is_some()).await;
    assert!(status.store_error.expect("an error").ends_with("resources.bin: it is broken; nothing of it is used"));
    let mut peer = plane.stream().await;
    assert!(versions(&peer.hears(Cluster).await).is_empty());
    peer.hears(Listener).await;
    peer.says(Cluster, "1", &["d="], &[]);
    peer.hears_yes(Cluster, "1").await;
    proxy.until(|status| status.store_error.is_none()).await;
    proxy.stop().await;
    assert_eq!(Store::of(folder.path()).read().expect("a store").len(), 1);
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told() {
    let mut plane = Plane::start();
    let mut proxy = UnderTest::kept_in(&plane, Path::new("/nonexistent/folder"));
    let mut peer = plane.stream().await;
    peer.hears_the_first().await;
    peer.says(Cluster, "1", &["c="], &[]);
    peer.hears_yes(Cluster, "1").await;
    let status = proxy.until(|status| status.store_error.is_some()).await;
    assert!(status.store_error.expect("an error").starts_with("/nonexistent/folder/resources.bin: "));
    proxy.stop().await;
}

#[test]
fn a_file_that_others_can_write_is_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::of(folder.path());
    store.write(&[stored(Cluster, "c", "")].into()).expect("it is written");
    fs::set_permissions(file(folder.path()), Permissions::from_mode(0o622)).expect("a mode");
    let error = store.read().expect_err("it is open").to_string();
    assert!(error.contains("mode 622"), "{error}");
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = fs::File::create(file(folder.path())).expect("a file");
    file.set_len((256 << 20) + 1).expect("a hole");
    let error = Store::of(folder.path()).read().expect_err("it is large").to_string();
    assert!(error.contains("256 MiB is the most"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Also what a crash leaves of a file, or a disk makes of it.
    #[test]
    fn no_broken_file_is_used(at in any::<prop::sample::Index>(), bit in 0..8_u32, cut in any::<bool>()) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::of(folder.path());
        store.write(&[stored(Cluster, "c", "words"), stored(Listener, "l", "")].into()).expect("it is written");
        let mut bytes = fs::read(file(folder.path())).expect("a file");
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= 1_u8 << bit }
        fs::write(file(folder.path()), bytes).expect("it is broken");
        prop_assert!(store.read().is_err());
    }
}
