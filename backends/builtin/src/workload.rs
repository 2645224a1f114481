//! What the proxy beside one workload reads alone: how it is called, and what leads on to the application.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::sync::Arc;

use meshglot_translator::ir::{Kind, MeshSettings, ObjectKey, PodSet, Service, ServiceKey};
use meshglot_translator::render::{Fragment, RenderedObject, UnitKey};
use meshglot_translator::resolve::View;

use crate::endpoint::has_proxy;
use crate::{explicit, inbound, unprotected};

/// Kinds in the order in which they get the plain name `NAMESPACE/NAME`.
const KINDS: [Kind; 8] =
    [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Job, Kind::CronJob, Kind::Pod, Kind::Workload];

/// The unit of a workload, `KIND/NAME` in its namespace.
pub(crate) fn unit(output: &'static str, key: &ObjectKey) -> UnitKey {
    UnitKey { output, namespace: key.namespace.clone(), name: format!("{}/{}", key.kind.name(), key.name).into() }
}

/// The way back from [`unit`].
pub(crate) fn key(unit: &UnitKey) -> Option<ObjectKey> {
    let (kind, name) = unit.name.split_once('/')?;
    let kind = KINDS.into_iter().find(|known| known.name() == kind)?;
    Some(ObjectKey { kind, namespace: unit.namespace.clone(), name: name.into() })
}

/// Whether the calls of a workload are captured. What is not captured leaves by doors of its own.
pub(crate) fn is_captured(pods: &PodSet, view: &View<'_>) -> bool {
    own_address(pods).is_none() && has_proxy(pods, &view.namespace(&pods.key.namespace))
}

/// Everything of one workload; nothing if it has no proxy to read it.
pub(crate) fn render(key: &ObjectKey, view: &View<'_>) -> Fragment {
    let Some(mesh) = view.target_mesh(&key.namespace) else { return Fragment::default() };
    let Some(pods) = view.pods(key) else { return Fragment::default() };
    let mut report = view.report(&mesh);
    if !has_proxy(&pods, &view.namespace(&key.namespace)) {
        unprotected::without_proxy(&pods, view, &mut report);
        return Fragment { losses: report.into_losses(), ..Fragment::default() };
    }
    unprotected::without_requests(&pods, view, &mut report);
    let workload = name(key, view);
    let mut objects: Vec<RenderedObject> = inbound::render(&workload, &pods, &mesh, view);
    objects.extend(explicit::listeners(&workload, &pods, &mesh, view));
    Fragment { objects, sets: Vec::new(), losses: report.into_losses() }
}

/// `NAMESPACE/NAME`; where a kind before this one has a workload of that name, `NAMESPACE/NAME~KIND`: `~` occurs
/// in no name, so that no two workloads read each other's resources.
pub(crate) fn name(key: &ObjectKey, view: &View<'_>) -> String {
    let earlier = KINDS.into_iter().take_while(|kind| *kind != key.kind);
    let taken = earlier.map(|kind| ObjectKey { kind, ..key.clone() }).any(|other| view.pods(&other).is_some());
    let plain = format!("{}/{}", key.namespace, key.name);
    if taken { format!("{plain}~{}", key.kind.name()) } else { plain }
}

/// Whether an address is that of a workload which shares its machine with others: any of the loopback network of IPv4 but `127.0.0.1`, which
/// is the applications'. There nothing is captured: the proxy itself listens at the address, for callers and for the workload's own calls.
pub fn shares_machine(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.is_loopback() && address != Ipv4Addr::LOCALHOST)
}

/// The address of a workload that shares its machine with others.
pub(crate) fn own_address(pods: &PodSet) -> Option<Ipv4Addr> {
    pods.address.as_ref()?.parse().ok().filter(|address: &Ipv4Addr| shares_machine((*address).into()))
}

/// The Services that proxies of a Mesh call by its identities: all of this backend in its trust domain, by namespace and name.
pub(crate) fn services_of(mesh: &MeshSettings, view: &View<'_>) -> Vec<Arc<Service>> {
    let mut runs_here: BTreeMap<Arc<str>, bool> = BTreeMap::new();
    let mut is_ours = |key: &ServiceKey| {
        let known = runs_here.get(&key.namespace).copied();
        known.unwrap_or_else(|| {
            let ours = view.target_mesh(&key.namespace).is_some_and(|other| other.trust_domain == mesh.trust_domain);
            runs_here.insert(key.namespace.clone(), ours);
            ours
        })
    };
    view.callable_services().into_iter().filter(|service| is_ours(&service.key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_workloads_share_a_machine_by() {
        let shares = |address: &str| shares_machine(address.parse().expect("an address"));
        assert!(shares("127.0.10.1") && !shares("127.0.0.1") && !shares("192.0.2.17") && !shares("::1"));
    }
}
