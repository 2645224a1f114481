//! The vendor's objects, sorted by kind and name; what cannot be read keeps its reason.

use std::collections::BTreeMap;

use serde_json::Value;

use super::defaults::{Defaults, Mesh, Protocol};
use super::fields::Read;
use super::intentions::{self, Intention};
use super::resolver::Resolver;
use super::router::{self, Route};
use super::splitter::{self, Split};

/// Config entries by the name of the Consul service; the namespace in Kubernetes is no part of the key.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) services: BTreeMap<String, Read<Defaults>>,
    pub(super) routers: BTreeMap<String, Read<Vec<Route>>>,
    pub(super) splitters: BTreeMap<String, Read<Vec<Split>>>,
    pub(super) resolvers: BTreeMap<String, Read<Resolver>>,
    pub(super) intentions: BTreeMap<String, Read<Vec<Intention>>>,
    /// ProxyDefaults, of which there is one.
    pub(super) proxies: Defaults,
    pub(super) mesh: Mesh,
    /// Services that something not modelled stands for, and why.
    opaque: BTreeMap<String, String>,
    /// What could touch every request.
    pub(super) everywhere: Option<String>,
}

/// The group of the objects.
const GROUP: &str = "consul.hashicorp.com";

/// Kinds that touch no request from one service here to another: limits of Consul's own API, other clusters, and
/// settings of gateways. A JWTProvider acts through the intentions that name it.
const ELSEWHERE: [&str; 11] = [
    "ControlPlaneRequestLimit",
    "ExportedServices",
    "GatewayClassConfig",
    "GatewayClass",
    "GatewayPolicy",
    "JWTProvider",
    "PeeringAcceptor",
    "PeeringDialer",
    "RouteAuthFilter",
    "RouteRetryFilter",
    "RouteTimeoutFilter",
];

impl Entries {
    pub(super) fn new(objects: &[Value]) -> Self {
        let mut entries = Self::default();
        // Applied twice is applied once; two that differ in one flat namespace are not accepted.
        let mut seen: BTreeMap<(&str, String), &Value> = BTreeMap::new();
        for object in objects {
            let (group, version) = object["apiVersion"].as_str().and_then(|api| api.split_once('/')).unwrap_or_default();
            let kind = object["kind"].as_str().unwrap_or_default();
            let subject = if kind == "ServiceIntentions" { &object["spec"]["destination"]["name"] } else { &object["metadata"]["name"] };
            let name = subject.as_str().unwrap_or_default().to_owned();
            if group != GROUP || version != "v1alpha1" {
                if group.ends_with(GROUP) {
                    entries.blame_all(format!("{kind}.{group}/{version} is not modelled"));
                }
                continue;
            }
            match seen.insert((kind, name.clone()), &object["spec"]) {
                Some(before) if *before == object["spec"] => {}
                Some(_) => entries.put(kind, &name, &Err(format!("{kind}/{name} is there twice")), &object["spec"]),
                None => entries.put(kind, &name, &Ok(()), &object["spec"]),
            }
        }
        entries.check_permissive();
        entries
    }

    /// Adds one object; with `accepted` an error, in the place of the one before it.
    fn put(&mut self, kind: &str, name: &str, accepted: &Read<()>, spec: &Value) {
        fn read<T>(accepted: &Read<()>, read: impl FnOnce() -> Read<T>) -> Read<T> {
            accepted.clone().and_then(|()| read())
        }
        let key = name.to_owned();
        match kind {
            "ServiceDefaults" => drop(self.services.insert(key, read(accepted, || Defaults::of_service(spec)))),
            "ServiceRouter" => drop(self.routers.insert(key, read(accepted, || router::routes(spec)))),
            "ServiceSplitter" => drop(self.splitters.insert(key, read(accepted, || splitter::splits(spec)))),
            "ServiceResolver" => drop(self.resolvers.insert(key, read(accepted, || Resolver::read(spec)))),
            "ServiceIntentions" if name.is_empty() => self.blame_all("ServiceIntentions without a destination".to_owned()),
            "ServiceIntentions" => drop(self.intentions.insert(key, read(accepted, || intentions::read(spec)))),
            "ProxyDefaults" => match read(accepted, || only(name, "global").and_then(|()| Defaults::of_proxies(spec))) {
                Ok(proxies) => self.proxies = proxies,
                Err(why) => self.blame_all(format!("ProxyDefaults/{name}: {why}")),
            },
            "Mesh" => match read(accepted, || only(name, "mesh").and_then(|()| Mesh::read(spec))) {
                Ok(mesh) => self.mesh = mesh,
                Err(why) => self.blame_all(format!("Mesh/{name}: {why}")),
            },
            // A gateway answers by rules of its own when it is called; as a caller it is a service like others.
            "IngressGateway" | "MeshService" => self.blame(name, kind, name),
            "TerminatingGateway" => self.blame_each(kind, name, spec["services"].as_array().into_iter().flatten().map(|s| &s["name"])),
            "Registration" => self.blame_each(kind, name, [&spec["service"]["name"]]),
            _ if ELSEWHERE.contains(&kind) => {}
            // A sameness group can stand for every service (`defaultForFailover`).
            _ => self.blame_all(format!("{kind}/{name} is not modelled")),
        }
    }

