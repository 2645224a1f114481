//! The mesh of a cluster as it runs, for the web view and for commands: this control plane asks every sidecar, also those that others serve.

mod answers;
mod pods;
mod proxies;
mod sidecar;
mod told;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use kube::Client;
use meshglot_control::Control;
use meshglot_controller::{Desk, Told};
use meshglot_observed::{Edges, Events, Proxies};
use meshglot_traffic::{Hub, Names};
use meshglot_translator::plan::Plan;
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Calls, Live};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::live::{EventLog, Looks, Who};
pub(super) use answers::router;
use pods::Pods;
use sidecar::Ways;

/// How often it is seen whether policy is otherwise while somebody looks.
const PAUSE: Duration = Duration::from_secs(2);

/// Everything that is seen.
pub(super) struct Look {
    hub: Hub,
    control: Arc<Control>,
    events: EventLog,
}

/// Names by policy, and by the addresses of pods.
struct Known {
    who: Who,
    pods: Arc<Pods>,
}

impl Look {
    /// Begins, within a runtime: until somebody looks, nothing is done.
    pub(super) fn new(control: Arc<Control>, client: Client, desk: Desk) -> Arc<Self> {
        let ways = Ways { caller: control.caller(), trust_domain: control.trust_domain().clone() };
        let pods = Arc::new(Pods::new(client, ways));
        let known = Arc::new(Known { who: Who::default(), pods: pods.clone() });
        let look = Arc::new(Self { hub: Hub::new(pods, known.clone()), control, events: EventLog::new() });
        tokio::spawn(look.clone().learn(known, desk));
        look
    }

    /// Remembers what the controller has told.
    pub(super) fn heard(&self, told: &Told) {
        told::record(&self.events, told);
    }

    /// Learns the names of the newest policy while somebody looks; it ends with the controller.
    async fn learn(self: Arc<Self>, known: Arc<Known>, desk: Desk) {
        let mut learned = None;
        loop {
            let newest = *desk.changes().borrow();
            if self.hub.reads() && learned != Some(newest) {
                let Some(texts) = desk.texts().await else { return };
                let (known, control) = (known.clone(), self.control.clone());
                let learning = tokio::task::spawn_blocking(move || {
                    let plan = Plan::policy(&texts.sources, Vec::new(), ReadOptions::default());
                    known.who.learn(&plan, &control);
                    texts.is_complete
                });
                // Before everything was listed, more of it comes without an edit.
                learned = learning.await.ok().filter(|is_complete| *is_complete).map(|_| newest);
            }
            sleep(PAUSE).await;
        }
    }
}

impl Live for Look {
    fn calls(&self) -> Box<dyn Calls> {
        Box::new(Looks(self.hub.watch()))
    }

    fn edges(&self, window: Duration) -> Edges {
        self.hub.edges(window)
    }

    fn events(&self) -> Events {
        self.events.all()
    }

    fn newest_event(&self) -> watch::Receiver<u64> {
        self.events.newest()
    }

    fn proxies(&self) -> Proxies {
        proxies::all(self.control.status(), self.hub.proxies(), &self.control.identities())
    }
}

impl Names for Known {
    fn workloads(&self) -> Vec<String> {
        self.who.workloads()
    }

    fn workload(&self, identity: &str) -> Option<String> {
        self.who.workload(identity)
    }

    fn workload_at(&self, address: IpAddr) -> Option<String> {
        self.pods.workload_at(address).or_else(|| self.who.workload_at(address))
    }

    fn identity(&self, workload: &str) -> Option<String> {
        self.who.identity(workload)
    }

    fn service(&self, workload: &str) -> Option<String> {
        self.who.service(workload)
    }

    fn identity_behind(&self, service: &str) -> Option<String> {
        self.who.identity_behind(service)
    }

    fn service_of_cluster(&self, cluster: &str) -> Option<String> {
        self.who.service_of_cluster(cluster)
    }
}
