//! What runs where, as istiod sees it: Services by host, the pods behind their ports, what a port speaks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use meshglot_translator::eval::Inventory;
use meshglot_translator::ir::{ObjectKey, PodSet, Service, ServiceKey};

/// What istiod takes a port for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Http,
    Tcp,
    /// Not declared: each proxy looks at the first bytes.
    Detected,
    /// Services disagree about one container port.
    Disputed,
}

/// A workload, and what its proxy does.
#[derive(Debug)]
pub(super) struct Workload {
    pub(super) pods: Arc<PodSet>,
    pub(super) meshed: bool,
    /// A proxy alone, that routes by Gateways.
    pub(super) gateway: bool,
    /// Some ports go past the proxy, by annotation.
    pub(super) bypassed: bool,
    /// By container port, from the Services that lead there.
    pub(super) speaks: BTreeMap<u16, Speaks>,
    /// Service port and container port, of all Services that lead here.
    pub(super) service_ports: Vec<(u16, u16)>,
}

/// A port of a Service.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) number: u16,
    pub(super) speaks: Speaks,
    /// Index of the workload and container port; pods without the named port are no endpoints.
    pub(super) callees: Vec<(usize, u16)>,
}

/// A Service.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) service: Arc<Service>,
    pub(super) ports: Vec<Port>,
    /// Whether any workload is behind it.
    pub(super) staffed: bool,
    /// An alias, or seen by a part of the mesh only.
    pub(super) odd: bool,
}

impl Host {
    /// A port by its number.
    pub(super) fn port(&self, number: u16) -> Option<&Port> {
        self.ports.iter().find(|port| port.number == number)
    }
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) hosts: HashMap<ServiceKey, Host>,
    pub(super) workloads: Vec<Workload>,
    by_key: HashMap<ObjectKey, usize>,
    domain: String,
}

impl World {
    /// Reads an inventory.
    pub(super) fn of(inventory: &Inventory, domain: &str) -> Self {
        let mut workloads: Vec<Workload> = inventory.workloads().iter().map(|pods| workload(pods, inventory)).collect();
        let by_key = workloads.iter().enumerate().map(|(at, workload)| (workload.pods.key.clone(), at)).collect();
        let mut hosts = HashMap::new();
        for service in inventory.services() {
            let host = host(service, &mut workloads, &inventory.selected_by(service));
            hosts.insert(service.key.clone(), host);
        }
        Self { hosts, workloads, by_key, domain: domain.to_owned() }
    }

    /// A workload by its key.
    pub(super) fn workload(&self, key: &ObjectKey) -> Option<&Workload> {
        self.by_key.get(key).map(|at| &self.workloads[*at])
    }

    /// A Service by the full name that objects use.
    pub(super) fn full(&self, name: &str) -> Option<&Host> {
        let (service, namespace) = name.strip_suffix(&*self.domain)?.strip_suffix(".svc.")?.split_once('.')?;
        self.hosts.get(&ServiceKey { namespace: namespace.into(), name: service.into() })
    }

    /// The Service that a caller of a namespace means by the host of a request.
    ///
    /// # Source
    /// Istio `httproute.go`, `generateAltVirtualHostsForKubernetesService`: `x` in its own namespace, `x.ns`,
    /// `x.ns.svc` and the full name.
    pub(super) fn called(&self, host: &str, namespace: &str) -> Option<&Host> {
        let short = host.strip_suffix(&*self.domain).and_then(|rest| rest.strip_suffix('.')).filter(|rest| rest.ends_with(".svc"));
        let short = short.unwrap_or(host);
        let (name, namespace) = match short.strip_suffix(".svc").unwrap_or(short).split_once('.') {
            Some(parts) => parts,
            None if short == host => (short, namespace),
            None => return None,
        };
        self.hosts.get(&ServiceKey { namespace: namespace.into(), name: name.into() })
    }

    /// Whether any Service has this port for HTTP, so that sidecars listen there for all addresses.
    pub(super) fn has_http_port(&self, number: u16) -> bool {
        self.hosts.values().any(|host| host.port(number).is_some_and(|port| port.speaks == Speaks::Http))
    }

