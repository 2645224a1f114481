//! Names of resources as small numbers, so that a request looks nothing up by text.

use std::collections::HashMap;
use std::sync::Arc;

/// A cluster's number. It is the same for as long as the process lives, whether or not there is such a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClusterId(pub u32);

/// A route configuration's number, likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteId(pub u32);

/// All names that resources have mentioned.
#[derive(Debug, Default)]
pub struct Names {
    clusters: Numbers,
    routes: Numbers,
}

#[derive(Debug, Default)]
struct Numbers {
    by_name: HashMap<Arc<str>, u32>,
    names: Vec<Arc<str>>,
}

impl Names {
    /// The number of a cluster of this name.
    pub fn cluster(&mut self, name: &str) -> ClusterId {
        ClusterId(self.clusters.number(name))
    }

    /// The number of a route configuration of this name.
    pub fn route(&mut self, name: &str) -> RouteId {
        RouteId(self.routes.number(name))
    }

    /// What a cluster is called.
    pub fn cluster_name(&self, id: ClusterId) -> &Arc<str> {
        &self.clusters.names[id.0 as usize]
    }

    /// What a route configuration is called.
    pub fn route_name(&self, id: RouteId) -> &Arc<str> {
        &self.routes.names[id.0 as usize]
    }
}

impl Numbers {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.by_name.get(name) {
            return *number;
        }
        let name: Arc<str> = name.into();
        // A process that had heard of four thousand million names would have no memory left for this one.
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.by_name.insert(name, number);
        number
    }
}
