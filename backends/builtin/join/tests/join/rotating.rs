//! New roots: they reach holders, and holders reach whom they vouch for.

use meshglot_ca::{Authority, Step};
use meshglot_join::{Clock as _, Holder, Settings};
use time::Duration;

use crate::harness::{until, web};
use crate::holding::{after, join, settings};
use crate::plane::Plane;

#[tokio::test]
async fn a_new_root_reaches_the_holder() {
    let plane = Plane::start();
    let (holder, first) = join(&plane).await;
    let now = plane.clock.now();
    plane.change(|authority| assert_eq!(authority.introduce(now).expect("a root"), Step::Done));
    let second = after(&holder, &first).await;
    assert_eq!((&second.bundle_pem, &second.chain_pem, &second.key_pem), (&plane.bundle(), &first.chain_pem, &first.key_pem));
    assert_ne!(second.bundle_pem, first.bundle_pem);
}

#[tokio::test]
async fn a_whole_rotation_is_followed() {
    let mut plane = Plane::start();
    let (holder, first) = join(&plane).await;
    let now = plane.clock.now();
    plane.change(|authority| assert_eq!(authority.introduce(now).expect("a root"), Step::Done));
    let introduced = after(&holder, &first).await;
    plane.change(|authority| assert_eq!(authority.switch(now).expect("a step"), Step::Done));
    // A server that has its certificate of the new root.
    plane.go();
    plane.come();
    plane.clock.advance(Duration::hours(13));
    let switched = until(&mut holder.held(), |held| held.as_ref().is_some_and(|held| held.key_pem != introduced.key_pem)).await;
    let switched = switched.expect("secrets");
    plane.clock.advance(Duration::hours(11) + Duration::minutes(1));
    let now = plane.clock.now();
    plane.change(|authority| assert_eq!(authority.retire(now).expect("a step"), Step::Done));
    let alone = plane.bundle();
    let last = until(&mut holder.held(), |held| held.as_ref().is_some_and(|held| held.bundle_pem == alone)).await.expect("secrets");
    assert!(last.not_after >= switched.not_after && last.lives(now));
    let error = until(&mut holder.error(), Option::is_none).await;
    assert_eq!(error, None);
}

#[tokio::test]
async fn a_control_plane_that_lost_its_root_takes_a_token() {
    let plane = Plane::start();
    let before = plane.held(&web());
    let now = plane.clock.now();
    plane.change(|authority| *authority = Authority::new(authority.trust_domain().clone(), now).expect("an authority"));
    let token = Some(plane.token(&web()));
    let holder = Holder::run(Settings { held: Some(before), token, ..settings(&plane) });
    let bundle = plane.bundle();
    until(&mut holder.held(), |held| held.as_ref().is_some_and(|held| held.bundle_pem == bundle)).await;
}
