//! Which objects are asked for: `KIND`, `KIND NAME…` or `KIND/NAME…`, as kubectl takes them.

use std::collections::BTreeSet;

use meshglot_translator::ir::{Kind, ObjectKey};
use serde_json::Value;

use super::found::is_of;
pub(super) use super::found::{Found, Missing, name_of, namespace};
use super::resource::Resource;
use super::wire::Objects;
use crate::exit::{Exit, Failure};

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    wants: Vec<Want>,
    namespace: Option<String>,
    /// Whether it is all policy, whichever kinds that are.
    is_category: bool,
}

/// All objects of some kinds, or one of them.
#[derive(Clone, Debug)]
struct Want {
    resources: Vec<Resource>,
    /// With a namespace of its own where it is written `NAMESPACE/NAME`.
    name: Option<(Option<String>, String)>,
}

impl Selected {
    /// Of the words of a command line; none of them is everything of policy.
    pub(super) fn of(words: &[String], namespace: Option<&str>) -> Result<Self, Failure> {
        let namespace = namespace.map(str::to_owned);
        let Some(first) = words.first() else {
            return Ok(Self { wants: vec![Want { resources: Resource::all_of("meshglot")?, name: None }], namespace, is_category: true });
        };
        let is_category = Resource::is_category(first);
        let wants = if first.contains('/') {
            words.iter().map(|word| slashed(word)).collect::<Result<_, _>>()?
        } else {
            let resources = Resource::all_of(first)?;
            match &words[1..] {
                [] => vec![Want { resources, name: None }],
                names => names.iter().map(|name| Want { resources: resources.clone(), name: Some(place(name)) }).collect(),
            }
        };
        Ok(Self { wants, namespace, is_category })
    }

    /// These objects.
    pub(super) fn named<'k>(keys: impl IntoIterator<Item = &'k ObjectKey>) -> Self {
        let want = |key: &ObjectKey| Want {
            resources: vec![Resource(key.kind)],
            name: Some((Some(key.namespace.to_string()).filter(|namespace| !namespace.is_empty()), key.name.to_string())),
        };
        Self { wants: keys.into_iter().map(want).collect(), namespace: None, is_category: false }
    }

    /// The kinds, each with the namespace to which it is narrowed, for whoever lists them; and whether some of them may not exist.
    pub(super) fn places(&self) -> (BTreeSet<(Kind, Option<String>)>, bool) {
        let place = |want: &Want| {
            let named = want.name.as_ref().and_then(|(namespace, _)| namespace.clone());
            let namespace = named.or_else(|| self.namespace.clone());
            want.resources.iter().map(move |resource| (resource.0, namespace.clone())).collect::<Vec<_>>()
        };
        (self.wants.iter().flat_map(place).collect(), self.is_category)
    }

    /// What was named, `Kind/namespace/name`; `usual`: the namespace of what has none.
    pub(super) fn keys(&self, usual: &str) -> Vec<String> {
        let of_want = |want: &Want| {
            let (own, name) = want.name.clone()?;
            let namespace = own.or_else(|| self.namespace.clone()).unwrap_or_else(|| usual.to_owned());
            let key = move |resource: &Resource| {
                let namespace = if resource.0.is_cluster_scoped() { "" } else { &namespace };
                ObjectKey { kind: resource.0, namespace: namespace.into(), name: name.as_str().into() }.to_string()
            };
            Some(want.resources.iter().map(key).collect::<Vec<_>>())
        };
        self.wants.iter().filter_map(of_want).flatten().collect()
    }

    /// The names of the kinds, for whoever has the objects.
    pub(super) fn kinds(&self) -> String {
        let mut names: Vec<&str> = self.wants.iter().flat_map(|want| &want.resources).map(|resource| resource.0.name()).collect();
        names.sort_unstable();
        names.dedup();
        names.join(",")
    }

    /// Whether single objects were named.
    pub(super) fn names_some(&self) -> bool {
        self.wants.iter().any(|want| want.name.is_some())
    }

    /// Whether one object was named and nothing else.
    pub(super) fn names_one(&self) -> bool {
        matches!(&self.wants[..], [Want { name: Some(_), resources }] if resources.len() == 1)
    }

    /// Those that are there, in the order asked, and what is named and is not.
    pub(super) fn find<'o>(&self, objects: &'o Objects) -> Result<(Vec<Found<'o>>, Vec<Missing>), Failure> {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        for want in &self.wants {
            for resource in &want.resources {
                let of_kind = objects.items.iter().filter(|object| is_of(object, *resource));
                let fits: Vec<Found<'_>> =
                    of_kind.filter(|object| self.fits(want, object)).map(|object| Found { resource: *resource, object }).collect();
                if let Some((_, name)) = &want.name {
                    match fits.len() {
                        0 => missing.push(Missing::of(*resource, name, objects)),
                        1 => {}
                        _ => return Err(ambiguous(name, &fits)),
                    }
                }
                found.extend(fits);
            }
        }
        Ok((found, missing))
    }

    fn fits(&self, want: &Want, object: &Value) -> bool {
        let own = namespace(object);
        let Some((named, name)) = &want.name else {
            return self.namespace.as_deref().is_none_or(|wanted| wanted == own || own.is_empty());
        };
        let wanted = named.as_deref().or(self.namespace.as_deref());
        name_of(object) == name && wanted.is_none_or(|wanted| wanted == own || own.is_empty())
    }
}

