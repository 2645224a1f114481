//! A stream of edits of splits and access, by a seed: some are wrong, some cannot be said to Istio, none lets `mallory` in.

use fastrand::Rng;
use meshglot_translator::eval::Request;
use serde_json::{Value, json};

use super::guard::{Guard, call};
use crate::cluster::{Cluster, deployment, service, split, virtual_service};
use crate::fresh::converges;

/// Paths of the group: the third and the fourth cannot be said to Istio.
const PATHS: [&str; 4] = ["/api", "/api/v1", "/(api|x+y)", "/x+y"];

/// The edits, and the cluster's objects that they are about.
pub(crate) struct Edits {
    random: Rng,
    has_others: bool,
}

pub(crate) fn group(path: &str) -> Value {
    json!({
        "apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": {"name": "api", "namespace": "shop"},
        "spec": {"matches": [{"name": "all", "pathRegex": path, "methods": ["GET"]}]},
    })
}

pub(crate) fn target(name: &str, sources: &[&str]) -> Value {
    let sources: Vec<Value> = sources.iter().map(|name| json!({"kind": "ServiceAccount", "name": name, "namespace": "shop"})).collect();
    json!({
        "apiVersion": "access.smi-spec.io/v1alpha3", "kind": "TrafficTarget", "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "destination": {"kind": "ServiceAccount", "name": "web", "namespace": "shop"},
            "rules": [{"kind": "HTTPRouteGroup", "name": "api"}],
            "sources": sources,
        },
    })
}

/// An object of the backend that is somebody else's.
fn theirs() -> Value {
    let mut theirs = virtual_service();
    theirs["metadata"]["name"] = json!("theirs");
    theirs["spec"] = json!({"hosts": ["web-v2"], "http": [{"route": [{"destination": {"host": "web-v2"}}]}]});
    theirs
}

/// Calls that none of the edits allows.
pub(super) fn denied() -> Vec<Request> {
    let outsiders = ["mallory", "default"].map(|account| call(account, "web-v1", "GET", "/api/v1"));
    let wrong = [call("ann", "web-v1", "DELETE", "/api/v1"), call("ann", "web-v1", "GET", "/elsewhere")];
    outsiders.into_iter().chain(wrong).collect()
}

impl Edits {
    /// Policy that is in force soon, a foreign object, and a guard that begins when it is.
    pub(super) async fn begin(cluster: &Cluster, seed: u64) -> (Self, Guard) {
        let edits = Self::of(cluster, seed).await;
        let first = cluster.controller("istio").await;
        cluster.comes(&target("callers", &[]), "Ready", "True", "InForce").await;
        cluster.comes(&split("web", [1, 1]), "Ready", "True", "InForce").await;
        first.end().await;
        let backend = meshglot_registry::find("istio").expect("a backend");
        let guard = Guard::of(cluster, backend, &[service("web-v1"), deployment("web")], denied()).await;
        (edits, guard)
    }

    /// Policy that nobody has rendered yet, and a foreign object.
    pub(super) async fn of(cluster: &Cluster, seed: u64) -> Self {
        cluster.apply(&deployment("web")).await;
        cluster.apply_as("somebody", &theirs()).await;
        cluster.apply(&group(PATHS[0])).await;
        cluster.apply(&target("callers", &["ann"])).await;
        cluster.apply(&split("web", [1, 1])).await;
        Self { random: Rng::with_seed(seed), has_others: false }
    }

    /// One of so many, by the seed.
    pub(super) fn one_of(&mut self, many: u8) -> bool {
        self.random.u8(..many) == 0
    }

    /// The next edit.
    pub(super) async fn next(&mut self, cluster: &Cluster) {
        match self.random.u8(..5) {
            0 => cluster.apply(&group(PATHS[self.random.usize(..PATHS.len())])).await,
            1 => {
                let sources: &[&str] = if self.random.bool() { &["ann"] } else { &["ann", "bob"] };
                cluster.apply(&target("callers", sources)).await;
            }
            2 if self.has_others => {
                cluster.delete(&target("others", &[])).await;
                self.has_others = false;
            }
            2 => {
                cluster.apply(&target("others", &["carol"])).await;
                self.has_others = true;
            }
            // All weights 0 are wrong.
            3 => cluster.apply(&split("web", [0, 0])).await,
            _ => cluster.apply(&split("web", [self.random.i64(1..100), 7])).await,
        }
    }

    /// A moment of at most so many milliseconds.
    pub(super) async fn pause(&mut self, most: u64) {
        tokio::time::sleep(std::time::Duration::from_millis(self.random.u64(..most))).await;
    }

    /// Policy that all of can be rendered, and what has to hold then: all is as a fresh rendering says, what is foreign is as it was, and
    /// nobody was let in. How often the guard has looked.
    pub(super) async fn end(&self, cluster: &Cluster, guard: &Guard) -> usize {
        self.settle(cluster).await;
        converges(cluster, "istio").await;
        self.spares_others(cluster).await;
        guard.finds_nothing()
    }

    /// Policy that all of can be rendered, once it is in force.
    pub(super) async fn settle(&self, cluster: &Cluster) {
        cluster.apply(&group(PATHS[1])).await;
        cluster.apply(&target("callers", &["ann"])).await;
        cluster.apply(&split("web", [42, 58])).await;
        cluster.comes(&target("callers", &[]), "Ready", "True", "InForce").await;
        cluster.comes(&split("web", [1, 1]), "Ready", "True", "InForce").await;
        cluster.comes(&group(""), "Ready", "True", "InForce").await;
    }

    /// What is foreign is as it was.
    pub(super) async fn spares_others(&self, cluster: &Cluster) {
        let found = cluster.get(&theirs()).await.expect("it is there");
        assert_eq!((&found["spec"], &found["metadata"]["generation"]), (&theirs()["spec"], &json!(1)), "what is foreign is touched");
    }
}

/// A guard that finds nobody has looked at the right thing only if it finds somebody who is let in.
#[tokio::test(flavor = "multi_thread")]
async fn the_guard_sees_who_is_let_in() {
    if !meshglot_apiserver::installed() || meshglot_apiserver::crds().is_none() {
        return;
    }
    let cluster = Cluster::new(&["istio"]).await;
    let (_edits, guard) = Edits::begin(&cluster, 1).await;
    assert!(!guard.has_found());
    let _running = cluster.controller("istio").await;
    cluster.apply(&target("others", &["mallory"])).await;
    crate::cluster::until("mallory is seen", async || guard.has_found()).await;
}
