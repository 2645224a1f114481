//! Names that a form offers: who may call, and what can be called.

use std::collections::BTreeSet;

use meshglot_translator::eval::Inventory;

/// As many names are offered; more would make the page heavy, and nobody reads them.
const OFFERED: usize = 200;

/// Names as fields hold them.
pub(crate) struct Known {
    pub(crate) callers: Vec<String>,
    pub(crate) ports: Vec<String>,
}

/// Names of Services, `NAMESPACE/NAME`.
pub(crate) fn services(inventory: &Inventory) -> Vec<String> {
    inventory.services().iter().take(OFFERED).map(|service| service.key.to_string()).collect()
}

impl Known {
    pub(crate) fn of(inventory: &Inventory) -> Self {
        let callers: BTreeSet<String> =
            inventory.workloads().iter().map(|one| format!("sa/{}/{}", one.key.namespace, one.service_account)).collect();
        let ports = inventory.services().iter().flat_map(|service| service.ports.iter().map(move |port| (service, port)));
        let ports = ports.map(|(service, port)| format!("{}.{}:{}", service.key.name, service.key.namespace, port.number));
        Self { callers: callers.into_iter().take(OFFERED).collect(), ports: ports.take(OFFERED).collect() }
    }
}
