//! Where calls to one Service go: ordered rules with matches and weighted destinations, per port.

use std::sync::Arc;

use super::inventory::{Protocol, Service, ServicePort};
use super::key::{Kind, ObjectKey, ServiceKey};
use super::matching::HttpMatch;
use super::split::TrafficSplit;
use crate::diagnostic::Diagnostic;
use crate::parse::Origin;

/// All routes of one root Service, every reference resolved.
#[derive(Clone, Debug)]
pub struct ServiceRoutes {
    /// The Service that clients call.
    pub root: ServiceKey,
    /// Its object; `None` if it is not in the inventory, and then there are no ports.
    pub service: Option<Arc<Service>>,
    /// One entry per port that has a rule, by number.
    pub ports: Vec<PortRoutes>,
    /// The neutral objects that the rules come from, sorted.
    pub sources: Vec<ObjectKey>,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// The rules of one port; the first whose matches take a request decides, the last takes all.
#[derive(Clone, Debug)]
pub struct PortRoutes {
    /// The root's port.
    pub port: ServicePort,
    /// Never empty.
    pub rules: Vec<Rule>,
}

impl PortRoutes {
    /// Whether a rule looks at requests, so that the port must carry HTTP.
    pub fn has_matches(&self) -> bool {
        self.rules.iter().any(|rule| !rule.matches.is_empty())
    }

    /// What the port speaks: as declared, else HTTP where a rule looks at requests.
    pub fn protocol(&self) -> Protocol {
        match self.port.protocol {
            Protocol::Unknown if self.has_matches() => Protocol::Http,
            declared => declared,
        }
    }

    /// The split that looks at requests and the place where it says so.
    pub fn first_match_origin(&self) -> Option<&Origin> {
        self.rules.iter().find(|rule| !rule.matches.is_empty()).and_then(|rule| rule.split.matches.first()).map(|(_, origin)| origin)
    }
}

/// One rule: if one of the matches takes the request, one of the destinations gets it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The split that it comes from.
    pub split: Arc<TrafficSplit>,
    /// ORed; empty: every request.
    pub matches: Vec<Arc<HttpMatch>>,
    /// Each Service once; the weights do not sum to 0.
    pub destinations: Vec<Destination>,
    /// Whether it stands only for "everybody else goes to the root" (S8).
    pub is_rest: bool,
}

/// A Service that gets a share of the requests.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The Service; its own splits are not followed (S10), the root itself means its endpoints (S11).
    pub service: ServiceKey,
    /// 1..65535, the same number as the root's port (S6).
    pub port: u16,
    /// Relative.
    pub weight: u64,
    /// Its object, if it is in the inventory already (S5).
    pub object: Option<Arc<Service>>,
    /// Where the Service is written.
    pub service_origin: Origin,
    /// Where the weight is written.
    pub weight_origin: Origin,
}

impl Rule {
    /// The neutral objects that it is made from.
    pub fn sources(&self) -> impl Iterator<Item = ObjectKey> {
        let group =
            |name: &Arc<str>| ObjectKey { kind: Kind::HttpRouteGroup, namespace: self.split.key.namespace.clone(), name: name.clone() };
        let groups: Vec<ObjectKey> = self.split.matches.iter().map(|(name, _)| group(name)).collect();
        std::iter::once(self.split.key.clone()).chain(groups)
    }

    /// The weights of the destinations, in order.
    pub fn weights(&self) -> Vec<u64> {
        self.destinations.iter().map(|destination| destination.weight).collect()
    }
}
