//! The rotation of the root, and that nobody loses trust on the way.

use meshglot_ca::{
    Authority, Certificate, Intermediate, Lifetime, PathError, RotationError, RotationState, Step, ValidityError, VerifyError, verify,
};
use time::{Duration, OffsetDateTime};

use crate::harness::{Other, authority, below, ca_params, issue, now, read, root, web};

/// Every leaf that has not ended verifies against the bundle of this moment.
fn check(leafs: &[Vec<Certificate>], authority: &Authority, now: OffsetDateTime) -> usize {
    let living: Vec<_> = leafs.iter().filter(|chain| chain[0].not_after() >= now).collect();
    for chain in &living {
        assert_eq!(verify(chain, &authority.bundle(), now), Ok(web()));
    }
    living.len()
}

#[test]
fn all_living_leafs_are_trusted_after_each_step() {
    let mut authority = authority();
    let old = authority.signing_certificate().clone();
    let hour = |hours: i64| now() + Duration::hours(hours);
    let mut leafs = Vec::new();
    for at in 0..=30 {
        let taken = match at {
            5 => authority.introduce(hour(at)),
            6 => authority.switch(hour(at)),
            30 => authority.retire(hour(at) + Duration::SECOND),
            _ => Ok(Step::AlreadyDone),
        };
        assert_eq!(taken, Ok(if [5, 6, 30].contains(&at) { Step::Done } else { Step::AlreadyDone }));
        leafs.push(issue(&authority, hour(at)).chain());
        check(&leafs, &authority, hour(at) + Duration::SECOND);
        assert_eq!(authority.bundle().len(), if (5..30).contains(&at) { 2 } else { 1 }, "hour {at}");
        assert_eq!(*authority.signing_certificate() == old, at < 6, "hour {at}");
    }
    assert_eq!(check(&leafs, &authority, hour(30) + Duration::SECOND), 24, "those of the hours 7 to 30");
    let first_new = &leafs[6];
    assert!(matches!(verify(first_new, &[old], hour(7)), Err(VerifyError::Path(PathError::NoRoot { .. }))), "the new root signed it");
}

#[test]
fn who_has_the_bundle_of_before_the_switch_trusts_after_it() {
    let mut authority = authority();
    authority.introduce(now()).expect("introduced");
    let bundle = authority.bundle();
    authority.switch(now()).expect("switched");
    assert_eq!(verify(&issue(&authority, now()).chain(), &bundle, now()), Ok(web()));
}

#[test]
fn each_step_is_taken_once() {
    let mut authority = authority();
    assert_eq!(authority.retire(now()), Ok(Step::AlreadyDone), "there is nothing old");
    assert_eq!(authority.withdraw(), Ok(Step::AlreadyDone));
    assert_eq!(authority.introduce(now()), Ok(Step::Done));
    let bundle = authority.bundle();
    assert_eq!(authority.introduce(now() + Duration::HOUR), Ok(Step::AlreadyDone));
    assert_eq!((authority.bundle(), authority.rotation()), (bundle, RotationState::Introduced { introduced_at: now() }));
    assert_eq!(authority.switch(now()), Ok(Step::Done));
    let state = authority.rotation();
    assert_eq!(state, RotationState::Switched { switched_at: now(), retire_after: now() + Duration::DAY });
    assert_eq!(authority.switch(now() + Duration::HOUR), Ok(Step::AlreadyDone));
    assert_eq!(authority.rotation(), state);
    let later = now() + Duration::days(2);
    assert_eq!((authority.retire(later), authority.retire(later)), (Ok(Step::Done), Ok(Step::AlreadyDone)));
}

#[test]
fn the_wrong_order_is_refused() {
    let mut authority = authority();
    assert_eq!(authority.switch(now()), Err(RotationError::NotIntroduced));
    authority.introduce(now()).expect("introduced");
    assert_eq!(authority.retire(now()), Err(RotationError::NotSwitched));
    authority.switch(now()).expect("switched");
    let retire_after = now() + Duration::DAY;
    assert_eq!(authority.introduce(now()), Err(RotationError::NotRetired { retire_after }));
    assert_eq!(authority.withdraw(), Err(RotationError::NotRetired { retire_after }));
    let early = now() + Duration::HOUR;
    assert_eq!(authority.retire(early), Err(RotationError::TooEarly { retire_after, now: early }));
}

#[test]
fn the_old_root_stays_as_long_as_its_longest_leaf() {
    let mut authority = authority();
    authority.set_lifetime(Lifetime::MAX);
    let long = issue(&authority, now()).chain();
    // A shorter life later does not shorten what was given out.
    authority.set_lifetime(Lifetime::MIN);
    authority.introduce(now()).expect("introduced");
    authority.switch(now()).expect("switched");
    let end = now() + Duration::days(7);
    assert_eq!(long[0].not_after(), end);
    assert!(matches!(authority.retire(end + Duration::milliseconds(999)), Err(RotationError::TooEarly { .. })), "its last second");
    assert_eq!(verify(&long, &authority.bundle(), end), Ok(web()));
    assert_eq!(authority.retire(end + Duration::SECOND), Ok(Step::Done));
    assert!(verify(&long, &authority.bundle(), end + Duration::SECOND).is_err());
}

#[test]
fn what_was_introduced_can_be_withdrawn() {
    let mut authority = authority();
    authority.introduce(now()).expect("introduced");
    assert_eq!(authority.withdraw(), Ok(Step::Done));
    assert_eq!((authority.bundle().len(), authority.rotation()), (1, RotationState::Steady));
}

#[test]
fn an_expired_authority_can_still_be_replaced() {
    let mut authority = authority();
    let late = authority.ends() + Duration::DAY;
    authority.introduce(late).expect("introduced");
    authority.switch(late).expect("switched");
    assert_eq!(verify(&issue(&authority, late).chain(), &authority.bundle(), late), Ok(web()));
    assert_eq!(authority.retire(late), Ok(Step::Done), "nothing that it signed lives");
}

#[test]
fn an_intermediate_may_come_next() {
    let (ours, other) = (root(), root());
    let mut params = ca_params("short");
    params.not_after = now() + Duration::HOUR;
    let (lower, short) = (below(&ours, ca_params("lower")), below(&other, params));
    let texts = |ca: &Other, root: &Other| (ca.pem(), ca.key().serialize_pem(), root.pem());
    let introduce = |authority: &mut Authority, (chain, key, roots): &(String, String, String)| {
        authority.introduce_intermediate(Intermediate { chain, key, roots }, now())
    };
    let mut authority = authority();
    assert_eq!(introduce(&mut authority, &texts(&lower, &ours)), Ok(Step::Done));
    assert_eq!(introduce(&mut authority, &texts(&lower, &ours)), Ok(Step::AlreadyDone));
    assert_eq!(introduce(&mut authority, &texts(&short, &other)), Err(RotationError::AnotherIntroduced));
    let before = issue(&authority, now()).chain();
    authority.switch(now()).expect("switched");
    let after = issue(&authority, now()).chain();
    assert_eq!(after[1..], [read(&lower)]);
    assert_eq!(check(&[before, after], &authority, now()), 2);
    authority.retire(now() + Duration::days(2)).expect("retired");
    assert_eq!(authority.bundle(), [read(&ours)]);

    assert_eq!(introduce(&mut authority, &texts(&short, &other)), Ok(Step::Done));
    let late = authority.switch(now() + Duration::hours(2));
    assert!(matches!(late, Err(RotationError::Validity(ValidityError::Expired { .. }))));
    assert_eq!(authority.withdraw(), Ok(Step::Done));
}
