//! What has to be written now: what differs, then what is not wanted any more.

use std::time::Duration;

use kube::core::ApiResource;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::render::ObjectId;
use meshglot_translator::status::Applied;
use tokio::time::Instant;

use crate::Told;
use crate::alike::alike;
use crate::core::{Core, Kept};
use crate::kinds::{Role, Watched};
use crate::live::Live;
use crate::making::Seen;
use crate::owner::Drift;
use crate::policy::Wanted;
use crate::write::{Task, Writer};

/// Writes at a time.
const WRITES: usize = 16;

/// So many objects that wait to be written are many.
const CROWD: usize = 4 * WRITES;

/// How long deletions wait for what is new to be taken by the mesh.
const HOLD: Duration = Duration::from_secs(10);

/// How long a read may take of one that does not lead.
const READ: Duration = Duration::from_secs(10);

/// The backend of what is for none.
const NONE: &str = "";

/// The group whose objects tell whether they are taken.
const TELLS: &str = "gateway.networking.k8s.io/";

impl Core {
    /// Starts the writes that can be started.
    pub(crate) fn act(&mut self) {
        self.judge_all();
        if self.pass() {
            self.hand_over(true);
            self.judge_all();
        }
        for (backend, codes) in &self.policy.withheld {
            if self.withheld.get(backend) != Some(codes) {
                (self.tell)(Told::Withheld(backend, codes.clone()));
            }
        }
        self.withheld.clone_from(&self.policy.withheld);
        self.settings.signs.metrics.differ(self.open.differing.iter());
        let is_open = |core: &Self, id: &ObjectId| {
            let is_wanted = core.busy.contains(id) || core.open.differing.contains(id);
            is_wanted && !core.is_withheld(id) && !core.standings.get(id).is_some_and(|standing| standing.has_failed())
        };
        let before = if self.open.differing.is_empty() { Default::default() } else { self.policy.before() };
        let turn = self.open.differing.iter().filter(|id| is_open(self, id)).filter_map(|id| self.turn(id)).min();
        let can_start = |id: &&ObjectId| {
            let is_first = before.get(*id).is_none_or(|before| !before.iter().any(|other| is_open(self, other)))
                && turn.is_none_or(|turn| self.turn(id) <= Some(turn));
            let waits = self.standings.get(*id).is_some_and(|standing| standing.waits());
            is_first && !waits && !self.busy.contains(*id) && !self.is_withheld(id)
        };
        let room = WRITES.saturating_sub(self.tasks.len());
        let started: Vec<ObjectId> = self.open.differing.iter().filter(can_start).take(room).cloned().collect();
        for id in started {
            if let Some(wanted) = self.policy.wanted.get(&id).cloned() {
                self.apply(id, wanted);
            }
        }
        if !self.open.differing.iter().any(|id| is_open(self, id)) {
            self.prune();
        }
    }

    /// Looks anew at all that something is otherwise about.
    fn judge_all(&mut self) {
        self.open.touched.append(&mut self.policy.touched);
        for id in std::mem::take(&mut self.open.touched) {
            self.judge(id);
        }
    }

    /// Whether nothing is written or deleted for the backend of an object: it would allow more than the policy says.
    fn is_withheld(&self, id: &ObjectId) -> bool {
        !self.withheld.is_empty() && self.backend_of(id).is_some_and(|backend| self.withheld.contains_key(backend))
    }

    /// Looks at one object anew.
    fn judge(&mut self, id: ObjectId) {
        let wanted = self.policy.wanted.get(&id).cloned();
        if wanted.as_ref().is_some_and(|wanted| self.serves(wanted)) {
            let applied = self.served_as();
            return self.standings.entry(id).or_default().set(applied);
        }
        let is_there = self.live.contains_key(&id);
        if wanted.is_none() && !is_there {
            self.standings.remove(&id);
            self.judged.remove(&id);
        }
        if wanted.is_none() && is_there {
            self.open.unwanted.insert(id.clone())
        } else {
            self.open.unwanted.remove(&id)
        };
        if wanted.is_some_and(|wanted| self.differs(&id, &wanted)) {
            self.open.differing.insert(id);
        } else {
            self.open.differing.remove(&id);
        }
    }

