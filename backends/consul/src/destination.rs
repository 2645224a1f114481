//! One Consul service as the destination of access rules: what closes it, and which rules hold for all of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{
    AccessDefault, AccessRule, AccountKey, Kind, MeshSettings, ObjectKey, PodSet, Protocol, Service, ServiceKey, TrafficTarget,
    WorkloadAccess, WorkloadRule,
};
use meshglot_translator::parse::Origin;
use meshglot_translator::resolve::View;

use crate::identity;

/// What the model says about all instances of a service together.
#[derive(Debug)]
pub(crate) struct Destination {
    pub(crate) name: Arc<str>,
    /// Whether whoever is not named is denied.
    pub(crate) closed: bool,
    /// Why no rule can be said: it then stays closed to all.
    pub(crate) refused: Option<(Code, String)>,
    /// Everything that targets one of its accounts.
    pub(crate) targets: Vec<Arc<TrafficTarget>>,
    /// In the model's order.
    pub(crate) rules: Vec<Held>,
    /// What Consul is told if a rule looks at requests; never unknown.
    pub(crate) protocol: Protocol,
    /// The neutral objects behind all this.
    pub(crate) sources: BTreeSet<ObjectKey>,
    numbers: BTreeSet<u16>,
    /// Those of them that speak TCP.
    pub(crate) tcp: BTreeSet<u16>,
}

/// A rule, and whether it holds for the whole service.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) rule: Arc<AccessRule>,
    every_port: bool,
}

impl Held {
    /// The first port of a rule that leaves out others.
    pub(crate) fn partial(&self) -> Option<&Origin> {
        let ports = self.rule.ports.as_ref().filter(|_| !self.every_port)?;
        Some(ports.first().map_or(&self.rule.origin, |(_, origin)| origin))
    }
}

impl Destination {
    /// Its ports in words.
    pub(crate) fn ports(&self) -> String {
        let numbers: Vec<String> = self.numbers.iter().map(u16::to_string).collect();
        if numbers.is_empty() { "no known port".to_owned() } else { format!("container ports {}", numbers.join(", ")) }
    }
}

/// Whether every service of the Mesh is closed.
pub(crate) fn denies_all(mesh: &MeshSettings) -> bool {
    mesh.access_default == AccessDefault::Deny
}

/// The Mesh itself, where it is what closes a service.
pub(crate) fn mesh_object(mesh: &MeshSettings) -> Option<ObjectKey> {
    denies_all(mesh).then(|| ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: mesh.name.clone() })
}

/// A service that has instances, or where names are the same as of accounts, may have them; else `None`.
pub(crate) fn of_instances(service: &ServiceKey, view: &View<'_>, mesh: &MeshSettings) -> Option<Destination> {
    let object = view.service(service);
    let (workloads, accounts) = runs(service, object.as_ref(), view, mesh)?;
    let accesses: Vec<Arc<WorkloadAccess>> = workloads.iter().filter_map(|pods| view.access(pods)).collect();
    let per_account: Vec<_> = accounts.iter().map(|account| view.account_access(account)).collect();
    let targets: Vec<Arc<TrafficTarget>> = per_account.iter().flat_map(|access| access.targets.iter().cloned()).collect();
    let closed = match mesh.access_default {
        AccessDefault::Deny => true,
        AccessDefault::Allow => false,
        AccessDefault::Targeted => !targets.is_empty(),
    };
    let sources = accesses.iter().flat_map(|access| access.sources.iter().cloned());
    let of_rules = per_account.iter().flat_map(|access| &access.rules).flat_map(|rule| rule.from.iter().cloned());
    let all_sources = sources.chain(of_rules).chain(targets.iter().map(|target| target.key.clone())).chain(mesh_object(mesh)).collect();
    Some(Destination {
        name: service.name.clone(),
        closed,
        refused: refusal(service, &accounts, mesh),
        rules: per_account.iter().flat_map(|access| &access.rules).filter_map(|rule| hold(rule, &accesses, object.as_deref())).collect(),
        protocol: protocol(service, &accesses, object.as_deref()),
        tcp: accesses
            .iter()
            .flat_map(|access| &access.ports)
            .filter(|port| port.protocol == Protocol::Tcp)
            .map(|port| port.number)
            .collect(),
        numbers: accesses.iter().flat_map(|access| &access.ports).map(|port| port.number).collect(),
        sources: all_sources,
        targets,
    })
}

