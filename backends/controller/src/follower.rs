//! Policy and inventory of a cluster for somebody who only looks: followed by watches, with the rights of whoever asks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::Source;
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::found::Found;
use crate::kinds::{Watched, policy};
use crate::metrics::{Metrics, MetricsError};
use crate::policy::written;
use crate::served::Served;
use crate::trim::speaks_for_itself;
use crate::watch::follow;

/// Edits that come within so long are one.
const QUIET: Duration = Duration::from_millis(200);

/// What comes without a pause is told after so long all the same.
const LONGEST: Duration = Duration::from_secs(1);

/// How often a server that was away is asked whether it is back: a watch that goes on says nothing.
const LOOK: Duration = Duration::from_secs(2);

/// What watchers have found and nobody has taken yet, at most.
const BACKLOG: usize = 1024;

/// What can be seen of a cluster at one moment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What people have written, an object a text, by its key.
    pub sources: Vec<Arc<Source>>,
    /// Kinds that are there and may be listed, as `PLURAL.GROUP`.
    pub kinds: Vec<String>,
    /// Kinds that may not be listed.
    pub hidden: Vec<String>,
    /// Why there may be something newer.
    pub trouble: Option<String>,
}

/// What is known of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Listed,
    Absent,
    Denied,
}

/// Follows a cluster until it is dropped.
pub struct Follower {
    client: Client,
    kinds: Vec<Watched>,
    states: Vec<State>,
    /// Keys that came since a list of a kind began.
    listing: BTreeMap<usize, BTreeSet<ObjectKey>>,
    objects: BTreeMap<ObjectKey, Arc<Source>>,
    trouble: Option<String>,
    found: Receiver<Found>,
    is_told: bool,
    // Ended with it.
    _watches: JoinSet<()>,
}

impl Follower {
    /// Begins, in the runtime of whoever calls.
    ///
    /// # Errors
    /// A mistake of ours.
    pub fn start(client: &Client) -> Result<Self, MetricsError> {
        let (tell, found) = channel(BACKLOG);
        let metrics = Metrics::new()?;
        let kinds: Vec<Watched> = policy().collect();
        let mut watches = JoinSet::new();
        for (place, kind) in kinds.iter().enumerate() {
            watches.spawn(follow(client.clone(), place, kind.clone(), tell.clone(), metrics.clone()));
        }
        let states = vec![State::Unknown; kinds.len()];
        let (listing, objects) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { client: client.clone(), kinds, states, listing, objects, trouble: None, found, is_told: false, _watches: watches })
    }

    /// What is seen once all is known, and then after each change. `None`: it has ended.
    pub async fn next(&mut self) -> Option<Seen> {
        loop {
            match timeout(LOOK, self.found.recv()).await {
                Ok(found) => self.take(found?),
                Err(_) if self.trouble.is_some() && self.client.apiserver_version().await.is_ok() => self.trouble = None,
                Err(_) => continue,
            }
            let begun = Instant::now();
            while begun.elapsed() < LONGEST
                && let Ok(found) = timeout(QUIET, self.found.recv()).await
            {
                self.take(found?);
            }
            // Of a server that says nothing at all that is told.
            if self.is_told || self.trouble.is_some() || !self.states.contains(&State::Unknown) {
                self.is_told = true;
                return Some(self.seen());
            }
        }
    }

    fn seen(&self) -> Seen {
        let of = |state: State| {
            let kinds = self.kinds.iter().zip(&self.states).filter(move |(_, one)| **one == state);
            kinds.map(|(kind, _)| kind.full_name()).collect()
        };
        Seen {
            sources: self.objects.values().cloned().collect(),
            kinds: of(State::Listed),
            hidden: of(State::Denied),
            trouble: self.trouble.clone(),
        }
    }

    fn take(&mut self, found: Found) {
        match found {
            Found::Trouble(why) => self.trouble = Some(why),
            Found::Denied(place, _) => {
                self.forget(place, |_| true);
                self.states[place] = State::Denied;
            }
            Found::Served(place, Served::No) => {
                self.forget(place, |_| true);
                self.states[place] = State::Absent;
            }
            Found::Served(..) => {}
            Found::List(place) => drop(self.listing.insert(place, BTreeSet::new())),
            Found::Listed(place) => {
                let listed = self.listing.remove(&place).unwrap_or_default();
                self.forget(place, |key| !listed.contains(key));
                (self.states[place], self.trouble) = (State::Listed, None);
            }
            Found::Object(place, object) => {
                let Some(key) = self.key(place, &object) else { return };
                if let Some(listing) = self.listing.get_mut(&place) {
                    listing.insert(key.clone());
                }
                self.trouble = None;
                if speaks_for_itself(&object, key.kind) {
                    self.objects.insert(key.clone(), Source::new(key.to_string(), written(&object).to_string()));
                } else {
                    self.objects.remove(&key);
                }
            }
            Found::Gone(place, object) => {
                if let Some(key) = self.key(place, &object) {
                    self.objects.remove(&key);
                }
            }
        }
    }

    fn forget(&mut self, place: usize, is_gone: impl Fn(&ObjectKey) -> bool) {
        let kind = self.kinds[place].read();
        self.objects.retain(|key, _| Some(key.kind) != kind || !is_gone(key));
    }

    fn key(&self, place: usize, object: &Value) -> Option<ObjectKey> {
        let text = |name: &str| object["metadata"][name].as_str().unwrap_or_default();
        Some(ObjectKey { kind: self.kinds[place].read()?, namespace: text("namespace").into(), name: text("name").into() })
    }
}
