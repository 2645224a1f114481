//! Whether a root can take what is left to it: on Consul a Pod is an instance of one service only, so a root
//! beside one Service per version has none.

use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{MeshSettings, PodSet, Service, ServiceRoutes};
use meshglot_translator::render::{Report, Verdict};
use meshglot_translator::resolve::View;

use crate::chain::{Chain, positive};
use crate::identity::is_ignored;

/// What the inventory tells about the instances of a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instances {
    /// Pods that no destination selects.
    Own,
    /// It selects only what a destination selects too, or nothing that is known.
    None,
    /// Nothing is known.
    Unknown,
}

/// Tells what callers of the root meet that its splits do not say. `allowed`: the root has intentions.
pub(crate) fn reach(routes: &ServiceRoutes, chain: &Chain<'_>, allowed: bool, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) {
    let (Some(root), Some(first)) = (&routes.service, chain.rules.first()) else { return };
    let name = &root.key.name;
    let instances = instances(root, chain, view);
    // Where nothing is known, the root is taken for a mere name, which is what SMI's layout makes of it.
    if instances != Instances::Own && !mesh.consul_default_allow && !allowed {
        let message = format!("under default deny, callers reach `{name}` only with an intention for `{name}` itself");
        report.lose(Code::MG1303, Verdict::Equivalent, &first.split.key, &first.split.root_origin, message);
    }
    if instances != Instances::None {
        return;
    }
    if let (None, Some(last)) = (chain.whole(), chain.rules.last()) {
        let message = format!("`{name}` has no instances of its own: requests that no match takes get 503");
        report.lose(Code::MG1324, Verdict::Narrowed, &last.split.key, &last.split.root_origin, message);
    }
    for rule in &chain.rules {
        if let Some(itself) = positive(rule).find(|to| to.service == root.key) {
            let message = format!("`{name}` has no instances of its own: its share gets 503");
            report.lose(Code::MG1324, Verdict::Narrowed, &rule.split.key, &itself.service_origin, message);
        }
    }
}

fn instances(root: &Service, chain: &Chain<'_>, view: &View<'_>) -> Instances {
    if is_ignored(root) {
        return Instances::None;
    }
    // Without a selector it is filled by hand, if at all.
    if root.selector.is_empty() {
        return Instances::Unknown;
    }
    let destinations = chain.rules.iter().flat_map(|rule| &rule.destinations).filter_map(|to| to.object.as_ref());
    let others: Vec<&Arc<Service>> = destinations.filter(|service| service.key != root.key && !is_ignored(service)).collect();

    let elsewhere = |pods: &PodSet| others.iter().any(|service| pods.is_selected_by(service));
    if view.pods_behind(root).iter().any(|pods| !elsewhere(pods)) {
        return Instances::Own;
    }
    let known = others.iter().any(|service| !view.pods_behind(service).is_empty());
    // Without pods, selectors can still tell: what a root with this selector picks, that destination picks too.
    let within =
        |other: &Service| !other.selector.is_empty() && other.selector.iter().all(|(name, value)| root.selector.get(name) == Some(value));
    if known || others.iter().any(|other| within(other)) { Instances::None } else { Instances::Unknown }
}
