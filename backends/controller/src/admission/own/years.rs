//! Years of certificates in a second, and what is wrong with Secrets.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use serde_json::{Value, json};
use test_case::test_case;
use time::{Duration, OffsetDateTime};

use super::held::Held;
use super::issue::meet;
use super::need::{AUTHORITY, LEAF, Need, need};
use super::stands::webhook_stands;

const HOST: &str = "meshglot-webhook.shop.svc";

fn begin() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("a time")
}

fn made(now: OffsetDateTime) -> Held {
    meet(Need::All, None, HOST, now).expect("it can be made").expect("something")
}

/// Does what is needed; what that was.
fn step(held: &mut Held, now: OffsetDateTime) -> Need {
    let need = need(held, now);
    if let Some(next) = meet(need, Some(held), HOST, now).expect("it can be made") {
        assert_eq!(Held::read(&next.data(), HOST).as_ref(), Ok(&next), "it reads as it was made");
        *held = next;
    }
    need
}

#[test]
fn in_ten_years_nobody_is_served_what_he_does_not_trust() {
    let (mut now, mut held) = (begin(), made(begin()));
    // API servers trust, and controllers serve, what was there half an hour ago.
    let (mut trusted, mut served) = (held.clone(), held.clone());
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    while now < begin() + Duration::days(3650) {
        let before = held.clone();
        let what = step(&mut held, now);
        *counts.entry(format!("{what:?}")).or_default() += 1;
        let late = now + Duration::minutes(30);
        for (trusting, serving) in [(&trusted, &served), (&held, &before), (&before, &held)] {
            let signer = &serving.authorities[serving.signer];
            assert!(
                trusting.authorities.iter().any(|one| one.pem == signer.pem && one.until > late),
                "{now}: nobody trusts what is served"
            );
            assert!(serving.leaf.from <= now && serving.leaf.until > late, "{now}: what is served has ended");
        }
        (trusted, served) = (held.clone(), held.clone());
        // An hour where something is under way, else nine.
        now += if what == Need::Nothing && held.authorities.len() == 1 { Duration::hours(9) } else { Duration::hours(1) };
    }
    assert_eq!(counts.get("All"), None, "{counts:?}");
    assert!(counts["Leaf"] > 55 && counts["Leaf"] < 70, "{counts:?}");
    assert!(counts["Authority"] == 7 && counts["Forget"] == 7, "{counts:?}");
}

#[test_case(Duration::ZERO, Need::Nothing ; "new")]
#[test_case(Duration::days(59), Need::Nothing ; "before two thirds of its life")]
#[test_case(Duration::days(61), Need::Leaf ; "after two thirds of its life")]
#[test_case(LEAF + Duration::days(1), Need::Leaf ; "the leaf has ended")]
#[test_case(AUTHORITY + Duration::days(1), Need::All ; "the authority has ended")]
#[test_case(-Duration::days(1), Need::All ; "made by a clock that was ahead")]
fn at_a_time(after: Duration, want: Need) {
    assert_eq!(need(&made(begin()), begin() + after), want);
}

#[test_case(61 ; "a leaf is late")]
#[test_case(600 ; "both are late")]
#[test_case(729 ; "the authority is about to end")]
#[test_case(5000 ; "after years without a controller")]
fn whenever_a_controller_comes_it_comes_to_rest(days: i64) {
    let (mut now, mut held) = (begin() + Duration::days(days), made(begin()));
    let mut steps = Vec::new();
    for _ in 0..60 {
        steps.push(step(&mut held, now));
        assert!(held.leaf.until > now, "{steps:?}");
        now += Duration::hours(1);
    }
    assert_eq!(steps[50..], [Need::Nothing; 10], "{steps:?}");
    assert!(held.leaf.until > now + Duration::days(30), "{steps:?}");
}

