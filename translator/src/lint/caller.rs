//! MG0111: an access rule admits a ServiceAccount as which nobody runs, though the workloads of its namespace are there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{AccountKey, Kind, SubjectKind};

/// Tells callers who may be misspelt. Without any workload of a namespace in the input nothing is known about it.
pub(super) fn tell(linter: &mut Linter<'_>) {
    let mut accounts: BTreeMap<&Arc<str>, BTreeSet<Arc<str>>> = BTreeMap::new();
    for key in linter.model.keys().filter(|key| key.kind.runs_pods()) {
        if let Some(pods) = linter.view.pods(key) {
            accounts.entry(&key.namespace).or_default().insert(pods.service_account.clone());
        }
    }
    for key in linter.model.keys().filter(|key| key.kind == Kind::TrafficTarget) {
        let Some(target) = linter.view.target(key) else { continue };
        for source in target.sources.iter().filter(|source| source.kind == SubjectKind::ServiceAccount) {
            let account = AccountKey { namespace: source.namespace.clone(), name: source.name.clone() };
            let Some(others) = accounts.get(&source.namespace).filter(|others| !others.contains(&source.name)) else { continue };
            let message = format!("no workload runs as ServiceAccount `{}` of namespace `{}`", account.name, account.namespace);
            let diagnostic = Diagnostic::at_origin(Code::MG0111, source.origin.clone(), message);
            linter.say(key, diagnostic.did_you_mean(&source.name, others.iter().map(|name| &**name)));
        }
    }
}
