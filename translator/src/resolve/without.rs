//! A model without one of its objects, and how far that reaches.

use std::collections::BTreeSet;

use super::model::{Index, Model, contents_of};
use super::view::{Read, View};
use crate::ir::{AccountKey, ObjectKey, PodSet, ServiceKey, TrafficSplit};

impl Model {
    /// A copy; nothing that was worked out is taken along.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        self.bare()
    }

    /// A copy without one object; nothing that was worked out is taken along.
    #[must_use]
    pub fn without(&self, key: &ObjectKey) -> Self {
        let mut copy = self.bare();
        copy.put(key, Vec::new());
        copy
    }

    /// Everything that may have another answer when an object does, as far as it was asked: what is worked out from it, and
    /// what is from that.
    pub(crate) fn dependents(&self, key: &ObjectKey) -> BTreeSet<Read> {
        let mut reads = BTreeSet::from([Read::Object(key.clone())]);
        if let Some(object) = self.object(key) {
            // An index of nothing else says under what the object is found.
            Index::default().insert(key, object, &mut reads);
            reads.extend(contents_of(object));
        }
        self.follow(&mut reads);
        reads
    }

    /// The Services of which the policy may say something else without an object; `None`: of any.
    pub fn services_touched(&self, key: &ObjectKey) -> Option<BTreeSet<ServiceKey>> {
        // What was never asked has no readers that could be told.
        self.roots().for_each(|root| drop(self.routes(root)));
        self.targeted_accounts().for_each(|account| drop(self.account_access(account)));
        let view = View::new(self);
        let behind = |pods: &PodSet| view.services_selecting(pods).into_iter().map(|service| service.key.clone()).collect::<Vec<_>>();
        let of_account = |account: &AccountKey| view.workloads_of(account).iter().flat_map(|pods| behind(pods)).collect::<Vec<_>>();
        let mut services = BTreeSet::new();
        for read in self.dependents(key) {
            match read {
                Read::Meshes | Read::Services => return None,
                Read::Routes(service) | Read::SplitsOfRoot(service) => services.extend([service]),
                Read::Account(account) | Read::TargetsOf(account) | Read::WorkloadsOf(account) => services.extend(of_account(&account)),
                Read::Access(workload) => services.extend(view.pods(&workload).iter().flat_map(|pods| behind(pods))),
                _ => {}
            }
        }
        // Calls arrive there by splits, too.
        let root = |split: &TrafficSplit| ServiceKey { namespace: split.key.namespace.clone(), name: split.root_name().clone() };
        let by_split = services.iter().flat_map(|service| view.splits_using(service)).map(|split| root(&split));
        services.extend(by_split.collect::<Vec<_>>());
        Some(services)
    }
}