fn slashed(word: &str) -> Result<Want, Failure> {
    match word.split_once('/') {
        Some((kind, name)) if !name.is_empty() && name.matches('/').count() < 2 => {
            Ok(Want { resources: Resource::all_of(kind)?, name: Some(place(name)) })
        }
        _ => Err(Failure::new(Exit::Usage, format!("`{word}` is no KIND/NAME and no KIND/NAMESPACE/NAME"))),
    }
}

fn place(name: &str) -> (Option<String>, String) {
    match name.split_once('/') {
        Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
        None => (None, name.to_owned()),
    }
}

fn ambiguous(name: &str, found: &[Found<'_>]) -> Failure {
    let all: Vec<String> = found.iter().map(Found::key).collect();
    Failure::new(Exit::Usage, format!("`{name}` is the name of {}", all.join(" and of "))).help("-n NAMESPACE says which")
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    fn objects() -> Objects {
        let object = |kind: &str, namespace: &str, name: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"namespace": namespace, "name": name}});
        let items = vec![
            object("Service", "bank", "ledger"),
            object("Service", "shop", "ledger"),
            object("Service", "shop", "web"),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}),
        ];
        Objects { revision: 1, items, ..Objects::default() }
    }

    fn found(words: &str, namespace: Option<&str>) -> Result<(Vec<String>, Vec<String>), Failure> {
        let words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        let objects = objects();
        let (found, missing) = Selected::of(&words, namespace)?.find(&objects)?;
        Ok((found.iter().map(Found::key).collect(), missing.iter().map(ToString::to_string).collect()))
    }

    #[test_case("svc", None, &["Service/bank/ledger", "Service/shop/ledger", "Service/shop/web"])]
    #[test_case("svc,ns", Some("shop"), &["Service/shop/ledger", "Service/shop/web", "Namespace/shop"])]
    #[test_case("svc web", None, &["Service/shop/web"])]
    #[test_case("svc bank/ledger", None, &["Service/bank/ledger"])]
    #[test_case("svc/bank/ledger ns/shop", None, &["Service/bank/ledger", "Namespace/shop"])]
    #[test_case("svc ledger", Some("bank"), &["Service/bank/ledger"])]
    fn objects_by_words(words: &str, namespace: Option<&str>, want: &[&str]) {
        let (found, missing) = found(words, namespace).expect("is there");
        assert_eq!(found, want);
        assert!(missing.is_empty());
    }

    #[test]
    fn what_is_not_there_is_named() {
        assert_eq!(found("svc web nobody", None).expect("no mistake").1, ["service/nobody"]);
        assert_eq!(found("svc ledger", Some("nowhere")).expect("no mistake").1, ["service/ledger"]);
    }

    #[test_case("svc/legder", Some("service/ledger"); "two letters")]
    #[test_case("svc/we", Some("service/web"); "a part")]
    #[test_case("svc/nobody", None; "nothing like it")]
    fn what_was_meant(words: &str, want: Option<&str>) {
        let objects = objects();
        let selected = Selected::of(&[words.to_owned()], None).expect("no mistake");
        let (_, missing) = selected.find(&objects).expect("no mistake");
        assert_eq!(missing[0].near.as_deref(), want);
    }

    #[test_case("svc ledger"; "in two namespaces")]
    #[test_case("svc/a/b/c"; "too many parts")]
    #[test_case("svc/"; "no name")]
    #[test_case("nothing"; "no kind")]
    fn what_cannot_be_meant_is_refused(words: &str) {
        assert!(found(words, None).is_err());
    }
}
