//! What one simulated proxy has, wants and says: as Envoy does over incremental aggregated discovery, and it takes everything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use envoy_types::pb::envoy::config::cluster::v3::{Cluster, cluster};
use envoy_types::pb::envoy::config::core::v3::Node;
use envoy_types::pb::envoy::config::listener::v3::{Listener, filter::ConfigType};
use envoy_types::pb::envoy::extensions::filters::network::http_connection_manager::v3::{
    HttpConnectionManager, http_connection_manager::RouteSpecifier,
};
use envoy_types::pb::envoy::service::discovery::v3::{DeltaDiscoveryRequest, DeltaDiscoveryResponse, Resource};
use meshglot_xds::Kind;
use prost::Message;

/// What a cluster or listener leads to, by its version: the same for all proxies, and read once.
#[derive(Default)]
pub(crate) struct Read(Mutex<HashMap<String, Arc<[String]>>>);

/// One proxy; what it has outlives its streams.
#[derive(Default)]
pub(crate) struct Envoy {
    id: String,
    /// Of each kind, name and version.
    has: BTreeMap<Kind, BTreeMap<String, String>>,
    /// Addresses and routes that it asked for.
    asked: BTreeMap<Kind, BTreeSet<String>>,
    /// Clusters that wait for their addresses, and the answer that waits for these.
    warming: BTreeSet<String>,
    held: Option<DeltaDiscoveryRequest>,
    listens: bool,
}

impl Envoy {
    pub(crate) fn new(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    /// What it says first: at its very start it wants clusters; later everything that it has, by version.
    pub(crate) fn hello(&mut self) -> Vec<DeltaDiscoveryRequest> {
        (self.held, self.warming) = (None, BTreeSet::new());
        let kinds = if self.listens { &Kind::ALL[..] } else { &Kind::ALL[..1] };
        let mut requests: Vec<DeltaDiscoveryRequest> = kinds.iter().map(|kind| self.again(*kind)).collect();
        requests[0].node = Some(Node { id: self.id.clone(), ..Node::default() });
        requests
    }

    fn again(&self, kind: Kind) -> DeltaDiscoveryRequest {
        let has = self.has.get(&kind).cloned().unwrap_or_default();
        let names = self.asked.get(&kind).cloned().unwrap_or_default();
        DeltaDiscoveryRequest {
            resource_names_subscribe: names.into_iter().collect(),
            initial_resource_versions: has.into_iter().collect(),
            ..request(kind)
        }
    }

    /// What it says to a message.
    pub(crate) fn takes(&mut self, message: DeltaDiscoveryResponse, read: &Read) -> Vec<DeltaDiscoveryRequest> {
        let Some(kind) = Kind::of(&message.type_url) else { return Vec::new() };
        let ack = DeltaDiscoveryRequest { response_nonce: message.nonce.clone(), ..request(kind) };
        let has = self.has.entry(kind).or_default();
        for name in &message.removed_resources {
            has.remove(name);
        }
        for resource in &message.resources {
            has.insert(resource.name.clone(), resource.version.clone());
        }
        let mut said = Vec::new();
        match kind {
            Kind::Cluster => {
                for resource in &message.resources {
                    self.warming.extend(read.names(kind, resource).iter().cloned());
                }
                said.extend(self.follow(kind, Kind::Assignment, read));
                self.held = Some(ack);
            }
            Kind::Assignment => {
                said.push(ack);
                for resource in &message.resources {
                    self.warming.remove(&resource.name);
                }
            }
            Kind::Listener => {
                for resource in &message.resources {
                    read.names(kind, resource);
                }
                said.extend(self.follow(kind, Kind::Route, read));
                said.push(ack);
            }
            Kind::Route => said.push(ack),
        }
        // Envoy answers for clusters once they are warm, and asks for listeners then.
        if self.warming.is_empty() {
            said.extend(self.held.take());
            if !self.listens {
                self.listens = true;
                said.push(request(Kind::Listener));
            }
        }
        said
    }

    /// Asks for what resources of a kind lead to, and for no more than that.
    fn follow(&mut self, from: Kind, to: Kind, read: &Read) -> Option<DeltaDiscoveryRequest> {
        let versions = self.has.get(&from).into_iter().flat_map(BTreeMap::values);
        let wanted: BTreeSet<String> = versions.flat_map(|version| read.known(version).to_vec()).collect();
        let asked = std::mem::replace(self.asked.entry(to).or_default(), wanted.clone());
        let more: Vec<String> = wanted.difference(&asked).cloned().collect();
        let less: Vec<String> = asked.difference(&wanted).cloned().collect();
        let has = self.has.entry(to).or_default();
        for name in &less {
            has.remove(name);
        }
        let is_new = !(more.is_empty() && less.is_empty());
        is_new.then(|| DeltaDiscoveryRequest { resource_names_subscribe: more, resource_names_unsubscribe: less, ..request(to) })
    }
}

impl Read {
    fn names(&self, kind: Kind, resource: &Resource) -> Arc<[String]> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = || resource.resource.as_ref().map(|any| any.value.as_slice()).unwrap_or_default();
        all.entry(resource.version.clone())
            .or_insert_with(|| if kind == Kind::Cluster { addresses(value()) } else { routes(value()) })
            .clone()
    }

    fn known(&self, version: &str) -> Arc<[String]> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(version).cloned().unwrap_or_default()
    }
}

fn request(kind: Kind) -> DeltaDiscoveryRequest {
    DeltaDiscoveryRequest { type_url: kind.type_url().to_owned(), ..DeltaDiscoveryRequest::default() }
}

/// The name of a cluster's addresses, if it has any.
fn addresses(bytes: &[u8]) -> Arc<[String]> {
    let cluster = Cluster::decode(bytes).expect("a cluster");
    let eds = cluster::ClusterDiscoveryType::Type(cluster::DiscoveryType::Eds as i32);
    if cluster.cluster_discovery_type == Some(eds) { [cluster.name].into() } else { [].into() }
}

/// The routes that the chains of a listener name.
fn routes(bytes: &[u8]) -> Arc<[String]> {
    let listener = Listener::decode(bytes).expect("a listener");
    let filters = listener.filter_chains.into_iter().chain(listener.default_filter_chain).flat_map(|chain| chain.filters);
    let route = |config: ConfigType| {
        let ConfigType::TypedConfig(any) = config else { return None };
        if !any.type_url.ends_with("HttpConnectionManager") {
            return None;
        }
        match HttpConnectionManager::decode(any.value.as_slice()).expect("a connection manager").route_specifier {
            Some(RouteSpecifier::Rds(rds)) => Some(rds.route_config_name),
            _ => None,
        }
    };
    filters.filter_map(|filter| route(filter.config_type?)).collect()
}
