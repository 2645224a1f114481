//! Processes that are started here, started again when they end by themselves, and that never outlive this one.

mod unit;
mod with_parent;

pub(crate) use unit::{Happened, Input, Unit, Voice};
pub(crate) use with_parent::{own_program, run as with_parent};

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Who is told what happens, with the name of the unit.
pub(crate) type Tell = Arc<dyn Fn(&str, Happened) + Send + Sync>;

/// Units that run, by name.
pub(crate) struct Supervisor {
    tell: Tell,
    running: BTreeMap<String, Running>,
}

struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Supervisor {
    pub(crate) fn new(tell: Tell) -> Self {
        Self { tell, running: BTreeMap::new() }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.running.contains_key(name)
    }

    /// Starts one, and keeps it running. Within a runtime, whose threads have to live as long as the unit: the system ends a child
    /// with the thread that started it.
    pub(crate) fn start(&mut self, unit: Unit) {
        let (stop, stopped) = watch::channel(false);
        let (name, tell) = (unit.name.clone(), self.tell.clone());
        let task = tokio::spawn(unit.keep_running(stopped, tell));
        self.running.insert(name, Running { stop, task });
    }

    /// Asks those to end that `stays` is not true of, and forgets them.
    pub(crate) fn retain(&mut self, stays: impl Fn(&str) -> bool) {
        self.running.retain(|name, running| {
            let stays = stays(name);
            if !stays {
                running.stop.send_replace(true);
            }
            stays && !running.task.is_finished()
        });
    }

    /// Ends all of them, at the same time.
    pub(crate) async fn end(self) {
        for running in self.running.values() {
            running.stop.send_replace(true);
        }
        for (_, running) in self.running {
            // One that panicked has ended, too.
            let _ = running.task.await;
        }
    }
}