    /// Whether an object has to be written, as soon as that can be; where not, how it stands is known.
    fn differs(&mut self, id: &ObjectId, wanted: &Wanted) -> bool {
        let mesh = wanted.mesh.as_deref();
        let is_paused = self.owners.is_paused(mesh, &wanted.sources);
        let drift = self.owners.drift(mesh, &wanted.sources);
        let absence = self.absence(id);
        let digest = wanted.digest.to_string();
        let live = self.live.get(id);
        let live_version = live.map(|live| live.version());
        let is_alike = live.map(|live| {
            let known = self.judged.get(id).filter(|(of, version, _)| *of == digest && Some(*version) == live_version);
            known.map_or_else(|| alike(&wanted.body.value(), &live.whole(), &self.shape(id)), |(_, _, known)| *known)
        });
        let is_drift = is_alike == Some(false) && live.is_some_and(|live| live.was_written_as(&digest));
        if let (Some(is_alike), Some(version)) = (is_alike, live_version) {
            self.judged.insert(id.clone(), (digest.clone(), version, is_alike));
        }
        let standing = self.standings.entry(id.clone()).or_default();
        if standing.wanted.as_ref() != Some(&digest) {
            standing.begin_anew(Some(digest.clone()));
        }
        let applied = match is_alike {
            _ if is_paused => Applied::Paused,
            _ if absence.is_some() => absence.unwrap_or_default(),
            Some(true) => {
                standing.begin_anew(Some(digest));
                Applied::InForce
            }
            Some(false) if is_drift && drift == Drift::Ignore => Applied::InForce,
            Some(false) if is_drift && drift == Drift::Report => {
                let editor = live.map_or("somebody else", Live::editor);
                Applied::Drifted(format!("{editor} has changed {}", id.path()))
            }
            Some(false) if standing.written == live_version => {
                Applied::Drifted(format!("somebody else has added to {} what we did not write", id.path()))
            }
            _ => {
                // What somebody has edited is as it was in a moment: that is no news of the policy.
                if !standing.has_failed() && !is_drift {
                    standing.set(Applied::Pending(format!("{} is not written yet", id.path())));
                }
                return true;
            }
        };
        standing.set(applied);
        false
    }

    fn apply(&mut self, id: ObjectId, wanted: Wanted) {
        let Some(writer) = self.writer(&id) else { return };
        let live = self.live.get(&id);
        let is_known = live.is_some();
        let before = live.map(|live| live.version());
        let drifted = live.filter(|live| live.was_written_as(&wanted.digest));
        let drift = drifted.map(|live| live.editor().to_owned());
        if !is_known && id.api_version.starts_with(TELLS) {
            self.holds.insert(id.clone(), Instant::now() + HOLD);
        }
        self.busy.insert(id.clone());
        let task = Task::Apply { id: id.clone(), before, digest: wanted.digest.into(), drift };
        self.tasks.spawn(async move { (task, writer.apply(id, wanted.body.value().into(), before).await) });
    }

