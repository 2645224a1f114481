//! Who may call: every identity that is known, a stranger in each namespace, and somebody without a proxy.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::eval::{Caller, Neutral};
use crate::ir::Identity;
use crate::resolve::View;

/// The name of an account that no policy names. A policy that does would make it known.
pub(crate) const STRANGER: &str = "meshglot-stranger";

/// Everybody with a proxy who is known, sorted.
pub(crate) fn known(neutral: &Neutral<'_>, view: &View<'_>) -> Vec<Caller> {
    let mut callers = BTreeSet::new();
    let mut running = BTreeSet::new();
    for workload in neutral.inventory().workloads() {
        let plain = caller(&workload.key.namespace, &workload.service_account);
        running.insert(plain.clone());
        callers.insert(Caller { workload: Some(workload.key.clone()), ..plain });
    }
    let strangers = neutral.inventory().namespaces().iter().map(|namespace| caller(&namespace.name, &STRANGER.into()));
    // Accounts that rules name and nobody runs as, here.
    let rules = neutral.inventory().workloads().iter().filter_map(|workload| view.access(workload)).flat_map(|access| access.rules.clone());
    let named = rules.flat_map(|rule| rule.rule.sources.clone()).filter_map(|(source, _)| match source {
        Identity::Account(account) => Some(caller(&account.namespace, &account.name)),
        Identity::Spiffe(_) => None,
    });
    callers.extend(strangers.chain(named).filter(|caller| !running.contains(caller)));
    callers.into_iter().collect()
}

/// The callers of Services in a namespace: those of the same Mesh, and one outside of it.
pub(crate) fn of(known: &[Caller], view: &View<'_>, namespace: &Arc<str>) -> Vec<Caller> {
    let mesh = |namespace: &Arc<str>| view.mesh_of(namespace).map(|mesh| mesh.name.clone());
    let own = mesh(namespace);
    let outside = Caller { meshed: false, ..caller(namespace, &STRANGER.into()) };
    known.iter().filter(|caller| mesh(&caller.namespace) == own).cloned().chain([outside]).collect()
}

fn caller(namespace: &Arc<str>, account: &Arc<str>) -> Caller {
    Caller { namespace: namespace.clone(), service_account: account.clone(), workload: None, meshed: true }
}
