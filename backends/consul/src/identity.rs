//! Identities on Consul: a caller is its Consul service, whatever its ServiceAccount.
//!
//! A Pod is an instance of exactly one Consul service. A ServiceAccount therefore means the services whose pods
//! run as it, and can be said only if nobody else's pods run behind them.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{AccountKey, Identity, MeshSettings, PodSet, Service, ServiceKey};
use meshglot_translator::resolve::View;

use crate::names;

/// The label of a Service that Consul does not register.
const IGNORED: &str = "consul.hashicorp.com/service-ignore";

/// The annotation by which a Pod says which service it is.
const CHOSEN: &str = "consul.hashicorp.com/connect-service";

/// A Consul service that calls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller {
    pub(crate) name: String,
    /// Of Consul Enterprise.
    pub(crate) namespace: Option<String>,
}

/// Whether Consul never registers a Service.
pub(crate) fn is_ignored(service: &Service) -> bool {
    service.external_name || service.labels.get(IGNORED).is_some_and(|value| value == "true")
}

/// The one Consul service of a workload: of the Services that select it the one that selects fewest.
pub(crate) fn service_of(workload: &PodSet, view: &View<'_>) -> Option<Arc<Service>> {
    let mut candidates: Vec<Arc<Service>> = view.services_selecting(workload).into_iter().filter(|service| !is_ignored(service)).collect();
    if candidates.len() <= 1 {
        // Nothing to compare it with: what it selects besides is not read.
        return candidates.pop();
    }
    let chosen = workload.annotations.get(CHOSEN).and_then(|name| candidates.iter().find(|service| *service.key.name == **name));
    if let Some(chosen) = chosen {
        return Some(chosen.clone());
    }
    // Of equals the narrower selector, then what is not the root of a split, is the version and not the name before it.
    candidates.into_iter().min_by_key(|service| {
        let is_root = !view.splits_of_root(&service.key).is_empty();
        (view.pods_behind(service).len(), Reverse(service.selector.len()), is_root, service.key.clone())
    })
}

/// The workloads that are instances of a Consul service.
pub(crate) fn instances(service: &Service, view: &View<'_>) -> Vec<Arc<PodSet>> {
    if is_ignored(service) {
        return Vec::new();
    }
    let is_own = |workload: &Arc<PodSet>| service_of(workload, view).is_some_and(|own| own.key == service.key);
    view.pods_behind(service).into_iter().filter(is_own).collect()
}

/// The accounts of workloads.
pub(crate) fn accounts(workloads: &[Arc<PodSet>]) -> BTreeSet<AccountKey> {
    let account = |pods: &Arc<PodSet>| AccountKey { namespace: pods.key.namespace.clone(), name: pods.service_account.clone() };
    workloads.iter().map(account).collect()
}

/// The Consul services of an account, by key; empty if nothing is known.
pub(crate) fn services_of(account: &AccountKey, view: &View<'_>) -> Vec<Arc<Service>> {
    let mut services: Vec<Arc<Service>> = view.workloads_of(account).iter().filter_map(|pods| service_of(pods, view)).collect();
    services.sort_by(|a, b| a.key.cmp(&b.key));
    services.dedup_by(|a, b| a.key == b.key);
    services
}

/// Why an account can be no service of Consul's, whatever runs as it.
pub(crate) fn unusable(account: &AccountKey) -> Option<(Code, String)> {
    // The chart binds logins only to other names.
    (&*account.name == "default").then(|| (Code::MG1301, "Consul lets no Pod in as ServiceAccount `default`".to_owned()))
}

/// The Consul services that an identity stands for; never empty.
///
/// # Errors
/// Why nobody can be named without letting somebody else in.
pub(crate) fn callers(identity: &Identity, mesh: &MeshSettings, view: &View<'_>) -> Result<Vec<Caller>, (Code, String)> {
    match identity {
        Identity::Account(account) => callers_of_account(account, mesh, view),
        Identity::Spiffe(id) => callers_of_id(id, mesh, view),
    }
}

fn callers_of_account(account: &AccountKey, mesh: &MeshSettings, view: &View<'_>) -> Result<Vec<Caller>, (Code, String)> {
    let its_mesh = view.target_mesh(&account.namespace).filter(|other| other.trust_domain == mesh.trust_domain);
    let Some(its_mesh) = its_mesh else {
        return Err((Code::MG1318, format!("namespace `{}` is not in a mesh of this trust domain on Consul", account.namespace)));
    };
    if let Some(why) = unusable(account) {
        return Err(why);
    }
    let services: Vec<ServiceKey> = if its_mesh.consul_acls {
        // The platform lets nobody log in under another name.
        vec![ServiceKey { namespace: account.namespace.clone(), name: account.name.clone() }]
    } else {
        let services = services_of(account, view);
        if services.is_empty() {
            return Err((Code::MG1301, nothing_found(account)));
        }
        if let Some(why) = services.iter().find_map(|service| shared(service, account, view)) {
            return Err(why);
        }
        services.iter().map(|service| service.key.clone()).collect()
    };
    for service in &services {
        if let Some(other) = names::namesake(service, &its_mesh, view) {
            return Err((Code::MG1302, format!("`{service}` and `{other}` are one service `{}` to Consul", service.name)));
        }
    }
    let caller =
        |service: ServiceKey| Caller { namespace: names::consul_namespace(&its_mesh, &service.namespace), name: service.name.to_string() };
    Ok(services.into_iter().map(caller).collect())
}

/// What is said of an account without any Consul service.
pub(crate) fn nothing_found(account: &AccountKey) -> String {
    format!("no Service of the input selects pods of ServiceAccount `{}` of namespace `{}`", account.name, account.namespace)
}

fn shared(service: &Service, account: &AccountKey, view: &View<'_>) -> Option<(Code, String)> {
    let accounts = accounts(&instances(service, view));
    let other = accounts.into_iter().find(|other| other != account)?;
    Some((
        Code::MG1313,
        format!("Consul service `{}` runs pods of ServiceAccount `{}` and of `{}`", service.key.name, account.name, other.name),
    ))
}

/// `TRUSTDOMAIN/ns/NS/sa/SA`, which is an account, or Consul's own `TRUSTDOMAIN/ns/NS/dc/DC/svc/NAME`.
fn callers_of_id(id: &str, mesh: &MeshSettings, view: &View<'_>) -> Result<Vec<Caller>, (Code, String)> {
    let foreign = || (Code::MG1318, format!("`spiffe://{id}` is no identity of this Consul"));
    let parts: Vec<&str> = id.split('/').collect();
    if parts.first() != Some(&&*mesh.trust_domain) {
        return Err(foreign());
    }
    match parts[1..] {
        ["ns", namespace, "sa", name] => callers_of_account(&AccountKey { namespace: namespace.into(), name: name.into() }, mesh, view),
        ["ns", namespace, "dc", _, "svc", name] if !name.is_empty() && name != "*" => {
            let namespace = match &mesh.consul_mirroring {
                Some(_) => Some(namespace.to_owned()),
                // The community edition knows this one only.
                None if namespace == "default" => None,
                None => return Err(foreign()),
            };
            Ok(vec![Caller { name: name.to_owned(), namespace }])
        }
        _ => Err(foreign()),
    }
}
