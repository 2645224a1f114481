//! Watches one kind, whatever happens to the API server and to the kind.

use std::time::Duration;

use futures_util::StreamExt as _;
use kube::api::DynamicObject;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use crate::backoff::Backoff;
use crate::found::Found;
use crate::kinds::{Role, Watched};
use crate::metrics::Metrics;
use crate::served::{Served, served};
use crate::trim::trim;

/// How often a kind that is not installed is looked for.
const LOOK: Duration = Duration::from_secs(2);

/// The same of one that will be served soon.
const SOON: Duration = Duration::from_millis(300);

/// Labels of what is ours, whatever it is.
const MANAGED: &str = "app.kubernetes.io/managed-by=meshglot";

/// Objects of one page of a list.
const PAGE: u32 = 500;

/// Watches the kind at a place in the list of all; it ends when nobody listens.
pub(crate) async fn follow(client: Client, place: usize, kind: Watched, found: Sender<Found>, metrics: Metrics) {
    let mut backoff = Backoff::default();
    metrics.watches(kind.kind);
    let mut is_absent = false;
    while !found.is_closed() {
        let pause = match served(&client, &kind).await {
            Ok(Served::Yes { resource, has_status }) => {
                is_absent = false;
                let config = watcher::Config::default().page_size(PAGE);
                let config = match (kind.role, kind.backend) {
                    (Role::Read(_), _) => config,
                    (Role::Rendered, Some(backend)) => config.labels(&format!("{MANAGED},meshglot.dev/backend={}", backend.name())),
                    (Role::Rendered | Role::Keeps, _) => config.labels(MANAGED),
                };
                let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
                let _ = found.send(Found::Served(place, Served::Yes { resource, has_status })).await;
                objects(api, config, place, &kind, &found, &metrics).await;
                SOON
            }
            Ok(Served::No) => {
                backoff = Backoff::default();
                // Once: what is no news makes nobody look at anything.
                if !std::mem::replace(&mut is_absent, true) {
                    let _ = found.send(Found::Served(place, Served::No)).await;
                }
                LOOK.mul_f64(0.75 + 0.5 * fastrand::f64())
            }
            Ok(Served::Soon | Served::Away(_)) => SOON,
            Err(error) => {
                let _ = found.send(Found::Trouble(format!("cannot look for {}: {error}", kind.kind))).await;
                backoff.next()
            }
        };
        sleep(pause).await;
    }
}

/// Tells objects until the kind is gone, or nobody listens.
async fn objects(api: Api<DynamicObject>, config: watcher::Config, place: usize, kind: &Watched, found: &Sender<Found>, metrics: &Metrics) {
    let mut events = watcher(api, config).boxed();
    let mut backoff = Backoff::default();
    while let Some(event) = events.next().await {
        let told = match event {
            Ok(Event::Init) => Some(Found::List(place)),
            Ok(Event::InitDone) => Some(Found::Listed(place)),
            Ok(Event::Apply(object) | Event::InitApply(object)) => value(object, kind).map(|object| Found::Object(place, object)),
            Ok(Event::Delete(object)) => value(object, kind).map(|object| Found::Gone(place, object)),
            Err(error) => {
                if is_absence(&error) {
                    return;
                }
                if is_too_old(&error) {
                    // All of it is listed next.
                    continue;
                }
                metrics.watch_restarted(kind.kind);
                let why = trouble(kind, &error);
                if found.send(if is_denial(&error) { Found::Denied(place, why) } else { Found::Trouble(why) }).await.is_err() {
                    return;
                }
                sleep(backoff.next()).await;
                continue;
            }
        };
        backoff = Backoff::default();
        if let Some(told) = told
            && found.send(told).await.is_err()
        {
            return;
        }
    }
}

fn value(object: DynamicObject, kind: &Watched) -> Option<Box<Value>> {
    // An object that came as JSON has such a form.
    serde_json::to_value(object).ok().map(|object| Box::new(trim(object, kind.role)))
}

/// In words; those of a server that does not answer are the same for all kinds.
fn trouble(kind: &Watched, error: &watcher::Error) -> String {
    match error {
        watcher::Error::InitialListFailed(inner) | watcher::Error::WatchStartFailed(inner) | watcher::Error::WatchFailed(inner)
            if !matches!(inner, kube::Error::Api(_)) =>
        {
            format!("the API server does not answer: {inner}")
        }
        error => format!("cannot watch {}: {error}", kind.kind),
    }
}

/// Whether the server does not remember what came after what we have seen.
fn is_too_old(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::WatchError(status) => status.code == 410,
        watcher::Error::WatchStartFailed(kube::Error::Api(status)) => status.code == 410,
        _ => false,
    }
}

/// Whether whoever asks may not list it.
fn is_denial(error: &watcher::Error) -> bool {
    matches!(error, watcher::Error::InitialListFailed(kube::Error::Api(status)) if status.code == 403)
}

/// Whether the kind itself is not there.
fn is_absence(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status)) | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
            status.code == 404
        }
        _ => false,
    }
}
