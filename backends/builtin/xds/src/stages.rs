//! Tightening first: where an edit changes who may call a workload and something else besides, the proxies of that workload
//! hear of it before all others: docs/adr/0018-tightening-first.md.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::proxies::{Proxies, ProxyStatus};
use crate::world::World;

/// A proxy that does not answer keeps the others waiting for no longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(1);

/// How often is looked whether they have answered.
const LOOK: Duration = Duration::from_millis(5);

/// What streams read.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    world: Arc<World>,
    /// Read by these workloads already.
    ahead: Option<(Arc<World>, BTreeSet<Arc<str>>)>,
}

impl Stage {
    pub(crate) fn of(world: Arc<World>) -> Self {
        Self { world, ahead: None }
    }

    /// What a workload reads.
    pub(crate) fn world(&self, workload: &str) -> &Arc<World> {
        match &self.ahead {
            Some((world, first)) if first.contains(workload) => world,
            _ => &self.world,
        }
    }
}

/// Lets every world through, in one step or two, until nobody makes or reads them any more.
pub(crate) async fn run(mut worlds: watch::Receiver<Arc<World>>, stages: watch::Sender<Stage>, proxies: Arc<Proxies>, patience: Duration) {
    loop {
        let now = worlds.borrow_and_update().clone();
        let before = stages.borrow().world.clone();
        let first = now.guards(&before);
        let waits = |status: &ProxyStatus| first.contains(&*status.node.workload) && !status.is_guarded(now.revision());
        if proxies.count(waits) > 0 {
            stages.send_replace(Stage { world: before, ahead: Some((now.clone(), first.clone())) });
            let answered = async {
                while proxies.count(waits) > 0 {
                    tokio::time::sleep(LOOK).await;
                }
            };
            // Who does not answer is behind, as it would be without this.
            let _ = tokio::time::timeout(patience, answered).await;
        }
        stages.send_if_modified(|stage| {
            let is_new = !Arc::ptr_eq(&stage.world, &now);
            *stage = Stage::of(now);
            is_new
        });
        tokio::select! {
            changed = worlds.changed() => if changed.is_err() { return },
            () = stages.closed() => return,
        }
    }
}
