//! What one container port is for Linkerd, and whether its proxy is asked at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{
    MeshSettings, Namespace, PodSet, PortTarget, Protocol, Service, ServiceKey, ServicePort, WorkloadAccess, WorkloadPort,
};
use meshglot_translator::name;
use meshglot_translator::render::{Report, Verdict};
use meshglot_translator::resolve::View;

use crate::port::{Carriage, carriage};

const OPAQUE_PORTS: &str = "config.linkerd.io/opaque-ports";
const SKIPPED_PORTS: &str = "config.linkerd.io/skip-inbound-ports";
const INJECT: &str = "linkerd.io/inject";

/// `<account>-<port>`; with a hash of the workload where several run as the account.
pub(crate) fn server_name(access: &WorkloadAccess, port: u16, view: &View<'_>) -> String {
    let full = format!("{}-{port}", access.account.name);
    let alone = view.workloads_of(&access.account).len() <= 1;
    let key = access.workload.key.to_string();
    let full = if alone { full } else { format!("{full}-{}", name::short_hash(key.as_bytes())) };
    name::shortened(&full, &full, 63)
}

/// Whether connections to the port are carried as bytes, by the pods' own setting or by that of a Service before
/// them. A Server replaces that setting and must repeat it.
pub(crate) fn is_opaque(port: &WorkloadPort, workload: &PodSet, mesh: &MeshSettings, view: &View<'_>) -> bool {
    let namespace = view.namespace(&workload.key.namespace);
    let own = match workload.annotations.get(OPAQUE_PORTS).or_else(|| namespace.annotations.get(OPAQUE_PORTS)) {
        Some(list) => lists(list, port.number, workload, mesh),
        None => mesh.linkerd_opaque_ports.contains(&port.number),
    };
    let before = |(key, number): &(ServiceKey, u16)| {
        let Some(service) = view.service(key) else { return false };
        service.port(*number).is_some_and(|port| carriage(port, &service, &namespace, mesh) == Carriage::Opaque)
    };
    own || port.services.iter().any(before)
}

/// Whether an annotation with a list of ports has this one, as a Service that has it would be read.
fn lists(list: &str, number: u16, workload: &PodSet, mesh: &MeshSettings) -> bool {
    let port = ServicePort { name: "".into(), number, target: PortTarget::Number(number), app_protocol: None, protocol: Protocol::Unknown };
    let service = Service {
        key: ServiceKey { namespace: workload.key.namespace.clone(), name: workload.key.name.clone() },
        document: workload.document.clone(),
        ports: vec![port.clone()],
        selector: BTreeMap::new(),
        cluster_ip: None,
        headless: false,
        external_name: false,
        labels: BTreeMap::new(),
        annotations: [(OPAQUE_PORTS.to_owned(), list.to_owned())].into(),
    };
    let namespace = Namespace { name: workload.key.namespace.clone(), labels: BTreeMap::new(), annotations: BTreeMap::new() };
    carriage(&port, &service, &namespace, mesh) == Carriage::Opaque
}

/// Tells what no Server closes, though one is written: the pods may get a proxy later.
pub(crate) fn tell_unenforced(access: &WorkloadAccess, report: &mut Report, view: &View<'_>, mesh: &MeshSettings) {
    let workload = &access.workload;
    if workload.annotations.get(INJECT).is_some_and(|word| word == "disabled") {
        unprotected(access, Code::MG1221, "has no proxy, so that every call is admitted", report, view);
        return;
    }
    if access.ports.is_empty() {
        unprotected(access, Code::MG1220, "declares no port, so that no Server can close it", report, view);
        return;
    }
    let namespace = view.namespace(&workload.key.namespace);
    if let Some(list) = workload.annotations.get(SKIPPED_PORTS).or_else(|| namespace.annotations.get(SKIPPED_PORTS)) {
        for port in access.ports.iter().filter(|port| lists(list, port.number, workload, mesh)) {
            let what = format!("lets port {} past its proxy, so that every call is admitted there", port.number);
            unprotected(access, Code::MG1221, &what, report, view);
        }
    }
}

/// Told to every target about the account; without one to the workload, which the Mesh closes by default.
pub(crate) fn unprotected(access: &WorkloadAccess, code: Code, what: &str, report: &mut Report, view: &View<'_>) {
    let message = format!("NOT PROTECTED: {} {what}", access.workload.key);
    let account = view.account_access(&access.account);
    for target in &account.targets {
        report.lose(code, Verdict::Widened, &target.key, &target.destination.origin, message.clone());
    }
    if account.targets.is_empty() {
        report.lose(code, Verdict::Widened, &access.workload.key, &access.workload.document.root().origin(), message);
    }
}

/// Paths that the kubelet asks a port for, without their queries.
pub(crate) fn probe_paths(workload: &PodSet, port: u16) -> Vec<Arc<str>> {
    let here = workload.probes.iter().filter(|(target, _)| workload.target(target) == Some(port));
    let mut paths: Vec<Arc<str>> = here.map(|(_, path)| path.split('?').next().unwrap_or_default().into()).collect();
    paths.sort();
    paths.dedup();
    paths
}
