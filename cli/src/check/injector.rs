//! Sidecars by the webhook, where namespaces ask for them: whether pods can be made, and which have none yet.

use meshglot_control::LABEL;
use meshglot_controller::{CONFIGURATION, HOOK, webhook_stands};
use meshglot_inject::leaves;
use serde_json::Value;
use time::OffsetDateTime;

use super::{Check, first};
use crate::cluster::{Cluster, resource};
use crate::exit::Failure;

const CATEGORY: &str = "sidecars";

/// Who asks for sidecars, and what the API server asks for them.
pub(super) struct Injection {
    /// `Err`: whoever asks may not see it.
    configuration: Result<Option<Value>, Failure>,
    /// Namespaces with the label, as far as they may be seen.
    pub(super) namespaces: Vec<Value>,
}

impl Injection {
    pub(super) fn read(cluster: &Cluster) -> Self {
        let configurations = resource("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration");
        let configuration = cluster.read(cluster.reader.get(&configurations, "", CONFIGURATION));
        let namespaces = cluster.read(cluster.reader.list(&resource("v1", "Namespace"), None, &selector())).unwrap_or_default();
        Self { configuration, namespaces }
    }

    /// Whether pods get sidecars by a webhook, as far as it may be seen.
    pub(super) fn is_installed(&self) -> bool {
        matches!(self.configuration, Ok(Some(_)))
    }
}

/// By which namespaces ask.
fn selector() -> String {
    format!("{LABEL}=enabled")
}

/// Nothing: no namespace asks for sidecars, and no webhook makes any; or whoever asks may not see it.
pub(super) fn look(cluster: &Cluster, injection: &Injection, namespace: &str) -> Vec<Check> {
    let (Ok(found), labelled) = (&injection.configuration, &injection.namespaces) else { return Vec::new() };
    let secret = || cluster.read(cluster.reader.get(&resource("v1", "Secret"), namespace, HOOK)).ok().flatten();
    let now = OffsetDateTime::now_utc();
    let mut checks = match found.as_ref().and_then(|found| webhook_stands(found, secret().as_ref(), namespace, now)) {
        Some(Ok(what)) => vec![Check::ok(CATEGORY, what)],
        // Such a pod would be outside the mesh, so that the API server makes none.
        Some(Err(why)) => {
            let hint =
                "pods of namespaces with the label are refused meanwhile; the log of the controller that leads says what is in its way";
            vec![Check::error(CATEGORY, why).hint(hint).waits()]
        }
        None if labelled.is_empty() => return Vec::new(),
        None => {
            let what =
                format!("namespaces have the label {}, and no webhook puts sidecars into their pods: {}", selector(), names(labelled));
            return vec![Check::warning(CATEGORY, what).hint("meshglot install --backend builtin --inject; or meshglot inject")];
        }
    };
    let pods = resource("v1", "Pod");
    let pods = |one: &Value| cluster.read(cluster.reader.list(&pods, one["metadata"]["name"].as_str(), ""));
    match labelled.iter().map(pods).collect::<Result<Vec<_>, Failure>>() {
        Ok(pods) => checks.push(of(&pods.concat())),
        Err(failure) => checks.push(Check::unknown(CATEGORY, &failure)),
    }
    checks
}

/// Pods that were made before their namespace had the label, or while there was no webhook.
fn of(pods: &[Value]) -> Check {
    let lasts = |pod: &&Value| {
        let has_ended = pod["status"]["phase"].as_str().is_some_and(|phase| phase == "Succeeded" || phase == "Failed");
        !has_ended && pod["metadata"]["deletionTimestamp"].is_null()
    };
    let lacks = |pod: &&Value| leaves(pod).is_ok_and(|why| why.is_none());
    let without: Vec<Value> = pods.iter().filter(lasts).filter(lacks).cloned().collect();
    if without.is_empty() {
        return Check::ok(CATEGORY, "pods of namespaces with the label have their sidecar");
    }
    let what = format!("{} of namespaces with the label have no sidecar: {}", count(without.len()), names(&without));
    Check::warning(CATEGORY, what).hint("kubectl -n NAMESPACE rollout restart deployments,statefulsets,daemonsets makes them again")
}

fn count(pods: usize) -> String {
    if pods == 1 { "1 pod".to_owned() } else { format!("{pods} pods") }
}

fn names(objects: &[Value]) -> String {
    let name = |one: &Value| {
        let text = |field: &str| one["metadata"][field].as_str();
        let name = text("name").unwrap_or_default();
        text("namespace").map_or_else(|| name.to_owned(), |namespace| format!("{namespace}/{name}"))
    };
    first(&objects.iter().map(name).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Level;
    use super::*;

    #[test]
    fn pods_without_a_sidecar_are_named_and_those_that_need_none_are_not() {
        let pod = |name: &str, labels: Value, spec: Value, phase: &str| {
            let metadata = json!({"name": name, "namespace": "bank", "labels": labels});
            json!({"metadata": metadata, "spec": spec, "status": {"phase": phase}})
        };
        let plain = json!({"containers": [{"name": "main"}]});
        let mut pods = vec![
            pod("meshed", json!({}), json!({"containers": [{"name": "main"}], "initContainers": [{"name": "meshglot-proxy"}]}), "Running"),
            pod("out", json!({"meshglot.dev/inject": "disabled"}), plain.clone(), "Running"),
            pod("node", json!({}), json!({"hostNetwork": true, "containers": [{"name": "main"}]}), "Running"),
            pod("done", json!({}), plain.clone(), "Succeeded"),
        ];
        assert_eq!(of(&pods).level, Level::Ok);
        pods.push(pod("early-1", json!({}), plain.clone(), "Running"));
        assert_eq!(of(&pods).message, "1 pod of namespaces with the label have no sidecar: bank/early-1");
        pods.extend((2..6).map(|number| pod(&format!("early-{number}"), json!({}), plain.clone(), "Pending")));
        let said = of(&pods);
        let want = "5 pods of namespaces with the label have no sidecar: bank/early-1, bank/early-2, bank/early-3 and 2 more";
        assert_eq!((said.level, said.message.as_str()), (Level::Warning, want));
    }
}
