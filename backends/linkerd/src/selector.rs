//! Which pods a Server picks: those of one workload and no others, in its namespace.

use std::collections::BTreeMap;

use meshglot_translator::ir::{Kind, PodSet};
use meshglot_translator::resolve::View;

/// Longest value of a label.
const LONGEST_VALUE: usize = 63;

/// Labels that pick the pods of this workload alone; `None` if none do.
///
/// Of two Servers on one pod and port the older counts, silently, so that pods of another workload must not be
/// picked even where they run as the same ServiceAccount.
pub(crate) fn labels_of(workload: &PodSet, view: &View<'_>) -> Option<BTreeMap<String, String>> {
    let mut labels = workload.selector.clone();
    // A Server picks pods; a process outside Kubernetes is none.
    if labels.is_empty() || workload.key.kind == Kind::Workload {
        return None;
    }
    let others = view.pods_labelled(&workload.key.namespace, &labels).into_iter().any(|pods| pods.key != workload.key);
    if others {
        if workload.key.name.len() > LONGEST_VALUE {
            return None;
        }
        labels.insert(injected_label(workload.key.kind)?.to_owned(), workload.key.name.to_string());
    }
    Some(labels)
}

/// What the injector writes on every pod: the name of its owner.
///
/// # Source
/// linkerd2 `pkg/k8s/labels.go`.
fn injected_label(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Deployment => "linkerd.io/proxy-deployment",
        Kind::StatefulSet => "linkerd.io/proxy-statefulset",
        Kind::DaemonSet => "linkerd.io/proxy-daemonset",
        Kind::ReplicaSet => "linkerd.io/proxy-replicaset",
        Kind::Job => "linkerd.io/proxy-job",
        Kind::CronJob => "linkerd.io/proxy-cronjob",
        // A Pod without an owner has no such label, and the others run none.
        _ => return None,
    })
}
