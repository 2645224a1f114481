//! Everything that happens to the objects of several meshes and to the pods, in the order in which it happened: the store numbers all
//! writes of a cluster one after another, whichever kind they are of. A watch may be behind another one; a number is not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use kube::api::{DynamicObject, ListParams};
use kube::runtime::watcher::{Config, Event, watcher};
use meshglot_translator::eval::Request;
use meshglot_translator::render::Backend;
use serde_json::Value;
use tokio::task::JoinHandle;

use super::guard::{Live, breached, json, model, path};
use crate::cluster::Cluster;

const POD: &str = "Pod";

/// Writes that are told where something is wrong.
const TOLD: usize = 14;

/// What became of an object.
struct Write {
    /// `None`: it is a pod.
    backend: Option<&'static str>,
    path: (String, String, String),
    /// `None`: it is gone.
    object: Option<Value>,
}

/// Writes by their number.
type Log = Arc<Mutex<BTreeMap<u64, Write>>>;

/// Ends its watches when it is dropped.
pub(super) struct Record {
    task: JoinHandle<()>,
    log: Log,
    backends: Vec<&'static dyn Backend>,
    /// What came before has come to rest.
    since: u64,
}

impl Record {
    /// Writes down what is there and what happens from now on.
    pub(super) async fn of(cluster: &Cluster, backends: Vec<&'static dyn Backend>) -> Self {
        let list = cluster.api("v1", POD, None).await.list(&ListParams::default()).await.expect("a list");
        let since = list.metadata.resource_version.and_then(|text| text.parse().ok()).expect("a version");
        let mut watches = Vec::new();
        let kinds = backends.iter().flat_map(|backend| backend.kinds().iter().map(|kind| (Some(backend.name()), kind)));
        let kinds = kinds.map(|(backend, kind)| (backend, format!("{}/{}", kind.group, kind.version), kind.kind));
        for (backend, api_version, kind) in kinds.chain([(None, "v1".to_owned(), POD)]) {
            let api = cluster.api(&api_version, kind, None).await;
            watches.push(watcher(api, Config::default()).map(move |event| (backend, kind, event)).boxed());
        }
        let log = Log::default();
        let written = log.clone();
        let task = tokio::spawn(async move {
            let mut events = select_all(watches);
            while let Some((backend, kind, event)) = events.next().await {
                let (object, is_there) = match event {
                    Ok(Event::Apply(object) | Event::InitApply(object)) => (object, true),
                    Ok(Event::Delete(object)) => (object, false),
                    _ => continue,
                };
                let write = Write { backend, path: path(kind, &object), object: is_there.then(|| json(&object)) };
                written.lock().unwrap_or_else(PoisonError::into_inner).insert(number(&object), write);
            }
        });
        Self { task, log, backends, since }
    }

    /// Goes through all that happened. Fails where one of these calls was let in by a mesh that a pod was in; how many states it saw.
    pub(super) fn replay(&self, inventory: &[Value], denied: &[Request]) -> usize {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let model = model(inventory);
        let mut live: BTreeMap<Option<&str>, Live> = BTreeMap::new();
        let mut looks = 0;
        for (number, Write { backend: of, path, object }) in log.iter() {
            let objects = live.entry(*of).or_default();
            match object {
                Some(object) => drop(objects.insert(path.clone(), object.clone())),
                None => drop(objects.remove(path)),
            }
            for backend in &self.backends {
                let has_pods = live.get(&None).is_some_and(|pods| pods.values().any(|pod| backend.has_pod(pod)));
                if *number <= self.since || !has_pods || of.is_some_and(|of| of != backend.name()) {
                    continue;
                }
                looks += 1;
                let nothing = Live::new();
                let breaches = breached(*backend, &model, live.get(&Some(backend.name())).unwrap_or(&nothing), denied);
                let before: Vec<String> = log.range(..=number).rev().take(TOLD).map(|(number, write)| write.line(*number)).collect();
                assert!(breaches.is_empty(), "{} after\n{}", breaches[0], before.join("\n"));
            }
        }
        looks
    }
}

impl Write {
    fn line(&self, number: u64) -> String {
        let pod = self.object.as_ref().filter(|_| self.backend.is_none()).map(|pod| format!(" {}", pod["spec"]["containers"][1]["name"]));
        let what = if self.object.is_some() { "written" } else { "gone" };
        format!("{number} {}/{} {what}{}", self.path.0, self.path.2, pod.unwrap_or_default())
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn number(object: &DynamicObject) -> u64 {
    object.metadata.resource_version.as_deref().and_then(|text| text.parse().ok()).expect("a version")
}
