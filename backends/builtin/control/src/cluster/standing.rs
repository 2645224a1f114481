//! How the roots that pods read stand, for whoever looks from outside.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_ca::Certificate;
use time::OffsetDateTime;

use super::ROOTS;

/// Namespaces that are named.
const NAMED: usize = 3;

/// A root of which less than this part of its life is left should have been followed by another: an own one is when a tenth is left.
const LATE: i32 = 20;

/// What is wrong with the roots. Each text says what it means for pods.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// Namespaces have none.
    #[error("there is no ConfigMap {ROOTS} in {0}: new pods there wait for it")]
    Missing(String),
    /// One holds no certificates.
    #[error("ConfigMap {namespace}/{ROOTS} holds no roots, so that new pods there trust nobody: {why}")]
    Unreadable {
        /// Where.
        namespace: String,
        /// Why not.
        why: String,
    },
    /// The last root has ended.
    #[error("the last root ended on {0}: nobody in the mesh trusts anybody")]
    Ended(String),
    /// Pods trust one thing here and another there.
    #[error("pods of {0} are to trust other roots than those of other namespaces: some may not call each other")]
    Different(String),
    /// It ends soon, and no other has come.
    #[error("the last root ends on {0}, and no other has come yet")]
    Late(String),
}

impl RootsError {
    /// Whether pods are harmed already.
    pub fn is_harmful(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Unreadable { .. } | Self::Ended(_))
    }
}

/// How they stand, in words. `published`: of each namespace whose pods get sidecars, what its ConfigMap holds (PEM), if there is one.
///
/// # Errors
/// The worst that is wrong with them.
pub fn roots_stand(published: &BTreeMap<String, Option<String>>, now: OffsetDateTime) -> Result<String, RootsError> {
    let missing: Vec<&str> = published.iter().filter(|(_, roots)| roots.is_none()).map(|(namespace, _)| &**namespace).collect();
    if !missing.is_empty() {
        return Err(RootsError::Missing(names(&missing)));
    }
    let there: Vec<(&str, &str)> = published.iter().filter_map(|(namespace, roots)| Some((&**namespace, roots.as_deref()?))).collect();
    let mut all = Vec::new();
    for (namespace, pem) in &there {
        let unreadable = |why: String| RootsError::Unreadable { namespace: (*namespace).to_owned(), why };
        let roots = Certificate::from_pem(pem).map_err(|error| unreadable(error.to_string()))?;
        all.extend(roots);
    }
    let Some(last) = all.iter().max_by_key(|root| root.not_after()) else { return Ok("no namespace asks for sidecars".to_owned()) };
    let (begins, ends) = (last.not_before(), last.not_after());
    if ends < now {
        return Err(RootsError::Ended(day(ends)));
    }
    let most = most(&there);
    let others: Vec<&str> = there.iter().filter(|(_, roots)| *roots != most).map(|(namespace, _)| *namespace).collect();
    if !others.is_empty() {
        return Err(RootsError::Different(names(&others)));
    }
    if ends - now < (ends - begins) / LATE {
        return Err(RootsError::Late(day(ends)));
    }
    let different: BTreeSet<&[u8]> = all.iter().map(Certificate::der).collect();
    let count = if different.len() == 1 { "one root".to_owned() } else { format!("{} roots", different.len()) };
    Ok(format!("pods trust {count}, the last until {}", day(ends)))
}

/// What most namespaces have; of several alike the first.
fn most<'t>(there: &[(&str, &'t str)]) -> &'t str {
    let count = |text: &str| there.iter().filter(|(_, other)| *other == text).count();
    there.iter().rev().map(|(_, text)| *text).max_by_key(|text| count(text)).unwrap_or_default()
}

fn names(all: &[&str]) -> String {
    let more = all.len().saturating_sub(NAMED);
    let named = all[..all.len() - more].join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

fn day(time: OffsetDateTime) -> String {
    time.date().to_string()
}

#[cfg(test)]
mod tests {
    use meshglot_ca::{Authority, chain_pem};
    use time::Duration;

    use super::*;

    /// 2026-11-23, at noon.
    fn now() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_795_435_200).expect("a time")
    }

    fn authority() -> Authority {
        Authority::new("a.example".parse().expect("a name"), now()).expect("an authority")
    }

    fn published<'t>(all: impl IntoIterator<Item = (&'t str, Option<&'t str>)>) -> BTreeMap<String, Option<String>> {
        all.into_iter().map(|(namespace, roots)| (namespace.to_owned(), roots.map(str::to_owned))).collect()
    }

    #[test]
    fn roots_that_are_well_are_told_with_their_end() {
        let mut authority = authority();
        let one = chain_pem(&authority.bundle());
        let said = roots_stand(&published([("bank", Some(&*one)), ("shop", Some(&*one))]), now());
        assert_eq!(said.as_deref(), Ok("pods trust one root, the last until 2036-11-20"));
        authority.introduce(now() + Duration::days(10)).expect("another");
        let two = chain_pem(&authority.bundle());
        let said = roots_stand(&published([("bank", Some(&*two))]), now());
        assert_eq!(said.as_deref(), Ok("pods trust 2 roots, the last until 2036-11-30"));
    }

    #[test]
    fn the_worst_is_told_first() {
        let (one, other) = (chain_pem(&authority().bundle()), chain_pem(&authority().bundle()));
        let of = |all: &[(&str, Option<&str>)], days: i64| {
            roots_stand(&published(all.iter().copied()), now() + Duration::days(days)).expect_err("something is wrong")
        };
        let (one, other) = (Some(&*one), Some(&*other));
        let missing = of(&[("a", None), ("b", one), ("c", None), ("d", None), ("e", None)], 4000);
        assert_eq!(missing, RootsError::Missing("a, c, d and 1 more".to_owned()));
        assert!(matches!(of(&[("bank", Some("roots")), ("shop", one)], 0), RootsError::Unreadable { .. }));
        assert!(matches!(of(&[("bank", Some(""))], 0), RootsError::Unreadable { .. }));
        assert_eq!(of(&[("bank", one)], 3651), RootsError::Ended("2036-11-20".to_owned()));
        assert_eq!(of(&[("a", one), ("b", other), ("c", one)], 0), RootsError::Different("b".to_owned()));
        assert_eq!(of(&[("a", one), ("b", other)], 0), RootsError::Different("b".to_owned()));
        assert_eq!(of(&[("a", one)], 3600), RootsError::Late("2036-11-20".to_owned()));
    }
}
