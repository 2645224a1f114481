//! Those whose calls are listened to.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::{AbortHandle, JoinSet};

use crate::follow::Follower;
use crate::names::Names;
use crate::places::Place;
use crate::ring::Ring;

/// A task for each of them.
#[derive(Default)]
pub(crate) struct Followed {
    tasks: JoinSet<()>,
    handles: BTreeMap<Arc<str>, AbortHandle>,
}

impl Followed {
    /// Listens to these proxies, and to no others.
    pub(crate) fn follow(&mut self, wanted: BTreeMap<Arc<str>, Place>, names: &Arc<dyn Names>, ring: &Arc<Ring>) {
        self.handles.retain(|name, handle| {
            let stays = wanted.contains_key(name);
            if !stays {
                handle.abort();
            }
            stays && !handle.is_finished()
        });
        for (name, place) in wanted {
            if !self.handles.contains_key(&name) {
                let follower = Follower { place, names: names.clone(), ring: ring.clone() };
                self.handles.insert(name, self.tasks.spawn(follower.run()));
            }
        }
        while self.tasks.try_join_next().is_some() {}
    }
}
