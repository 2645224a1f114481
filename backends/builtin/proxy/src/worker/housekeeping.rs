//! What is done once a second: connections that only wait are ended, lines are handed over.

use std::rc::Rc;
use std::time::Duration;

use super::Worker;
use crate::connection::{Connection, Phase};
use crate::routing::ServedAction;

/// How often.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// Connections to endpoints are looked at every so many ticks, and closed when they were idle so many times: after an hour, as Envoy does
/// where a cluster says nothing of it.
const LOOK: u32 = 60;
const IDLE: u32 = 60;

impl Worker {
    pub(super) async fn keep_house(self: Rc<Self>) {
        for tick in 1u32.. {
            tokio::time::sleep(TICK).await;
            self.seconds.set(u32::try_from(self.now().as_secs()).unwrap_or(u32::MAX));
            self.connections.all().iter().for_each(|connection| look_after(connection));
            self.clusters.borrow().iter().flatten().for_each(|upstream| upstream.tidy());
            if tick % LOOK == 0 {
                self.clusters.borrow().iter().flatten().for_each(|upstream| upstream.close_idle(IDLE));
            }
            self.log.flush();
            self.spans.send(&self);
        }
    }
}

fn look_after(connection: &Connection) {
    let seconds = |time: Duration| u32::try_from(time.as_secs().max(1)).unwrap_or(u32::MAX);
    let activity = &connection.activity;
    match &connection.chain().action {
        ServedAction::Http { manager, .. } => {
            // A head may have begun just before the clock was set.
            let is_slow = activity.head().zip(manager.headers_timeout).is_some_and(|(began, limit)| began > seconds(limit));
            let is_idle = activity.idle().zip(manager.idle_timeout).is_some_and(|(idle, limit)| idle > seconds(limit));
            if is_slow {
                connection.end(Phase::Closed);
            } else if is_idle {
                connection.end(Phase::Draining);
            }
        }
        ServedAction::Tcp { proxy, .. } => {
            if activity.idle().zip(proxy.idle_timeout).is_some_and(|(idle, limit)| idle > seconds(limit)) {
                connection.end(Phase::Closed);
            }
        }
    }
}
