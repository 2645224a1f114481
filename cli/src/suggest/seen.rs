//! Which calls were seen that no rule lets in, by who called whom.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_observed::{Call, Direction, Party, Verdict};

use crate::render::count;

/// `NAMESPACE` and `NAME` of a service account.
pub(super) type Account = (String, String);

/// What one account has called at another.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Calls {
    /// The methods of each path, without its query.
    pub(super) paths: BTreeMap<String, BTreeSet<String>>,
    /// Of connections of bytes.
    pub(super) ports: BTreeSet<u16>,
}

/// All that was seen.
pub(super) struct Seen {
    denied: bool,
    /// By called and caller.
    pub(super) pairs: BTreeMap<(Account, Account), Calls>,
    suggested: usize,
    /// Calls that a rule lets in already.
    ruled: usize,
    /// Calls that were denied, and are not asked about.
    refused: usize,
    /// Calls of whom nobody knows, or at whom: no rule can name them.
    nameless: usize,
}

impl Seen {
    /// `denied`: whether calls that were denied are to be let in, too.
    pub(super) fn new(denied: bool) -> Self {
        Self { denied, pairs: BTreeMap::new(), suggested: 0, ruled: 0, refused: 0, nameless: 0 }
    }

    /// How many calls are let in by what is suggested.
    pub(super) fn suggested(&self) -> usize {
        self.suggested
    }

    pub(super) fn see(&mut self, call: &Call) {
        // The proxy of the called alone knows who has called, and which rule decided.
        if call.direction == Direction::Outbound {
            return;
        }
        if call.verdict == Verdict::Denied && !self.denied {
            self.refused += 1;
            return;
        }
        if call.verdict != Verdict::Denied && call.policy.is_some() {
            self.ruled += 1;
            return;
        }
        let (Some(source), Some(destination)) = (account(&call.source), account(&call.destination)) else {
            self.nameless += 1;
            return;
        };
        let calls = self.pairs.entry((destination, source)).or_default();
        match (&call.method, &call.path) {
            (Some(method), Some(path)) => {
                let path = path.split('?').next().unwrap_or(path).to_owned();
                calls.paths.entry(path).or_default().insert(method.clone());
            }
            _ => {
                let port = call.destination.address.as_deref().and_then(|address| address.rsplit_once(':')?.1.parse::<u16>().ok());
                calls.ports.extend(port);
            }
        }
        self.suggested += 1;
    }

    /// What was left out, a line each.
    pub(super) fn words(&self) -> Vec<String> {
        let lines = [
            (self.ruled, "let in by a rule that exists"),
            (self.refused, "denied, and not suggested: --denied lets them in"),
            (self.nameless, "by or to somebody without an identity: no rule can name them"),
        ];
        lines.into_iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{} {what}", count(number, "call"))).collect()
    }
}

/// The service account that somebody has proven to be.
fn account(party: &Party) -> Option<Account> {
    party.account().map(|(namespace, name)| (namespace.to_owned(), name.to_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A call of `shop/web` at `bank/ledger`, by the proxy of the called.
    pub(in super::super) fn call(method: &str, path: &str, verdict: Verdict, policy: Option<&str>) -> Call {
        let party = |account: &str| Party { identity: Some(format!("spiffe://d/ns/{account}")), ..Party::default() };
        Call {
            id: 1,
            at: String::new(),
            direction: Direction::Inbound,
            source: party("shop/sa/web"),
            destination: Party { address: Some("10.0.0.1:8080".to_owned()), ..party("bank/sa/ledger") },
            verdict,
            policy: policy.map(str::to_owned),
            protocol: Some("HTTP/1.1".to_owned()),
            method: Some(method.to_owned()).filter(|method| !method.is_empty()),
            authority: None,
            path: Some(path.to_owned()).filter(|path| !path.is_empty()),
            status: Some(200),
            flags: None,
            details: None,
            duration_ms: 1,
            bytes_in: 0,
            bytes_out: 0,
            attempts: None,
        }
    }

    #[test]
    fn what_a_rule_lets_in_and_what_is_denied_is_left_out() {
        let mut seen = Seen::new(false);
        seen.see(&call("GET", "/a?x=1", Verdict::Allowed, None));
        seen.see(&call("GET", "/b", Verdict::Allowed, Some("TrafficTarget/bank/ledger")));
        seen.see(&call("GET", "/c", Verdict::Denied, None));
        let mut nameless = call("GET", "/d", Verdict::Allowed, None);
        nameless.source = Party::default();
        seen.see(&nameless);
        let pairs: Vec<_> = seen.pairs.values().collect();
        assert_eq!(pairs, [&Calls { paths: [("/a".to_owned(), ["GET".to_owned()].into())].into(), ports: BTreeSet::new() }]);
        assert_eq!((seen.suggested(), seen.words().len()), (1, 3));
    }

    #[test]
    fn what_is_denied_can_be_asked_for() {
        let mut seen = Seen::new(true);
        seen.see(&call("PUT", "/c", Verdict::Denied, None));
        seen.see(&call("", "", Verdict::Denied, None));
        let calls = seen.pairs.values().next().expect("a pair");
        assert_eq!((calls.paths.keys().next().map(String::as_str), calls.ports.first()), (Some("/c"), Some(&8080)));
    }
}
