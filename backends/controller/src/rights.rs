//! What a controller may do to a cluster: all that it needs, and nothing else. Roles are made of it, and `check` asks for it.

use meshglot_translator::ir::Kind;
use meshglot_translator::render::Backend;

use crate::admission::{CONFIGURATION, HOOK};
use crate::kinds::{Watched, endpoints, keeps, policy, read, rendered};
use crate::lead::LEASE;
use crate::serve::is_served;

/// The Secret and the ConfigMaps of a control plane, which is none of this crate's.
pub const AUTHORITY: &str = "meshglot-authority";
/// As above.
pub const ROOTS: &str = "meshglot-root";

/// Verbs on a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// What for, such as `read policy and inventory`.
    pub purpose: &'static str,
    /// `""` for the core.
    pub group: &'static str,
    /// Its plural, and behind a `/` the subresource.
    pub resource: String,
    /// Such as `list`, `watch`.
    pub verbs: &'static [&'static str],
    /// Objects of these names alone; empty: all.
    pub names: &'static [&'static str],
    /// Whether it is for the namespace of the Lease alone.
    pub is_own: bool,
}

impl Right {
    /// Each request that it allows, as `verb group/resource`.
    pub fn requests(&self) -> impl Iterator<Item = String> {
        self.verbs.iter().map(|verb| format!("{verb} {}/{}", self.group, self.resource))
    }
}

const READ: &str = "read policy and inventory";
const TELL: &str = "tell how policy stands";
const WRITE: &str = "write what is rendered";
const KEEP: &str = "keep generations that were in force";
const SERVE: &str = "keep the certificate of the webhook";
const INJECT: &str = "be asked about new pods";
const TRUST: &[&str] = &["list", "watch", "patch"];
const ADMIT: &str = "know pods by their tokens";
const SIGN: &str = "keep the authority of the mesh, and publish its roots";
const LEAD: &str = "agree on the one that writes";

/// Everything that a controller of these backends asks of the API server; without any: what it asks whatever they are.
pub fn rights(backends: &[&dyn Backend]) -> Vec<Right> {
    let mut rights: Vec<Right> = policy().map(|kind| right(READ, &kind, &["list", "watch"])).collect();
    // Whether a kind that is not served is not installed, too.
    rights.push(named(READ, "apiextensions.k8s.io", "customresourcedefinitions", &["get"], &[]));
    rights.extend(endpoints(backends).map(|kind| right(READ, &kind, &["list", "watch"])));
    // Its uid tells clusters apart that share a Consul.
    if backends.iter().any(|backend| backend.name() == "consul") {
        rights.push(named(READ, "", "namespaces", &["get"], &["kube-system"]));
    }
    for kind in Kind::ALL.into_iter().filter(|kind| kind.is_neutral()).map(read) {
        let resource = format!("{}/status", kind.plural);
        rights.push(Right { resource, ..right(TELL, &kind, &["patch"]) });
    }
    // One that comes again is counted in the Event that is there.
    rights.push(named(TELL, "events.k8s.io", "events", &["create", "patch"], &[]));
    rights.push(right(KEEP, &keeps(), &["get", "list", "watch", "create", "delete"]));
    let rendered = backends.iter().flat_map(|backend| rendered(*backend));
    rights.extend(rendered.map(|kind| right(WRITE, &kind, &["get", "list", "watch", "create", "patch", "delete"])));
    if backends.iter().any(|backend| is_served(*backend)) {
        rights.push(named(ADMIT, "authentication.k8s.io", "tokenreviews", &["create"], &[]));
        let secret = |verbs, names| Right { is_own: true, ..named(SIGN, "", "secrets", verbs, names) };
        rights.extend([secret(&["create"], &[]), secret(&["get", "list", "watch", "update"], &[AUTHORITY])]);
        // What is applied and is not there is created by the same name.
        rights.push(named(SIGN, "", "configmaps", &["list", "watch", "create", "patch"], &[ROOTS]));
    }
    // What is created has no name yet that RBAC could know.
    let lease = |verbs, names| Right { is_own: true, ..named(LEAD, "coordination.k8s.io", "leases", verbs, names) };
    rights.extend([lease(&["create"], &[]), lease(&["get", "update"], &[LEASE])]);
    rights
}

/// What a controller asks besides that keeps the certificate of its webhook itself, and whose webhook may put sidecars into pods.
pub fn webhook_rights(injects: bool) -> Vec<Right> {
    let secret = |verbs, names| Right { is_own: true, ..named(SERVE, "", "secrets", verbs, names) };
    let configuration = |purpose, plural| named(purpose, "admissionregistration.k8s.io", plural, TRUST, &[CONFIGURATION]);
    let validating = configuration(SERVE, "validatingwebhookconfigurations");
    let mutating = injects.then(|| configuration(INJECT, "mutatingwebhookconfigurations"));
    // Who lists or watches by this one name may do so by a right to this one name.
    [secret(&["create"], &[]), secret(&["list", "watch", "update"], &[HOOK]), validating].into_iter().chain(mutating).collect()
}

fn right(purpose: &'static str, kind: &Watched, verbs: &'static [&'static str]) -> Right {
    Right { purpose, group: kind.group, resource: kind.plural.clone(), verbs, names: &[], is_own: false }
}

fn named(
    purpose: &'static str,
    group: &'static str,
    resource: &str,
    verbs: &'static [&'static str],
    names: &'static [&'static str],
) -> Right {
    Right { purpose, group, resource: resource.to_owned(), verbs, names, is_own: false }
}
