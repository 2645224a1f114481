//! Who is who in the mesh that runs, by the policy that is in force.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use meshglot_control::Control;
use meshglot_traffic::Names;
use meshglot_translator::plan::Plan;
use meshglot_translator::resolve::View;

/// The names of the newest state.
#[derive(Default)]
pub(crate) struct Who(RwLock<Arc<Known>>);

#[derive(Default)]
struct Known {
    /// The SPIFFE ID of each workload that has a proxy.
    identities: BTreeMap<String, String>,
    /// Who has an identity, or an address; `None`: several.
    by_identity: BTreeMap<String, Option<String>>,
    by_address: BTreeMap<IpAddr, Option<String>>,
    /// Who all workloads behind a Service are; `None`: several.
    behind: BTreeMap<String, Option<String>>,
    /// The first Service by name that chooses a workload.
    services: BTreeMap<String, String>,
}

impl Who {
    /// Takes what was put in force.
    pub(crate) fn learn(&self, plan: &Plan, control: &Control) {
        let mut known = Known::default();
        for (workload, identity) in &*control.identities() {
            known.identities.insert(workload.to_string(), identity.clone());
            only(&mut known.by_identity, identity.clone(), workload);
        }
        for (workload, address) in control.workloads() {
            only(&mut known.by_address, address, &workload);
        }
        let view = View::new(&plan.model);
        for key in plan.model.keys().filter(|key| key.kind.runs_pods()) {
            let workload = format!("{}/{}", key.namespace, key.name);
            let services = view.pods(key).map(|pods| view.services_selecting(&pods)).unwrap_or_default();
            let mut services = services.iter().map(|service| format!("{}/{}", service.key.namespace, service.key.name));
            for service in services.clone() {
                let identity = known.identities.get(&workload).cloned();
                let one = known.behind.entry(service).or_insert_with(|| identity.clone());
                if *one != identity {
                    *one = None;
                }
            }
            known.services.extend(services.next().map(|first| (workload, first)));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    fn known(&self) -> Arc<Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What two have is nobody's.
fn only<K: Ord>(all: &mut BTreeMap<K, Option<String>>, key: K, workload: &str) {
    all.entry(key).and_modify(|one| *one = None).or_insert_with(|| Some(workload.to_owned()));
}

impl Names for Who {
    fn workloads(&self) -> Vec<String> {
        self.known().identities.keys().cloned().collect()
    }

    fn workload(&self, identity: &str) -> Option<String> {
        self.known().by_identity.get(identity).cloned().flatten()
    }

    fn workload_at(&self, address: IpAddr) -> Option<String> {
        self.known().by_address.get(&address).cloned().flatten()
    }

    fn identity(&self, workload: &str) -> Option<String> {
        self.known().identities.get(workload).cloned()
    }

    fn service(&self, workload: &str) -> Option<String> {
        // Behind `~` stands the kind, where two kinds have a workload of one name.
        let plain = workload.split('~').next().unwrap_or(workload);
        self.known().services.get(plain).cloned()
    }

    fn identity_behind(&self, service: &str) -> Option<String> {
        self.known().behind.get(service).cloned().flatten()
    }

    fn service_of_cluster(&self, cluster: &str) -> Option<String> {
        let (service, port) = cluster.rsplit_once('/')?;
        (service.split('/').count() == 2 && port.parse::<u16>().is_ok()).then(|| service.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    #[test_case("bank/ledger/9080", Some("bank/ledger"); "a port of a Service")]
    #[test_case("inbound/8080", None; "the application itself")]
    #[test_case("passthrough", None; "what is none of the mesh's")]
    #[test_case("a/b/c", None; "no port")]
    fn clusters(cluster: &str, want: Option<&str>) {
        assert_eq!(Who::default().service_of_cluster(cluster).as_deref(), want);
    }

    #[test]
    fn what_two_have_is_nobodys() {
        let mut all = BTreeMap::new();
        for (key, workload) in [(1, "a"), (2, "b"), (1, "c"), (1, "d")] {
            only(&mut all, key, workload);
        }
        assert_eq!(all, [(1, None), (2, Some("b".to_owned()))].into());
    }
}