/// What its instances are, and the accounts that they run as.
fn runs(
    service: &ServiceKey,
    object: Option<&Arc<Service>>,
    view: &View<'_>,
    mesh: &MeshSettings,
) -> Option<(Vec<Arc<PodSet>>, BTreeSet<AccountKey>)> {
    let workloads = object.map(|object| identity::instances(object, view)).unwrap_or_default();
    if !workloads.is_empty() {
        let accounts = identity::accounts(&workloads);
        return Some((workloads, accounts));
    }
    let same_name = AccountKey { namespace: service.namespace.clone(), name: service.name.clone() };
    if !mesh.consul_acls || view.targets_of(&same_name).is_empty() {
        return None;
    }
    Some((view.workloads_of(&same_name), [same_name].into()))
}

/// The targets about a Service that may have instances; what they say is not read, so that a whole namespace can be
/// asked without reading all of its rules.
pub(crate) fn targets(service: &Arc<Service>, view: &View<'_>, mesh: &MeshSettings) -> Option<Vec<ObjectKey>> {
    let (_, accounts) = runs(&service.key, Some(service), view, mesh)?;
    Some(accounts.iter().flat_map(|account| view.target_keys_of(account)).collect())
}

fn refusal(service: &ServiceKey, accounts: &BTreeSet<AccountKey>, mesh: &MeshSettings) -> Option<(Code, String)> {
    if accounts.len() > 1 {
        let names: Vec<String> = accounts.iter().map(|account| format!("`{}`", account.name)).collect();
        return Some((Code::MG1313, format!("Consul service `{}` runs pods of ServiceAccounts {}", service.name, names.join(", "))));
    }
    let account = accounts.first()?;
    if mesh.consul_acls && account.name != service.name {
        let message = format!(
            "where ACLs are on, pods of ServiceAccount `{}` cannot be instances of Consul service `{}`",
            account.name, service.name
        );
        return Some((Code::MG1313, message));
    }
    identity::unusable(account)
}

/// A rule that holds on no port of any instance is gone from the model's answers, which tell it themselves.
fn hold(rule: &Arc<AccessRule>, accesses: &[Arc<WorkloadAccess>], object: Option<&Service>) -> Option<Held> {
    let Some(written) = &rule.ports else { return Some(Held { rule: rule.clone(), every_port: true }) };
    if accesses.is_empty() {
        // Only the Service's own ports are known, if at all.
        let named = |number: u16| written.iter().any(|(written, _)| *written == number);
        let every_port = object.is_some_and(|object| object.ports.iter().all(|port| named(port.number)));
        return Some(Held { rule: rule.clone(), every_port });
    }
    let ports = |access: &WorkloadAccess| {
        let same = |held: &&WorkloadRule| held.rule.target.key == rule.target.key && held.rule.name == rule.name;
        access.rules.iter().find(same).map(|held| held.ports.clone())
    };
    if accesses.iter().all(|access| ports(access).is_none()) {
        return None;
    }
    let covers =
        |access: &Arc<WorkloadAccess>| ports(access).is_some_and(|ports| access.ports.iter().all(|port| ports.contains(&port.number)));
    Some(Held { rule: rule.clone(), every_port: accesses.iter().all(covers) })
}

/// Consul knows one port of a service: the first that speaks HTTP, or may; TCP only if all are declared so.
fn protocol(service: &ServiceKey, accesses: &[Arc<WorkloadAccess>], object: Option<&Service>) -> Protocol {
    let ports = || accesses.iter().flat_map(|access| &access.ports);
    let leads_here = ports().filter(|port| port.services.iter().any(|(key, _)| key == service)).map(|port| port.protocol);
    let mut found: BTreeSet<Protocol> = leads_here.collect();
    if found.is_empty() {
        found.extend(ports().map(|port| port.protocol));
    }
    if accesses.is_empty() {
        found.extend(object.into_iter().flat_map(|object| &object.ports).map(|port| port.protocol));
    }
    match found.iter().find(|protocol| protocol.is_http()) {
        Some(protocol) => *protocol,
        None if found.len() == 1 && found.contains(&Protocol::Tcp) => Protocol::Tcp,
        None => Protocol::Http,
    }
}
