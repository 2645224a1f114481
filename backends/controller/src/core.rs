//! The thread that knows everything: it takes what watchers find, renders, and starts writes. Nothing else decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::core::ApiResource;
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::render::ObjectId;
use meshglot_translator::status::Applied;
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, sleep_until, timeout};

use crate::answer::Answer;
use crate::events::{Events, corrected};
use crate::found::Found;
use crate::kinds::{Role as Why, Watched, watched};
use crate::lead::Lead;
use crate::live::{Live, version};
use crate::owner::Owners;
use crate::policy::Policy;
use crate::revisions::{Revisions, good};
use crate::served::Served;
use crate::standing::Standing;
use crate::statuses::Statuses;
use crate::watch::follow;
use crate::write::Task;
use crate::{Settings, Told};

/// Edits that come within so long are one.
const BATCH: Duration = Duration::from_millis(20);

/// The same trouble is told once in so long.
const AGAIN: Duration = Duration::from_secs(60);

/// Answers that come within so long are one.
const ANSWERS: Duration = Duration::from_millis(5);

/// How long the last answers may take when it ends.
const LAST: Duration = Duration::from_millis(400);
/// How often the core shows that it lives, where nothing happens.
const BEAT: Duration = Duration::from_secs(1);

/// What watchers have found and nobody has taken yet, at most.
const BACKLOG: usize = 1024;

/// What is known of a kind that is watched.
#[derive(Default)]
pub(crate) struct Kept {
    /// `None`: it is not there, or nobody knows.
    pub(crate) resource: Option<ApiResource>,
    pub(crate) has_status: bool,
    /// Whether all of its objects are known.
    pub(crate) is_listed: bool,
    /// Names that came since a list began, until it ends.
    listing: Option<BTreeSet<(String, String)>>,
}

/// What it is among controllers.
#[derive(Clone, PartialEq, Eq)]
enum Role {
    /// It may write, and has not yet.
    Begins,
    Leads,
    /// The one that writes, if it is known.
    Standby(Option<String>),
}

/// All that is known.
pub(crate) struct Core {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) tell: Arc<dyn Fn(Told) + Send + Sync>,
    pub(crate) events: Events,
    pub(crate) lead: watch::Receiver<Lead>,
    /// What it was in the last step; `None`: there was none.
    role: Option<Role>,
    pub(crate) kinds: Vec<Watched>,
    pub(crate) kept: Vec<Kept>,
    pub(crate) policy: Policy,
    pub(crate) owners: Owners,
    pub(crate) live: BTreeMap<ObjectId, Live>,
    pub(crate) standings: BTreeMap<ObjectId, Standing>,
    /// Whether a version of an object is as it is wanted, by the digest of that: both are compared once.
    pub(crate) judged: HashMap<ObjectId, (String, u64, bool)>,
    /// Writes that are under way.
    pub(crate) busy: BTreeSet<ObjectId>,
    /// Objects that were gone while they were written: what the answer says may be older than that.
    lost: BTreeSet<ObjectId>,
    /// Objects that are new, and until when deletions wait that they are taken.
    pub(crate) holds: BTreeMap<ObjectId, Instant>,
    pub(crate) statuses: Statuses,
    pub(crate) revisions: Revisions,
    pub(crate) tasks: JoinSet<(Task, Answer)>,
    pub(crate) withheld: Vec<&'static str>,
    /// What was told of trouble, and when.
    troubles: HashMap<String, Instant>,
}

impl Core {
    pub(crate) fn new(
        client: Client,
        settings: Settings,
        tell: Arc<dyn Fn(Told) + Send + Sync>,
        events: Events,
        lead: watch::Receiver<Lead>,
    ) -> Self {
        let kinds = watched(settings.backend);
        Self {
            kept: kinds.iter().map(|_| Kept::default()).collect(),
            policy: Policy::new(&settings),
            client,
            settings,
            tell,
            events,
            lead,
            role: None,
            kinds,
            owners: Owners::default(),
            live: BTreeMap::new(),
            standings: BTreeMap::new(),
            judged: HashMap::new(),
            busy: BTreeSet::new(),
            lost: BTreeSet::new(),
            holds: BTreeMap::new(),
            statuses: Statuses::default(),
            revisions: Revisions::default(),
            tasks: JoinSet::new(),
            withheld: Vec::new(),
            troubles: HashMap::new(),
        }
    }

