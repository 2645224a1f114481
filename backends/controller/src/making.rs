//! The status of each neutral object as it should be: made from the plan, from what is there and from what is on its way.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::render::{Backend, ObjectId};
use meshglot_translator::status::{Applied, Facts, OnBackend, Status, Told, status};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::census::{Count, census};
use crate::owner::{Owner, Owners};
use crate::passage::Passage;
use crate::planes::Planes;
use crate::policy::Policy;
use crate::serve::{Served, is_served};
use crate::standing::Standing;

/// What is seen of meshes beside their objects.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'d> {
    /// What is on its way from one backend to another.
    pub(crate) passages: &'d [Passage],
    /// Their control planes.
    pub(crate) planes: &'d Planes,
    /// What became of the newest plan on a control plane that is this process.
    pub(crate) served: &'d Served,
}

/// All that statuses are made from.
pub(crate) struct Making<'d> {
    policy: &'d Policy,
    owners: &'d Owners,
    standings: &'d BTreeMap<ObjectId, Standing>,
    seen: Seen<'d>,
    told: Told<'d>,
    /// What each backend gets of an object.
    by_source: BTreeMap<(&'d ObjectKey, &'static str), Vec<&'d ObjectId>>,
    /// What runs on each Mesh, once one is looked at.
    census: OnceCell<BTreeMap<Arc<str>, Count>>,
    /// Now (RFC 3339).
    pub(crate) at: String,
}

impl<'d> Making<'d> {
    pub(crate) fn new(policy: &'d Policy, owners: &'d Owners, standings: &'d BTreeMap<ObjectId, Standing>, seen: Seen<'d>) -> Self {
        let mut by_source: BTreeMap<(&ObjectKey, &'static str), Vec<&ObjectId>> = BTreeMap::new();
        for (id, wanted) in &policy.wanted {
            wanted.sources.iter().for_each(|key| by_source.entry((key, wanted.backend)).or_default().push(id));
        }
        Self { policy, owners, standings, seen, told: Told::of_plan(&policy.plan), by_source, census: OnceCell::new(), at: now() }
    }

    /// The status of an object, as it was and as it should be; `None`: the plan does not have it yet.
    pub(crate) fn status(&self, key: &ObjectKey, owner: &Owner, unwritten: Option<&Status>) -> Option<(Option<Status>, Status)> {
        self.policy.plan.model.document(key)?;
        let before = owner.status.read::<Status>().or_else(|| unwritten.cloned());
        let engines = self.policy.plan.engines.iter();
        let backends: Vec<(&'static str, OnBackend)> =
            engines.map(|(backend, _)| (backend.name(), self.on_backend(key, *backend))).collect();
        let newest = self.policy.stand_ins.newest(key);
        let facts = Facts { generation: generation(&owner.object), at: &self.at, before: before.as_ref(), backends: &backends, newest };
        let made = status(&self.policy.plan, &self.told, key, &facts);
        Some((before, made))
    }

    fn on_backend(&self, key: &ObjectKey, backend: &'static dyn Backend) -> OnBackend {
        let ids = self.by_source.get(&(key, backend.name())).map(Vec::as_slice).unwrap_or_default();
        let mesh = if key.kind.is_cluster_scoped() { Some(&*key.name) } else { None };
        let last_good = self.policy.stand_ins.last_good(key);
        let (applied, applied_objects) = match &last_good {
            _ if self.owners.is_paused(mesh, std::slice::from_ref(key)) => (Applied::Paused, in_force(ids, self.standings)),
            _ if let Some(passage) = self.passage(key, backend.name()) => {
                (Applied::Pending(format!("on its way to {}: {}", passage.to, passage.why)), in_force(ids, self.standings))
            }
            // Nothing need be rendered from a Mesh that stands in the way of everything.
            _ if let (Kind::Mesh, Served::Refused(why)) = (key.kind, self.seen.served)
                && is_served(backend) =>
            {
                (Applied::Rejected(why.clone()), 0)
            }
            // What is there is not what is written.
            Some(good) => (Applied::Pending(format!("generation {} is there", good.generation)), 0),
            None => (worst(ids, self.standings), in_force(ids, self.standings)),
        };
        OnBackend { applied, applied_objects, last_good, ..OnBackend::default() }
    }

    /// The version of the backend that a Mesh runs on, as far as it is seen.
    pub(crate) fn version(&self, mesh: &ObjectKey) -> Option<String> {
        let plan = &self.policy.plan;
        let named = plan.model.meshes().into_iter().find(|one| one.name == mesh.name)?.backend.clone();
        let mut engines = plan.engines.iter().map(|(backend, _)| *backend);
        let backend = engines.find(|backend| plan.target.everything || named.as_deref() == Some(backend.name()))?;
        // What serves its proxies is this process.
        if is_served(backend) { Some(env!("CARGO_PKG_VERSION").to_owned()) } else { self.seen.planes.version(backend.name()) }
    }

    pub(crate) fn count(&self, mesh: &ObjectKey) -> Count {
        self.census.get_or_init(|| census(&self.policy.plan.model)).get(&mesh.name).copied().unwrap_or_default()
    }

    /// What a Mesh waits for on its way from this backend.
    fn passage(&self, key: &ObjectKey, backend: &str) -> Option<&'d Passage> {
        self.seen.passages.iter().find(|one| key.kind == Kind::Mesh && one.mesh == key.name && one.from == backend)
    }
}

pub(crate) fn generation(object: &Value) -> i64 {
    object["metadata"]["generation"].as_i64().unwrap_or_default()
}

fn in_force(ids: &[&ObjectId], standings: &BTreeMap<ObjectId, Standing>) -> usize {
    ids.iter().filter(|id| standings.get(**id).is_some_and(|one| one.applied == Applied::InForce)).count()
}

/// What is to be told first of several objects.
fn worst(ids: &[&ObjectId], standings: &BTreeMap<ObjectId, Standing>) -> Applied {
    let rank = |applied: &Applied| match applied {
        Applied::InForce => 0,
        Applied::Drifted(_) => 1,
        Applied::Pending(_) => 2,
        Applied::Paused => 3,
        Applied::Unreachable(_) => 4,
        Applied::Rejected(_) => 5,
    };
    let of = |id: &&ObjectId| standings.get(*id).map_or_else(|| Standing::default().applied, |one| one.applied.clone());
    ids.iter().map(of).max_by_key(rank).unwrap_or_default()
}

fn now() -> String {
    // A year of five digits has no such form.
    OffsetDateTime::now_utc().replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok()).unwrap_or_default()
}