    fn blame(&mut self, service: &str, kind: &str, name: &str) {
        self.opaque.insert(service.to_owned(), format!("{kind}/{name} is not modelled"));
    }

    fn blame_each<'v>(&mut self, kind: &str, name: &str, services: impl IntoIterator<Item = &'v Value>) {
        self.blame(name, kind, name);
        for service in services {
            match service.as_str() {
                Some(service) if !service.contains('*') => self.blame(service, kind, name),
                _ => self.blame_all(format!("{kind}/{name} is not modelled")),
            }
        }
    }

    fn blame_all(&mut self, why: String) {
        self.everywhere.get_or_insert(why);
    }

    /// The server refuses permissive mutual TLS until the Mesh entry allows it.
    fn check_permissive(&mut self) {
        if self.mesh.allows_permissive {
            return;
        }
        let refused = |defaults: &Defaults| defaults.permissive == Some(true);
        let why = "the server refuses mutualTLSMode permissive while Mesh/mesh does not allow it".to_owned();
        if refused(&self.proxies) {
            self.blame_all(format!("ProxyDefaults/global: {why}"));
        }
        for service in self.services.values_mut().filter(|read| read.as_ref().is_ok_and(refused)) {
            *service = Err(why.clone());
        }
    }

    /// Something else than a sidecar may answer under this name.
    pub(super) fn opaque(&self, service: &str) -> Read<()> {
        self.opaque.get(service).map_or(Ok(()), |why| Err(why.clone()))
    }

    fn defaults(&self, service: &str) -> Read<Option<&Defaults>> {
        match self.services.get(service) {
            None => Ok(None),
            Some(Ok(defaults)) => Ok(Some(defaults)),
            Some(Err(why)) => Err(format!("ServiceDefaults/{service}: {why}")),
        }
    }

    /// Whether the defaults of a calling service can be read.
    pub(super) fn caller(&self, service: &str) -> Read<()> {
        self.defaults(service).map(|_| ())
    }

    /// What callers speak to a service: a ServiceDefaults without protocol hides that of ProxyDefaults.
    ///
    /// # Source
    /// Consul `recordServiceProtocol` (`agent/consul/discoverychain/compile.go`).
    pub(super) fn dialled(&self, service: &str) -> Read<Protocol> {
        let protocol = match self.defaults(service)? {
            Some(defaults) => defaults.protocol,
            None => self.proxies.protocol,
        };
        Ok(protocol.unwrap_or(Protocol::Tcp))
    }

    /// What the proxy of an instance expects: here that of ProxyDefaults shows through.
    ///
    /// # Source
    /// Consul `ComputeResolvedServiceConfig` (`agent/configentry/resolve.go`).
    pub(super) fn served(&self, service: &str) -> Read<Protocol> {
        let own = self.defaults(service)?.and_then(|defaults| defaults.protocol);
        Ok(own.or(self.proxies.protocol).unwrap_or(Protocol::Tcp))
    }

    /// Whether plain text gets past the proxy to the service's port.
    pub(super) fn is_permissive(&self, service: &str) -> Read<bool> {
        let own = self.defaults(service)?;
        if own.is_some_and(|defaults| defaults.exposes) || self.proxies.exposes {
            return Err(format!("ServiceDefaults/{service}: expose is not modelled"));
        }
        Ok(own.and_then(|defaults| defaults.permissive).or(self.proxies.permissive).unwrap_or(false))
    }

    /// All names that some entry is about.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.services.keys().chain(self.routers.keys()).chain(self.splitters.keys()).chain(self.resolvers.keys())
    }
}

fn only(name: &str, want: &str) -> Read<()> {
    if name == want { Ok(()) } else { Err(format!("the server knows only the name {want:?}")) }
}
