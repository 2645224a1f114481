//! What controllers in pods may do is what they do.

use std::collections::BTreeSet;

use meshglot_apiserver::crds;
use meshglot_controller::{Right, rights, webhook_rights};

use super::site::Site;

/// What nobody does in a test: an Event that comes again after a minute is counted in the one that is there, and generations that were in
/// force are read and deleted when one stands in for a newer one.
const RARE: [&str; 3] = ["patch events.k8s.io/events", "get apps/controllerrevisions", "delete apps/controllerrevisions"];

/// Of every kind of policy that the sample application has none of.
const OTHERS: &str = "\
{apiVersion: specs.smi-spec.io/v1alpha4, kind: TCPRoute, metadata: {name: other, namespace: bookshop}, spec: {matches: {name: plain, ports: [9999]}}}
---
{apiVersion: specs.smi-spec.io/v1alpha4, kind: UDPRoute, metadata: {name: other, namespace: bookshop}, spec: {matches: {name: plain, ports: [9999]}}}
---
{apiVersion: access.smi-spec.io/v1alpha4, kind: IdentityBinding, metadata: {name: other, namespace: bookshop},
 spec: {schemes: {spiffeIdentities: ['spiffe://cluster.local/ns/bookshop/sa/other']}}}
";

/// Each right of `meshglot install --backend builtin --inject` was used by now, and none was missing.
pub(super) fn hold(site: &Site) {
    site.apply(OTHERS);
    // A kind that is installed while they run.
    let grants = crds().expect("hack/test installs it").join("gateway-api/gateway.networking.k8s.io_referencegrants.yaml");
    site.kubectl(&["apply", "--server-side", "-f", &grants.display().to_string()]);
    let watched = || site.node.asked().expect("a log").all.contains("watch gateway.networking.k8s.io/referencegrants");
    site.until("a kind that comes is watched", watched);
    for kind in ["tcproutes", "udproutes", "identitybindings"] {
        let reads = ["-n", "bookshop", "get", kind, "other", "-o", "jsonpath={.status.conditions[*].type}"];
        site.until(&format!("{kind} are told of"), || !site.kubectl(&reads).is_empty());
    }
    let asked = site.node.asked().expect("a log");
    assert_eq!(asked.refused, [""; 0], "not allowed, and asked for");
    let backend = meshglot_registry::find("builtin").expect("a backend");
    let granted: BTreeSet<String> = [rights(&[backend]), webhook_rights(true)].concat().iter().flat_map(Right::requests).collect();
    let (unused, beyond) = asked.beside(&granted, &RARE);
    assert_eq!((unused, beyond), (Vec::new(), Vec::new()), "(granted and not used, used and not granted)");
}
