//! The TCPRoutes of the input by name, those that are made for ports of destinations, and those no longer needed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::object::{Entry, Refusal, Smi, SmiKind, refusal};
use super::version::{Group, Version};
use crate::ir::ObjectKey;
use crate::name::object_name;
use crate::parse::NodeRef;
use crate::resolve::Object;

/// Marks a TCPRoute that was made for `destination.port` of the TrafficTarget that it names.
const PORT_OF: &str = "meshglot.dev/port-of";

/// Namespace and name.
type RouteKey = (Arc<str>, Arc<str>);

/// What is known of one TCPRoute.
#[derive(Debug)]
struct Route {
    /// Empty: every port. `None`: it cannot be read, or is written several times.
    ports: Option<BTreeSet<u16>>,
    /// The target for which it was made.
    made_for: Option<String>,
}

/// All TCPRoutes that are known.
#[derive(Debug, Default)]
pub(super) struct Routes {
    known: BTreeMap<RouteKey, Route>,
    /// Those that a target had as its port's form, and has no more.
    folded: BTreeSet<RouteKey>,
    /// Those that targets name.
    named: BTreeSet<RouteKey>,
}

/// Ports that TCPRoutes leave open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ports {
    /// All.
    Every,
    /// These; not empty.
    These(BTreeSet<u16>),
}

impl Routes {
    /// Reads the TCPRoutes among some entries.
    pub(super) fn of<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut routes = Self::default();
        for entry in entries {
            let Entry::Smi(smi) = entry else { continue };
            let Smi { kind: SmiKind::TcpRoute, key: Some(key), object: Some(Object::TcpRoute(route)), document, .. } = &**smi else {
                continue;
            };
            let made_for = document.root().find(["metadata", "annotations", PORT_OF]).and_then(NodeRef::text).map(str::to_owned);
            let ports = route.ports.iter().map(|(port, _)| *port).collect();
            let twice = routes.known.contains_key(&route_key(key));
            routes.known.insert(route_key(key), Route { ports: (!twice).then_some(ports), made_for });
        }
        routes
    }

    /// The ports of rules that name TCPRoutes of a namespace (P7: no ports are all ports); there is at least one rule.
    pub(super) fn ports(&self, namespace: &Arc<str>, rules: &[NodeRef<'_>]) -> Result<Ports, Refusal> {
        let mut all = BTreeSet::new();
        let mut every = false;
        for rule in rules {
            let name = rule.get("name").unwrap_or(*rule);
            let text = name.text().unwrap_or_default();
            let Some(Route { ports: Some(ports), .. }) = self.known.get(&(namespace.clone(), text.into())) else {
                let message = format!("the ports of TCPRoute `{text}` are not known: it is not once in the input");
                return Err(refusal(name, message, "give the file that has it with another -f"));
            };
            every |= ports.is_empty();
            all.extend(ports);
        }
        Ok(if every { Ports::Every } else { Ports::These(all) })
    }

    /// A TCPRoute for the port of a target: its name, and the object unless it is there already.
    pub(super) fn make(&mut self, target: &ObjectKey, written_namespace: Option<&str>, port: u16) -> (String, Option<Value>) {
        let number = port.to_string();
        // One name for one target and port; others may have it.
        let plain = object_name(&[], &target.name, &["port", &number]);
        let names = (1..).map(|count| if count == 1 { plain.clone() } else { object_name(&[], &plain, &[&count.to_string()]) });
        let wanted = Route { ports: Some([port].into()), made_for: Some(target.name.to_string()) };
        for name in names {
            let key = (target.namespace.clone(), Arc::from(name.as_str()));
            match self.known.get(&key) {
                Some(route) if route.ports == wanted.ports && route.made_for == wanted.made_for => return (name, None),
                Some(_) => {}
                None => {
                    self.known.insert(key, wanted);
                    let mut metadata = json!({"name": name, "annotations": {PORT_OF: &*target.name}});
                    if let Some(namespace) = written_namespace {
                        metadata["namespace"] = namespace.into();
                    }
                    let api_version = Group::Specs.api_version(Version::V1alpha4);
                    let spec = json!({"matches": {"ports": [port]}});
                    return (name, Some(json!({"apiVersion": api_version, "kind": "TCPRoute", "metadata": metadata, "spec": spec})));
                }
            }
        }
        // The numbers do not end.
        (plain, None)
    }

    /// Notes that a target says its port itself from now on.
    pub(super) fn fold(&mut self, target: &ObjectKey, rule: NodeRef<'_>) {
        let key = (target.namespace.clone(), rule.get("name").and_then(NodeRef::text).unwrap_or_default().into());
        if self.known.get(&key).is_some_and(|route| route.made_for.as_deref() == Some(&target.name)) {
            self.folded.insert(key);
        }
    }

    /// Notes that a target names a TCPRoute.
    pub(super) fn name(&mut self, namespace: &Arc<str>, name: &str) {
        self.named.insert((namespace.clone(), name.into()));
    }

    /// Whether a TCPRoute was made for a port that its target says itself now, and nobody else names it.
    pub(super) fn is_done(&self, route: &ObjectKey) -> bool {
        let key = route_key(route);
        self.folded.contains(&key) && !self.named.contains(&key)
    }
}

fn route_key(key: &ObjectKey) -> RouteKey {
    (key.namespace.clone(), key.name.clone())
}
