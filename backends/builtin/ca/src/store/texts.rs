//! An authority for a place that keeps all of it or nothing, such as a Secret of Kubernetes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use time::OffsetDateTime;

use super::form::{Written, read};
use super::{STATE, StoreError};
use crate::authority::Authority;

/// What a folder has as files: private keys are among it.
#[derive(Clone, PartialEq, Eq)]
pub struct Texts(pub BTreeMap<String, String>);

impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Texts {
    /// Of an authority.
    pub fn of(authority: &Authority) -> Self {
        let written = Written::of(authority);
        let state = written.state();
        let mut texts = written.keys;
        texts.insert(STATE.to_owned(), state);
        Self(texts)
    }

    /// The authority; `None`: there is none in it. It may have expired: it can still be rotated.
    ///
    /// # Errors
    /// Something is missing or broken, or a key is not that of its certificate.
    pub fn authority(&self, now: OffsetDateTime) -> Result<Option<Authority>, StoreError> {
        read(&|name| Ok(self.0.get(name).cloned()), &|name| PathBuf::from(name), now)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::rotation::{RotationError, Step};

    type Change = fn(&mut Authority, OffsetDateTime) -> Result<Step, RotationError>;

    #[test]
    fn every_phase_comes_back_as_it_was() {
        let begin = OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("in range");
        let mut authority = Authority::new("cluster.local".parse().expect("a domain"), begin).expect("an authority");
        for (step, hours) in [(Authority::introduce as Change, 1), (Authority::switch, 2), (Authority::retire, 27)] {
            let texts = Texts::of(&authority);
            let back = texts.authority(begin).expect("readable").expect("there");
            assert_eq!((Texts::of(&back), back.bundle()), (texts, authority.bundle()));
            step(&mut authority, begin + Duration::hours(hours)).expect("taken");
        }
        assert!(Texts(BTreeMap::new()).authority(begin).expect("readable").is_none());
    }

    #[test]
    fn what_is_damaged_is_no_authority() {
        let begin = OffsetDateTime::from_unix_timestamp(1_800_000_000).expect("in range");
        let authority = Authority::new("cluster.local".parse().expect("a domain"), begin).expect("an authority");
        let whole = Texts::of(&authority);
        for name in whole.0.keys() {
            let mut texts = whole.clone();
            texts.0.insert(name.clone(), "x".to_owned());
            assert!(texts.authority(begin).is_err(), "{name}");
        }
        assert!(!format!("{whole:?}").contains("PRIVATE"));
    }
}
