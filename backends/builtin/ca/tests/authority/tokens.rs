//! Join tokens: once, for one identity, for a short time.

use meshglot_ca::{IssueTokenError, JoinTokens, TokenError, TokenSettingsError};
use time::Duration;

use crate::harness::{now, web};

#[test]
fn a_token_tells_its_identity_once() {
    let mut tokens = JoinTokens::new();
    let text = tokens.issue(&web(), now()).expect("a token");
    assert!(text.len() == 36 && text.starts_with("mgj_"), "{text}");
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
    assert_eq!(tokens.redeem(&text, now()), Ok(web()));
    assert_eq!(tokens.redeem(&text, now()), Err(TokenError::Used));
    assert_eq!(tokens.redeem(&text, now() + Duration::minutes(9)), Err(TokenError::Used), "still told apart");
}

#[test]
fn unknown_is_what_was_never_issued() {
    let mut tokens = JoinTokens::new();
    let text = tokens.issue(&web(), now()).expect("a token");
    for wrong in ["", "mgj_", &text[1..], &text[..35], &format!("{text} "), &text.to_uppercase(), &"x".repeat(36)] {
        assert_eq!(tokens.redeem(wrong, now()), Err(TokenError::Unknown), "{wrong:?}");
    }
    assert_eq!(JoinTokens::new().redeem(&text, now()), Err(TokenError::Unknown), "of another process");
    assert_eq!(tokens.redeem(&text, now()), Ok(web()), "wrong ones do not use it up");
}

#[test]
fn it_is_good_for_ten_minutes() {
    let mut tokens = JoinTokens::new();
    let (one, other) = (tokens.issue(&web(), now()).expect("a token"), tokens.issue(&web(), now()).expect("a token"));
    assert_ne!(one, other);
    let end = now() + Duration::minutes(10);
    assert_eq!(tokens.redeem(&one, end - Duration::nanoseconds(1)), Ok(web()));
    assert_eq!(tokens.redeem(&other, end), Err(TokenError::Expired));
}

#[test]
fn a_clock_that_is_set_back_does_not_make_it_last() {
    let mut tokens = JoinTokens::new();
    let text = tokens.issue(&web(), now()).expect("a token");
    let early = now() - Duration::minutes(1);
    assert_eq!(tokens.redeem(&text, early - Duration::nanoseconds(1)), Err(TokenError::NotYet));
    assert_eq!(tokens.redeem(&text, early), Ok(web()), "a refusal does not use it up, and clocks are corrected by a little all the time");
}

#[test]
fn each_token_has_its_identity() {
    let mut tokens = JoinTokens::new();
    let other = "spiffe://cluster.local/ns/shop/sa/api".parse().expect("an identity");
    let (first, second) = (tokens.issue(&web(), now()).expect("a token"), tokens.issue(&other, now()).expect("a token"));
    assert_eq!((tokens.redeem(&second, now()), tokens.redeem(&first, now())), (Ok(other), Ok(web())));
}

#[test]
fn their_number_is_bounded_and_ended_ones_go_first() {
    let mut tokens = JoinTokens::with(Duration::HOUR, 3).expect("settings");
    let first = tokens.issue(&web(), now()).expect("a token");
    assert_eq!(tokens.redeem(&first, now()), Ok(web()));
    let later = now() + Duration::minutes(30);
    let living: Vec<_> = (0..2).map(|_| tokens.issue(&web(), later).expect("a token")).collect();
    assert_eq!(tokens.issue(&web(), later), Err(IssueTokenError::Full { limit: 3 }), "a used one is remembered");
    let after = now() + Duration::HOUR;
    tokens.issue(&web(), after).expect("the first one has ended");
    assert_eq!(tokens.redeem(&first, after), Err(TokenError::Unknown), "it is forgotten");
    assert!(living.iter().all(|text| tokens.redeem(text, after) == Ok(web())));
}

#[test]
fn settings_have_bounds() {
    assert!(JoinTokens::with(Duration::HOUR, 1).is_ok());
    assert_eq!(JoinTokens::with(Duration::seconds(3601), 1).err(), Some(TokenSettingsError::Life { seconds: 3601 }));
    assert_eq!(JoinTokens::with(Duration::ZERO, 1).err(), Some(TokenSettingsError::Life { seconds: 0 }));
    assert_eq!(JoinTokens::with(Duration::HOUR, 0).err(), Some(TokenSettingsError::Limit));
}
