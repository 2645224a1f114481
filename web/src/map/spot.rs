//! The nodes: Services, and whoever calls them without being behind one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::effect::Party;
use meshglot_translator::eval::Inventory;
use meshglot_translator::ir::{AccountKey, Kind, ObjectKey, PodSet, ServiceKey};

/// A node by its name; in the order of namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SpotKey {
    /// Empty for identities of elsewhere.
    pub(crate) namespace: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) kind: SpotKind,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SpotKind {
    Service,
    /// Pods that no Service selects; their kind.
    Workload(Kind),
    /// An account that a rule names and nothing runs as.
    Account,
    /// A SPIFFE ID of elsewhere, without `spiffe://`.
    Spiffe,
}

/// A node and what is to be known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) key: SpotKey,
    /// How its ports are protected, by the words of `/services`; `None`: it is no Service, or not in the input.
    pub(crate) access: Option<&'static str>,
    /// Numbers, and what is spoken there.
    pub(crate) ports: Vec<(u16, String)>,
    /// The accounts that it calls as.
    pub(crate) accounts: BTreeSet<AccountKey>,
    /// The accounts that run behind a Service, those for which another stands among them.
    pub(crate) behind: BTreeSet<AccountKey>,
}

impl SpotKey {
    pub(crate) fn service(key: &ServiceKey) -> Self {
        Self { namespace: key.namespace.clone(), name: key.name.clone(), kind: SpotKind::Service }
    }

    fn workload(key: &ObjectKey) -> Self {
        Self { namespace: key.namespace.clone(), name: key.name.clone(), kind: SpotKind::Workload(key.kind) }
    }

    fn account(key: &AccountKey) -> Self {
        Self { namespace: key.namespace.clone(), name: key.name.clone(), kind: SpotKind::Account }
    }

    /// `KIND/NAMESPACE/NAME`, or an ID of SPIFFE.
    pub(crate) fn id(&self) -> String {
        match self.kind {
            SpotKind::Service => format!("Service/{}/{}", self.namespace, self.name),
            SpotKind::Workload(kind) => format!("{}/{}/{}", kind.name(), self.namespace, self.name),
            SpotKind::Account => format!("ServiceAccount/{}/{}", self.namespace, self.name),
            SpotKind::Spiffe => format!("spiffe://{}", self.name),
        }
    }

    /// `NAMESPACE/NAME`, as `focus` has it.
    pub(crate) fn path(&self) -> String {
        if self.kind == SpotKind::Spiffe { format!("spiffe://{}", self.name) } else { format!("{}/{}", self.namespace, self.name) }
    }

    pub(crate) fn as_service(&self) -> Option<ServiceKey> {
        (self.kind == SpotKind::Service).then(|| ServiceKey { namespace: self.namespace.clone(), name: self.name.clone() })
    }
}

impl Spot {
    pub(crate) fn new(key: SpotKey) -> Self {
        Self { key, access: None, ports: Vec::new(), accounts: BTreeSet::new(), behind: BTreeSet::new() }
    }
}

/// The account that a workload runs as.
pub(crate) fn account(workload: &PodSet) -> AccountKey {
    AccountKey { namespace: workload.key.namespace.clone(), name: workload.service_account.clone() }
}

/// Who stands for each account: the Services before what runs as it, those of the fewest workloads, so that a caller is the
/// version and not all versions together; and workloads before which there is none.
pub(crate) fn stands(inventory: &Inventory) -> BTreeMap<AccountKey, BTreeSet<SpotKey>> {
    let workloads = inventory.workloads();
    let mut nearest: Vec<Option<(usize, &ServiceKey)>> = vec![None; workloads.len()];
    for service in inventory.services() {
        let selected = inventory.selected_by(service);
        for position in &selected {
            let found = (selected.len(), &service.key);
            let slot = &mut nearest[*position];
            *slot = Some(slot.map_or(found, |known| known.min(found)));
        }
    }
    let mut stands: BTreeMap<AccountKey, BTreeSet<SpotKey>> = BTreeMap::new();
    for (workload, nearest) in workloads.iter().zip(nearest) {
        let account = account(workload);
        let spot = nearest.map_or_else(|| SpotKey::workload(&workload.key), |(_, service)| SpotKey::service(service));
        stands.entry(account).or_default().insert(spot);
    }
    stands
}

/// Who stands for a caller; `None`: whoever no rule names stands nowhere.
pub(crate) fn of_party(party: &Party, stands: &BTreeMap<AccountKey, BTreeSet<SpotKey>>) -> Vec<SpotKey> {
    match party {
        Party::Account(account) => {
            stands.get(account).map_or_else(|| vec![SpotKey::account(account)], |spots| spots.iter().cloned().collect())
        }
        Party::Spiffe(id) => vec![SpotKey { namespace: "".into(), name: id.clone(), kind: SpotKind::Spiffe }],
        Party::Others | Party::OthersIn(_) | Party::NoProxy => Vec::new(),
    }
}
