//! Workloads as a cluster would tell of them: Services, Deployments, EndpointSlices.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::workload::{Place, Serves, Workload};

/// The objects of all workloads; `away`: those that are not ready.
pub(crate) fn inventory(workloads: &[Workload], away: &BTreeSet<&'static str>) -> String {
    let mut text = String::new();
    let mut services = BTreeSet::new();
    for workload in workloads {
        if services.insert((workload.namespace, workload.service)) {
            text.push_str(&service(workload));
        }
        text.push_str(&deployment(workload));
        text.push_str(&slice(workload, !away.contains(workload.name)));
    }
    text
}

fn service(workload: &Workload) -> String {
    let Workload { namespace, service, headless, .. } = workload;
    let ports = list(workload, |(port, target, serves)| {
        let protocol = protocol(*serves).map(|word| format!(", appProtocol: {word}")).unwrap_or_default();
        format!("{{name: p-{port}, port: {port}, targetPort: {target}{protocol}}}")
    });
    let address = if *headless { "None".to_owned() } else { workload.cluster_ip().to_string() };
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {service}, namespace: {namespace}}}\n\
         spec: {{clusterIP: {address}, selector: {{service: {service}}}, ports: [{ports}]}}\n"
    )
}

fn deployment(workload: &Workload) -> String {
    let Workload { name, namespace, account, service, place, .. } = workload;
    let ports = list(workload, |(_, target, _)| format!("{{containerPort: {target}}}"));
    let inject = if *place == Place::Plain { ", meshglot.dev/inject: disabled" } else { "" };
    let mut text = format!("---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {namespace}}}\n");
    // A string takes whatever is written to it.
    let _ = write!(
        text,
        "spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    \
         metadata: {{labels: {{app: {name}, service: {service}{inject}}}}}\n    \
         spec: {{serviceAccountName: {account}, containers: [{{name: app, image: x, ports: [{ports}]}}]}}\n"
    );
    text
}

fn slice(workload: &Workload, ready: bool) -> String {
    let Workload { name, namespace, service, .. } = workload;
    let ports = list(workload, |(port, target, _)| format!("{{name: p-{port}, port: {target}}}"));
    format!(
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n\
         metadata: {{name: {name}-1, namespace: {namespace}, labels: {{kubernetes.io/service-name: {service}}}}}\naddressType: IPv4\n\
         ports: [{ports}]\n\
         endpoints: [{{addresses: [{}], conditions: {{ready: {ready}}}, targetRef: {{kind: Pod, name: {name}-1}}}}]\n",
        workload.address(),
    )
}

/// `None`: nobody says what the port speaks.
fn protocol(serves: Serves) -> Option<&'static str> {
    match serves {
        Serves::Http => Some("http"),
        Serves::Grpc => Some("grpc"),
        Serves::Echo | Serves::Banner => Some("tcp"),
        Serves::Either | Serves::GrpcUnsaid => None,
    }
}

fn list(workload: &Workload, one: impl Fn(&(u16, u16, Serves)) -> String) -> String {
    workload.declared().map(one).collect::<Vec<_>>().join(", ")
}
