//! What an API server is asked, by verb and path.

use std::collections::BTreeMap;

use http::{Method, Uri};

/// What a request asks for, as RBAC calls it, but that a list is a `Get`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// One object or a list.
    Get,
    /// Changes as they come.
    Watch,
    /// A question that is put as a new object, or a change that is only tried (`dryRun`): nothing is stored.
    Ask,
    /// A new object.
    Create,
    /// A whole object.
    Update,
    /// A part of one, also by server-side apply.
    Patch,
    /// An end.
    Delete,
}

/// How often what was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<(Verb, String), u64>);

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    verb: Verb,
    path: String,
}

impl Counts {
    /// Requests that store something if all is well.
    pub fn writes(&self) -> u64 {
        self.sum(|verb, _| verb >= Verb::Create)
    }

    /// All others.
    pub fn reads(&self) -> u64 {
        self.sum(|verb, _| verb < Verb::Create)
    }

    /// Of one verb, with a path that has this part.
    pub fn of(&self, verb: Verb, part: &str) -> u64 {
        self.sum(|known, path| known == verb && path.contains(part))
    }

    /// Verb, path without query, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Verb, &str, u64)> {
        self.0.iter().map(|((verb, path), count)| (*verb, path.as_str(), *count))
    }

    pub(super) fn add(&mut self, asked: Asked) {
        *self.0.entry((asked.verb, asked.path)).or_default() += 1;
    }

    fn sum(&self, counts: impl Fn(Verb, &str) -> bool) -> u64 {
        self.iter().filter(|(verb, path, _)| counts(*verb, path)).map(|(_, _, count)| count).sum()
    }
}

impl Asked {
    pub(super) fn by(method: &Method, uri: &Uri) -> Self {
        let has = |words: &[&str]| uri.query().is_some_and(|query| query.split('&').any(|word| words.contains(&word)));
        // TokenReview, SubjectAccessReview and their like.
        let is_review = ["authentication.k8s.io", "authorization.k8s.io"].iter().any(|group| uri.path().contains(group));
        let verb = match *method {
            Method::POST | Method::PUT | Method::PATCH | Method::DELETE if is_review || has(&["dryRun=All"]) => Verb::Ask,
            Method::POST => Verb::Create,
            Method::PUT => Verb::Update,
            Method::PATCH => Verb::Patch,
            Method::DELETE => Verb::Delete,
            _ if has(&["watch=true", "watch=1"]) => Verb::Watch,
            _ => Verb::Get,
        };
        Self { verb, path: uri.path().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_are_told_apart() {
        let verb = |method: Method, uri: &str| Asked::by(&method, &uri.parse().expect("an address")).verb;
        assert_eq!(verb(Method::GET, "/api/v1/pods?limit=5"), Verb::Get);
        assert_eq!(verb(Method::GET, "/api/v1/pods?limit=5&watch=true"), Verb::Watch);
        assert_eq!(verb(Method::POST, "/api/v1/namespaces"), Verb::Create);
        assert_eq!(verb(Method::POST, "/apis/authentication.k8s.io/v1/tokenreviews"), Verb::Ask);
        assert_eq!(verb(Method::PATCH, "/api/v1/namespaces/a?fieldManager=b&dryRun=All"), Verb::Ask);
        assert_eq!(verb(Method::PATCH, "/api/v1/namespaces/a?fieldManager=b"), Verb::Patch);
        assert_eq!(verb(Method::PUT, "/api/v1/namespaces/a/status"), Verb::Update);
        assert_eq!(verb(Method::DELETE, "/api/v1/namespaces/a"), Verb::Delete);
    }

    #[test]
    fn what_stores_is_a_write() {
        let mut counts = Counts::default();
        for verb in [Verb::Get, Verb::Watch, Verb::Ask, Verb::Create, Verb::Update, Verb::Patch, Verb::Delete, Verb::Delete] {
            counts.add(Asked { verb, path: "/api/v1/pods".to_owned() });
        }
        assert_eq!((counts.reads(), counts.writes()), (3, 5));
        assert_eq!((counts.of(Verb::Delete, "/pods"), counts.of(Verb::Delete, "/nodes")), (2, 0));
    }
}