    /// The full name of a Service.
    pub(super) fn full_name(&self, host: &Host) -> String {
        host.service.key.host(&self.domain)
    }
}

fn workload(pods: &Arc<PodSet>, inventory: &Inventory) -> Workload {
    let said = |name: &str| pods.labels.get(name).or_else(|| pods.annotations.get(name)).map(String::as_str);
    let namespace = inventory.namespace(&pods.key.namespace);
    let by_namespace = namespace.and_then(|namespace| namespace.labels.get("istio-injection"));
    // Offline nobody says how proxies get into pods, so that only a refusal counts.
    let meshed = match said("sidecar.istio.io/inject") {
        Some(word) => word != "false",
        None => by_namespace.is_none_or(|word| word != "disabled"),
    };
    let gateway = matches!(said("istio"), Some("ingressgateway" | "egressgateway")) || said("inject.istio.io/templates") == Some("gateway");
    let bypassed = pods.annotations.keys().any(|key| key.starts_with("traffic.sidecar.istio.io/"));
    Workload { pods: pods.clone(), meshed, gateway, bypassed, speaks: BTreeMap::new(), service_ports: Vec::new() }
}

/// `selected`: the workloads behind it.
fn host(service: &Arc<Service>, workloads: &mut [Workload], selected: &[usize]) -> Host {
    let mut ports = Vec::new();
    for port in &service.ports {
        let speaks = speaks(port.app_protocol.as_deref(), &port.name, port.number);
        let mut callees = Vec::new();
        for at in selected {
            let workload = &mut workloads[*at];
            let Some(target) = workload.pods.target(&port.target) else { continue };
            callees.push((*at, target));
            workload.service_ports.push((port.number, target));
            let known = workload.speaks.entry(target).or_insert(speaks);
            if *known != speaks {
                *known = Speaks::Disputed;
            }
        }
        ports.push(Port { number: port.number, speaks, callees });
    }
    let shown = service.annotations.get("networking.istio.io/exportTo").is_none_or(|word| word == "*");
    Host { service: service.clone(), ports, staffed: !selected.is_empty(), odd: service.external_name || !shown }
}

/// What a Service port speaks.
///
/// # Source
/// Istio `pkg/config/kube/conversion.go`, `ConvertProtocol`; `pkg/config/protocol/instance.go`, `Parse`.
fn speaks(app_protocol: Option<&str>, name: &str, number: u16) -> Speaks {
    match app_protocol {
        Some("kubernetes.io/h2c" | "kubernetes.io/ws") => return Speaks::Http,
        Some("kubernetes.io/wss") => return Speaks::Tcp,
        _ => {}
    }
    let word = app_protocol.unwrap_or(name).split('-').next().unwrap_or_default().to_ascii_lowercase();
    match word.as_str() {
        "http" | "http2" | "grpc" | "http_proxy" => Speaks::Http,
        "tcp" | "https" | "tls" | "mongo" | "redis" | "mysql" => Speaks::Tcp,
        // Servers speak first there, so that looking at the bytes would wait for ever.
        _ if matches!(number, 25 | 53 | 3306 | 27017) => Speaks::Tcp,
        _ => Speaks::Detected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(None, "http-web", 1, Speaks::Http ; "name up to its dash")]
    #[test_case(None, "grpc-web", 1, Speaks::Http ; "grpc web")]
    #[test_case(None, "web", 1, Speaks::Detected ; "unknown name")]
    #[test_case(None, "", 3306, Speaks::Tcp ; "a well known port")]
    #[test_case(Some("tcp"), "http", 1, Speaks::Tcp ; "appProtocol wins")]
    #[test_case(Some("kubernetes.io/h2c"), "tcp", 1, Speaks::Http ; "appProtocol of Kubernetes")]
    fn protocol(app_protocol: Option<&str>, name: &str, number: u16, want: Speaks) {
        assert_eq!(speaks(app_protocol, name, number), want);
    }
}
