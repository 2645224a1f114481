//! Whether a port speaks HTTP.

use crate::eval::{Callee, Inventory};
use crate::ir::{Destination, PortRoutes, Service, ServiceKey, ServicePort};
use crate::resolve::View;

/// Whether a port speaks HTTP: as it declares, or because a rule looks at its requests.
pub(crate) fn speaks_http(service: &Service, port: &ServicePort, inventory: &Inventory, view: &View<'_>) -> bool {
    let takes_http =
        |to: &Destination| to.object.as_ref().and_then(|object| object.port(to.port)).is_some_and(|port| port.protocol.is_http());
    let by_split = |routes: &PortRoutes| {
        let by_destination = || routes.rules.iter().flat_map(|rule| &rule.destinations).any(takes_http);
        routes.port.number == port.number && (routes.protocol().is_http() || by_destination())
    };
    // What gets requests by a match speaks HTTP too.
    let splits = view.splits_using(&service.key).into_iter();
    let roots = splits.map(|split| ServiceKey { namespace: split.key.namespace.clone(), name: split.root_name().clone() });
    let mut roots = roots.chain([service.key.clone()]);
    let by_rule = |callee: Callee| {
        let access = view.access(&callee.workload);
        access.is_some_and(|access| access.ports.iter().any(|known| Some(known.number) == callee.port && known.protocol.is_http()))
    };
    port.protocol.is_http()
        || roots.any(|root| view.routes(&root).ports.iter().any(by_split))
        || inventory.behind(service, port).into_iter().any(by_rule)
}
