//! The status of every neutral object: made from the plan and from what is there, written where it is otherwise.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::render::ObjectId;
use meshglot_translator::status::{Applied, ConditionStatus, Facts, OnBackend, Status, Told, status};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use crate::backoff::Pauses;
use crate::census::{Count, census};
use crate::events::{Said, between};
use crate::live::version;
use crate::owner::{Owner, Owners};
use crate::packed::Packed;
use crate::passage::Passage;
use crate::policy::Policy;
use crate::standing::Standing;

/// A look at all statuses may take a fourth of the time, and comes no later than this for it.
const LATEST: Duration = Duration::from_millis(500);

/// Objects that are looked at in one step.
const TOGETHER: usize = 1000;

/// One that is to be written.
pub(crate) struct Due {
    pub(crate) key: ObjectKey,
    pub(crate) status: Value,
    /// What there is to say once it is.
    pub(crate) said: Vec<Said>,
}

/// What is known of the statuses that were written.
#[derive(Default)]
pub(crate) struct Statuses {
    /// Writes that are under way.
    pub(crate) busy: BTreeSet<ObjectKey>,
    /// What was sent last, without times, and the version that it led to.
    sent: BTreeMap<ObjectKey, (Packed, u64)>,
    /// Those that could not be written.
    pauses: Pauses,
    /// Where a look at all of them goes on.
    look: Option<Look>,
    /// Those that are to be written, as they were when they were looked at last.
    queue: VecDeque<Due>,
    /// Of kinds that have none, as they would be.
    unwritten: BTreeMap<ObjectKey, Status>,
    /// Something has happened since then.
    is_stirred: bool,
    /// Not before that.
    rests_until: Option<Instant>,
}

/// A look at all objects that is under way.
#[derive(Default)]
struct Look {
    /// The last one that was looked at.
    after: Option<ObjectKey>,
    /// How long it has taken until now.
    took: Duration,
}

impl Statuses {
    /// Says that something has happened that a status may tell.
    pub(crate) fn stir(&mut self) {
        self.is_stirred = true;
    }

    /// Nothing may be written now: a look that is under way begins anew when something may.
    pub(crate) fn give_up(&mut self) {
        self.is_stirred |= self.look.take().is_some();
    }

