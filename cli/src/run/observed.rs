//! What is seen of the mesh that runs: for the web view, and for commands on the socket of the administration.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use meshglot_control::Control;
use meshglot_observed::{Edges, Events, Proxies};
use meshglot_smi_metrics::{Inventory, Traffic};
use meshglot_traffic::{Folders, Hub};
use meshglot_translator::plan::Plan;
use meshglot_web::{Calls, Live};
use tokio::sync::watch;

use super::Told;
use super::events::record;
use crate::live::{EventLog, Looks, Who};

/// Everything that is seen.
pub(super) struct Observed {
    hub: Hub,
    events: EventLog,
    who: Arc<Who>,
    control: Arc<Control>,
    inventory: RwLock<Option<Arc<Inventory>>>,
    /// Whether somebody may ask for the inventory.
    smi_metrics: bool,
}

impl Observed {
    /// Looks at the proxies whose folders are in `folder`, from now on; within a runtime.
    pub(super) fn new(control: Arc<Control>, folder: PathBuf, smi_metrics: bool) -> Self {
        let who = Arc::<Who>::default();
        Self {
            hub: Hub::new(Arc::new(Folders(folder)), who.clone()),
            events: EventLog::new(),
            who,
            control,
            inventory: RwLock::default(),
            smi_metrics,
        }
    }

    /// Takes the names of what was put in force.
    pub(super) fn learn(&self, plan: &Plan) {
        self.who.learn(plan, &self.control);
        if self.smi_metrics {
            let identities = self.control.identities();
            let inventory = Inventory::of(&plan.model, |workload| identities.contains_key(workload));
            *self.inventory.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(inventory));
        }
    }

    /// Remembers what was told to people.
    pub(super) fn record(&self, told: &Told) {
        record(&self.events, told);
    }
}

impl Live for Observed {
    fn calls(&self) -> Box<dyn Calls> {
        Box::new(Looks(self.hub.watch()))
    }

    fn edges(&self, window: Duration) -> Edges {
        self.hub.edges(window)
    }

    fn events(&self) -> Events {
        self.events.all()
    }

    fn newest_event(&self) -> watch::Receiver<u64> {
        self.events.newest()
    }

    fn proxies(&self) -> Proxies {
        self.control.status()
    }
}

impl Traffic for Observed {
    fn edges(&self, window: Duration) -> Edges {
        self.hub.edges(window)
    }

    fn inventory(&self) -> Option<Arc<Inventory>> {
        self.inventory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