#[test]
fn a_leaf_waits_for_an_authority_that_is_new() {
    let mut held = made(begin());
    let mut now = begin() + Duration::days(500);
    assert_eq!([step(&mut held, now), step(&mut held, now)], [Need::Leaf, Need::Authority]);
    assert_eq!((held.authorities.len(), held.signer), (2, 1));
    now += Duration::days(61);
    assert_eq!([step(&mut held, now), step(&mut held, now)], [Need::Leaf, Need::Nothing]);
    assert_eq!((held.authorities.len(), held.signer), (2, 0));
    now += Duration::hours(2);
    assert_eq!([step(&mut held, now), step(&mut held, now)], [Need::Forget, Need::Nothing]);
    assert_eq!((held.authorities.len(), held.signer), (1, 0));
}

#[test]
fn what_cannot_serve_is_refused_and_says_why() {
    let (one, other) = (made(begin()), made(begin()));
    let why = |edit: &dyn Fn(&mut BTreeMap<String, ByteString>)| {
        let mut data = one.data();
        edit(&mut data);
        Held::read(&data, HOST).err().unwrap_or_default()
    };
    let put = |name: &'static str, text: ByteString| why(&move |data| drop(data.insert(name.to_owned(), text.clone())));
    assert_eq!(why(&|_| {}), "");
    assert_eq!(why(&BTreeMap::clear), "ca.crt is missing");
    assert_eq!(why(&|data| drop(data.remove("ca.key"))), "ca.key is missing");
    assert_eq!(put("ca.crt", ByteString(Vec::new())), "ca.crt: there is no certificate in it");
    assert_eq!(put("tls.crt", ByteString(b"certificate".to_vec())), "tls.crt: it is not a certificate");
    assert_eq!(put("tls.key", ByteString(vec![0xff])), "tls.key is not text");
    assert_eq!(put("tls.key", other.data()["tls.key"].clone()), "tls.key does not belong to tls.crt");
    assert_eq!(put("ca.key", other.data()["ca.key"].clone()), "ca.key does not belong to the first of ca.crt");
    let strange = |data: &mut BTreeMap<String, ByteString>| {
        for name in ["ca.crt", "ca.key"] {
            data.insert(name.to_owned(), other.data()[name].clone());
        }
    };
    assert_eq!(why(&strange), "tls.crt is signed by none of ca.crt");
    assert_eq!(Held::read(&one.data(), "another.host").err().unwrap_or_default(), "tls.crt is not for another.host");
}

#[test_case(Duration::days(1), &|_, _| {}, "good until " ; "well")]
#[test_case(Duration::days(1), &|found, _| found["webhooks"][0]["clientConfig"]["caBundle"] = Value::Null, "no caBundle yet" ; "nobody is trusted")]
#[test_case(Duration::days(1), &|_, secret| *secret = Value::Null, "its Secret may not be read" ; "no Secret")]
#[test_case(LEAF + Duration::days(1), &|_, _| {}, "has ended on 2027-" ; "the certificate has ended")]
#[test_case(AUTHORITY + Duration::days(1), &|_, _| {}, "all authorities in caBundle have ended" ; "all has ended")]
#[test_case(Duration::days(1), &|_, secret| secret["data"] = json!(made(begin()).data()), "does not trust its certificate" ; "another one is served")]
fn it_stands(after: Duration, edit: &dyn Fn(&mut Value, &mut Value), want: &str) {
    let held = made(begin());
    let client = json!({"service": {"name": "meshglot-webhook", "namespace": "shop"}, "caBundle": ByteString(held.bundle().into_bytes())});
    let webhook = json!({"name": "a", "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": client});
    let (mut found, mut secret) = (json!({"metadata": {}, "webhooks": [webhook]}), json!({"metadata": {}, "data": held.data()}));
    edit(&mut found, &mut secret);
    let said = webhook_stands(&found, Some(&secret), "shop", begin() + after).expect("it leads to us");
    let (Ok(said) | Err(said)) = said;
    assert!(said.contains(want), "{said}");
    assert_eq!(webhook_stands(&found, Some(&secret), "elsewhere", begin()), None);
}
