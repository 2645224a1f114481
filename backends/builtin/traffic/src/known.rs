//! What is known of each proxy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::history::{History, KEPT};
use crate::names::Names;
use crate::places::{Place, Places};
use crate::reading::Reading;
use crate::socket::{Conversation, Silence};
use crate::status::{ProxySays, Status};

/// How often counters are read.
const EVERY: Duration = Duration::from_secs(1);

/// How often one looks for proxies that were not there before.
pub(crate) const BEAT: Duration = Duration::from_millis(250);

/// So many proxies are looked at; the others are said to be silent.
const PROXIES: usize = 512;

/// One proxy.
struct Proxy {
    place: Place,
    /// It is where it was found last.
    is_there: bool,
    history: History,
    /// Why its counters cannot be read; `None`: they can.
    silence: Option<Silence>,
    status: Status,
    /// Somebody asks it right now.
    is_asked: bool,
    /// When it is to be asked next.
    next: Instant,
    /// What it was asked over last.
    conversation: Option<Conversation>,
}

/// All proxies, by their names.
#[derive(Default)]
pub(crate) struct Known {
    proxies: BTreeMap<Arc<str>, Proxy>,
    /// One has looked before, so that whoever is new has counted nothing without being seen.
    has_looked: bool,
}

/// One that is to be asked.
pub(crate) struct Question {
    pub(crate) name: Arc<str>,
    pub(crate) place: Place,
    pub(crate) conversation: Option<Conversation>,
}

/// What came of it.
pub(crate) struct Answer {
    pub(crate) said: Result<(Reading, Status), Silence>,
    pub(crate) conversation: Option<Conversation>,
}

impl Known {
    /// Those that have to be asked now. Each that was found has its place from now on, and those that are gone have none any more.
    pub(crate) fn due(&mut self, found: BTreeMap<Arc<str>, Place>, always: bool, now: Instant) -> Vec<Question> {
        self.proxies.retain(|name, proxy| {
            let is_remembered = proxy.history.newest().is_some_and(|newest| now.saturating_duration_since(newest) < KEPT);
            proxy.is_there = found.contains_key(name);
            proxy.is_there || is_remembered || proxy.is_asked
        });
        let counts_from_now = always || self.has_looked;
        for (name, place) in found {
            if let Some(proxy) = self.proxies.get_mut(&name) {
                proxy.place = place;
            } else if self.proxies.len() < PROXIES {
                self.proxies.insert(name, Proxy::new(place, counts_from_now, now));
            }
        }
        self.has_looked = true;
        let due = self.proxies.iter_mut().filter(|(_, proxy)| proxy.is_there && !proxy.is_asked && proxy.next <= now);
        due.map(|(name, proxy)| {
            proxy.is_asked = true;
            // One that does not run may do so at any time, and then nobody should have to wait.
            proxy.next = now + if proxy.silence == Some(Silence::Nobody) { BEAT } else { EVERY - BEAT / 2 };
            Question { name: name.clone(), place: proxy.place.clone(), conversation: proxy.conversation.take() }
        })
        .collect()
    }

    /// Nobody looks any more.
    pub(crate) fn rest(&mut self) {
        self.has_looked = false;
        self.proxies.values_mut().for_each(|proxy| proxy.conversation = None);
    }

    /// Takes what a proxy has said.
    pub(crate) fn answered(&mut self, name: &str, answer: Answer, now: Instant) {
        let Some(proxy) = self.proxies.get_mut(name) else { return };
        proxy.is_asked = false;
        proxy.conversation = answer.conversation.filter(|_| self.has_looked);
        proxy.silence = match answer.said {
            Ok((reading, status)) => {
                proxy.history.look(now, reading);
                proxy.status = status;
                None
            }
            Err(silence) => {
                if silence == Silence::Nobody {
                    proxy.history.end();
                }
                Some(silence)
            }
        };
    }

    /// Those that run, as far as one knows.
    pub(crate) fn running(&self) -> BTreeMap<Arc<str>, Place> {
        let running = self.proxies.iter().filter(|(_, proxy)| proxy.is_there && proxy.silence != Some(Silence::Nobody));
        running.map(|(name, proxy)| (name.clone(), proxy.place.clone())).collect()
    }

    /// What each has counted, with its workload.
    pub(crate) fn histories(&self) -> impl Iterator<Item = (&str, &History)> {
        self.proxies.values().map(|proxy| (&*proxy.place.workload, &proxy.history))
    }

    /// Those that answer.
    pub(crate) fn says(&self) -> Vec<ProxySays> {
        let answers = self.proxies.iter().filter(|(_, proxy)| proxy.is_there && proxy.silence.is_none());
        let says = |(name, proxy): (&Arc<str>, &Proxy)| {
            let Status { connected, taken, refused } = proxy.status.clone();
            ProxySays { workload: proxy.place.workload.clone(), place: name.clone(), connected, taken, refused }
        };
        answers.map(says).collect()
    }

    /// Who tells nothing, and why; by workload. Before the first look nobody is silent.
    pub(crate) fn silent(&self, names: &dyn Names, places: &dyn Places) -> Vec<String> {
        let mut silent = Vec::new();
        if !self.has_looked {
            return silent;
        }
        for workload in names.workloads() {
            let mut own = self.proxies.iter().filter(|(_, proxy)| proxy.is_there && *proxy.place.workload == *workload).peekable();
            if own.peek().is_none() {
                silent.push(format!("{workload}: {}", places.nobody()));
            }
            for (name, silence) in own.filter_map(|(name, proxy)| Some((name, proxy.silence.as_ref()?))) {
                // Of several one has to know which.
                let which = if **name == *workload { String::new() } else { format!(" ({name})") };
                silent.push(format!("{workload}{which}: {silence}"));
            }
        }
        silent
    }
}

impl Proxy {
    fn new(place: Place, counts_from_now: bool, now: Instant) -> Self {
        let history = if counts_from_now { History::new(now) } else { History::of_before() };
        let silence = Some(Silence::Nobody);
        Self { place, is_there: true, history, silence, status: Status::default(), is_asked: false, next: now, conversation: None }
    }
}
