//! Objects that are not read: whom they may touch, so that nothing is said of those.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::fields::Fields;
use super::object::{Object, selects};
use super::strings::host_within;

/// What is known of all of them together.
#[derive(Debug, Default)]
pub(super) struct Unmodelled {
    /// One that may touch anything.
    everywhere: Option<Arc<str>>,
    scopes: Vec<Scope>,
    /// Ports and hosts of ServiceEntries.
    ports: BTreeMap<u16, Arc<str>>,
    hosts: BTreeMap<String, Arc<str>>,
}

/// Workloads of a namespace, or of all.
#[derive(Debug)]
struct Scope {
    title: Arc<str>,
    namespace: Option<Arc<str>>,
    selector: BTreeMap<String, String>,
    callers: bool,
}

impl Unmodelled {
    /// Nothing is known of anything.
    pub(super) fn everything(&mut self, why: &str) {
        self.everywhere = Some(why.into());
    }

    /// Notes an object that nobody else reads.
    pub(super) fn add(&mut self, object: &Object<'_>, root: &str) {
        let mut spec = Fields::of(object.spec);
        let mut scope = |selector: BTreeMap<String, String>, callers: bool| {
            let namespace = (*object.namespace != *root).then(|| object.namespace.clone());
            self.scopes.push(Scope { title: object.title(), namespace, selector, callers });
        };
        match (object.group, object.kind) {
            // Who answers does not depend on them.
            ("telemetry.istio.io", "Telemetry") | ("networking.istio.io", "ProxyConfig") => {}
            ("gateway.networking.k8s.io", "ReferenceGrant" | "GatewayClass") => {}
            ("networking.istio.io", "EnvoyFilter" | "Sidecar") => {
                let inner = spec.selector("workloadSelector", "labels");
                scope(inner, true);
            }
            ("extensions.istio.io", _) => {
                let inner = spec.selector("selector", "matchLabels");
                scope(inner, true);
            }
            ("security.istio.io", "RequestAuthentication") => {
                let inner = spec.selector("selector", "matchLabels");
                scope(inner, false);
            }
            // Other machines may answer for Services of the namespace.
            ("networking.istio.io", "WorkloadEntry" | "WorkloadGroup") => scope(BTreeMap::new(), false),
            ("networking.istio.io", "ServiceEntry") => self.service_entry(object, &mut spec),
            (group, _) if group == "gateway.networking.k8s.io" || group.ends_with("istio.io") => self.everywhere = Some(object.title()),
            _ => {}
        }
    }

    /// A ServiceEntry answers for its hosts, and may take over listeners of its ports.
    fn service_entry(&mut self, object: &Object<'_>, spec: &mut Fields<'_>) {
        let ports: BTreeSet<u16> = spec.list("ports").iter().filter_map(|port| u16::try_from(port["number"].as_u64()?).ok()).collect();
        self.ports.extend(ports.into_iter().map(|port| (port, object.title())));
        self.hosts.extend(spec.texts("hosts").into_iter().map(|host| (host.to_ascii_lowercase(), object.title())));
    }

    /// An object that may touch any request.
    pub(super) fn anything(&self) -> Option<&Arc<str>> {
        self.everywhere.as_ref()
    }

    /// An object that may touch what a workload does as caller or callee; without labels, any of its namespace.
    pub(super) fn workload(&self, namespace: &str, labels: Option<&BTreeMap<String, String>>, calls: bool) -> Option<&Arc<str>> {
        let near = |scope: &&Scope| scope.namespace.as_deref().is_none_or(|own| own == namespace) && (scope.callers || !calls);
        let meant = |scope: &&Scope| labels.is_none_or(|labels| selects(&scope.selector, labels));
        self.scopes.iter().find(|scope| near(scope) && meant(scope)).map(|scope| &scope.title)
    }

    /// An object that may answer for a host or listen on a port.
    pub(super) fn entry(&self, host: &str, port: u16) -> Option<&Arc<str>> {
        let by_host = || self.hosts.iter().find(|(wide, _)| host_within(host, wide)).map(|(_, title)| title);
        self.ports.get(&port).or_else(by_host)
    }
}
