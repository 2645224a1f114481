//! What was seen of one Service in the last minute: who called it, and whom those behind it called.

use std::collections::{BTreeMap, BTreeSet};

use meshglot_observed::{Edge, Verdict};
use meshglot_translator::ir::{AccountKey, ServiceKey};
use schemars::JsonSchema;
use serde::Serialize;

use crate::map::{Flow, Observed};
use crate::parts::rate::{percent, rate};
use crate::parts::verdict::Badge;
use crate::query::Query;
use crate::seen::service_key;
use crate::visit::Visit;

/// Calls of and to those behind one Service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceSeen {
    /// The end of the span (RFC 3339).
    at: String,
    /// How long it is, in seconds.
    window_seconds: f64,
    /// Who called, by name, verdict and rule.
    callers: Vec<SeenPeer>,
    /// Who was called by those behind it, the same way.
    callees: Vec<SeenPeer>,
}

/// Calls of one peer of which the same rule decided the same.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SeenPeer {
    /// The best of its names.
    name: String,
    /// What came of the calls.
    verdict: Verdict,
    /// The rule that decided; absent: the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<String>,
    /// How many there were.
    calls: u64,
    /// How many a second.
    per_second: f64,
    /// How many of them were answered well.
    succeeded: u64,
}

/// The same as a line of a table.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) badge: Badge,
    pub(crate) rate: String,
    /// The share that went well; empty: none was let in.
    pub(crate) ok: String,
    pub(crate) policy: (String, Option<String>),
    /// Those calls, as they come.
    pub(crate) live: String,
}

impl ServiceSeen {
    /// `accounts`: those that run behind the Service.
    pub(super) fn of(observed: &Observed, service: &ServiceKey, accounts: &BTreeSet<AccountKey>) -> Self {
        let ends = &observed.ends;
        let is_behind = |workload: &Option<String>| workload.as_deref().is_some_and(|workload| ends.is_behind(workload, service));
        let is_called = |edge: &&Edge| service_key(&edge.destination).as_ref() == Some(service) || is_behind(&edge.destination.workload);
        let calls = |edge: &&Edge| match &edge.source.workload {
            Some(_) => is_behind(&edge.source.workload),
            None => ends.account(&edge.source).is_some_and(|account| accounts.contains(&account)),
        };
        let edges = || observed.window.edges.iter();
        Self {
            at: observed.window.at.clone(),
            window_seconds: observed.window.seconds,
            callers: peers(observed, edges().filter(is_called), |edge| edge.source.name()),
            callees: peers(observed, edges().filter(calls), |edge| {
                edge.destination.service.clone().unwrap_or_else(|| edge.destination.name())
            }),
        }
    }

    /// Lines of callers, and of callees.
    pub(super) fn rows(&self, visit: &Visit, service: &ServiceKey) -> [Vec<Row>; 2] {
        let service = service.to_string();
        let caller = |peer: &SeenPeer| Query::of([("svc", &service), ("verdict", peer.verdict.word()), ("from", &peer.name)]);
        let callee = |peer: &SeenPeer| Query::of([("svc", &service), ("verdict", peer.verdict.word()), ("to", &peer.name)]);
        let row = |peer: &SeenPeer, query: Query| Row {
            name: peer.name.clone(),
            badge: Badge::of_seen(peer.verdict),
            rate: rate(peer.per_second),
            ok: if peer.verdict == Verdict::Denied {
                String::new()
            } else {
                percent(Flow { calls: peer.calls, succeeded: peer.succeeded }.success())
            },
            policy: match &peer.policy {
                None => ("default".to_owned(), None),
                Some(name) => (name.clone(), visit.named(name.split('#').next().unwrap_or_default()).map(|(_, link)| link)),
            },
            live: visit.link(&format!("/live{}", query.text())),
        };
        let callers = self.callers.iter().map(|peer| row(peer, caller(peer)));
        [callers.collect(), self.callees.iter().map(|peer| row(peer, callee(peer))).collect()]
    }
}

/// Adds up edges that people call the same.
fn peers<'e>(observed: &Observed, edges: impl Iterator<Item = &'e Edge>, name: impl Fn(&Edge) -> String) -> Vec<SeenPeer> {
    let mut flows: BTreeMap<(String, Verdict, Option<String>), Flow> = BTreeMap::new();
    for edge in edges {
        flows.entry((name(edge), edge.verdict, edge.policy.clone())).or_default().add(edge);
    }
    let peer = |((name, verdict, policy), flow): ((String, Verdict, Option<String>), Flow)| SeenPeer {
        name,
        verdict,
        policy,
        calls: flow.calls,
        per_second: observed.window.rate(flow.calls),
        succeeded: flow.succeeded,
    };
    flows.into_iter().map(peer).collect()
}