    /// Looks at all of them again, some at a time so that edits do not wait for it, if something has happened and the last look is written. `is_written`: whether a kind has a status.
    /// `is_crowded`: many rendered objects wait to be written.
    pub(crate) fn look(
        &mut self,
        policy: &Policy,
        owners: &Owners,
        standings: &BTreeMap<ObjectId, Standing>,
        passages: &[Passage],
        is_written: impl Fn(&ObjectKey) -> bool,
        is_crowded: bool,
    ) -> Looked {
        let begun = Instant::now();
        let mut looked = Looked::default();
        if !self.queue.is_empty() {
            return looked;
        }
        if self.look.is_none() {
            if !(self.is_stirred || self.pauses.is_over()) || self.rests_until.is_some_and(|until| until > begun) {
                return looked;
            }
            self.is_stirred = false;
        }
        let Look { after, took } = self.look.take().unwrap_or_default();
        let desk = Desk::new(policy, owners, standings, passages);
        let mut rest = owners.0.range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)).peekable();
        let mut last = None;
        for (key, owner) in rest.by_ref().take(TOGETHER) {
            last = Some(key);
            let object = &owner.object;
            let unwritten = self.unwritten.get(key);
            let Some((before, made)) = desk.status(key, owner, unwritten) else { continue };
            if is_in_force(&made) && !policy.stand_ins.is_known_good(key, generation(object)) {
                looked.in_force.push((key.clone(), generation(object), desk.at.clone()));
            }
            let said = between(before.as_ref(), &made);
            if !is_written(key) {
                if !said.is_empty() {
                    looked.said.push((key.clone(), said));
                    self.unwritten.insert(key.clone(), made);
                }
                continue;
            }
            // That something waits is told at once, but not while many things do: each would be told twice.
            if self.pauses.waits(key) || self.busy.contains(key) || is_crowded && is_pending(&made) {
                continue;
            }
            let Ok(mut status) = serde_json::to_value(made) else { continue };
            if key.kind == Kind::Mesh {
                let Count { namespaces, workloads } = desk.count(key);
                status["namespaces"] = namespaces.into();
                status["workloads"] = workloads.into();
            }
            let is_same = self.sent.get(key).is_some_and(|(sent, after)| *sent == without_times(&status) && *after == version(object));
            if !is_same && owner.status != Packed::of(&status) && !holds(&status, &owner.status.value()) {
                self.queue.push_back(Due { key: key.clone(), status, said });
            }
        }
        let took = took + begun.elapsed();
        if rest.peek().is_some() {
            self.look = Some(Look { after: last.cloned(), took });
        } else {
            self.rests_until = Some(Instant::now() + (3 * took).min(LATEST));
        }
        looked
    }

    /// How many are to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The next that is to be written.
    pub(crate) fn take(&mut self) -> Option<Due> {
        self.queue.pop_front()
    }

    /// One is about to be written.
    pub(crate) fn begin(&mut self, due: &Due) {
        self.busy.insert(due.key.clone());
        self.sent.insert(due.key.clone(), (without_times(&due.status), 0));
    }

    /// It is written, and this is the version since then.
    pub(crate) fn written(&mut self, key: &ObjectKey, version: u64) {
        self.pauses.end(key);
        if let Some((_, after)) = self.sent.get_mut(key) {
            *after = version;
        }
    }

    /// It could not be written.
    pub(crate) fn failed(&mut self, key: &ObjectKey) {
        self.sent.remove(key);
        self.pauses.fail(key);
    }

    /// The object is gone.
    pub(crate) fn forget(&mut self, key: &ObjectKey) {
        self.sent.remove(key);
        self.pauses.end(key);
        self.unwritten.remove(key);
    }

    /// When one is tried again next.
    pub(crate) fn next(&self) -> Option<Instant> {
        if self.look.is_some() && self.queue.is_empty() {
            return Some(Instant::now());
        }
        let rested = self.rests_until.filter(|_| self.is_stirred && self.queue.is_empty());
        self.pauses.next().into_iter().chain(rested.filter(|until| *until > Instant::now())).min()
    }
}

/// What a look at all statuses has found beside what is to be written.
#[derive(Default)]
pub(crate) struct Looked {
    /// What is in force as it is written: its generation, and the time.
    pub(crate) in_force: Vec<(ObjectKey, i64, String)>,
    /// What there is to say of objects whose kinds have no status.
    pub(crate) said: Vec<(ObjectKey, Vec<Said>)>,
}

/// All that statuses are made from.
struct Desk<'d> {
    policy: &'d Policy,
    owners: &'d Owners,
    standings: &'d BTreeMap<ObjectId, Standing>,
    passages: &'d [Passage],
    told: Told<'d>,
    /// What each backend gets of an object.
    by_source: BTreeMap<(&'d ObjectKey, &'static str), Vec<&'d ObjectId>>,
    /// What runs on each Mesh, once one is looked at.
    census: OnceCell<BTreeMap<Arc<str>, Count>>,
    /// Now (RFC 3339).
    at: String,
}

