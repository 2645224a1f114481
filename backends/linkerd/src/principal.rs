//! Who calls: one MeshTLSAuthentication per TrafficTarget, and one NetworkAuthentication for the kubelets.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::ir::{AccessRule, AccountKey, Identity, MeshSettings, ObjectKey, TrafficTarget};
use meshglot_translator::name;
use meshglot_translator::render::{Fragment, ObjectId, Owner, Provenance, RenderedObject, UnitKey};
use meshglot_translator::resolve::View;
use serde_json::json;

use crate::resource::authorization::{IdentityRef, MeshTlsAuthenticationSpec, Network, NetworkAuthenticationSpec};

/// Unit: the callers of one target, used by every workload of its destination.
pub(crate) const CALLERS: &str = "MeshTLSAuthentication";
/// Unit: the kubelets, for every workload of a namespace.
pub(crate) const PROBES: &str = "NetworkAuthentication";
/// Name of the one NetworkAuthentication of a namespace.
pub(crate) const PROBES_NAME: &str = "meshglot-probes";

pub(crate) fn policy_id(kind: &str, namespace: &str, name: String) -> ObjectId {
    ObjectId { api_version: "policy.linkerd.io/v1alpha1".into(), kind: kind.into(), namespace: namespace.into(), name }
}

/// The unit of a rule's callers. The account tells where to look the target up.
pub(crate) fn callers_unit(account: &AccountKey, target: &ObjectKey) -> UnitKey {
    let name = format!("{}:{}/{}", account.name, target.namespace, target.name);
    UnitKey { output: CALLERS, namespace: account.namespace.clone(), name: name.into() }
}

/// `<target>`; with a hash if the target stands in another namespace, where the name may occur again.
pub(crate) fn callers_id(target: &TrafficTarget, namespace: &Arc<str>) -> ObjectId {
    let own = target.key.namespace == *namespace;
    let plain = target.key.name.to_string();
    let full = if own { plain } else { format!("{plain}-{}", name::short_hash(target.key.to_string().as_bytes())) };
    policy_id(CALLERS, namespace, name::shortened(&full, &full, 63))
}

/// The authentication of one target.
pub(crate) fn callers(unit: &UnitKey, mesh: &MeshSettings, view: &View<'_>) -> Fragment {
    let mut fragment = Fragment::default();
    let Some((account, target)) = unit.name.split_once(':') else { return fragment };
    let account = AccountKey { namespace: unit.namespace.clone(), name: account.into() };
    let access = view.account_access(&account);
    let is_it = |rule: &&Arc<AccessRule>| format!("{}/{}", rule.target.key.namespace, rule.target.key.name) == target;
    let rules: Vec<&Arc<AccessRule>> = access.rules.iter().filter(is_it).collect();
    // All rules of a target have its sources.
    let Some(rule) = rules.first() else { return fragment };
    let sources: BTreeSet<ObjectKey> = rules.iter().flat_map(|rule| rule.from.iter().cloned()).collect();
    let sources: Vec<ObjectKey> = sources.into_iter().collect();
    let accounts: Option<Vec<IdentityRef>> =
        rule.sources.iter().map(|(identity, _)| Some(reference(&account_of(identity, mesh)?))).collect();
    let (field, spec) = match accounts {
        Some(refs) => ("identityRefs", MeshTlsAuthenticationSpec::Refs(refs)),
        None => (
            "identities",
            MeshTlsAuthenticationSpec::Names(rule.sources.iter().map(|(identity, _)| identity_name(identity, mesh)).collect()),
        ),
    };
    let provenance = rule.sources.iter().enumerate();
    let provenance = provenance.map(|(index, (_, origin))| Provenance { path: format!(".spec.{field}[{index}]"), origin: origin.clone() });
    let owner = Owner { mesh, backend: "linkerd", sources: &sources, labels: &[] };
    let id = callers_id(&rule.target, &unit.namespace);
    fragment.objects.push(RenderedObject::new(id, json!(spec), owner, &view.report(mesh)).from(provenance.collect()));
    fragment
}

/// The authentication of the kubelets. It belongs to the Mesh, not to a target.
pub(crate) fn probes(unit: &UnitKey, mesh: &MeshSettings, view: &View<'_>) -> Fragment {
    let networks = mesh.linkerd_probe_networks.iter().map(|network| Network { cidr: network.to_string() }).collect();
    let owner = Owner { mesh, backend: "linkerd", sources: &[], labels: &[] };
    let id = policy_id(PROBES, &unit.namespace, PROBES_NAME.to_owned());
    let object = RenderedObject::new(id, json!(NetworkAuthenticationSpec { networks }), owner, &view.report(mesh));
    Fragment { objects: vec![object], ..Fragment::default() }
}

/// The account behind an identity of this mesh, also where it is written as SPIFFE ID: proxies of the mesh are
/// known by their DNS name, not by a URI.
fn account_of(identity: &Identity, mesh: &MeshSettings) -> Option<AccountKey> {
    match identity {
        Identity::Account(account) => Some(account.clone()),
        Identity::Spiffe(id) => {
            let (namespace, name) = id.strip_prefix(&*mesh.trust_domain)?.strip_prefix("/ns/")?.split_once("/sa/")?;
            let plain = !namespace.contains('/') && !name.contains('/');
            plain.then(|| AccountKey { namespace: namespace.into(), name: name.into() })
        }
    }
}

fn reference(account: &AccountKey) -> IdentityRef {
    IdentityRef { kind: "ServiceAccount", name: account.name.to_string(), namespace: account.namespace.to_string() }
}

/// As it stands in the certificate.
fn identity_name(identity: &Identity, mesh: &MeshSettings) -> String {
    match account_of(identity, mesh) {
        Some(AccountKey { namespace, name }) => {
            format!("{name}.{namespace}.serviceaccount.identity.{}.{}", mesh.linkerd_control_plane, mesh.trust_domain)
        }
        None => identity.spiffe_id(&mesh.trust_domain),
    }
}
