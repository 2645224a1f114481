//! Which route a request takes.

use std::sync::Arc;
use std::time::Duration;

use super::bucket::Bucket;
use crate::access::Access;
use crate::matching::{Hosts, Seen};
use crate::table::{Cors, Fault, Overrides, Route, RouteTable};

/// A route configuration that is served.
#[derive(Debug)]
pub(crate) struct ServedRoutes {
    names: Hosts,
    hosts: Vec<ServedHost>,
}

/// A virtual host.
#[derive(Debug)]
pub(crate) struct ServedHost {
    routes: Vec<ServedRoute>,
    filters: ServedOverrides,
}

/// A route, and what filters do on it.
#[derive(Debug)]
pub(crate) struct ServedRoute {
    pub(crate) route: Arc<Route>,
    filters: ServedOverrides,
}

#[derive(Debug)]
struct ServedOverrides {
    deny: Option<Access>,
    allow: Option<Access>,
    rate: Option<Bucket>,
    fault: Option<Fault>,
    cors: Option<Arc<Cors>>,
}

impl ServedRoutes {
    pub(crate) fn new(table: &RouteTable, now: Duration) -> Self {
        let overrides = |overrides: &Overrides| {
            let Overrides { deny, allow, rate_limit, fault, cors } = overrides;
            ServedOverrides {
                deny: deny.as_ref().map(Access::new),
                allow: allow.as_ref().map(Access::new),
                rate: rate_limit.as_ref().map(|limit| Bucket::new(limit, now)),
                fault: *fault,
                cors: cors.clone(),
            }
        };
        let route = |route: &Arc<Route>| ServedRoute { route: route.clone(), filters: overrides(&route.overrides) };
        let host = |host: &crate::table::VirtualHost| ServedHost {
            routes: host.routes.iter().map(route).collect(),
            filters: overrides(&host.overrides),
        };
        Self { names: Hosts::new(&table.hosts), hosts: table.hosts.iter().map(host).collect() }
    }

    /// The virtual host of a request and its route, if there are.
    pub(crate) fn find(&self, seen: &Seen<'_>) -> Option<Found<'_>> {
        let host = &self.hosts[self.names.find(seen.authority)?];
        let takes =
            |served: &&ServedRoute| served.route.path.matches(seen.path) && served.route.headers.iter().all(|header| header.matches(seen));
        host.routes.iter().find(takes).map(|route| Found { host, route })
    }
}

/// A route that a request takes.
#[derive(Clone, Copy)]
pub(crate) struct Found<'r> {
    host: &'r ServedHost,
    route: &'r ServedRoute,
}

impl<'r> Found<'r> {
    pub(crate) fn route(self) -> &'r Arc<Route> {
        &self.route.route
    }

    pub(crate) fn deny(self) -> Option<&'r Access> {
        self.said(|filters| filters.deny.as_ref())
    }

    pub(crate) fn allow(self) -> Option<&'r Access> {
        self.said(|filters| filters.allow.as_ref())
    }

    pub(crate) fn rate(self) -> Option<&'r Bucket> {
        self.said(|filters| filters.rate.as_ref())
    }

    pub(crate) fn fault(self) -> Option<&'r Fault> {
        self.said(|filters| filters.fault.as_ref())
    }

    pub(crate) fn cors(self) -> Option<&'r Arc<Cors>> {
        self.said(|filters| filters.cors.as_ref())
    }

    /// What the route says, or else its virtual host.
    fn said<T>(self, of: impl Fn(&'r ServedOverrides) -> Option<T>) -> Option<T> {
        of(&self.route.filters).or_else(|| of(&self.host.filters))
    }
}
