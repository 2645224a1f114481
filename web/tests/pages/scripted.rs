//! A mesh that does what it is told: its calls, proxies and events are given, and nothing runs.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use meshglot_observed::{Call, Direction, Edge, Edges, Event, Events, Kind, Party, Proxies, ProxyAnswer, Sync, Verdict};
use meshglot_web::{Calls, Live, Snapshot, Source};
use tokio::sync::watch;

/// The time at which everything is seen, unless another is given.
pub(crate) const NOW: &str = "2026-05-31T14:05:06.500Z";

/// As many calls are remembered.
pub(crate) const KEPT: usize = 4096;

/// Clones are the same mesh.
#[derive(Clone)]
pub(crate) struct Scripted(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    call: watch::Sender<u64>,
    event: watch::Sender<u64>,
    lookers: AtomicUsize,
}

#[derive(Default)]
struct State {
    now: String,
    calls: VecDeque<Arc<Call>>,
    last: u64,
    events: Vec<Event>,
    proxies: Vec<ProxyAnswer>,
    revision: u64,
}

/// Somebody who looks at its calls.
struct Looker(Arc<Inner>);

impl Scripted {
    pub(crate) fn new() -> Self {
        let state = State { now: NOW.to_owned(), revision: 7, ..State::default() };
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            call: watch::Sender::new(0),
            event: watch::Sender::new(0),
            lookers: AtomicUsize::new(0),
        }))
    }

    /// A call ends: it gets the next id, which is told.
    pub(crate) fn call(&self, call: Call) -> u64 {
        let mut state = self.0.state();
        state.last += 1;
        let id = state.last;
        if state.calls.len() == KEPT {
            state.calls.pop_front();
        }
        state.calls.push_back(Arc::new(Call { id, ..call }));
        drop(state);
        self.0.call.send_replace(id);
        id
    }

    /// Something happens; what happened last happens again.
    pub(crate) fn happens(&self, kind: Kind, about: &str, message: &str) -> u64 {
        let mut state = self.0.state();
        let at = state.now.clone();
        let about = Some(about.to_owned()).filter(|about| !about.is_empty());
        let id = match state.events.last_mut().filter(|last| last.kind == kind && last.about == about && last.message == message) {
            Some(last) => {
                (last.at, last.count) = (at, last.count + 1);
                last.id
            }
            None => {
                let id = state.events.last().map_or(1, |last| last.id + 1);
                state.events.push(Event { id, at, kind, about, message: message.to_owned(), count: 1 });
                id
            }
        };
        drop(state);
        self.0.event.send_replace(id);
        id
    }

    /// A proxy connects, or is in another state.
    pub(crate) fn proxy(&self, proxy: ProxyAnswer) {
        let mut state = self.0.state();
        state.proxies.retain(|one| (&one.workload, &one.instance) != (&proxy.workload, &proxy.instance));
        state.proxies.push(proxy);
        state.proxies.sort_by(|one, other| (&one.workload, &one.instance).cmp(&(&other.workload, &other.instance)));
    }

    /// How many look at its calls now.
    #[allow(dead_code, reason = "who serves it does not ask")]
    pub(crate) fn lookers(&self) -> usize {
        self.0.lookers.load(Ordering::SeqCst)
    }

    /// It is later.
    #[allow(dead_code, reason = "tests stay at one time")]
    pub(crate) fn is_now(&self, now: &str) {
        self.0.state().now = now.to_owned();
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live for Scripted {
    fn calls(&self) -> Box<dyn Calls> {
        self.0.lookers.fetch_add(1, Ordering::SeqCst);
        Box::new(Looker(self.0.clone()))
    }

    /// Of all calls that are remembered: what is scripted is of one minute.
    fn edges(&self, window: Duration) -> Edges {
        type Key = (Direction, Party, Party, Verdict, Option<String>);
        let state = self.0.state();
        let mut counts: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
        for call in &state.calls {
            // Those of a destination are counted at the port alone, as proxies do.
            let key = (call.direction, call.source.clone(), call.destination.clone(), call.verdict, call.policy.clone());
            let count = counts.entry(key).or_default();
            count.0 += 1;
            count.1 += u64::from(call.verdict == Verdict::Allowed);
        }
        let seconds = window.as_secs_f64();
        let edge = |((direction, source, destination, verdict, policy), (calls, succeeded)): (Key, (u64, u64))| Edge {
            direction,
            source,
            destination,
            verdict,
            policy,
            calls,
            per_second: calls as f64 / seconds,
            succeeded,
            latency: None,
        };
        Edges { at: state.now.clone(), window_seconds: seconds, edges: counts.into_iter().map(edge).collect(), silent: Vec::new() }
    }

    fn events(&self) -> Events {
        Events { events: self.0.state().events.clone() }
    }

    fn newest_event(&self) -> watch::Receiver<u64> {
        self.0.event.subscribe()
    }

    fn proxies(&self) -> Proxies {
        let state = self.0.state();
        Proxies { revision: state.revision, at: state.now.clone(), proxies: state.proxies.clone() }
    }
}

impl Calls for Looker {
    fn after(&self, id: u64) -> Vec<Arc<Call>> {
        self.0.state().calls.iter().filter(|call| call.id > id).cloned().collect()
    }

    fn newest(&self) -> watch::Receiver<u64> {
        self.0.call.subscribe()
    }
}

impl Drop for Looker {
    fn drop(&mut self) {
        self.0.lookers.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A call that the called proxy has let in: `shop/web` reads reviews.
pub(crate) fn call(path: &str) -> Call {
    Call {
        id: 0,
        at: NOW.replace("06.500", "05.250"),
        direction: Direction::Inbound,
        source: workload("shop/web", "spiffe://cluster.local/ns/shop/sa/web"),
        destination: Party {
            service: Some("shop/reviews".to_owned()),
            address: Some("127.0.10.2:8080".to_owned()),
            ..workload("shop/reviews-v1", "")
        },
        verdict: Verdict::Allowed,
        policy: Some("TrafficTarget/shop/web-reads-reviews".to_owned()),
        protocol: Some("HTTP/1.1".to_owned()),
        method: Some("GET".to_owned()),
        authority: Some("reviews.shop".to_owned()),
        path: Some(path.to_owned()),
        status: Some(200),
        flags: None,
        details: None,
        duration_ms: 3,
        bytes_in: 0,
        bytes_out: 120,
        attempts: None,
    }
}

/// The same by `shop/batch`, whom no rule names.
pub(crate) fn denied(path: &str) -> Call {
    Call {
        source: workload("shop/batch", "spiffe://cluster.local/ns/shop/sa/batch"),
        verdict: Verdict::Denied,
        policy: None,
        status: Some(403),
        details: Some("rbac_access_denied".to_owned()),
        ..call(path)
    }
}

/// A workload; without an identity where that is empty.
pub(crate) fn workload(name: &str, identity: &str) -> Party {
    let identity = Some(identity.to_owned()).filter(|identity| !identity.is_empty());
    Party { workload: Some(name.to_owned()), service: None, identity, address: None }
}

/// A proxy that has everything.
pub(crate) fn proxy(workload: &str) -> ProxyAnswer {
    ProxyAnswer {
        workload: workload.to_owned(),
        instance: Some("10.0.0.1".to_owned()),
        identity: Some(format!("spiffe://cluster.local/ns/shop/sa/{}", workload.rsplit('/').next().unwrap_or_default())),
        sync: Sync::Synced,
        revision: Some(7),
        since: Some("2026-05-31T14:02:06Z".to_owned()),
        software: Some("meshglot 0.1.0".to_owned()),
        resources: [("CDS", 4), ("LDS", 2)].map(|(kind, count)| (kind.to_owned(), count)).into(),
        refused: Vec::new(),
        last_refusal: None,
    }
}

/// A policy by which a scripted mesh runs.
pub(crate) struct Running {
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) live: Scripted,
}

impl Source for Running {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.clone()
    }

    fn live(&self) -> Option<Arc<dyn Live>> {
        Some(Arc::new(self.live.clone()))
    }
}
