//! What the administration says, and what `meshglot proxy` prints with `-o json` and reads from a file.

use std::collections::BTreeMap;
use std::time::SystemTime;

use meshglot_translator::answer::Answer;
use meshglot_xds::{Identities, ProxyStatus, World};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Every proxy that is connected, and every workload that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Proxies {
    /// The number of the policy that is in force; it grows.
    pub revision: u64,
    /// The time at which this was true (RFC 3339).
    pub at: String,
    /// By workload and instance.
    pub proxies: Vec<ProxyAnswer>,
}

impl Answer for Proxies {
    const KIND: &'static str = "ProxyStatus";
}

/// How far a proxy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Sync {
    /// It has everything as it is now.
    Synced,
    /// It has not answered for something yet.
    Stale,
    /// It has refused something, and goes on with what it had.
    Refused,
    /// No proxy of the workload is connected.
    Absent,
}

/// One proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProxyAnswer {
    /// `NAMESPACE/NAME` of its workload.
    pub workload: String,
    /// The one of its instances; absent: none is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Its SPIFFE ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Whether it has what it should.
    pub sync: Sync,
    /// The newest policy that it was told of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// Since when it is connected (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// What it runs, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// How many resources it has, by kind: CDS, EDS, LDS, RDS.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, usize>,
    /// What it refuses now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedAnswer>,
    /// What it refused last, mended or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_refusal: Option<RefusalAnswer>,
}

/// A resource that a proxy refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedAnswer {
    /// CDS, EDS, LDS or RDS.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// In the proxy's words.
    pub why: String,
}

/// A refusal of before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusalAnswer {
    /// CDS, EDS, LDS or RDS.
    pub kind: String,
    /// In the proxy's words.
    pub why: String,
    /// When (RFC 3339).
    pub at: String,
}

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

impl Proxies {
    pub(crate) fn of(revision: u64, connected: Vec<ProxyStatus>, identities: &Identities, now: SystemTime) -> Self {
        let absent = identities.iter().filter(|(name, _)| connected.iter().all(|one| one.node.workload != ***name));
        let absent = absent.map(|(name, identity)| ProxyAnswer::absent(name, identity)).collect::<Vec<_>>();
        let mut proxies: Vec<ProxyAnswer> = connected.into_iter().map(|status| ProxyAnswer::of(status, revision)).chain(absent).collect();
        proxies.sort_by(|a, b| (&a.workload, &a.instance).cmp(&(&b.workload, &b.instance)));
        Self { revision, at: moment(now), proxies }
    }
}

impl ProxyAnswer {
    fn absent(workload: &str, identity: &str) -> Self {
        Self {
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

    fn of(status: ProxyStatus, newest: u64) -> Self {
        let refused = status.kinds.iter().flat_map(|(kind, state)| {
            state.refused.iter().map(|(name, why)| RefusedAnswer { kind: kind.to_string(), name: name.clone(), why: why.clone() })
        });
        let refused: Vec<RefusedAnswer> = refused.collect();
        let sync = match (refused.is_empty(), status.revision == newest && status.is_synced() && !status.kinds.is_empty()) {
            (false, _) => Sync::Refused,
            (true, true) => Sync::Synced,
            (true, false) => Sync::Stale,
        };
        Self {
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
        let answer = Proxies::of(7, vec![status(revision, synced, refused)], &Identities::new(), SystemTime::UNIX_EPOCH);
        assert_eq!(answer.proxies[0].sync, want);
        assert_eq!(answer.proxies[0].since.as_deref(), Some("1970-01-01T00:00:01Z"));
    }

    #[test]
    fn a_workload_without_a_proxy_is_told() {
        let identities: Identities = [("bank/ledger".into(), "i".to_owned()), ("bank/teller".into(), "i".to_owned())].into();
        let answer = Proxies::of(7, vec![status(7, true, false)], &identities, SystemTime::UNIX_EPOCH);
        let told: Vec<_> = answer.proxies.iter().map(|one| (one.workload.as_str(), one.sync)).collect();
        assert_eq!(told, [("bank/ledger", Sync::Synced), ("bank/teller", Sync::Absent)]);
    }
}
