//! Which losses say something about calls of one Service.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::compare::Deviation;
use crate::diagnostic::Code;
use crate::eval::Neutral;
use crate::ir::{Kind, ObjectKey, Service};
use crate::render::{Loss, Verdict};
use crate::resolve::View;

/// The losses of everything that decides about calls of a Service: its splits, the Services and workloads behind it,
/// the rules for their accounts.
pub(super) struct Concern<'l> {
    losses: Vec<&'l Loss>,
}

impl<'l> Concern<'l> {
    /// The losses that concern this Service.
    pub(super) fn of(service: &Arc<Service>, neutral: &Neutral<'_>, view: &View<'_>, losses: &'l [&'l Loss]) -> Self {
        if losses.is_empty() {
            return Self { losses: Vec::new() };
        }
        let routes = view.routes(&service.key);
        let mut keys: BTreeSet<ObjectKey> = routes.sources.iter().cloned().collect();
        // A split may change what its destinations speak.
        keys.extend(view.splits_using(&service.key).iter().map(|split| split.key.clone()));
        let destinations = routes.ports.iter().flat_map(|port| &port.rules).flat_map(|rule| &rule.destinations);
        let leaves = destinations.filter_map(|destination| destination.object.clone());
        for service in leaves.chain([service.clone()]) {
            keys.insert(service.key.object());
            keys.insert(ObjectKey { kind: Kind::Namespace, namespace: "".into(), name: service.key.namespace.clone() });
            for callee in service.ports.iter().flat_map(|port| neutral.inventory().behind(&service, port)) {
                keys.insert(callee.workload.key.clone());
                if let Some(access) = view.access(&callee.workload) {
                    keys.insert(access.account.object());
                    keys.extend(access.sources.iter().cloned());
                }
            }
        }
        let losses = losses.iter().copied().filter(|loss| loss.object.kind == Kind::Mesh || keys.contains(&loss.object));
        Self { losses: losses.collect() }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[&'l Loss] {
        &self.losses
    }

    /// The loss that says so, if one does: what admits more needs a widening, and so on. `spelt`: also one that is about
    /// spellings.
    pub(super) fn excuse(&self, deviation: Deviation, spelt: bool) -> Option<Code> {
        let lossy = |verdict| matches!(verdict, Verdict::Narrowed | Verdict::Dropped | Verdict::Refused);
        let says = |loss: &&&Loss| match deviation {
            Deviation::Wider => loss.verdict == Verdict::Widened,
            Deviation::Unknown => false,
            Deviation::Narrower => lossy(loss.verdict),
            Deviation::Elsewhere => lossy(loss.verdict) || loss.verdict == Verdict::Widened,
            Deviation::Shares => lossy(loss.verdict) || loss.verdict == Verdict::Rounded,
        };
        let counts = |loss: &&&Loss| spelt || !loss.code.info().beside;
        self.losses.iter().filter(counts).find(says).map(|loss| loss.code)
    }
}
