//! Calls of workloads: one chain per Service port that has an address, chosen by address and port.
//!
//! All captured workloads of a Mesh may call the same Services, and have one listener for it: one each would grow with
//! workloads times Services.
//!
//! A Service whose address is not known has no chain, and calls to it pass in plain like those to any other
//! address. That is no loss of policy but a gap of the inventory: manifests rarely carry a `clusterIP`, a
//! cluster always does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{MeshSettings, ObjectKey, Service, ServiceKey, ServicePort};
use meshglot_translator::render::{Fragment, Provenance, RenderedObject, Report, UnitKey, Verdict};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

use crate::carries::{Carries, Side, port_name};
use crate::constant::{http_manager, tcp_proxy};
use crate::endpoint::Behind;
use crate::message::message;
use crate::resource::listener;
use crate::split;
use crate::workload::services_of;

/// The unit of the listener `outbound` of a Mesh.
pub(crate) fn unit(output: &'static str, mesh: &MeshSettings) -> UnitKey {
    UnitKey { output, namespace: "".into(), name: mesh.name.clone() }
}

/// The listener. Of two Services with one address the first has it, by namespace and name.
pub(crate) fn render(mesh: &Arc<str>, view: &View<'_>) -> Fragment {
    let Some(mesh) = view.mesh(mesh) else { return Fragment::default() };
    let mut report = view.report(&mesh);
    let objects = vec![listener(&mesh, view, &mut report)];
    Fragment { objects, sets: Vec::new(), losses: report.into_losses() }
}

fn listener(mesh: &MeshSettings, view: &View<'_>, report: &mut Report) -> RenderedObject {
    let mut writer = Writer { mesh, view, report, taken: HashMap::new(), chains: Vec::new(), automatic: BTreeSet::new() };
    for service in services_of(mesh, view) {
        writer.service(&service);
    }
    let Writer { mut chains, automatic, .. } = writer;
    chains.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut values, mut sources, mut provenance) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (index, chain) in chains.into_iter().enumerate() {
        let path = |path: &str| format!(".resource.filter_chains[{index}].filters[0].typed_config{path}");
        provenance.extend(chain.provenance.into_iter().map(|it| Provenance { path: path(&it.path), origin: it.origin }));
        sources.extend(chain.sources);
        values.push(message! { "name": chain.name, "filter_chain_match": chain.matching, "filters": vec![chain.filter] });
    }
    let object = listener::outbound(&mesh.name, mesh.builtin_ports.1, values, &automatic);
    object.of(sources.into_iter().collect()).from(provenance)
}

struct Chain {
    name: String,
    matching: Value,
    filter: Value,
    sources: Vec<ObjectKey>,
    provenance: Vec<Provenance>,
}

struct Writer<'a, 'm> {
    mesh: &'a MeshSettings,
    view: &'a View<'m>,
    report: &'a mut Report,
    /// Whose an address and port is.
    taken: HashMap<(IpAddr, u16), ServiceKey>,
    chains: Vec<Chain>,
    automatic: BTreeSet<u16>,
}

impl Writer<'_, '_> {
    fn service(&mut self, service: &Service) {
        if service.headless {
            let behind = Behind::of(service, self.mesh, self.view);
            for port in &service.ports {
                // Nobody translates the port of a call to a pod: it is the pod's own.
                let mut by_port: BTreeMap<u16, Vec<IpAddr>> = BTreeMap::new();
                for (address, target) in behind.addresses(port).into_keys() {
                    by_port.entry(target).or_default().push(address);
                }
                let alone = by_port.len() == 1;
                for (target, addresses) in by_port {
                    let suffix = if alone { String::new() } else { format!("~{target}") };
                    self.port(service, port, &suffix, target, addresses);
                }
            }
        } else if let Some(address) = service.cluster_ip.as_ref().and_then(|text| text.parse().ok()) {
            for port in &service.ports {
                self.port(service, port, "", port.number, vec![address]);
            }
        }
    }

    /// The chains of one port: calls to these addresses at `dialled`.
    fn port(&mut self, service: &Service, port: &ServicePort, suffix: &str, dialled: u16, mut addresses: Vec<IpAddr>) {
        addresses.retain(|address| self.is_free(service, *address, dialled));
        if addresses.is_empty() {
            return;
        }
        let prefix = |ip: &IpAddr| json!({ "address_prefix": ip.to_string(), "prefix_len": if ip.is_ipv4() { 32 } else { 128 } });
        let ranges: Vec<Value> = addresses.iter().map(prefix).collect();
        let matching = message! { "destination_port": dialled, "prefix_ranges": ranges };
        let name = port_name(&service.key, port.number);
        let carries = Carries::of(service, port, self.view);
        // Whatever the rules are: another list would replace the listener, and cut the connections of all of its chains.
        if Carries::declared(port) == Carries::Automatic {
            self.automatic.insert(dialled);
        }
        for side in carries.sides() {
            let mut matching = matching.clone();
            if carries == Carries::Automatic && *side == Side::Http {
                matching["application_protocols"] = json!(listener::HTTP_WORDS);
            }
            let (filter, sources, provenance) = match side {
                Side::Http => (http_manager::outbound(&name), Vec::new(), Vec::new()),
                Side::Tcp => self.connections(service, port, carries),
            };
            let name = format!("{name}{suffix}{}", carries.suffix(*side));
            self.chains.push(Chain { name, matching, filter, sources, provenance });
        }
    }

    fn connections(&self, service: &Service, port: &ServicePort, carries: Carries) -> (Value, Vec<ObjectKey>, Vec<Provenance>) {
        let routes = self.view.routes(&service.key);
        let routes = routes.ports.iter().find(|routes| routes.port.number == port.number);
        // The unit of the Service tells the losses; here they would be told once per caller.
        let said = split::said(service, routes, carries, &mut self.view.report(self.mesh));
        let made = split::connections(service, port.number, &said, carries, self.view);
        (tcp_proxy::outbound(made.value), made.sources, made.provenance)
    }

    /// Two equal chains would cost the workload its whole listener.
    fn is_free(&mut self, service: &Service, address: IpAddr, port: u16) -> bool {
        let Some(first) = self.taken.get(&(address, port)) else {
            self.taken.insert((address, port), service.key.clone());
            return true;
        };
        // Two ports of a headless Service may lead to one port of its pods: the calls are the same.
        if *first == service.key {
            return false;
        }
        let root = service.document.root();
        let place = root.find(["spec", "clusterIP"]).unwrap_or(root).origin();
        let address = if address.is_ipv4() { format!("{address}:{port}") } else { format!("[{address}]:{port}") };
        let message = format!("Services `{first}` and `{}` have the address {address}: calls to it are calls to `{first}`", service.key);
        self.report.lose(Code::MG1406, Verdict::Refused, &service.key.object(), &place, message);
        false
    }
}
