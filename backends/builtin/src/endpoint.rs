//! Who answers for a Service: ready addresses, which of them have a proxy, and the identities behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use meshglot_translator::ir::{EndpointSlice, MeshSettings, Namespace, PodSet, Service, ServicePort};
use meshglot_translator::resolve::View;

use crate::trust_domain;

/// Address and port, and whether a proxy takes mutual TLS there; sorted by number.
pub(crate) type Addresses = BTreeMap<(IpAddr, u16), bool>;

/// The label that keeps the proxy away.
const INJECT: &str = "meshglot.dev/inject";

/// Whether these pods have a proxy; their own label wins over that of the namespace.
pub(crate) fn has_proxy(pods: &PodSet, namespace: &Namespace) -> bool {
    pods.labels.get(INJECT).or_else(|| namespace.labels.get(INJECT)).is_none_or(|word| word != "disabled")
}

/// What stands behind one Service.
#[derive(Debug)]
pub(crate) struct Behind {
    slices: Vec<Arc<EndpointSlice>>,
    /// Workloads that the Service selects, and whether each has a proxy.
    workloads: Vec<(Arc<PodSet>, bool)>,
    /// Whether pods that nobody knows more about have a proxy.
    unknown: bool,
    selects: bool,
    /// SPIFFE IDs of those that have a proxy, sorted.
    pub(crate) sans: Vec<String>,
}

impl Behind {
    pub(crate) fn of(service: &Service, mesh: &MeshSettings, view: &View<'_>) -> Self {
        let namespace = view.namespace(&service.key.namespace);
        let workloads: Vec<(Arc<PodSet>, bool)> =
            view.pods_behind(service).into_iter().map(|pods| (pods.clone(), has_proxy(&pods, &namespace))).collect();
        let accounts: BTreeSet<&Arc<str>> =
            workloads.iter().filter(|(_, proxy)| *proxy).map(|(workload, _)| &workload.service_account).collect();
        let trust_domain = trust_domain::signed(mesh, view);
        let id = |account| format!("spiffe://{trust_domain}/ns/{}/sa/{account}", service.key.namespace);
        Self {
            sans: accounts.into_iter().map(id).collect(),
            slices: view.slices_of(&service.key),
            workloads,
            unknown: namespace.labels.get(INJECT).is_none_or(|word| word != "disabled"),
            selects: !service.selector.is_empty(),
        }
    }

    /// The ready addresses of a port: of pods as endpoint slices tell them, of Workloads as they say themselves.
    pub(crate) fn addresses(&self, port: &ServicePort) -> Addresses {
        let mut addresses = Addresses::new();
        for slice in &self.slices {
            let numbers = slice.ports.iter().filter(|(name, _)| *name == port.name).map(|(_, number)| *number);
            for number in numbers {
                for endpoint in slice.endpoints.iter().filter(|endpoint| endpoint.ready) {
                    // The further addresses of an endpoint mean the same instance. One that is a name is left
                    // out: Envoy would refuse the whole assignment.
                    let Some(ip) = endpoint.addresses.first().and_then(|address| address.parse().ok()) else { continue };
                    addresses.insert((ip, number), self.takes_mtls(endpoint.pod.as_deref()));
                }
            }
        }
        for (instance, proxy) in &self.workloads {
            let ip = instance.address.as_ref().and_then(|address| address.parse().ok());
            if let (Some(ip), Some(number)) = (ip, instance.target(&port.target)) {
                addresses.insert((ip, number), *proxy);
            }
        }
        addresses
    }

    /// Whether any pod behind the Service has a proxy.
    pub(crate) fn any_proxy(&self) -> bool {
        match self.workloads.as_slice() {
            [] => self.unknown && (self.selects || self.slices.iter().flat_map(|slice| &slice.endpoints).any(|one| one.pod.is_some())),
            workloads => workloads.iter().any(|(_, proxy)| *proxy),
        }
    }

    /// Whether the proxy of an endpoint takes mutual TLS. In doubt yes: no call is made in plain because
    /// something is not known.
    fn takes_mtls(&self, pod: Option<&str>) -> bool {
        // Slices of a Service with a selector are filled by Kubernetes, with pods alone.
        if pod.is_none() && !self.selects {
            return false;
        }
        let owns = |workload: &PodSet| {
            pod.and_then(|pod| pod.strip_prefix(&*workload.key.name)).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        // Of `web` and `web-canary`, the longer name has the pod `web-canary-5d9c-x7x2p`.
        let owner = self.workloads.iter().filter(|(workload, _)| owns(workload)).max_by_key(|(workload, _)| workload.key.name.len());
        match owner {
            Some((_, proxy)) => *proxy,
            None if self.workloads.is_empty() => self.unknown,
            None => self.any_proxy(),
        }
    }
}
