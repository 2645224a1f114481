//! What is in force: the policy that was published last, with the health of endpoints.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_builtin::{NAME as BACKEND, identities};
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::plan::Plan;
use meshglot_translator::render::RenderedObject;
use meshglot_translator::resolve::View;
use meshglot_xds::{Identities, World};
use tokio::sync::watch;

use crate::error::ControlError;
use crate::health::with_health;

/// Everything that proxies are answered from.
#[derive(Debug)]
pub(crate) struct Published {
    worlds: watch::Sender<Arc<World>>,
    identities: watch::Sender<Arc<Identities>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: Vec<RenderedObject>,
    /// The address of each Workload that has a proxy.
    workloads: BTreeMap<String, IpAddr>,
    away: BTreeSet<IpAddr>,
}

impl Default for Published {
    fn default() -> Self {
        Self { worlds: watch::channel(Arc::default()).0, identities: watch::channel(Arc::default()).0, state: Mutex::default() }
    }
}

impl Published {
    pub(crate) fn worlds(&self) -> watch::Receiver<Arc<World>> {
        self.worlds.subscribe()
    }

    pub(crate) fn identities(&self) -> watch::Receiver<Arc<Identities>> {
        self.identities.subscribe()
    }

    /// The address of each Workload that has a proxy.
    pub(crate) fn workloads(&self) -> BTreeMap<String, IpAddr> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).workloads.clone()
    }

    /// Puts policy in place of what was in force; the number of the state.
    pub(crate) fn publish(&self, plan: &Plan) -> Result<u64, ControlError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let identities = identities(&plan.model, &plan.target);
        let engines = plan.engines.iter().filter(|(backend, _)| backend.name() == BACKEND);
        let objects: Vec<RenderedObject> = engines.flat_map(|(_, engine)| engine.rendered().objects).cloned().collect();
        let world = self.world(&objects, &state.away)?;
        let revision = world.revision();
        state.workloads = workloads(plan, &identities);
        state.objects = objects;
        // Who may read before what there is to read: a new workload's proxy is not sent away.
        self.identities.send_replace(Arc::new(identities));
        self.worlds.send_replace(world);
        Ok(revision)
    }

    /// Marks the endpoints of these addresses as unhealthy, and no others. What changed, for people.
    pub(crate) fn mark(&self, away: BTreeSet<IpAddr>) -> Result<Option<String>, ControlError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.away == away {
            return Ok(None);
        }
        self.worlds.send_replace(self.world(&state.objects, &away)?);
        let named = |addresses: BTreeSet<&IpAddr>| {
            let names = state.workloads.iter().filter(|(_, address)| addresses.contains(address)).map(|(name, _)| name.as_str());
            names.collect::<Vec<_>>().join(", ")
        };
        let gone = named(away.difference(&state.away).collect());
        let back = named(state.away.difference(&away).collect());
        let told = [(gone, "away, callers go elsewhere"), (back, "back")];
        let told: Vec<String> =
            told.into_iter().filter(|(names, _)| !names.is_empty()).map(|(names, what)| format!("{names}: {what}")).collect();
        state.away = away;
        Ok(Some(told.join("; ")).filter(|text| !text.is_empty()))
    }

    fn world(&self, objects: &[RenderedObject], away: &BTreeSet<IpAddr>) -> Result<Arc<World>, ControlError> {
        let before = self.worlds.borrow().clone();
        Ok(Arc::new(World::of(with_health(objects, away).iter().map(|object| &**object), &before)?))
    }
}

fn workloads(plan: &Plan, identities: &Identities) -> BTreeMap<String, IpAddr> {
    let view = View::new(&plan.model);
    let workload = |key: &ObjectKey| {
        let name = format!("{}/{}", key.namespace, key.name);
        let address = view.pods(key)?.address.as_ref()?.parse().ok()?;
        identities.contains_key(name.as_str()).then_some((name, address))
    };
    plan.model.keys().filter(|key| key.kind == Kind::Workload).filter_map(workload).collect()
}
