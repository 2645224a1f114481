//! Whom people mean: `svc/NAME`, `deploy/NAME`, `workload/NAME`, `ns/NAME`, `NAMESPACE/NAME` or `NAME`.

use meshglot_observed::Party;

use crate::args::Looked;
use crate::exit::{Exit, Failure};

/// Some of those who call or are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    kind: Kind,
    /// Absent: any.
    namespace: Option<String>,
    /// Absent: any.
    name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Any,
    Service,
    Workload,
}

impl Target {
    /// What a command is about; `None`: everybody.
    pub(crate) fn of(looked: &Looked) -> Result<Option<Self>, Failure> {
        let namespace = looked.namespace.as_deref();
        match &looked.target {
            Some(word) => Self::parse(word, namespace).map(Some),
            None => Ok(namespace.map(|namespace| Self { kind: Kind::Any, namespace: Some(namespace.to_owned()), name: None })),
        }
    }

    /// Reads a word. `namespace`: of names that have none.
    pub(super) fn parse(word: &str, namespace: Option<&str>) -> Result<Self, Failure> {
        let one = |kind, namespace: Option<&str>, name: Option<&str>| {
            Ok(Self { kind, namespace: namespace.map(str::to_owned), name: name.map(str::to_owned) })
        };
        let parts: Vec<&str> = word.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(wrong(word));
        }
        match parts[..] {
            [name] => one(Kind::Any, namespace, Some(name)),
            ["ns" | "namespace", name] => one(Kind::Any, Some(name), None),
            [kind, ref name @ ..] if kind_of(kind).is_some() => {
                let kind = kind_of(kind).unwrap_or(Kind::Any);
                match *name {
                    [name] => one(kind, namespace, Some(name)),
                    [own, name] => one(kind, Some(own), Some(name)),
                    _ => Err(wrong(word)),
                }
            }
            [namespace, name] => one(Kind::Any, Some(namespace), Some(name)),
            _ => Err(wrong(word)),
        }
    }

    /// Whether one end of a call is meant.
    pub(crate) fn is(&self, party: &Party) -> bool {
        let account = party.account().map(|(namespace, name)| format!("{namespace}/{name}"));
        let names = match self.kind {
            Kind::Any => [party.workload.as_deref(), party.service.as_deref(), account.as_deref()],
            Kind::Service => [None, party.service.as_deref(), None],
            Kind::Workload => [party.workload.as_deref(), None, None],
        };
        names.into_iter().flatten().any(|name| self.is_named(name))
    }

    fn is_named(&self, name: &str) -> bool {
        let Some((namespace, name)) = name.split_once('/') else { return false };
        self.namespace.as_deref().is_none_or(|wanted| wanted == namespace) && self.name.as_deref().is_none_or(|wanted| wanted == name)
    }
}

fn kind_of(word: &str) -> Option<Kind> {
    match word {
        "svc" | "service" => Some(Kind::Service),
        "deploy" | "deployment" | "workload" => Some(Kind::Workload),
        _ => None,
    }
}

fn wrong(word: &str) -> Failure {
    let failure = Failure::new(Exit::Usage, format!("`{word}` names nobody"));
    failure.help("svc/NAME, deploy/NAME, workload/NAME, ns/NAME, NAMESPACE/NAME or NAME")
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn ledger() -> Party {
        Party {
            workload: Some("bank/ledger-1".to_owned()),
            service: Some("bank/ledger".to_owned()),
            identity: Some("spiffe://cluster.local/ns/bank/sa/books".to_owned()),
            address: None,
        }
    }

    #[test_case("ledger", None, true; "a name in any namespace")]
    #[test_case("ledger", Some("bank"), true; "a name in its namespace")]
    #[test_case("ledger", Some("shop"), false; "a name in another")]
    #[test_case("bank/ledger-1", None, true; "a workload with its namespace")]
    #[test_case("bank/ledger-1", Some("shop"), true; "its own namespace counts")]
    #[test_case("bank/books", None, true; "an account")]
    #[test_case("svc/ledger", None, true; "a service")]
    #[test_case("svc/ledger-1", None, false; "no service")]
    #[test_case("svc/bank/ledger", Some("shop"), true; "a service with its namespace")]
    #[test_case("deploy/ledger-1", Some("bank"), true; "a deployment")]
    #[test_case("workload/ledger", None, false; "no workload")]
    #[test_case("ns/bank", None, true; "a namespace")]
    #[test_case("ns/shop", None, false; "another namespace")]
    #[test_case("ledge", None, false; "the beginning of a name")]
    fn meant(word: &str, namespace: Option<&str>, want: bool) {
        let target = Target::parse(word, namespace).expect("a target");
        assert_eq!(target.is(&ledger()), want);
        assert!(!target.is(&Party::default()), "nobody is known");
    }

    #[test_case(""; "nothing")]
    #[test_case("svc/"; "no name")]
    #[test_case("/ledger"; "no namespace")]
    #[test_case("svc/a/b/c"; "too much")]
    #[test_case("a/b/c"; "no kind")]
    fn nobody(word: &str) {
        assert!(Target::parse(word, None).is_err());
    }
}
