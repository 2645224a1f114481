//! When the status of a rule says that it is in force as it was last edited, as whoever watches that sees it.

use std::pin::pin;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use kube::Client;
use kube::api::DynamicObject;
use kube::runtime::watcher::{Config, Event, watcher};

use super::probe::now;
use crate::controller::cluster::api;

/// The one rule of the fleet.
pub(super) struct Said {
    seen: Receiver<(i64, u64)>,
    /// The generation that was said last.
    last: i64,
}

impl Said {
    /// Within a runtime, in which the watch goes on.
    pub(super) fn of(client: &Client) -> Self {
        let (tell, seen) = channel();
        let api = api(client, "access.smi-spec.io/v1alpha4", "TrafficTarget", Some("fleet"));
        tokio::spawn(async move {
            let mut events = pin!(watcher(api, Config::default()));
            while let Some(event) = events.next().await {
                if let Ok(Event::Apply(object) | Event::InitApply(object)) = event
                    && let Some(generation) = in_force(&object)
                {
                    let _ = tell.send((generation, now()));
                }
            }
        });
        let mut said = Self { seen, last: 0 };
        said.next(Duration::from_secs(60));
        said
    }

    /// When the next edit is said to be in force, in microseconds of the machine's clock.
    pub(super) fn next(&mut self, patience: Duration) -> u64 {
        let end = Instant::now() + patience;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (generation, at) = self.seen.recv_timeout(left).expect("the status says that the rule is in force");
            if generation > self.last {
                self.last = generation;
                return at;
            }
        }
    }
}

/// The generation of an object that is in force as it is.
fn in_force(object: &DynamicObject) -> Option<i64> {
    let generation = object.metadata.generation?;
    let conditions = object.data["status"]["conditions"].as_array()?;
    let ready = conditions.iter().find(|one| one["type"] == "Ready")?;
    (ready["status"] == "True" && ready["observedGeneration"] == generation).then_some(generation)
}
