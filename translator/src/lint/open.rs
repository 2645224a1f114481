//! MG0501 on workloads: no access rule is about them, while others of their Mesh are closed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Linter, some_of};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{AccessDefault, AccountKey, Kind, PodSet};

/// Workloads of one namespace, those that ignore it apart.
type Open = BTreeMap<(Arc<str>, bool), Vec<Arc<PodSet>>>;

/// Tells the open workloads of a namespace in one finding, wherever its Mesh has any access rule.
pub(super) fn tell(linter: &mut Linter<'_>) {
    let closing: BTreeSet<Arc<str>> =
        linter.model.targeted_accounts().filter_map(|account| mesh_name(linter, &account.namespace)).collect();
    let mut open: Open = BTreeMap::new();
    for key in linter.model.keys().filter(|key| key.kind.runs_pods()) {
        let Some(mesh) = linter.view.mesh_of(&key.namespace).filter(|mesh| closing.contains(&mesh.name)) else { continue };
        let Some(pods) = linter.view.pods(key) else { continue };
        let account = AccountKey { namespace: key.namespace.clone(), name: pods.service_account.clone() };
        if mesh.access_default == AccessDefault::Targeted && linter.view.target_keys_of(&account).is_empty() && is_called(&pods, linter) {
            open.entry((key.namespace.clone(), linter.ignores(Code::MG0501, key))).or_default().push(pods);
        }
    }
    for ((namespace, _), workloads) in open {
        tell_namespace(&namespace, &workloads, linter);
    }
}

fn mesh_name(linter: &Linter<'_>, namespace: &Arc<str>) -> Option<Arc<str>> {
    linter.view.mesh_of(namespace).map(|mesh| mesh.name.clone())
}

/// Jobs that offer nothing are called by nobody.
fn is_called(pods: &PodSet, linter: &Linter<'_>) -> bool {
    let is_job = matches!(pods.key.kind, Kind::Job | Kind::CronJob);
    !is_job || !pods.ports.is_empty() || !linter.view.services_selecting(pods).is_empty()
}

fn tell_namespace(namespace: &Arc<str>, workloads: &[Arc<PodSet>], linter: &mut Linter<'_>) {
    /// Workloads that are called by name.
    const NAMES: usize = 5;
    let Some(first) = workloads.first() else { return };
    let names: Vec<String> = workloads.iter().map(|pods| format!("{} `{}`", pods.key.kind.name(), pods.key.name)).collect();
    let them = if names.len() == 1 { "it" } else { "them" };
    let message = format!("every caller may call {} of namespace `{namespace}`: no access rule is about {them}", some_of(&names, NAMES));
    let root = first.document.root();
    let place = root.find(["metadata", "name"]).unwrap_or(root);
    let diagnostic = Diagnostic::at(Code::MG0501, place, message).level(Severity::Info);
    let diagnostic =
        diagnostic.help("write a TrafficTarget for each, or `access.default: deny` in the Mesh to close what no rule is about");
    linter.say(&first.key, diagnostic);
}
