//! The sidecars of a cluster: its pods are watched while somebody looks, and for a short time longer.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use meshglot_traffic::{Place, Places};
use tokio::task::AbortHandle;

use super::sidecar::{Ways, sidecar};

/// Pods are watched for so long after somebody looked last.
const LINGER: Duration = Duration::from_secs(60);

/// How often it is seen whether somebody still looks.
const BEAT: Duration = Duration::from_secs(10);

/// Those of one cluster.
pub(super) struct Pods {
    client: Client,
    ways: Ways,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By namespace and name; `None`: they have not been listed yet.
    pods: Option<HashMap<String, Seen>>,
    /// Those of a list that has not ended.
    listed: HashMap<String, Seen>,
    looked: Option<Instant>,
    watching: Option<AbortHandle>,
}

/// A pod with a sidecar.
#[derive(Clone)]
struct Seen {
    place: Place,
    addresses: Vec<IpAddr>,
}

impl Pods {
    pub(super) fn new(client: Client, ways: Ways) -> Self {
        Self { client, ways, state: Arc::default() }
    }

    /// The workload of the pod with this address; `None`: none with a sidecar has it.
    pub(super) fn workload_at(&self, address: IpAddr) -> Option<String> {
        let state = self.state();
        let pods = state.pods.iter().flat_map(HashMap::values);
        pods.into_iter().find(|pod| pod.addresses.contains(&address)).map(|pod| pod.place.workload.to_string())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Places for Pods {
    fn found(&self) -> Option<BTreeMap<Arc<str>, Place>> {
        let mut state = self.state();
        state.looked = Some(Instant::now());
        if state.watching.as_ref().is_none_or(AbortHandle::is_finished) {
            let watching = tokio::spawn(watch(self.client.clone(), self.ways.clone(), self.state.clone()));
            state.watching = Some(watching.abort_handle());
        }
        let pods = state.pods.as_ref()?;
        Some(pods.iter().map(|(name, pod)| (Arc::from(name.as_str()), pod.place.clone())).collect())
    }

    fn are_always_read(&self) -> bool {
        false
    }

    fn nobody(&self) -> &'static str {
        "no pod of it runs with a sidecar"
    }
}

impl Drop for Pods {
    fn drop(&mut self) {
        self.state().watching.iter().for_each(AbortHandle::abort);
    }
}

async fn watch(client: Client, ways: Ways, state: Arc<Mutex<State>>) {
    let running = watcher::Config::default().fields("status.phase=Running");
    let mut events = pin!(watcher(Api::<Pod>::all(client), running).default_backoff());
    let mut beat = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => locked(&state).take(event, &ways),
                // It comes back by itself, and what was seen last is good enough for whoever looks.
                Some(Err(_)) => {}
                None => return,
            },
            _ = beat.tick() => {
                let mut state = locked(&state);
                if state.looked.is_none_or(|looked| looked.elapsed() > LINGER) {
                    *state = State::default();
                    return;
                }
            }
        }
    }
}

impl State {
    fn take(&mut self, event: Event<Pod>, ways: &Ways) {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(pod) => {
                self.listed.extend(seen(&pod, ways));
            }
            Event::InitDone => self.pods = Some(std::mem::take(&mut self.listed)),
            Event::Apply(pod) => {
                let pods = self.pods.get_or_insert_default();
                pods.remove(&name(&pod));
                pods.extend(seen(&pod, ways));
            }
            Event::Delete(pod) => {
                self.pods.get_or_insert_default().remove(&name(&pod));
            }
        }
    }
}

/// `None`: it has no sidecar, or no address yet.
fn seen(pod: &Pod, ways: &Ways) -> Option<(String, Seen)> {
    let ips = pod.status.as_ref()?.pod_ips.iter().flatten();
    let addresses: Vec<IpAddr> = ips.filter_map(|ip| ip.ip.parse().ok()).collect();
    let sidecar = sidecar(pod)?;
    let way = ways.to(&sidecar, *addresses.first()?);
    Some((name(pod), Seen { place: Place { workload: sidecar.workload.into(), way }, addresses }))
}

fn name(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any())
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
