//! Access beyond single services: the deny for the whole Mesh, and what is told once for an account or a namespace.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{AccessDefault, AccountKey, MeshSettings, ObjectKey, Service, TrafficTarget};
use meshglot_translator::render::{RenderedObject, Report, Verdict};
use meshglot_translator::resolve::View;

use crate::resource::service_intentions::{IntentionDestination, ServiceIntentionsSpec};
use crate::split::Part;
use crate::{access, destination, identity};

/// How many Services a message names.
const NAMED: usize = 3;

/// Name of the object that closes every service.
const ALL_SERVICES: &str = "all-services";

/// Every service of Consul, for whatever has no entry of its own. The lowest of all precedences.
pub(crate) fn all_services(mesh: &MeshSettings, report: &Report) -> Option<RenderedObject> {
    let sources = BTreeSet::from([destination::mesh_object(mesh)?]);
    let namespace = mesh.consul_mirroring.as_ref().map(|_| "*".to_owned());
    let destination = IntentionDestination { name: "*".to_owned(), namespace };
    let spec = ServiceIntentionsSpec { destination, sources: access::denies(mesh).collect() };
    Some(Part::new("ServiceIntentions", spec, sources, Vec::new()).object(&mesh.system_namespace, ALL_SERVICES, mesh, report))
}

/// What targets of an account cannot have on Consul at all.
pub(crate) fn account(account: &AccountKey, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) {
    let targets = view.account_access(account).targets.clone();
    if mesh.access_default == AccessDefault::Allow {
        let message = format!("rules for ServiceAccount `{}` are neither enforced nor told", account.name);
        return tell(&targets, Code::MG1317, Verdict::Dropped, &message, report);
    }
    if let Some((code, message)) = identity::unusable(account) {
        return tell(&targets, code, Verdict::Refused, &message, report);
    }
    // Without any workload the model itself says that nothing is protected.
    let registered = mesh.consul_acls || view.workloads_of(account).is_empty() || !identity::services_of(account, view).is_empty();
    if !registered {
        tell(&targets, Code::MG1301, Verdict::Refused, &identity::nothing_found(account), report);
    }
}

fn tell(targets: &[Arc<TrafficTarget>], code: Code, verdict: Verdict, message: &str, report: &mut Report) {
    for target in targets {
        report.lose(code, verdict, &target.key, &target.destination.origin, message);
    }
}

/// Services of a namespace that no rule targets, beside some that are: told at the first target.
pub(crate) fn namespace(namespace: &Arc<str>, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) {
    if mesh.access_default != AccessDefault::Targeted || mesh.consul_default_allow {
        return;
    }
    let mut open: Vec<Arc<Service>> = Vec::new();
    let mut first: Option<ObjectKey> = None;
    for service in view.services_in(namespace) {
        let Some(targets) = destination::targets(&service, view, mesh) else { continue };
        if targets.is_empty() {
            open.push(service);
        }
        first = first.into_iter().chain(targets).min();
    }
    let Some(first) = first.filter(|_| !open.is_empty()).and_then(|key| view.target(&key)) else { return };
    let names: Vec<String> = open.iter().take(NAMED).map(|service| format!("`{}`", service.key.name)).collect();
    let more = match open.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("no rule targets {}{more}: where the server's default is deny, nobody may call there", names.join(", "));
    report.lose(Code::MG1307, Verdict::Narrowed, &first.key, &first.destination.origin, message);
}
