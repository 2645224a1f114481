//! Services, endpoints, pods and namespaces, read as far as policy refers to them.

use std::net::IpAddr;
use std::sync::Arc;

use super::metadata::strings;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Endpoint, EndpointSlice, Kind, Namespace, ObjectKey, PodSet, PortTarget, Protocol, Service, ServiceKey, ServicePort};
use crate::parse::{Document, NodeRef};

/// Reads a Service. Ports that are not TCP are left out: no mesh carries them.
pub(super) fn service(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> Service {
    let root = document.root();
    let spec = root.get("spec");
    let field = |name: &str| spec.and_then(|spec| spec.get(name));
    let ports = field("ports").into_iter().flat_map(NodeRef::items);
    let cluster_ip = field("clusterIP").and_then(NodeRef::text).filter(|text| !text.is_empty());
    Service {
        key: ServiceKey { namespace: key.namespace.clone(), name: key.name.clone() },
        document: document.clone(),
        ports: ports.filter_map(|node| service_port(key, node, out)).collect(),
        selector: strings(field("selector")),
        cluster_ip: cluster_ip.filter(|ip| *ip != "None").map(str::to_owned),
        headless: cluster_ip == Some("None"),
        external_name: field("type").and_then(NodeRef::text) == Some("ExternalName"),
        labels: strings(root.find(["metadata", "labels"])),
        annotations: strings(root.find(["metadata", "annotations"])),
    }
}

fn service_port(key: &ObjectKey, node: NodeRef<'_>, out: &mut Vec<Diagnostic>) -> Option<ServicePort> {
    let text = |name: &str| node.get(name).filter(|node| !node.is_null()).and_then(NodeRef::text);
    if text("protocol").is_some_and(|protocol| protocol != "TCP") {
        return None;
    }
    let number = node.get("port").and_then(NodeRef::integer).and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0);
    let Some(number) = number else {
        let place = node.get("port").unwrap_or(node);
        out.push(Diagnostic::at(Code::MG0303, place, "the port of a Service is a number from 1 to 65535").about(key));
        return None;
    };
    let target = match node.get("targetPort").and_then(NodeRef::text) {
        None => PortTarget::Number(number),
        Some(target) => port_target(target),
    };
    let name: Arc<str> = text("name").unwrap_or_default().into();
    let app_protocol = text("appProtocol");
    let protocol = Protocol::of(app_protocol, &name);
    Some(ServicePort { protocol, number, target, app_protocol: app_protocol.map(Arc::from), name })
}

/// Reads the pod template of a workload, or a Pod. `None` for a Pod with an owner: its owner speaks for it.
pub(super) fn pods(key: &ObjectKey, document: &Arc<Document>) -> Option<PodSet> {
    let root = document.root();
    let template = match key.kind {
        Kind::Pod => Some(root),
        Kind::CronJob => root.find(["spec", "jobTemplate", "spec", "template"]),
        _ => root.find(["spec", "template"]),
    }?;
    let owned = root.find(["metadata", "ownerReferences"]).is_some_and(|owners| owners.items().len() > 0);
    if owned && matches!(key.kind, Kind::Pod | Kind::ReplicaSet | Kind::Job) {
        return None;
    }
    let spec = template.get("spec");
    let containers = || spec.and_then(|spec| spec.get("containers")).into_iter().flat_map(NodeRef::items);
    let asked = containers()
        .flat_map(|container| ["livenessProbe", "readinessProbe", "startupProbe"].map(|probe| container.find([probe, "httpGet"])));
    let probe =
        |get: NodeRef<'_>| Some((port_target(get.get("port")?.text()?), get.get("path").and_then(NodeRef::text).unwrap_or("/").into()));
    let mut probes: Vec<(PortTarget, Arc<str>)> = asked.flatten().filter_map(probe).collect();
    probes.sort();
    probes.dedup();
    let ports = containers().filter_map(|container| container.get("ports")).flat_map(NodeRef::items).filter_map(|port| {
        let tcp = port.get("protocol").and_then(NodeRef::text).is_none_or(|protocol| protocol == "TCP");
        let number = port.get("containerPort").and_then(NodeRef::integer).and_then(|number| u16::try_from(number).ok())?;
        tcp.then(|| (port.get("name").and_then(NodeRef::text).unwrap_or_default().into(), number))
    });
    let mut ports: Vec<(Arc<str>, u16)> = ports.collect();
    ports.sort_by_key(|(_, number)| *number);
    ports.dedup_by_key(|(_, number)| *number);
    let account = spec.and_then(|spec| spec.get("serviceAccountName").or_else(|| spec.get("serviceAccount")));
    Some(PodSet {
        key: key.clone(),
        document: document.clone(),
        labels: strings(template.find(["metadata", "labels"])),
        annotations: strings(template.find(["metadata", "annotations"])),
        selector: match strings(root.find(["spec", "selector", "matchLabels"])) {
            selector if selector.is_empty() => strings(template.find(["metadata", "labels"])),
            selector => selector,
        },
        service_account: account.and_then(NodeRef::text).filter(|name| !name.is_empty()).unwrap_or("default").into(),
        ports,
        probes,
        address: None,
    })
}

