//! TrafficTarget: its body's place, and the port of its destination, which became a TCPRoute in v1alpha3.

use serde_json::{Value, json};

use super::object::{Converted, Refusal, refusal};
use super::place::Body;
use super::ports::{Ports, Routes};
use super::version::{Group, Version, Versions};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::ObjectKey;
use crate::parse::NodeRef;

const NAMES: &[(&str, &str)] = &[("destination", "destination"), ("sources", "sources"), ("specs", "rules")];

/// Writes a valid target in a version. `port` is the one that was read from its destination.
pub(super) fn target(
    key: &ObjectKey,
    root: NodeRef<'_>,
    port: Option<u16>,
    from: Version,
    versions: (Version, &Versions),
    routes: &mut Routes,
) -> Result<Converted, Refusal> {
    let (to, all) = versions;
    let body = Body::read(root, NAMES);
    let rules: Vec<NodeRef<'_>> = body.node("rules").into_iter().flat_map(NodeRef::items).collect();
    let mut change = Change { key, root, to, specs: all.of(Group::Specs), port, rules, notes: Vec::new(), added: None };
    if to < Version::V1alpha4 {
        change.accounts_only(&body)?;
    }
    let kept: Rules = if to >= Version::V1alpha3 {
        change.port_to_route(&body, routes)?
    } else if from >= Version::V1alpha3 {
        change.route_to_port(routes)?
    } else {
        change.no_udp()?;
        (change.written_rules(), port)
    };
    let named = kept.0.iter().filter(|rule| rule["kind"] == "TCPRoute").filter_map(|rule| rule["name"].as_str());
    named.for_each(|name| routes.name(&key.namespace, name));
    Ok(change.written(body, kept))
}

/// The names of TCPRoutes that a target's rules have, in whatever version.
pub(super) fn tcp_routes(root: NodeRef<'_>) -> Vec<&str> {
    let rules = Body::read(root, NAMES).node("rules").into_iter().flat_map(NodeRef::items);
    rules.filter(|rule| is(*rule, "TCPRoute")).filter_map(|rule| rule.get("name")?.text()).collect()
}

/// Rules as they are to be written, and the port of the destination.
type Rules = (Vec<Value>, Option<u16>);

struct Change<'n> {
    key: &'n ObjectKey,
    root: NodeRef<'n>,
    to: Version,
    /// The version of the routes beside it.
    specs: Option<Version>,
    port: Option<u16>,
    rules: Vec<NodeRef<'n>>,
    notes: Vec<Diagnostic>,
    added: Option<Value>,
}

