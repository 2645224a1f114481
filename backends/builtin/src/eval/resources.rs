//! All resources, by who reads them, by type and by name; each is parsed once.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::Value;

use super::cluster::{self, Assigned, Cluster};
use super::fields::{Fields, Read};
use super::identity::TrustDomains;
use super::listener::Listener;
use super::matcher::Patterns;
use super::route::Routes;

/// The owner of what all proxies read.
const SHARED: &str = "shared";

/// How the owner of what the captured workloads of a Mesh read begins.
const GROUP: &str = "mesh~";

/// What one proxy reads alone, or those of a Mesh, or all of them.
#[derive(Debug, Default)]
pub(super) struct Set {
    /// Of whom a proxy reads everything besides.
    group: Option<String>,
    pub(super) clusters: BTreeMap<String, Read<Cluster>>,
    pub(super) assignments: BTreeMap<String, Read<Vec<Assigned>>>,
    pub(super) routes: BTreeMap<String, Read<Routes>>,
    listeners: BTreeMap<String, Read<Listener>>,
    /// Something that nobody knows what it does.
    strange: Option<String>,
}

/// Everything that was rendered.
#[derive(Debug, Default)]
pub(super) struct Resources {
    pub(super) shared: Set,
    workloads: BTreeMap<String, Set>,
    groups: BTreeMap<String, Set>,
    pub(super) domains: TrustDomains,
    /// A document that is no resource: nothing is known then.
    pub(super) strange: Option<String>,
}

impl Resources {
    /// Reads documents of the form `{workload, group, "@type", resource}`; of most, `group` is absent.
    pub(super) fn new(documents: &[Value]) -> Self {
        let mut resources = Self::default();
        let mut patterns = Patterns::default();
        for document in documents {
            if let Err(why) = resources.add(document, &mut patterns) {
                resources.strange.get_or_insert(why);
            }
        }
        if let Some(why) = resources.shared.strange.take() {
            resources.strange.get_or_insert(why);
        }
        for (name, cluster) in &resources.shared.clusters {
            let (Some((namespace, _)), Ok(cluster)) = (name.split_once('/'), cluster) else { continue };
            cluster.uris().for_each(|uri| resources.domains.learn(namespace, uri));
        }
        resources
    }

    fn add(&mut self, document: &Value, patterns: &mut Patterns) -> Read<()> {
        let (message, mut fields) = Fields::typed(document)?;
        let (owner, resource, group) = (fields.text("workload")?, fields.take("resource"), fields.take("group"));
        fields.done()?;
        let (is_group, is_workload) = (owner.starts_with(GROUP), owner != SHARED && !owner.starts_with(GROUP));
        let set = match owner {
            SHARED => &mut self.shared,
            _ if is_group => self.groups.entry(owner.to_owned()).or_default(),
            _ => self.workloads.entry(owner.to_owned()).or_default(),
        };
        if !group.is_null() {
            let group = group.as_str().filter(|group| is_workload && group.starts_with(GROUP)).ok_or("group: not that of a workload")?;
            if set.group.replace(group.to_owned()).is_some_and(|before| before != group) {
                return Err(format!("{owner} is of two groups"));
            }
        }
        let name = resource[if message.ends_with(".ClusterLoadAssignment") { "cluster_name" } else { "name" }].as_str();
        let name = name.unwrap_or_default().to_owned();
        let twice = match message {
            "envoy.config.cluster.v3.Cluster" => set.clusters.insert(name, Cluster::new(resource, patterns)).is_some(),
            "envoy.config.endpoint.v3.ClusterLoadAssignment" => set.assignments.insert(name, cluster::endpoints(resource)).is_some(),
            "envoy.config.route.v3.RouteConfiguration" => set.routes.insert(name, Routes::new(resource, patterns)).is_some(),
            // Another listener could take calls away from these two.
            "envoy.config.listener.v3.Listener" if (is_workload && name == "inbound") || (is_group && name == "outbound") => {
                set.listeners.insert(name, Listener::new(resource, patterns)).is_some()
            }
            // One that only the workload itself reaches, by an address that is no call of a Service.
            "envoy.config.listener.v3.Listener" if is_workload && is_explicit(&name, resource) => false,
            other => {
                set.strange = Some(format!("{other} {name:?} of {owner} is not modelled"));
                false
            }
        };
        if twice {
            set.strange = Some(format!("two resources {message} of {owner} have one name"));
        }
        Ok(())
    }

    /// What a proxy reads; `None`: there is no such proxy.
    pub(super) fn of(&self, workload: &str) -> Option<&Set> {
        self.workloads.get(workload)
    }

    /// The listener by which a captured workload calls; `None`: it is not captured.
    pub(super) fn outbound(&self, workload: &Set) -> Option<Read<&Listener>> {
        let group = workload.group.as_ref()?;
        match self.groups.get(group) {
            Some(set) => set.listener("outbound"),
            None => Some(Err(format!("nothing of {group} is known"))),
        }
    }

    /// Those of all Meshes.
    pub(super) fn outbounds(&self) -> impl Iterator<Item = Read<&Listener>> {
        self.groups.values().filter_map(|set| set.listener("outbound"))
    }
}

impl Set {
    /// A listener; `None`: there is none.
    pub(super) fn listener(&self, name: &str) -> Option<Read<&Listener>> {
        if let Some(why) = &self.strange {
            return Some(Err(why.clone()));
        }
        self.listeners.get(name).map(known)
    }
}

/// A door on a loopback address. Captured calls never come to it; what is called there by name, the server's proxy
/// decides as it does for every other call.
fn is_explicit(name: &str, resource: &Value) -> bool {
    let door = name.strip_prefix("explicit/").is_some_and(|port| port.parse::<u16>().is_ok());
    let address = resource["address"]["socket_address"]["address"].as_str().and_then(|address| address.parse::<IpAddr>().ok());
    door && address.is_some_and(|address| address.is_loopback())
}

/// What was read, to be asked several times.
pub(super) fn known<T>(read: &Read<T>) -> Read<&T> {
    read.as_ref().map_err(Clone::clone)
}
