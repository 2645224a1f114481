//! What becomes of calls: by the policy, and on each mesh that gets it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::comparison::State;
use super::intent::NeutralChange;
use super::rendered::RenderedChanges;
use crate::effect::{AccessChange, Effect, Options, Party, ShareChange, Side, effect};
use crate::eval::Neutral;
use crate::ir::{Kind, ServiceKey};
use crate::render::{Backend, Rendered};
use crate::resolve::{Model, View};
use crate::verify::reading;

/// What the policy does otherwise.
pub(super) fn of_policy(from: &Model, to: &Model, limit: usize) -> Effect {
    let (before, after) = (Neutral::new(from), Neutral::new(to));
    let from = Side { model: from, reading: &before, mesh: None };
    let to = Side { model: to, reading: &after, mesh: None };
    effect(&from, &to, &Options { limit, ..Options::default() })
}

/// What one mesh does otherwise; `services`: where it may, all of them if `None`.
pub(super) fn of_mesh(
    backend: &dyn Backend,
    (from, before): (&State<'_>, &Rendered<'_>),
    (to, after): (&State<'_>, &Rendered<'_>),
    services: Option<BTreeSet<ServiceKey>>,
    limit: usize,
) -> Effect {
    let old = reading(backend, from.model, from.target, before.bodies());
    let new = reading(backend, to.model, to.target, after.bodies());
    let from = Side { model: from.model, reading: &*old, mesh: Some((backend.name(), from.target)) };
    let to = Side { model: to.model, reading: &*new, mesh: Some((backend.name(), to.target)) };
    effect(&from, &to, &Options { limit, named_only: true, services })
}

/// The Services of which a mesh may do something otherwise: those of every namespace in which something was changed, or
/// that a changed object was rendered from. `None`: anywhere, because a Mesh was changed.
pub(super) fn touched(changes: &[NeutralChange], rendered: &RenderedChanges, models: [&Model; 2]) -> Option<BTreeSet<ServiceKey>> {
    if changes.iter().any(|change| matches!(change.object.kind, Kind::Mesh | Kind::Namespace)) {
        return None;
    }
    let mut namespaces: BTreeSet<Arc<str>> = changes.iter().flat_map(NeutralChange::names).map(|key| key.namespace).collect();
    namespaces.extend(rendered.namespaces.iter().cloned());
    let services = |model| {
        let view = View::new(model);
        let of = |namespace: &Arc<str>| view.services_in(namespace).into_iter().map(|service| service.key.clone()).collect::<Vec<_>>();
        namespaces.iter().flat_map(of).collect::<Vec<_>>()
    };
    Some(models.into_iter().flat_map(services).collect())
}

/// How what happens on a mesh differs from what the policy says happens.
#[derive(Clone, Debug, Default)]
pub struct Unlike<'e> {
    /// Only on the mesh, or of other requests there.
    pub more: Vec<&'e AccessChange>,
    /// By the policy, and not so on the mesh.
    pub less: Vec<&'e AccessChange>,
    /// Shares that move on the mesh alone.
    pub shares: Vec<&'e ShareChange>,
    /// Shares that do not move there, or otherwise.
    pub unmoved: Vec<&'e ShareChange>,
}

impl Unlike<'_> {
    /// Whether the mesh does as the policy says.
    pub fn is_empty(&self) -> bool {
        self.more.is_empty() && self.less.is_empty() && self.shares.is_empty() && self.unmoved.is_empty()
    }
}

/// Compares two effects of one edit.
pub fn unlike<'e>(policy: &'e Effect, mesh: &'e Effect) -> Unlike<'e> {
    let access = |of: &'e Effect, other: &Effect| -> Vec<&'e AccessChange> {
        let there: BTreeSet<_> = other.access.iter().map(access_key).collect();
        of.access.iter().filter(|change| !there.contains(&access_key(change))).collect()
    };
    let shares = |of: &'e Effect, other: &Effect| -> Vec<&'e ShareChange> {
        let there: BTreeSet<_> = other.shares.iter().map(share_key).collect();
        of.shares.iter().filter(|change| !there.contains(&share_key(change))).collect()
    };
    // Callers without a proxy are promised nothing, on no mesh: only what they gain there counts.
    let less = access(policy, mesh).into_iter().filter(|change: &&AccessChange| change.party != Party::NoProxy).collect();
    Unlike { more: access(mesh, policy), less, shares: shares(mesh, policy), unmoved: shares(policy, mesh) }
}

/// What makes two changes of access one: not the example, nor how each side calls its rules.
fn access_key(change: &AccessChange) -> impl Ord + '_ {
    let AccessChange { party, service, port, gained, requests, entire, .. } = change;
    (party, service, *port, *gained, requests, *entire)
}

fn share_key(change: &ShareChange) -> impl Ord + '_ {
    let ShareChange { service, port, target, from, to, requests, .. } = change;
    (service, *port, target, *from, *to, requests)
}