impl<'n> Change<'n> {
    fn of_kind(&self, kind: &'static str) -> Vec<NodeRef<'n>> {
        self.rules.iter().copied().filter(|rule| is(*rule, kind)).collect()
    }

    fn written_rules(&self) -> Vec<Value> {
        self.rules.iter().map(|rule| rule.to_json()).collect()
    }

    /// Before v1alpha4 a subject is an account, and has no group.
    fn accounts_only(&self, body: &Body<'_>) -> Result<(), Refusal> {
        let subjects = body.node("destination").into_iter().chain(body.node("sources").into_iter().flat_map(NodeRef::items));
        for subject in subjects {
            if let Some(kind) = subject.get("kind").filter(|_| is(subject, "IdentityBinding")) {
                return Err(refusal(kind, format!("{} has no IdentityBinding", self.to), "name the ServiceAccounts themselves"));
            }
            if let Some(group) = subject.get("apiGroup") {
                return Err(refusal(group, format!("subjects of {} have no `apiGroup`", self.to), "take it out: an account needs none"));
            }
        }
        Ok(())
    }

    fn no_udp(&self) -> Result<(), Refusal> {
        match self.of_kind("UDPRoute").first() {
            Some(udp) => Err(refusal(*udp, format!("{} has no UDPRoute", self.to), "keep the target in access/v1alpha3 or newer")),
            None => Ok(()),
        }
    }

    /// Up: the port AND the rules (A9) is the rules beside a TCPRoute of that port.
    fn port_to_route(&mut self, body: &Body<'_>, routes: &mut Routes) -> Result<Rules, Refusal> {
        let Some(port) = self.port else { return Ok((self.written_rules(), None)) };
        let place = body.node("destination").and_then(|destination| destination.get("port")).unwrap_or(self.root);
        if let Some(udp) = self.of_kind("UDPRoute").first() {
            // Without its port the target allows nothing; beside a TCPRoute it would allow that port.
            let message = "a UDPRoute beside `destination.port` allows nothing, and a TCPRoute in place of the port would";
            return Err(refusal(*udp, message, "take the UDPRoute or the port out"));
        }
        if let Some(specs) = self.specs.filter(|specs| *specs < Version::V1alpha4) {
            let message = format!("{} has no `port`, and no TCPRoute of specs {specs} can say it", self.to);
            return Err(refusal(place, message, "ask for specs/v1alpha4 too, or keep the target in access/v1alpha2"));
        }
        let tcp = self.of_kind("TCPRoute");
        if !tcp.is_empty()
            && let Ports::These(ports) = routes.ports(&self.key.namespace, &tcp)?
            && !ports.contains(&port)
        {
            return Err(refusal(place, format!("port {port} is in no TCPRoute of this target: it allows nothing"), "take one of them out"));
        }
        let (name, added) = routes.make(self.key, self.root.find(["metadata", "namespace"]).and_then(NodeRef::string), port);
        let instead = if tcp.is_empty() { "" } else { ", in place of those with more ports" };
        self.note(place, format!("port {port} of the destination is TCPRoute `{name}` now{instead}"));
        self.added = added;
        let first = self.rules.iter().position(|rule| is(*rule, "TCPRoute")).unwrap_or_default();
        let mut rules: Vec<Value> = self.rules.iter().filter(|rule| !is(**rule, "TCPRoute")).map(|rule| rule.to_json()).collect();
        rules.insert(first, json!({"kind": "TCPRoute", "name": name}));
        Ok((rules, None))
    }

    /// Down: TCPRoutes of one port are the port of the destination. Other readers of old versions know no ports of a
    /// TCPRoute, and no AND of two rules.
    fn route_to_port(&mut self, routes: &mut Routes) -> Result<Rules, Refusal> {
        self.no_udp()?;
        let tcp = self.of_kind("TCPRoute");
        let Some(first) = tcp.first() else { return Ok((self.written_rules(), self.port)) };
        let port = match (routes.ports(&self.key.namespace, &tcp)?, self.port) {
            (Ports::Every, port) => port,
            (Ports::These(ports), Some(port)) if ports.contains(&port) => Some(port),
            (Ports::These(ports), None) if ports.len() == 1 => ports.first().copied(),
            (Ports::These(ports), port) => {
                let ports: Vec<String> = ports.iter().chain(&port).map(u16::to_string).collect();
                let message = format!("{} has one `destination.port`, this target has {}", self.to, ports.join(", "));
                return Err(refusal(*first, message, "write a target for each port, or keep it in access/v1alpha3 or newer"));
            }
        };
        if self.of_kind("HTTPRouteGroup").is_empty() {
            if let (Some(port), Some(specs)) = (port, self.specs.filter(|specs| *specs < Version::V1alpha4)) {
                let message = format!("port {port} needs its TCPRoute as a rule, which specs {specs} cannot say");
                return Err(refusal(*first, message, "keep the routes in specs/v1alpha4"));
            }
            return Ok((self.written_rules(), port));
        }
        tcp.iter().for_each(|rule| routes.fold(self.key, *rule));
        let said = port.map_or_else(|| "left out: it is for all ports".to_owned(), |port| format!("`destination.port: {port}` now"));
        self.note(*first, format!("the TCPRoute of this target is {said}"));
        let rules = self.rules.iter().filter(|rule| !is(**rule, "TCPRoute")).map(|rule| rule.to_json()).collect();
        Ok((rules, port))
    }

    fn note(&mut self, place: NodeRef<'_>, message: String) {
        self.notes.push(Diagnostic::at(Code::MG0603, place, message).about(self.key));
    }

    fn written(self, mut body: Body<'_>, (rules, port): Rules) -> Converted {
        let mut destination = body.take("destination");
        if let Some(destination) = destination.as_object_mut() {
            destination.remove("port");
            destination.extend(port.map(|port| ("port".to_owned(), port.into())));
        }
        body.put("destination", destination);
        body.put("rules", rules.into());
        let value = body.written(&Group::Access.api_version(self.to), self.to == Version::V1alpha1);
        Converted { value, added: self.added, notes: self.notes }
    }
}

fn is(node: NodeRef<'_>, kind: &str) -> bool {
    node.get("kind").and_then(NodeRef::text) == Some(kind)
}
