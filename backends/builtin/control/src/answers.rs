//! What the administration says, and what `meshglot proxy` prints with `-o json` and reads from a file.

use std::collections::BTreeMap;
use std::time::SystemTime;

use meshglot_observed::{Proxies, ProxyAnswer, RefusalAnswer, RefusedAnswer, Sync};
use meshglot_translator::answer::Answer;
use meshglot_xds::{Identities, ProxyStatus, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What a workload's proxies are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Resources {
    /// `NAMESPACE/NAME`.
    pub workload: String,
    /// The number of the policy that is in force.
    pub revision: u64,
    /// By kind and name.
    pub resources: Vec<ResourceAnswer>,
}

impl Answer for Resources {
    const KIND: &'static str = "ProxyResources";
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceAnswer {
    /// The neutral objects that it was made from.
    #[serde(default)]
    pub sources: Vec<String>,
    /// The message, with its `@type`, as Envoy's configuration dump has it.
    pub resource: Value,
}

/// Why the administration does not do what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// For people.
    pub error: String,
}

/// Every proxy that is connected, and every workload that has none.
pub(crate) fn proxies(revision: u64, connected: Vec<ProxyStatus>, identities: &Identities, now: SystemTime) -> Proxies {
    let missing = identities.iter().filter(|(name, _)| connected.iter().all(|one| one.node.workload != ***name));
    let missing = missing.map(|(name, identity)| absent(name, identity)).collect::<Vec<_>>();
    let mut proxies: Vec<ProxyAnswer> = connected.into_iter().map(|status| proxy(status, revision)).chain(missing).collect();
    proxies.sort_by(|a, b| (&a.workload, &a.instance).cmp(&(&b.workload, &b.instance)));
    Proxies { revision, at: moment(now), proxies }
}

fn absent(workload: &str, identity: &str) -> ProxyAnswer {
    ProxyAnswer {
        workload: workload.to_owned(),
        instance: None,
        identity: Some(identity.to_owned()),
        sync: Sync::Absent,
        revision: None,
        since: None,
        software: None,
        resources: BTreeMap::new(),
        refused: Vec::new(),
        last_refusal: None,
    }
}

fn proxy(status: ProxyStatus, newest: u64) -> ProxyAnswer {
    let refused = status.kinds.iter().flat_map(|(kind, state)| {
        state.refused.iter().map(|(name, why)| RefusedAnswer { kind: kind.to_string(), name: name.clone(), why: why.clone() })
    });
    let refused: Vec<RefusedAnswer> = refused.collect();
    let sync = match (refused.is_empty(), status.revision == newest && status.is_synced() && !status.kinds.is_empty()) {
        (false, _) => Sync::Refused,
        (true, true) => Sync::Synced,
        (true, false) => Sync::Stale,
    };
    ProxyAnswer {
        sync,
        refused,
        resources: status.kinds.iter().map(|(kind, state)| (kind.to_string(), state.resources)).collect(),
        last_refusal: status.last_nack.map(|nack| RefusalAnswer { kind: nack.kind.to_string(), why: nack.why, at: moment(nack.at) }),
        workload: status.node.workload,
        instance: Some(status.node.instance),
        identity: status.identity,
        revision: Some(status.revision),
        since: Some(moment(status.since)),
        software: Some(status.agent).filter(|agent| !agent.is_empty()),
    }
}

impl Resources {
    /// `None`: there is no such workload.
    pub(crate) fn of(workload: &str, world: &World) -> Option<Self> {
        let known = world.workloads().any(|name| **name == *workload);
        let view = world.view(workload);
        let one = |resource: &std::sync::Arc<meshglot_xds::Resource>| ResourceAnswer {
            sources: resource.sources.iter().map(ToString::to_string).collect(),
            resource: resource.json(),
        };
        known.then(|| Self {
            workload: workload.to_owned(),
            revision: world.revision(),
            resources: meshglot_xds::Kind::ALL.into_iter().flat_map(|kind| view.of(kind).map(one).collect::<Vec<_>>()).collect(),
        })
    }
}

fn moment(time: SystemTime) -> String {
    // Whole seconds: nobody reads more. A year of five digits has no such form.
    let time = OffsetDateTime::from(time).replace_nanosecond(0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use meshglot_xds::{Kind, KindStatus, Node};
    use test_case::test_case;

    use super::*;

    fn status(revision: u64, synced: bool, refused: bool) -> ProxyStatus {
        let refused = refused.then(|| ("inbound".to_owned(), "no".to_owned())).into_iter().collect();
        ProxyStatus {
            node: Node { workload: "bank/ledger".to_owned(), instance: "1".to_owned() },
            identity: None,
            agent: "envoy".to_owned(),
            since: SystemTime::UNIX_EPOCH + Duration::from_millis(1500),
            revision,
            kinds: [(Kind::Listener, KindStatus { synced, answered: synced, resources: 2, refused })].into(),
            last_nack: None,
        }
    }

    #[test_case(7, true, false, Sync::Synced; "all of it")]
    #[test_case(6, true, false, Sync::Stale; "of before")]
    #[test_case(7, false, false, Sync::Stale; "not answered")]
    #[test_case(7, true, true, Sync::Refused; "refused")]
    fn words(revision: u64, synced: bool, refused: bool, want: Sync) {
        let answer = proxies(7, vec![status(revision, synced, refused)], &Identities::new(), SystemTime::UNIX_EPOCH);
        assert_eq!(answer.proxies[0].sync, want);
        assert_eq!(answer.proxies[0].since.as_deref(), Some("1970-01-01T00:00:01Z"));
    }

    #[test]
    fn a_workload_without_a_proxy_is_told() {
        let identities: Identities = [("bank/ledger".into(), "i".to_owned()), ("bank/teller".into(), "i".to_owned())].into();
        let answer = proxies(7, vec![status(7, true, false)], &identities, SystemTime::UNIX_EPOCH);
        let told: Vec<_> = answer.proxies.iter().map(|one| (one.workload.as_str(), one.sync)).collect();
        assert_eq!(told, [("bank/ledger", Sync::Synced), ("bank/teller", Sync::Absent)]);
    }
}