    /// Deletes what is ours and nobody wants, once all that is wanted is there.
    fn prune(&mut self) {
        let now = Instant::now();
        let (live, wanted) = (&self.live, &self.policy.wanted);
        let is_awaited = |id: &ObjectId| wanted.contains_key(id) && !live.get(id).is_some_and(|live| live.is_accepted());
        self.holds.retain(|id, until| *until > now && is_awaited(id));
        let is_held = |id: &ObjectId| self.holds.keys().any(|hold| hold.namespace == id.namespace);
        let waits = |id: &ObjectId| self.busy.contains(id) || self.standings.get(id).is_some_and(|standing| standing.waits());
        // What was made last goes first.
        let known = self.open.unwanted.iter().rev().filter_map(|id| Some((id, self.live.get(id)?)));
        let unwanted = known.filter(|(id, live)| !is_held(id) && !waits(id) && !self.is_withheld(id) && !self.owners.is_kept(live));
        let unwanted: Vec<(ObjectId, Live)> = unwanted.map(|(id, live)| (id.clone(), live.clone())).collect();
        // Those that are being deleted count, too.
        let turn = unwanted.iter().map(|(id, _)| id).chain(&self.busy).filter_map(|id| self.turn(id)).max();
        for (id, live) in unwanted {
            if self.turn(&id).is_some_and(|own| Some(own) < turn) {
                continue;
            }
            let Some(writer) = self.writer(&id).filter(|_| self.tasks.len() < WRITES) else { continue };
            self.busy.insert(id.clone());
            let task = Task::Delete { id: id.clone(), uid: live.uid() };
            self.tasks.spawn(async move { (task, writer.delete(id, live).await) });
        }
    }

    /// Writes the statuses that are otherwise.
    pub(crate) fn tell_statuses(&mut self) {
        let is_crowded = self.open.differing.len() > CROWD;
        let (kinds, kept) = (&self.kinds, &self.kept);
        let has_status = |key: &ObjectKey| kept_as(kinds, kept, Role::Read(key.kind)).is_some_and(|kept| kept.has_status);
        let seen = Seen { passages: &self.passages, planes: &self.planes, served: &self.served };
        let looked = self.statuses.look(&self.policy, &self.owners, &self.standings, seen, has_status, is_crowded);
        for (key, generation, since) in looked.in_force {
            self.policy.is_good(&key, generation, &since);
        }
        for (key, said) in looked.said {
            let object = &self.owners.0[&key].object;
            said.into_iter().for_each(|one| self.events.say(object, one));
        }
        while self.tasks.len() < 2 * WRITES {
            let Some(due) = self.statuses.take() else { return };
            let Some(resource) = self.resource_of(&due.key).cloned() else { continue };
            let Some(writer) = self.writer_of(resource, NONE) else { return };
            self.statuses.begin(&due);
            let task = Task::Status { key: due.key.clone(), said: due.said };
            self.tasks.spawn(async move { (task, writer.status(due.key, due.status).await) });
        }
    }

    /// The kind of a neutral object, as the API server has it.
    pub(crate) fn resource_of(&self, key: &ObjectKey) -> Option<&ApiResource> {
        kept_as(&self.kinds, &self.kept, Role::Read(key.kind))?.resource.as_ref()
    }

    /// For what keeps generations that were in force.
    pub(crate) fn keeper(&self) -> Option<Writer> {
        self.writer_of(kept_as(&self.kinds, &self.kept, Role::Keeps)?.resource.clone()?, NONE)
    }

    /// The same to read: whoever does not lead may, too.
    pub(crate) fn recaller(&self) -> Option<Writer> {
        let resource = kept_as(&self.kinds, &self.kept, Role::Keeps)?.resource.clone()?;
        let until = self.until().unwrap_or_else(|| Instant::now() + READ);
        Some(Writer { client: self.client.clone(), resource, backend: NONE, until })
    }

    /// For pods.
    pub(crate) fn reader_of_pods(&self) -> Option<Writer> {
        self.writer_of(kept_as(&self.kinds, &self.kept, Role::Read(Kind::Pod))?.resource.clone()?, NONE)
    }

    /// For objects of a backend, by its name. `None`: nothing may be written.
    pub(crate) fn writer_of(&self, resource: ApiResource, backend: &'static str) -> Option<Writer> {
        Some(Writer { client: self.client.clone(), resource, backend, until: self.until()? })
    }
}

/// The kind of a role that only one has.
fn kept_as<'k>(kinds: &[Watched], kept: &'k [Kept], role: Role) -> Option<&'k Kept> {
    kinds.iter().zip(kept).find(|(kind, _)| kind.role == role).map(|(_, kept)| kept)
}
