//! All proxies of a cluster: those that this control plane serves, and those of others by what they say themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_observed::{Proxies, ProxyAnswer, RefusedAnswer, Sync};
use meshglot_traffic::ProxySays;

/// `own`: those of this control plane, with workloads that have none here.
pub(super) fn all(own: Proxies, says: Vec<ProxySays>, identities: &BTreeMap<Arc<str>, String>) -> Proxies {
    let Proxies { revision, at, mut proxies } = own;
    let elsewhere = says.into_iter().map(|one| answer(one, identities));
    let elsewhere: Vec<ProxyAnswer> =
        elsewhere.filter(|one| proxies.iter().all(|own| (&own.workload, &own.instance) != (&one.workload, &one.instance))).collect();
    proxies.retain(|own| own.sync != Sync::Absent || elsewhere.iter().all(|one| one.workload != own.workload));
    proxies.extend(elsewhere);
    proxies.sort_by(|a, b| (&a.workload, &a.instance).cmp(&(&b.workload, &b.instance)));
    Proxies { revision, at, proxies }
}

/// Which policy it has by number only its own control plane knows.
fn answer(says: ProxySays, identities: &BTreeMap<Arc<str>, String>) -> ProxyAnswer {
    let ProxySays { workload, place, connected, taken, refused } = says;
    let sync = match (refused.is_empty(), connected && taken.values().any(|count| *count > 0)) {
        (false, _) => Sync::Refused,
        (true, true) => Sync::Synced,
        (true, false) => Sync::Stale,
    };
    ProxyAnswer {
        identity: identities.get(&workload).cloned(),
        workload: workload.to_string(),
        instance: place.rsplit('/').next().map(str::to_owned),
        sync,
        revision: None,
        since: None,
        software: None,
        resources: taken,
        refused: refused.into_iter().map(|one| RefusedAnswer { kind: one.kind, name: one.name, why: one.why }).collect(),
        last_refusal: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(workload: &str, place: &str, connected: bool) -> ProxySays {
        let taken = [("CDS".to_owned(), 2)].into();
        ProxySays { workload: workload.into(), place: place.into(), connected, taken, refused: Vec::new() }
    }

    #[test]
    fn those_of_others_are_told_and_nobody_twice() {
        let own = |name: &str, instance: Option<&str>, sync| ProxyAnswer {
            instance: instance.map(str::to_owned),
            sync,
            revision: instance.map(|_| 7),
            ..answer(says(name, "x/y", true), &BTreeMap::new())
        };
        let here =
            vec![own("bank/ledger", Some("l-1"), Sync::Synced), own("bank/teller", None, Sync::Absent), own("bank/x", None, Sync::Absent)];
        let own = Proxies { revision: 7, at: String::new(), proxies: here };
        let says = [("bank/ledger", "bank/l-1"), ("bank/ledger", "bank/l-2"), ("bank/teller", "bank/t-1")];
        let says = says.map(|(workload, place)| self::says(workload, place, place != "bank/t-1"));
        let all = all(own, says.into(), &BTreeMap::new());
        let told: Vec<_> = all.proxies.iter().map(|one| (one.workload.as_str(), one.instance.as_deref(), one.sync, one.revision)).collect();
        let want = [
            ("bank/ledger", Some("l-1"), Sync::Synced, Some(7)),
            ("bank/ledger", Some("l-2"), Sync::Synced, None),
            ("bank/teller", Some("t-1"), Sync::Stale, None),
            ("bank/x", None, Sync::Absent, None),
        ];
        assert_eq!(told, want);
    }
}