impl<'d> Desk<'d> {
    fn new(policy: &'d Policy, owners: &'d Owners, standings: &'d BTreeMap<ObjectId, Standing>, passages: &'d [Passage]) -> Self {
        let mut by_source: BTreeMap<(&ObjectKey, &'static str), Vec<&ObjectId>> = BTreeMap::new();
        for (id, wanted) in &policy.wanted {
            wanted.sources.iter().for_each(|key| by_source.entry((key, wanted.backend)).or_default().push(id));
        }
        Self { policy, owners, standings, passages, told: Told::of_plan(&policy.plan), by_source, census: OnceCell::new(), at: now() }
    }

    /// The status of an object, as it was and as it should be; `None`: the plan does not have it yet.
    fn status(&self, key: &ObjectKey, owner: &Owner, unwritten: Option<&Status>) -> Option<(Option<Status>, Status)> {
        self.policy.plan.model.document(key)?;
        let before = owner.status.read::<Status>().or_else(|| unwritten.cloned());
        let engines = self.policy.plan.engines.iter();
        let backends: Vec<(&'static str, OnBackend)> =
            engines.map(|(backend, _)| (backend.name(), self.on_backend(key, backend.name()))).collect();
        let newest = self.policy.stand_ins.newest(key);
        let facts = Facts { generation: generation(&owner.object), at: &self.at, before: before.as_ref(), backends: &backends, newest };
        let made = status(&self.policy.plan, &self.told, key, &facts);
        Some((before, made))
    }

    fn on_backend(&self, key: &ObjectKey, backend: &'static str) -> OnBackend {
        let ids = self.by_source.get(&(key, backend)).map(Vec::as_slice).unwrap_or_default();
        let mesh = if key.kind.is_cluster_scoped() { Some(&*key.name) } else { None };
        let last_good = self.policy.stand_ins.last_good(key);
        let (applied, applied_objects) = match &last_good {
            _ if self.owners.is_paused(mesh, std::slice::from_ref(key)) => (Applied::Paused, in_force(ids, self.standings)),
            _ if let Some(passage) = self.passage(key, backend) => {
                (Applied::Pending(format!("on its way to {}: {}", passage.to, passage.why)), in_force(ids, self.standings))
            }
            // What is there is not what is written.
            Some(good) => (Applied::Pending(format!("generation {} is there", good.generation)), 0),
            None => (worst(ids, self.standings), in_force(ids, self.standings)),
        };
        OnBackend { applied, applied_objects, last_good, ..OnBackend::default() }
    }
}

impl<'d> Desk<'d> {
    fn count(&self, mesh: &ObjectKey) -> Count {
        self.census.get_or_init(|| census(&self.policy.plan.model)).get(&mesh.name).copied().unwrap_or_default()
    }

    /// What a Mesh waits for on its way from this backend.
    fn passage(&self, key: &ObjectKey, backend: &str) -> Option<&'d Passage> {
        self.passages.iter().find(|one| key.kind == Kind::Mesh && one.mesh == key.name && one.from == backend)
    }
}

fn generation(object: &Value) -> i64 {
    object["metadata"]["generation"].as_i64().unwrap_or_default()
}

fn is_in_force(status: &Status) -> bool {
    let mut conditions = status.conditions.iter().flatten();
    conditions.any(|one| one.type_ == "Ready" && one.status == ConditionStatus::True)
}

fn is_pending(status: &Status) -> bool {
    status.conditions.iter().flatten().any(|one| one.type_ == "Applied" && one.reason == "Pending")
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

/// Whether all that is said stands there already. Items of lists have a name, and no order.
fn holds(made: &Value, live: &Value) -> bool {
    match (made, live) {
        (Value::Object(made), Value::Object(live)) => {
            made.iter().all(|(key, value)| value.is_null() || live.get(key).is_some_and(|live| holds(value, live)))
        }
        (Value::Array(made), Value::Array(live)) => {
            made.len() == live.len() && made.iter().all(|one| live.iter().any(|other| holds(one, other)))
        }
        (made, live) => made == live,
    }
}

fn without_times(status: &Value) -> Packed {
    let mut status = status.clone();
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        condition["lastTransitionTime"] = Value::Null;
    }
    Packed::of(&status)
}

fn now() -> String {
    // A year of five digits has no such form.
    OffsetDateTime::now_utc().replace_nanosecond(0).ok().and_then(|now| now.format(&Rfc3339).ok()).unwrap_or_default()
}
