//! Looks at the objects of a mesh at each change, as the mesh reads them, for callers that are let in and that no policy ever let in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::StreamExt as _;
use futures_util::stream::select_all;
use kube::api::DynamicObject;
use kube::runtime::watcher::{Config, Event, watcher};
use meshglot_translator::eval::{Call, Caller, Request, Verdict};
use meshglot_translator::ir::{MeshSettings, ServiceKey};
use meshglot_translator::parse::{Source, parse};
use meshglot_translator::render::{Backend, Target};
use meshglot_translator::resolve::{Model, ReadOptions};
use meshglot_translator::verify::reading;
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::cluster::Cluster;

/// Objects by kind, namespace and name.
pub(super) type Live = BTreeMap<(String, String, String), Value>;

/// Ends its watches when it is dropped.
pub(super) struct Guard {
    task: JoinHandle<()>,
    looks: Arc<AtomicUsize>,
    breaches: Arc<Mutex<Vec<String>>>,
}

impl Guard {
    /// Looks at all that a backend renders, from now on. `inventory`: what runs behind the Services.
    pub(super) async fn of(cluster: &Cluster, backend: &'static dyn Backend, inventory: &[Value], denied: Vec<Request>) -> Self {
        let mut watches = Vec::new();
        for kind in backend.kinds() {
            let api = cluster.api(&format!("{}/{}", kind.group, kind.version), kind.kind, None).await;
            let name = kind.kind;
            watches.push(watcher(api, Config::default()).map(move |event| (name, event)).boxed());
        }
        let model = model(inventory);
        let (looks, breaches) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (looked, told) = (looks.clone(), breaches.clone());
        let task = tokio::spawn(async move {
            let mut live = Live::new();
            // What lists have said so far that have not come to their end, and the kinds that were listed once.
            let (mut lists, mut listed) = (BTreeMap::<&str, Live>::new(), BTreeSet::new());
            let all = watches.len();
            let mut events = select_all(watches);
            while let Some((kind, event)) = events.next().await {
                match event {
                    Ok(Event::Init) => drop(lists.insert(kind, Live::new())),
                    Ok(Event::InitApply(object)) => drop(lists.entry(kind).or_default().insert(path(kind, &object), json(&object))),
                    Ok(Event::InitDone) => {
                        live.retain(|(of, ..), _| of != kind);
                        live.append(&mut lists.remove(kind).unwrap_or_default());
                        listed.insert(kind);
                    }
                    Ok(Event::Apply(object)) => drop(live.insert(path(kind, &object), json(&object))),
                    Ok(Event::Delete(object)) => drop(live.remove(&path(kind, &object))),
                    Err(_) => {}
                }
                if !lists.is_empty() || listed.len() < all {
                    continue;
                }
                for breach in breached(backend, &model, &live, &denied) {
                    told.lock().unwrap_or_else(PoisonError::into_inner).push(breach);
                }
                looked.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { task, looks, breaches }
    }

    /// Fails if anybody was let in; how often it has looked.
    pub(super) fn finds_nothing(&self) -> usize {
        let breaches = self.breaches.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(breaches.is_empty(), "{} times, first: {}", breaches.len(), breaches[0]);
        self.looks.load(Ordering::Relaxed)
    }

    /// Whether it has ever found somebody.
    pub(super) fn has_found(&self) -> bool {
        !self.breaches.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A call over HTTP by an account of `shop` to a Service there.
pub(super) fn call(account: &str, service: &str, method: &str, path: &str) -> Request {
    let headers = vec![("host".to_owned(), service.to_owned())];
    Request {
        caller: Caller { namespace: "shop".into(), service_account: account.into(), workload: None, meshed: true },
        service: ServiceKey { namespace: "shop".into(), name: service.into() },
        port: 80,
        call: Call::Http { method: method.to_owned(), target: path.to_owned(), headers },
    }
}

/// What runs behind the Services, as a reading of a mesh needs it.
pub(super) fn model(inventory: &[Value]) -> Model {
    let texts: Vec<_> = inventory.iter().map(|one| Source::new("inventory".to_owned(), one.to_string())).collect();
    Model::new(parse(&texts).0, ReadOptions::default()).with_implied_mesh(MeshSettings::default())
}

/// Of these calls those that are let in by these objects.
pub(super) fn breached(backend: &dyn Backend, model: &Model, live: &Live, denied: &[Request]) -> Vec<String> {
    let target = Target { everything: true, ..Target::default() };
    let reading = reading(backend, model, &target, live.values().cloned().collect());
    let is_let_in = |request: &&Request| reading.evaluate(request).verdict == Verdict::Allow;
    let names: Vec<String> = live.keys().map(|(kind, namespace, name)| format!("{kind}/{namespace}/{name}")).collect();
    let line = |request: &Request| format!("{}: {} with {}", backend.name(), request.line("→"), names.join(" "));
    denied.iter().filter(is_let_in).map(line).collect()
}

pub(super) fn path(kind: &str, object: &DynamicObject) -> (String, String, String) {
    (kind.to_owned(), object.metadata.namespace.clone().unwrap_or_default(), object.metadata.name.clone().unwrap_or_default())
}

pub(super) fn json(object: &DynamicObject) -> Value {
    serde_json::to_value(object).expect("JSON")
}
