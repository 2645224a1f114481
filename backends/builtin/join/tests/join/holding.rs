//! A holder: from a token, or from what it held, through the life of its certificates.

use std::sync::Arc;
use std::time::Duration as Wait;

use meshglot_ca::Lifetime;
use meshglot_join::{Clock as _, Held, Holder, Settings};
use time::Duration;

use crate::harness::{TestClock, control_plane, id, until, web};
use crate::plane::Plane;

/// Quick, and without chance: renewals fall on the half of a life.
pub(crate) fn settings(plane: &Plane) -> Settings {
    let mut settings = Settings::new(plane.address, control_plane(), web(), plane.bundle());
    settings.clock = plane.clock.clone();
    settings.random = Arc::new(|| 0.5);
    settings.first_pause = Wait::from_millis(10);
    settings.longest_pause = Wait::from_millis(100);
    settings.look = Wait::from_millis(10);
    settings
}

pub(crate) async fn join(plane: &Plane) -> (Holder, Arc<Held>) {
    let holder = Holder::run(Settings { token: Some(plane.token(&web())), ..settings(plane) });
    let held = until(&mut holder.held(), Option::is_some).await.expect("secrets");
    (holder, held)
}

/// The next ones.
pub(crate) async fn after(holder: &Holder, held: &Arc<Held>) -> Arc<Held> {
    until(&mut holder.held(), |newer| newer.as_ref() != Some(held)).await.expect("secrets")
}

#[tokio::test]
async fn it_renews_at_half_of_the_life_with_a_new_key() {
    let plane = Plane::start();
    plane.change(|authority| authority.set_lifetime(Lifetime::MIN));
    let (holder, first) = join(&plane).await;
    assert_eq!(first.not_after, plane.clock.now() + Duration::minutes(5));
    // The life began a minute before it was issued.
    plane.clock.advance(Duration::seconds(119));
    tokio::time::sleep(Wait::from_millis(150)).await;
    assert_eq!(holder.held().borrow().as_ref(), Some(&first), "not yet");
    let mut held = first;
    for _ in 0..3 {
        plane.clock.advance(Duration::seconds(121));
        let newer = after(&holder, &held).await;
        assert!(newer.key_pem != held.key_pem && newer.not_after > held.not_after && newer.id == web());
        held = newer;
    }
    assert_eq!(*holder.error().borrow(), None);
}

#[tokio::test]
async fn a_clock_that_is_ahead_does_not_make_it_renew_without_end() {
    let plane = Plane::start();
    plane.change(|authority| authority.set_lifetime(Lifetime::MIN));
    let ahead = TestClock::new();
    ahead.advance(Duration::minutes(4));
    let token = Some(plane.token(&web()));
    let holder = Holder::run(Settings { token, clock: ahead.clone(), ..settings(&plane) });
    let first = until(&mut holder.held(), Option::is_some).await.expect("secrets");
    tokio::time::sleep(Wait::from_millis(150)).await;
    assert_eq!(holder.held().borrow().as_ref(), Some(&first), "more than half is over, and it has just come");
    ahead.advance(Duration::seconds(16));
    plane.clock.advance(Duration::seconds(16));
    after(&holder, &first).await;
}

#[tokio::test]
async fn it_needs_no_token_while_held_secrets_live() {
    let plane = Plane::start();
    let before = plane.held(&web());
    let holder = Holder::run(Settings { held: Some(before.clone()), ..settings(&plane) });
    assert_eq!(holder.held().borrow().as_deref(), Some(&before), "at once");
    plane.clock.advance(Duration::hours(13));
    let newer = after(&holder, &Arc::new(before)).await;
    assert!(newer.lives(plane.clock.now() + Duration::hours(24)));
}

#[tokio::test]
async fn secrets_that_ended_or_are_of_others_are_not_used() {
    let plane = Plane::start();
    let (ended, other) = (plane.held(&web()), plane.held(&id("ns/shop/sa/till")));
    let holder = Holder::run(Settings { held: Some(other), ..settings(&plane) });
    assert!(holder.held().borrow().is_none() && holder.error().borrow().as_ref().expect("an error").contains("shop/sa/till"));
    plane.clock.advance(Duration::hours(25));
    let token = Some(plane.token(&web()));
    let holder = Holder::run(Settings { held: Some(ended), token, ..settings(&plane) });
    assert!(holder.held().borrow().is_none());
    until(&mut holder.held(), Option::is_some).await;
    until(&mut holder.error(), Option::is_none).await;
}

#[tokio::test]
async fn without_anything_it_says_what_to_do() {
    let plane = Plane::start();
    let holder = Holder::run(settings(&plane));
    let error = until(&mut holder.error(), Option::is_some).await.expect("an error");
    assert!(error.contains("start again with a new token"), "{error}");
    let holder = Holder::run(Settings { token: Some("mgj_wrong".to_owned()), ..settings(&plane) });
    let error = until(&mut holder.error(), Option::is_some).await.expect("an error");
    assert!(error.contains("the join token is unknown"), "{error}");
}

#[tokio::test]
async fn it_keeps_its_secrets_while_the_control_plane_is_away() {
    let mut plane = Plane::start();
    let (holder, held) = join(&plane).await;
    plane.go();
    plane.clock.advance(Duration::hours(13));
    let error = until(&mut holder.error(), |error| error.as_ref().is_some_and(|error| error.contains("no connection"))).await;
    assert!(error.expect("an error").contains(&plane.address.to_string()));
    assert_eq!(holder.held().borrow().as_ref(), Some(&held));
    plane.come();
    let newer = after(&holder, &held).await;
    assert!(newer.not_after > held.not_after);
    until(&mut holder.error(), Option::is_none).await;
}

#[tokio::test]
async fn after_the_end_of_its_certificate_it_keeps_it_and_says_so() {
    let mut plane = Plane::start();
    let (holder, held) = join(&plane).await;
    plane.go();
    plane.clock.advance(Duration::hours(25));
    plane.come();
    until(&mut holder.error(), |error| error.as_ref().is_some_and(|error| error.contains("new token"))).await;
    assert_eq!(holder.held().borrow().as_ref(), Some(&held));
    assert!(!held.lives(plane.clock.now()));
}

#[tokio::test]
async fn it_stops_when_it_is_dropped() {
    let plane = Plane::start();
    let (holder, _) = join(&plane).await;
    let mut held = holder.held();
    held.mark_unchanged();
    drop(holder);
    let stopped = tokio::time::timeout(Wait::from_secs(60), held.changed()).await.expect("in time");
    assert!(stopped.is_err(), "nobody is left to send");
}