    /// Goes on until `stopped` is told, or dropped.
    pub(crate) async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let (tell, mut found) = channel(BACKLOG);
        let mut watches = JoinSet::new();
        let (metrics, mut beats) = (self.settings.signs.metrics.clone(), interval(BEAT));
        let selector = format!("app.kubernetes.io/managed-by=meshglot,meshglot.dev/backend={}", self.settings.backend.name());
        for (place, kind) in self.kinds.iter().enumerate() {
            watches.spawn(follow(self.client.clone(), place, kind.clone(), selector.clone(), tell.clone(), metrics.clone()));
        }
        loop {
            let next = self.next();
            let is_timed = next.is_some();
            self.observe(found.len());
            tokio::select! {
                _ = &mut stopped => break,
                Ok(()) = self.lead.changed() => {}
                Some(one) = found.recv() => self.batch(one, &mut found).await,
                Some(done) = self.tasks.join_next() => {
                    done.into_iter().for_each(|(task, answer)| self.answered(task, answer));
                    sleep(ANSWERS).await;
                }
                () = sleep_until(next.unwrap_or_else(Instant::now)), if is_timed => {}
                _ = beats.tick() => continue,
            }
            while let Some(done) = self.tasks.try_join_next() {
                done.into_iter().for_each(|(task, answer)| self.answered(task, answer));
            }
            let begun = Instant::now();
            self.step();
            metrics.passed(begun.elapsed());
        }
        // What is under way ends before somebody else may write.
        let _ = timeout(LAST, self.tasks.join_all()).await;
    }

    /// Takes what comes within a moment.
    async fn batch(&mut self, first: Found, found: &mut Receiver<Found>) {
        self.statuses.stir();
        self.settings.signs.metrics.heard();
        self.take(first);
        sleep(BATCH).await;
        for _ in 0..BACKLOG {
            match found.try_recv() {
                Ok(one) => self.take(one),
                Err(_) => break,
            }
        }
    }

    /// When something has to be tried again.
    fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        let standings = self.standings.values().filter_map(|standing| standing.again);
        let all = standings.chain(self.holds.values().copied()).filter(|again| *again > now);
        all.chain(self.statuses.next()).chain(self.revisions.next()).chain(self.until().filter(|until| *until > now)).min()
    }

    /// Until when writes may go on; `None`: somebody else writes.
    pub(crate) fn until(&self) -> Option<Instant> {
        match *self.lead.borrow() {
            Lead::Leads { until } => Some(until),
            Lead::Standby { .. } => None,
        }
    }

    fn step(&mut self) {
        self.policy.render();
        if !self.kept.iter().all(|kept| kept.is_listed) {
            return;
        }
        let leads = self.until().is_some_and(|until| until > Instant::now());
        if !leads {
            let holder = if let Lead::Standby { holder } = &*self.lead.borrow() { holder.clone() } else { None };
            if self.role.replace(Role::Standby(holder.clone())) != Some(Role::Standby(holder.clone())) {
                (self.tell)(Told::Standby(holder));
            }
            return;
        }
        if !matches!(self.role, Some(Role::Leads | Role::Begins)) {
            self.role = Some(Role::Begins);
            self.statuses.stir();
            // Another one may have written since.
            self.policy.stand_ins.forget_all();
        }
        if self.recall() {
            // What they keep may have to stay in force.
            return;
        }
        self.act();
        self.tell_statuses();
        self.keep_good();
        if self.role.replace(Role::Leads) != Some(Role::Leads) {
            (self.tell)(Told::Ready(self.owners.0.len(), self.policy.wanted.len()));
        }
    }

    fn take(&mut self, found: Found) {
        match found {
            Found::Trouble(why) => {
                self.troubles.retain(|_, at| at.elapsed() < AGAIN);
                if !self.troubles.contains_key(&why) {
                    (self.tell)(Told::Trouble(why.clone()));
                    self.troubles.insert(why, Instant::now());
                }
            }
            Found::Served(place, served) => self.served(place, served),
            Found::List(place) => self.kept[place].listing = Some(BTreeSet::new()),
            Found::Object(place, object) => {
                if let Some(listing) = &mut self.kept[place].listing {
                    listing.insert(name(&object));
                }
                self.put(place, *object);
            }
            Found::Gone(place, object) => self.remove(place, &object),
            Found::Listed(place) => self.listed(place),
        }
    }

    fn served(&mut self, place: usize, served: Served) {
        let kind = self.kinds[place].kind;
        let kept = &mut self.kept[place];
        match served {
            Served::Yes { resource, has_status } => {
                if kept.resource.is_none() && kept.is_listed {
                    (self.tell)(Told::Installed(kind, true));
                }
                kept.resource = Some(resource);
                kept.has_status = has_status;
            }
            Served::No => {
                if kept.resource.is_some() || !kept.is_listed {
                    (self.tell)(Told::Installed(kind, false));
                }
                kept.resource = None;
                kept.listing = None;
                self.listed(place);
            }
            Served::Soon => {}
        }
    }

    /// What did not come with the list is gone.
    fn listed(&mut self, place: usize) {
        let listing = self.kept[place].listing.take().unwrap_or_default();
        let is_there = |namespace: &str, name: &str| listing.contains(&(namespace.to_owned(), name.to_owned()));
        self.kept[place].is_listed = true;
        match self.kinds[place].role {
            Why::Read(kind) => {
                for key in self.policy.of_kind(kind).into_iter().filter(|key| !is_there(&key.namespace, &key.name)) {
                    self.forget(&key);
                }
            }
            Why::Keeps => self.revisions.keep(is_there),
            Why::Rendered => {
                let kind = &self.kinds[place];
                let api_version = kind.api_version(kind.versions[0]);
                let is_kind = |id: &ObjectId| id.kind == kind.kind && id.api_version == api_version;
                let is_gone = |id: &ObjectId| is_kind(id) && !is_there(&id.namespace, &id.name);
                self.lost.extend(self.busy.iter().filter(|id| is_gone(id)).cloned());
                self.live.retain(|id, _| !is_gone(id));
            }
        }
    }

    fn put(&mut self, place: usize, object: Value) {
        match self.kinds[place].role {
            Why::Read(_) => {
                let Some(key) = self.key(place, &object) else { return };
                // Our own write of a status may have told more already.
                if self.owners.0.get(&key).is_some_and(|known| version(known) > version(&object)) {
                    return;
                }
                self.policy.put(&key, &object);
                if key.kind.is_neutral() {
                    self.owners.0.insert(key, object);
                }
            }
            Why::Rendered => self.put_live(object),
            Why::Keeps => self.revisions.put(&object),
        }
    }

    /// An older version than the one that is known is no news.
    fn put_live(&mut self, object: Value) {
        let Some(id) = Live::id(&object) else { return };
        if self.live.get(&id).is_none_or(|known| known.version() <= version(&object)) {
            self.live.insert(id, Live(object.into()));
        }
    }

    fn remove(&mut self, place: usize, object: &Value) {
        match self.kinds[place].role {
            Why::Read(_) => {
                if let Some(key) = self.key(place, object) {
                    self.forget(&key);
                }
            }
            Why::Keeps => self.revisions.remove(object),
            Why::Rendered => {
                let Some(id) = Live::id(object) else { return };
                if self.live.get(&id).is_some_and(|known| known.version() <= version(object)) {
                    self.live.remove(&id);
                }
                if self.busy.contains(&id) {
                    self.lost.insert(id);
                }
            }
        }
    }

    fn forget(&mut self, key: &ObjectKey) {
        self.policy.remove(key);
        self.owners.0.remove(key);
        self.statuses.forget(key);
        self.revisions.forget(key);
    }

    fn key(&self, place: usize, object: &Value) -> Option<ObjectKey> {
        let kind = self.kinds[place].read()?;
        let (namespace, name) = name(object);
        Some(ObjectKey { kind, namespace: namespace.into(), name: name.into() })
    }

    fn answered(&mut self, task: Task, answer: Answer) {
        self.settings.signs.answered(&task, &answer);
        if !matches!(task, Task::Status { .. } | Task::Keep { .. }) {
            self.statuses.stir();
        }
        match task {
            Task::Apply { id, before, drift } => {
                self.busy.remove(&id);
                self.applied(id, before, drift, answer);
            }
            Task::Delete { id, uid } => {
                self.busy.remove(&id);
                self.lost.remove(&id);
                match answer {
                    Answer::Failed(why) => self.standings.entry(id).or_default().fail(why),
                    _ => {
                        // Somebody may have made another one of its name since then.
                        if self.live.get(&id).is_some_and(|live| live.uid() == uid) {
                            self.live.remove(&id);
                        }
                        self.standings.remove(&id);
                        (self.tell)(Told::Deleted(id));
                    }
                }
            }
            Task::Keep { key, generation, revision } => {
                let is_done = self.heard(&key, "a last good generation cannot be kept", answer).is_some();
                self.revisions.ended(&key, is_done);
                if is_done {
                    self.policy.stand_ins.kept(&key, generation, &revision);
                }
            }
            Task::Recall(key) => {
                let answer = self.heard(&key, "a last good generation cannot be read", answer);
                self.revisions.ended(&key, answer.is_some());
                match answer.map(|found| found.and_then(|object| good(&key, &object))) {
                    Some(Some(good)) => self.policy.recall(&key, good),
                    Some(None) => self.revisions.distrust(&key),
                    None => {}
                }
            }
            Task::Status { key, said } => {
                self.statuses.busy.remove(&key);
                match answer {
                    Answer::Live(object) => {
                        self.statuses.written(&key, version(&object));
                        said.into_iter().for_each(|one| self.events.say(&object, one));
                        if self.owners.0.get(&key).is_some_and(|known| version(known) <= version(&object)) {
                            self.policy.put(&key, &object);
                            self.owners.0.insert(key, *object);
                        }
                    }
                    Answer::Found(_) | Answer::Gone => {}
                    Answer::Failed(why) => {
                        self.statuses.failed(&key);
                        (self.tell)(Told::Trouble(format!("status of {key}: {}", words(&why))));
                    }
                }
            }
        }
    }

    fn say_corrected(&self, id: ObjectId, editor: &str) {
        let sources = self.policy.wanted.get(&id).map(|wanted| &*wanted.sources).unwrap_or_default();
        for owner in sources.iter().filter_map(|key| self.owners.0.get(key)) {
            self.events.say(owner, corrected(&id.path(), editor));
        }
        (self.tell)(Told::Corrected(id));
    }

    fn applied(&mut self, id: ObjectId, before: Option<u64>, drift: Option<String>, answer: Answer) {
        let is_lost = self.lost.remove(&id);
        match answer {
            Answer::Live(object) => {
                let after = version(&object);
                self.standings.entry(id.clone()).or_default().written = Some(after);
                if !is_lost {
                    self.put_live(*object);
                }
                match drift.filter(|_| before != Some(after)) {
                    Some(editor) => self.say_corrected(id, &editor),
                    None if before != Some(after) => (self.tell)(Told::Applied(id)),
                    None => {}
                }
            }
            Answer::Found(object) if !is_lost => self.put_live(*object),
            Answer::Found(_) | Answer::Gone => {}
            Answer::Failed(why) => {
                let standing = self.standings.entry(id.clone()).or_default();
                if standing.applied != why {
                    (self.tell)(Told::Refused(id, words(&why).to_owned()));
                }
                standing.fail(why);
            }
        }
    }
}

/// What is behind a word.
pub(crate) fn words(applied: &Applied) -> &str {
    match applied {
        Applied::Pending(why) | Applied::Rejected(why) | Applied::Unreachable(why) | Applied::Drifted(why) => why,
        Applied::InForce => "in force",
        Applied::Paused => "paused",
    }
}

/// Namespace and name.
fn name(object: &Value) -> (String, String) {
    let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}
