//! The thread that knows everything: it takes what watchers find, renders, and starts writes. Nothing else decides.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use kube::core::ApiResource;
use meshglot_translator::render::ObjectId;
use meshglot_translator::status::Applied;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, sleep_until, timeout};

use crate::answer::Answer;
use crate::consul;
use crate::events::Events;
use crate::found::Found;
use crate::kinds::{Watched, watched};
use crate::lead::Lead;
use crate::live::Live;
use crate::members::Members;
use crate::open::Open;
use crate::owner::Owners;
use crate::passage::Passage;
use crate::place::Place;
use crate::planes::Planes;
use crate::policy::Policy;
use crate::revisions::Revisions;
use crate::second_look::Looks;
use crate::serve::{Offers, Served};
use crate::standing::Standing;
use crate::statuses::Statuses;
use crate::watch::follow;
use crate::write::Task;
use crate::{Settings, Told};

/// Edits that come within so long are one.
const BATCH: Duration = Duration::from_millis(20);

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
    /// Why nobody answers about it, or not as it should.
    pub(crate) away: Option<Applied>,
    /// Whether all of its objects are known.
    pub(crate) is_listed: bool,
    /// Names that came since a list began, until it ends.
    pub(crate) listing: Option<BTreeSet<(String, String)>>,
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

/// Why a core has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Stopped,
    /// What is rendered is kept somewhere else from now on.
    Moved,
}

/// All that is known.
pub(crate) struct Core {
    pub(crate) client: Client,
    pub(crate) settings: Settings,
    pub(crate) place: Place,
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
    pub(crate) open: Open,
    /// Writes that are under way.
    pub(crate) busy: BTreeSet<ObjectId>,
    /// Objects that were gone while they were written: what the answer says may be older than that.
    pub(crate) lost: BTreeSet<ObjectId>,
    /// Objects that are new, and until when deletions wait that they are taken.
    pub(crate) holds: BTreeMap<ObjectId, Instant>,
    pub(crate) statuses: Statuses,
    pub(crate) revisions: Revisions,
    pub(crate) tasks: JoinSet<(Task, Answer)>,
    /// What was told of backends for which nothing is written.
    pub(crate) withheld: BTreeMap<&'static str, Vec<&'static str>>,
    /// Which pods are in which mesh.
    pub(crate) members: Members,
    /// Which Deployments are control planes of meshes.
    pub(crate) planes: Planes,
    /// What is on its way from one backend to another.
    pub(crate) passages: Vec<Passage>,
    pub(crate) looks: Looks,
    /// How far the control plane of a mesh is of which no cluster keeps objects.
    pub(crate) served: Served,
    /// A rendering that was not handed over yet: what is to stand in is being read.
    pub(crate) owes: bool,
    pub(crate) offers: Offers,
    /// What was told of trouble, and when.
    pub(crate) troubles: HashMap<String, Instant>,
}

impl Core {
    pub(crate) fn new(
        client: Client,
        settings: Settings,
        tell: Arc<dyn Fn(Told) + Send + Sync>,
        events: Events,
        lead: watch::Receiver<Lead>,
        place: Place,
    ) -> Self {
        let kinds = watched(settings.chosen.backends());
        Self {
            kept: kinds.iter().map(|_| Kept::default()).collect(),
            policy: Policy::new(settings.chosen.clone(), settings.accepted.clone()).with_entries(place.has_entries()),
            client,
            settings,
            place,
            tell,
            events,
            lead,
            role: None,
            kinds,
            owners: Owners::default(),
            live: BTreeMap::new(),
            standings: BTreeMap::new(),
            judged: HashMap::new(),
            open: Open::default(),
            busy: BTreeSet::new(),
            lost: BTreeSet::new(),
            holds: BTreeMap::new(),
            statuses: Statuses::default(),
            revisions: Revisions::default(),
            tasks: JoinSet::new(),
            withheld: BTreeMap::new(),
            members: Members::default(),
            planes: Planes::default(),
            passages: Vec::new(),
            looks: Looks::default(),
            served: Served::default(),
            owes: false,
            offers: Offers::default(),
            troubles: HashMap::new(),
        }
    }

