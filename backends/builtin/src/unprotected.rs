//! Access rules that a proxy cannot hold: what they meant is told, and nothing is opened for it.

use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{PodSet, Protocol, WorkloadAccess, WorkloadRule};
use meshglot_translator::render::{Report, Verdict};
use meshglot_translator::resolve::View;

/// Told to every target about the account of a workload that has no proxy to hold them; without one to the workload, which the
/// Mesh closes by default.
pub(crate) fn without_proxy(pods: &Arc<PodSet>, view: &View<'_>, report: &mut Report) {
    let Some(access) = view.access(pods).filter(|access| access.closed) else { return };
    let targets = &view.account_access(&access.account).targets;
    for target in targets {
        let message = format!("NOT PROTECTED: {} runs as this ServiceAccount without a proxy, so that everybody may call it", pods.key);
        report.lose(Code::MG1415, Verdict::Widened, &target.key, &target.destination.origin, message);
    }
    if targets.is_empty() {
        let message = format!("NOT PROTECTED: {} is closed by the Mesh and has no proxy, so that everybody may call it", pods.key);
        report.lose(Code::MG1415, Verdict::Widened, &pods.key, &pods.document.root().origin(), message);
    }
}

/// Rules about requests that no port of the account's workloads reads. Told once, by the first of the workloads.
pub(crate) fn without_requests(pods: &Arc<PodSet>, view: &View<'_>, report: &mut Report) {
    let Some(access) = view.access(pods).filter(|access| access.closed) else { return };
    // Other workloads are looked at only for a rule that is lost here.
    for rule in access.rules.iter().filter(|rule| rule.rule.matches.is_some() && !is_read(&access, rule)) {
        let workloads = &view.account_access(&access.account).workloads;
        if workloads.first().is_none_or(|first| first.key != pods.key) {
            continue;
        }
        let read_by = |workload: &Arc<PodSet>| {
            let Some(access) = view.access(workload) else { return false };
            access.rules.iter().any(|other| Arc::ptr_eq(&other.rule, &rule.rule) && is_read(&access, other))
        };
        if !workloads.iter().any(read_by) {
            let ports: Vec<String> = rule.ports.iter().map(u16::to_string).collect();
            let whose = if ports.is_empty() { "no port is known".to_owned() } else { format!("port {} speaks TCP", ports.join(", ")) };
            let message = format!("{whose} on {}: its connections hold no requests, and this rule allows none", pods.key);
            report.lose(Code::MG1413, Verdict::Refused, &rule.rule.target.key, &rule.rule.origin, message);
        }
    }
}

/// Whether requests are read on any port that the rule holds on.
fn is_read(access: &WorkloadAccess, rule: &WorkloadRule) -> bool {
    access.ports.iter().any(|port| port.protocol != Protocol::Tcp && rule.ports.contains(&port.number))
}
