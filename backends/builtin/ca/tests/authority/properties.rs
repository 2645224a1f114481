//! What holds for every identity and every life.

use meshglot_ca::{SpiffeId, renewal_time};
use proptest::prelude::*;
use time::{Duration, OffsetDateTime};

const DOMAIN: &str = "[a-z0-9_-]{1,20}(\\.[a-z0-9_-]{1,20}){0,3}";
const LABEL: &str = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("in range")
}

proptest! {
    #[test]
    fn an_identity_is_read_as_it_was_written(domain in DOMAIN, namespace in LABEL, account in LABEL, more in LABEL) {
        for account in [account.clone(), format!("{account}.{more}")] {
            let id = SpiffeId::new(domain.parse().expect("a trust domain"), &namespace, &account).expect("an identity");
            let text = id.to_string();
            let again: SpiffeId = text.parse().expect("as written");
            prop_assert_eq!(again.trust_domain().as_str(), &domain);
            prop_assert_eq!((again.namespace(), again.service_account()), (&*namespace, &*account));
            prop_assert_eq!(again, id);
        }
    }

    #[test]
    fn whatever_is_read_is_written_the_same(text in "spiffe://[a-zA-Z.:_%-]{0,6}/ns/[a-zA-Z./%-]{0,4}/sa/[a-z0-9./?#-]{0,6}") {
        if let Ok(id) = text.parse::<SpiffeId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn arbitrary_text_is_no_identity(text in ".{0,200}") {
        prop_assert!(text.parse::<SpiffeId>().is_err());
    }

    #[test]
    fn renewal_is_in_the_middle_of_the_life(begin in -9_000_000_000_i64..9_000_000_000, life in 1..4_000_000_000_i64, spread in 0.0..=1.0) {
        let (not_before, not_after) = (at(begin), at(begin + life));
        let renewal = renewal_time(not_before, not_after, spread);
        prop_assert!(not_before <= renewal && renewal <= not_before + (not_after - not_before) * 3 / 4);
        let part = (renewal - not_before).as_seconds_f64() / (not_after - not_before).as_seconds_f64();
        prop_assert!((0.399_999..=0.600_001).contains(&part), "{part}");
    }

    #[test]
    fn a_later_spread_is_a_later_renewal(life in 1_i64..1_000_000, one in 0.0..=1.0, other in 0.0..=1.0) {
        let renewal = |spread| renewal_time(at(0), at(life), spread);
        prop_assert_eq!(renewal(f64::min(one, other)) <= renewal(f64::max(one, other)), true);
    }

    #[test]
    fn no_life_and_no_spread_is_too_odd(begin in -9_000_i64..9_000, life in -9_000_i64..9_000, spread in proptest::num::f64::ANY) {
        let (not_before, not_after) = (at(begin), at(begin + life));
        let renewal = renewal_time(not_before, not_after, spread);
        prop_assert!(renewal >= not_before && renewal <= not_before + (not_after - not_before).max(Duration::ZERO) * 3 / 4);
    }
}