/// Reads a Workload: one instance, with the labels of its own metadata.
pub(super) fn workload(key: &ObjectKey, document: &Arc<Document>, out: &mut Vec<Diagnostic>) -> PodSet {
    let root = document.root();
    let by_name = root.find(["spec", "address"]).filter(|node| node.text().is_some_and(|text| text.parse::<IpAddr>().is_err()));
    if let Some(node) = by_name {
        let diagnostic = Diagnostic::at(Code::MG0016, node, "a Workload is not found by name by this version: no call is led to it");
        out.push(diagnostic.about(key).help("write its IP address"));
    }
    let text = |name: &str| root.find(["spec", name]).and_then(NodeRef::text).filter(|text| !text.is_empty());
    let list = root.find(["spec", "ports"]).into_iter().flat_map(NodeRef::items);
    let port = |node: NodeRef<'_>| {
        let number = node.get("port").and_then(NodeRef::integer).and_then(|number| u16::try_from(number).ok())?;
        Some((node.get("name").and_then(NodeRef::text).unwrap_or_default().into(), number))
    };
    let mut ports: Vec<(Arc<str>, u16)> = list.filter_map(port).collect();
    ports.sort_by_key(|(_, number)| *number);
    let labels = strings(root.find(["metadata", "labels"]));
    PodSet {
        key: key.clone(),
        document: document.clone(),
        annotations: strings(root.find(["metadata", "annotations"])),
        selector: labels.clone(),
        labels,
        service_account: text("serviceAccountName").unwrap_or("default").into(),
        ports,
        probes: Vec::new(),
        address: text("address").map(Arc::from),
    }
}

fn port_target(text: &str) -> PortTarget {
    text.parse().map_or_else(|_| PortTarget::Name(text.into()), PortTarget::Number)
}

/// Reads an EndpointSlice. `None` if it belongs to no Service.
pub(super) fn endpoints(key: &ObjectKey, document: &Arc<Document>) -> Option<EndpointSlice> {
    let root = document.root();
    let service = root.find(["metadata", "labels"])?.get("kubernetes.io/service-name")?.text()?;
    let texts = |node: Option<NodeRef<'_>>| -> Vec<Arc<str>> {
        node.into_iter().flat_map(NodeRef::items).filter_map(NodeRef::text).map(Arc::from).collect()
    };
    let list = |name: &str| root.get(name).into_iter().flat_map(NodeRef::items);
    let endpoint = |node: NodeRef<'_>| Endpoint {
        addresses: texts(node.get("addresses")),
        ready: node.find(["conditions", "ready"]).and_then(NodeRef::text) != Some("false"),
        pod: node
            .get("targetRef")
            .filter(|r| r.get("kind").and_then(NodeRef::text) == Some("Pod"))
            .and_then(|r| r.get("name")?.text())
            .map(Arc::from),
        zone: node.get("zone").and_then(NodeRef::text).map(Arc::from),
    };
    let port = |node: NodeRef<'_>| -> Option<(Arc<str>, u16)> {
        let number = node.get("port").and_then(NodeRef::integer).and_then(|number| u16::try_from(number).ok())?;
        Some((node.get("name").and_then(NodeRef::text).unwrap_or_default().into(), number))
    };
    Some(EndpointSlice {
        key: key.clone(),
        service: ServiceKey { namespace: key.namespace.clone(), name: service.into() },
        endpoints: list("endpoints").map(endpoint).collect(),
        ports: list("ports").filter_map(port).collect(),
    })
}

/// Reads a Namespace, with the label that the API server always adds.
pub(super) fn namespace(key: &ObjectKey, document: &Arc<Document>) -> Namespace {
    let root = document.root();
    let mut namespace = implied_namespace(&key.name);
    namespace.labels.extend(strings(root.find(["metadata", "labels"])));
    namespace.annotations = strings(root.find(["metadata", "annotations"]));
    namespace
}

/// A namespace that nobody wrote down.
pub(super) fn implied_namespace(name: &Arc<str>) -> Namespace {
    let labels = [("kubernetes.io/metadata.name".to_owned(), name.to_string())].into();
    Namespace { name: name.clone(), labels, annotations: Default::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Source, parse};
    use test_case::test_case;

    #[test_case("192.0.2.17", false ; "an IPv4 address")]
    #[test_case("\"fd00::7\"", false ; "an IPv6 address")]
    #[test_case("ledger.example", true ; "a name, to which no call is led")]
    fn addresses_of_workloads(address: &str, told: bool) {
        let text = format!(
            "metadata: {{name: ledger, labels: {{app: ledger}}}}\nspec: {{address: {address}, ports: [{{name: b, port: 2}}, {{name: a, port: 1}}]}}\n"
        );
        let (documents, _) = parse(&[Source::new("w.yaml", text)]);
        let key = ObjectKey { kind: Kind::Workload, namespace: "bank".into(), name: "ledger".into() };
        let mut diagnostics = Vec::new();
        let read = workload(&key, &documents[0], &mut diagnostics);
        assert_eq!(diagnostics.iter().map(|one| one.code).collect::<Vec<_>>(), if told { vec![Code::MG0016] } else { vec![] });
        assert_eq!((&*read.service_account, read.ports), ("default", vec![("a".into(), 1), ("b".into(), 2)]));
        assert_eq!(read.labels, read.selector);
    }
}