    /// Goes on until `stopped` is told, or dropped, or until there is another place for what is rendered.
    pub(crate) async fn run(mut self, stopped: &mut oneshot::Receiver<()>) -> Ended {
        let (tell, mut found) = channel(BACKLOG);
        let mut watches = JoinSet::new();
        let (metrics, mut beats) = (self.settings.signs.metrics.clone(), interval(BEAT));
        for (place, kind) in self.kinds.iter().enumerate() {
            match self.place.server(kind) {
                Some(server) => watches.spawn(consul::follow(server.clone(), place, kind.clone(), tell.clone())),
                None => watches.spawn(follow(self.client.clone(), place, kind.clone(), tell.clone(), metrics.clone())),
            };
        }
        let desk = self.settings.desk.clone();
        let mut questions = desk.questions.lock().await;
        let ended = loop {
            let next = self.next();
            let is_timed = next.is_some();
            self.observe(found.len());
            tokio::select! {
                _ = &mut *stopped => break Ended::Stopped,
                Ok(()) = self.lead.changed() => {}
                Some(one) = found.recv() => self.batch(one, &mut found).await,
                Some(done) = self.tasks.join_next() => {
                    done.into_iter().for_each(|(task, answer)| self.answered(task, answer));
                    sleep(ANSWERS).await;
                }
                () = sleep_until(next.unwrap_or_else(Instant::now)), if is_timed => {}
                Some(question) = questions.recv() => self.reply(question),
                _ = beats.tick() => continue,
            }
            while let Some(done) = self.tasks.try_join_next() {
                done.into_iter().for_each(|(task, answer)| self.answered(task, answer));
            }
            if self.is_moved() {
                break Ended::Moved;
            }
            let begun = Instant::now();
            self.step();
            metrics.passed(begun.elapsed());
        };
        // What is under way ends before somebody else may write.
        let _ = timeout(LAST, self.tasks.join_all()).await;
        ended
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
        let open = self.open.differing.iter().chain(&self.open.unwanted);
        let standings = open.filter_map(|id| self.standings.get(id)?.again);
        let all = standings.chain(self.holds.values().copied()).filter(|again| *again > now);
        all.chain(self.looks.next())
            .chain(self.statuses.next())
            .chain(self.revisions.next())
            .chain(self.offers.next(now))
            .chain(self.until().filter(|until| *until > now))
            .min()
    }

    /// Until when writes may go on; `None`: somebody else writes.
    pub(crate) fn until(&self) -> Option<Instant> {
        match *self.lead.borrow() {
            Lead::Leads { until } => Some(until),
            Lead::Standby { .. } => None,
        }
    }

    fn step(&mut self) {
        let is_edited = self.policy.render();
        if is_edited {
            self.settings.desk.edited();
        }
        if !self.kept.iter().all(|kept| kept.is_listed) {
            return self.statuses.give_up();
        }
        let leads = self.until().is_some_and(|until| until > Instant::now());
        if self.settings.serve.is_some() {
            self.serve(is_edited, leads);
        }
        if !leads {
            let holder = if let Lead::Standby { holder } = &*self.lead.borrow() { holder.clone() } else { None };
            if self.role.replace(Role::Standby(holder.clone())) != Some(Role::Standby(holder.clone())) {
                (self.tell)(Told::Standby(holder));
            }
            return self.statuses.give_up();
        }
        if !matches!(self.role, Some(Role::Leads | Role::Begins)) {
            self.role = Some(Role::Begins);
            self.statuses.stir();
            // Another one may have written since.
            self.policy.stand_ins.forget_all();
        }
        if self.recall() {
            // What they keep may have to stay in force.
            return self.statuses.give_up();
        }
        self.act();
        self.tell_statuses();
        self.keep_good();
        if self.role.replace(Role::Leads) != Some(Role::Leads) {
            (self.tell)(Told::Ready(self.owners.0.len(), self.policy.wanted.len()));
        }
    }
}
