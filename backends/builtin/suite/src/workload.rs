//! What runs in the mesh: its name, its identity, its address, and what its application serves.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

/// What an application does on its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Answers requests of HTTP with what came: 200, or what the path `/status/N` asks for.
    Http,
    /// Sends back what comes, as bytes.
    Echo,
    /// Says a word before anything came, then sends back what comes.
    Banner,
}

/// Where something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// With a proxy beside it.
    Meshed,
    /// Without.
    Plain,
}

/// A workload of one instance in the namespace `shop`, and the Service of its name.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name, that of its Service and of its service account.
    pub name: &'static str,
    /// A number of its own, from 1: the last part of its addresses.
    pub number: u8,
    /// Whether it has a proxy.
    pub place: Place,
    /// Ports of the Service, each with the port of the application and what that does; `http` or `tcp` is its protocol.
    pub ports: &'static [(u16, u16, Serves)],
}

impl Workload {
    /// The address of its instance.
    pub fn address(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, 1, self.number)
    }

    /// The address of its Service.
    pub fn cluster_ip(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, 96, 0, self.number)
    }

    /// Its objects.
    pub fn inventory(&self) -> String {
        let Self { name, ports, .. } = self;
        let word = |serves: Serves| if serves == Serves::Http { "http" } else { "tcp" };
        let list = |one: &dyn Fn(&(u16, u16, Serves)) -> String| ports.iter().map(one).collect::<Vec<_>>().join(", ");
        let services = list(&|(port, target, serves)| {
            format!("{{name: {0}-{port}, port: {port}, targetPort: {target}, appProtocol: {0}}}", word(*serves))
        });
        let slices = list(&|(port, target, serves)| format!("{{name: {}-{port}, port: {target}}}", word(*serves)));
        let containers = list(&|(_, target, _)| format!("{{containerPort: {target}}}"));
        let inject = if self.place == Place::Plain { ", meshglot.dev/inject: disabled" } else { "" };
        let mut text = String::new();
        // A string takes whatever is written to it.
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec: {{clusterIP: {}, selector: {{app: {name}}}, ports: [{services}]}}\n\
             ---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\n\
             spec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}{inject}}}}}\n    \
             spec: {{serviceAccountName: {name}, containers: [{{name: app, image: x, ports: [{containers}]}}]}}\n\
             ---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n\
             metadata: {{name: {name}-1, namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}}\naddressType: IPv4\n\
             ports: [{slices}]\nendpoints: [{{addresses: [{}], conditions: {{ready: true}}, targetRef: {{kind: Pod, name: {name}-1}}}}]\n",
            self.cluster_ip(),
            self.address(),
        );
        text
    }
}
