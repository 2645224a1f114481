//! The rules of an account as they hold for one of its workloads: on which container ports.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::view::View;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{
    AccessDefault, AccessRule, AccountAccess, AccountKey, MeshSettings, ObjectKey, PodSet, Protocol, ServiceKey, WorkloadAccess,
    WorkloadPort, WorkloadRule,
};

/// Access to one workload of a mesh.
pub(super) fn resolve(workload: &Arc<PodSet>, mesh: &MeshSettings, view: &View<'_>) -> WorkloadAccess {
    let account = AccountKey { namespace: workload.key.namespace.clone(), name: workload.service_account.clone() };
    let access = view.account_access(&account);
    let mut ports = ports(workload, view);
    let rules: Vec<WorkloadRule> =
        access.rules.iter().map(|rule| on_ports(rule, workload, &ports)).filter(|rule| !rule.ports.is_empty() || rule.every_port).collect();
    for port in &mut ports {
        let http_rule = rules.iter().any(|rule| rule.rule.matches.is_some() && rule.ports.contains(&port.number));
        if port.protocol == Protocol::Unknown && http_rule {
            port.protocol = Protocol::Http;
        }
    }
    let targeted = !access.targets.is_empty();
    let closed = match mesh.access_default {
        AccessDefault::Targeted => targeted,
        AccessDefault::Deny => true,
        AccessDefault::Allow => false,
    };
    let sources: BTreeSet<ObjectKey> = access
        .targets
        .iter()
        .map(|target| target.key.clone())
        .chain(access.rules.iter().flat_map(|rule| rule.from.iter().cloned()))
        .collect();
    WorkloadAccess {
        workload: workload.clone(),
        account,
        closed,
        audit: targeted && mesh.access_default == AccessDefault::Allow,
        ports,
        rules,
        sources: sources.into_iter().collect(),
    }
}

/// Ports that the pods declare, and those that Services in front of them lead to.
fn ports(workload: &PodSet, view: &View<'_>) -> Vec<WorkloadPort> {
    let mut found: BTreeMap<u16, WorkloadPort> = BTreeMap::new();
    let port = |number: u16| WorkloadPort { number, protocol: Protocol::Unknown, services: Vec::new() };
    for (_, number) in &workload.ports {
        found.insert(*number, port(*number));
    }
    for service in view.services_selecting(workload) {
        for service_port in &service.ports {
            let Some(number) = workload.target(&service_port.target) else { continue };
            let entry = found.entry(number).or_insert_with(|| port(number));
            entry.services.push((service.key.clone(), service_port.number));
            // Two Services may declare one port differently: HTTP rules need HTTP, so the weaker word wins.
            entry.protocol = match (entry.protocol, service_port.protocol) {
                (Protocol::Unknown, declared) => declared,
                (known, Protocol::Unknown) => known,
                (known, declared) if known == declared || (known.is_http() && declared.is_http()) => known,
                _ => Protocol::Tcp,
            };
        }
    }
    found.into_values().collect()
}

/// A port number is the Service's, carried to its target; one that no Service has is the container's (api.md 1.2).
fn on_ports(rule: &Arc<AccessRule>, workload: &PodSet, ports: &[WorkloadPort]) -> WorkloadRule {
    let Some(written) = &rule.ports else {
        return WorkloadRule { rule: rule.clone(), ports: ports.iter().map(|port| port.number).collect(), every_port: true };
    };
    let numbers: BTreeSet<u16> = written.iter().flat_map(|(number, _)| targets(*number, workload, ports)).collect();
    WorkloadRule { rule: rule.clone(), ports: numbers.into_iter().collect(), every_port: false }
}

fn targets(number: u16, _workload: &PodSet, ports: &[WorkloadPort]) -> Vec<u16> {
    let by_service: Vec<u16> =
        ports.iter().filter(|port| port.services.iter().any(|(_, service)| *service == number)).map(|port| port.number).collect();
    if by_service.is_empty() { ports.iter().filter(|port| port.number == number).map(|port| port.number).collect() } else { by_service }
}

/// Ports of rules that nobody has, or that mean two things, told once for the account.
pub(super) fn port_diagnostics(access: &AccountAccess, view: &View<'_>) -> Vec<Diagnostic> {
    let mut told = Vec::new();
    let ports: Vec<Vec<WorkloadPort>> = access.workloads.iter().map(|workload| ports(workload, view)).collect();
    if ports.is_empty() {
        return told;
    }
    let mut seen = BTreeSet::new();
    for rule in &access.rules {
        for (number, origin) in rule.ports.iter().flatten() {
            if !seen.insert((rule.target.key.clone(), *number)) {
                continue;
            }
            let services = |ports: &[WorkloadPort]| {
                ports.iter().flat_map(|port| &port.services).any(|(_, service): &(ServiceKey, u16)| service == number)
            };
            let leads_elsewhere = |ports: &[WorkloadPort]| {
                services(ports)
                    && ports.iter().any(|port| port.number == *number && port.services.iter().all(|(_, service)| service != number))
            };
            if ports.iter().all(|ports| !services(ports) && ports.iter().all(|port| port.number != *number)) {
                let message =
                    format!("no workload of ServiceAccount `{}` has port {number}: nothing is allowed there", access.account.name);
                told.push(Diagnostic::at_origin(Code::MG0106, origin.clone(), message).about(&rule.target.key));
            } else if ports.iter().any(|ports| leads_elsewhere(ports)) {
                let message =
                    format!("{number} is both a Service port that leads elsewhere and another container port: the Service port is meant");
                told.push(Diagnostic::at_origin(Code::MG0206, origin.clone(), message).about(&rule.target.key));
            }
        }
    }
    told
}
