//! The roots where pods read them: a ConfigMap in every namespace whose pods get sidecars.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{Patch, PatchParams};
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use meshglot_ca::{Authority, chain_pem};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{MANAGER, OURS};
use crate::control::Tell;

/// The name of the ConfigMap, which has the roots as `ca.crt`.
pub const ROOTS: &str = "meshglot-root";

/// The label of namespaces whose pods get sidecars; its value is `enabled`.
pub const LABEL: &str = "meshglot.dev/inject";

/// Its key of the roots.
const KEY: &str = "ca.crt";

/// So long it is waited for more to come: what another control plane has written may be newer than what this one knows.
const TOGETHER: Duration = Duration::from_millis(300);

/// So long after a write that failed.
const LATER: Duration = Duration::from_secs(5);

/// What is seen of the cluster.
#[derive(Default)]
struct Seen {
    /// Namespaces with the label.
    namespaces: Listed<()>,
    /// Of ConfigMaps of the name: whether it is ours, and its roots.
    published: Listed<(bool, Option<String>)>,
}

/// Objects by namespace, followed by lists and what comes after them.
struct Listed<T> {
    all: BTreeMap<String, T>,
    coming: BTreeMap<String, T>,
    is_known: bool,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), coming: BTreeMap::new(), is_known: false }
    }
}

impl<T> Listed<T> {
    fn take(&mut self, event: Event<(String, T)>) {
        match event {
            Event::Init => self.coming.clear(),
            Event::InitApply((name, found)) => drop(self.coming.insert(name, found)),
            Event::InitDone => (self.all, self.is_known) = (std::mem::take(&mut self.coming), true),
            Event::Apply((name, found)) => drop(self.all.insert(name, found)),
            Event::Delete((name, _)) => drop(self.all.remove(&name)),
        }
    }
}

/// Writes them where they are otherwise, as long as it is polled. What somebody else has put there under this name stays, and is told.
pub(super) async fn publish(client: Client, mut signs: watch::Receiver<Arc<Authority>>, tell: Tell) {
    let labelled = Config::default().labels(&format!("{LABEL}=enabled"));
    let mut namespaces = watcher(Api::<PartialObjectMeta<Namespace>>::all(client.clone()), labelled).default_backoff().boxed();
    let of_name = Config::default().fields(&format!("metadata.name={ROOTS}"));
    let mut maps = watcher(Api::<ConfigMap>::all(client.clone()), of_name).default_backoff().boxed();
    let (mut seen, mut told) = (Seen::default(), BTreeSet::new());
    let mut due: Option<Instant> = None;
    loop {
        let wakes = due.unwrap_or_else(|| Instant::now() + LATER);
        tokio::select! {
            word = namespaces.next() => match word {
                Some(Ok(event)) => seen.namespaces.take(each(event, |one| (one.name_any(), ()))),
                Some(Err(error)) => say_once(&mut told, &tell, format!("namespaces cannot be watched: {error}")),
                None => return,
            },
            word = maps.next() => match word {
                Some(Ok(event)) => seen.published.take(each(event, |one| (one.namespace().unwrap_or_default(), published(&one)))),
                Some(Err(error)) => say_once(&mut told, &tell, format!("ConfigMaps {ROOTS} cannot be watched: {error}")),
                None => return,
            },
            changed = signs.changed() => if changed.is_err() { return },
            () = sleep_until(wakes), if due.is_some() => {
                let roots = chain_pem(&signs.borrow_and_update().bundle());
                due = write(&client, &seen, &roots, &mut told, &tell).await;
                continue;
            }
        }
        due = Some(due.unwrap_or_else(|| Instant::now() + TOGETHER));
    }
}

/// When it is tried again; `None`: all is as it should be.
async fn write(client: &Client, seen: &Seen, roots: &str, told: &mut BTreeSet<String>, tell: &Tell) -> Option<Instant> {
    if !(seen.namespaces.is_known && seen.published.is_known) {
        return None;
    }
    let mut due = None;
    for namespace in seen.namespaces.all.keys() {
        match seen.published.all.get(namespace) {
            Some((_, Some(there))) if there == roots => continue,
            Some((false, _)) => {
                say_once(
                    told,
                    tell,
                    format!("ConfigMap {namespace}/{ROOTS} is somebody else's: it stays, and pods there may not trust us"),
                );
                continue;
            }
            Some((true, _)) | None => {}
        }
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": ROOTS, "namespace": namespace, "labels": {OURS.0: OURS.1}},
            "data": {KEY: roots},
        });
        let api: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
        match api.patch(ROOTS, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&map)).await {
            Ok(_) => {}
            // A namespace that ends takes nothing more.
            Err(kube::Error::Api(status))
                if status.code == 404 || status.reason == "Forbidden" && status.message.contains("terminated") => {}
            Err(error) => {
                say_once(told, tell, format!("the roots cannot be published in {namespace}: {error}"));
                due = Some(Instant::now() + LATER);
            }
        }
    }
    due
}

fn published(map: &ConfigMap) -> (bool, Option<String>) {
    let is_ours = map.labels().get(OURS.0).is_some_and(|value| value == OURS.1);
    (is_ours, map.data.as_ref().and_then(|data| data.get(KEY)).cloned())
}

fn each<K, T>(event: Event<K>, of: impl Fn(K) -> T) -> Event<T> {
    match event {
        Event::Apply(one) => Event::Apply(of(one)),
        Event::Delete(one) => Event::Delete(of(one)),
        Event::Init => Event::Init,
        Event::InitApply(one) => Event::InitApply(of(one)),
        Event::InitDone => Event::InitDone,
    }
}

/// What goes on being wrong is told once.
fn say_once(told: &mut BTreeSet<String>, tell: &Tell, what: String) {
    if !told.contains(&what) {
        tell(&what);
        told.insert(what);
    }
}
