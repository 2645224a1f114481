//! The way to a control plane in a cluster: a port of its pod is forwarded by the API server, to whoever may do that there.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use tokio::io::DuplexStream;

use crate::cluster::{Cluster, failed};
use crate::exit::{Exit, Failure};

/// The pods of controllers.
const CHOSEN: &str = "app.kubernetes.io/name=meshglot-controller";

/// The name of the port.
const PORT: &str = "metrics";

/// A controller in a pod. Each of them sees all proxies.
pub(crate) struct Forwarded {
    pub(super) cluster: Arc<Cluster>,
    pods: Api<Pod>,
    pod: String,
    port: u16,
}

impl Forwarded {
    /// One of those that are ready.
    pub(super) fn of(cluster: Arc<Cluster>, namespace: &str) -> Result<Self, Failure> {
        let pods: Api<Pod> = Api::namespaced(cluster.reader.client.clone(), namespace);
        let what = format!("pods in {namespace}");
        let listed = cluster.wait(pods.list(&ListParams::default().labels(CHOSEN)));
        let mut found: Vec<Pod> = listed.map_err(|error| failed(&what, &error))?.items;
        found.sort_by_key(ResourceExt::name_any);
        let one = found.iter().filter(|pod| is_ready(pod)).find_map(|pod| Some((pod.name_any(), port(pod)?)));
        let Some((pod, port)) = one else {
            let why = if found.is_empty() { "no controller" } else { "no controller that is ready" };
            let failure = Failure::new(Exit::Unreachable, format!("{why} in the namespace {namespace}"));
            return Err(failure.help("`meshglot check` says what is missing; --lease-namespace names another namespace"));
        };
        Ok(Self { cluster, pods, pod, port })
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.pods.namespace().unwrap_or_default(), self.pod)
    }

    /// A connection to its port, as if from its own machine.
    pub(super) async fn connect(&self) -> Result<DuplexStream, Failure> {
        let what = format!("the port {} of the pod {}", self.port, self.name());
        let mut forwarder = self.pods.portforward(&self.pod, &[self.port]).await.map_err(|error| failed(&what, &error))?;
        let none = || Failure::new(Exit::Unreachable, format!("{what} is not forwarded"));
        forwarder.take_stream(self.port).ok_or_else(none)
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    pod.metadata.deletion_timestamp.is_none() && conditions.into_iter().any(|one| one.type_ == "Ready" && one.status == "True")
}

fn port(pod: &Pod) -> Option<u16> {
    let ports = pod.spec.iter().flat_map(|spec| &spec.containers).flat_map(|container| container.ports.iter().flatten());
    let found = ports.into_iter().find(|port| port.name.as_deref() == Some(PORT))?;
    u16::try_from(found.container_port).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn one_that_is_ready_and_tells_its_port() {
        let pod = |ready: &str, port: &str| -> Pod {
            let ports = json!([{"name": "webhook", "containerPort": 9443}, {"name": port, "containerPort": 9090}]);
            let status = json!({"conditions": [{"type": "Ready", "status": ready}]});
            serde_json::from_value(json!({"spec": {"containers": [{"name": "controller", "ports": ports}]}, "status": status}))
                .expect("a pod")
        };
        assert!(is_ready(&pod("True", "metrics")) && !is_ready(&pod("False", "metrics")) && !is_ready(&Pod::default()));
        assert_eq!((port(&pod("True", "metrics")), port(&pod("True", "http"))), (Some(9090), None));
    }
}
