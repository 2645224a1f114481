//! The splits of one root to the ordered rules of its ports (smi.md, S1 to S17).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::view::View;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::ir::{
    Destination, HttpMatch, Kind, MeshSettings, ObjectKey, PathPattern, PortRoutes, RouteMatch, Rule, Service, ServiceKey, ServicePort,
    ServiceRoutes, SplitRoot, TrafficSplit,
};

/// Resolves everything that the splits of a root refer to.
pub(super) fn resolve(root: &ServiceKey, view: &View<'_>) -> ServiceRoutes {
    let mut resolver = Resolver { root, view, diagnostics: Vec::new(), sources: BTreeSet::new() };
    let service = view.service(root);
    let ports = resolver.ports(service.as_ref());
    ServiceRoutes { root: root.clone(), service, ports, sources: resolver.sources.into_iter().collect(), diagnostics: resolver.diagnostics }
}

/// A split whose references were found.
struct Resolved {
    split: Arc<TrafficSplit>,
    /// Empty with `conditional` false: every request.
    matches: Vec<Arc<HttpMatch>>,
    conditional: bool,
    backends: Vec<Option<Arc<Service>>>,
}

struct Resolver<'a, 'm> {
    root: &'a ServiceKey,
    view: &'a View<'m>,
    diagnostics: Vec<Diagnostic>,
    sources: BTreeSet<ObjectKey>,
}

impl Resolver<'_, '_> {
    fn say(&mut self, split: &TrafficSplit, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic.about(&split.key));
    }

    fn ports(&mut self, service: Option<&Arc<Service>>) -> Vec<PortRoutes> {
        let mut splits = self.view.splits_of_root(self.root);
        splits.retain(|split| self.root_is_ours(split));
        if splits.is_empty() {
            return Vec::new();
        }
        let Some(service) = service else {
            for split in &splits {
                self.root_is_missing(split);
            }
            return Vec::new();
        };
        if service.ports.is_empty() {
            for split in &splits {
                let message = format!("Service `{}` has no TCP port: there is nothing to route", self.root.name);
                self.say(split, Diagnostic::at_origin(Code::MG0113, split.root_origin.clone(), message));
            }
            return Vec::new();
        }
        // Decided here, once, for every backend: the oldest first where all have an age, else by name.
        if splits.iter().all(|split| split.created.is_some()) {
            splits.sort_by(|a, b| (&a.created, &a.key).cmp(&(&b.created, &b.key)));
        }
        let splits = self.one_without_matches(splits);
        let Some(mesh) = self.view.mesh_of(&self.root.namespace) else { return Vec::new() };
        let resolved: Vec<Resolved> = splits.into_iter().filter_map(|split| self.references(split, &mesh)).collect();

        let mut numbers: Vec<&ServicePort> = service.ports.iter().collect();
        numbers.sort_by_key(|port| port.number);
        let alone = numbers.len() == 1;
        let ports: Vec<PortRoutes> = numbers.into_iter().filter_map(|port| self.port(service, port, &resolved, alone)).collect();
        for resolved in &resolved {
            self.missing_ports(service, resolved);
        }
        ports
    }

    /// S4: `web.other` means another namespace if there is one, else an external host.
    fn root_is_ours(&mut self, split: &Arc<TrafficSplit>) -> bool {
        match &split.root {
            SplitRoot::Own(_) => return true,
            SplitRoot::Dotted(name, namespace) if self.view.is_known_namespace(namespace) => {
                let message =
                    format!("the root `{name}` is a Service of namespace `{namespace}`, the split stands in `{}`", split.key.namespace);
                let diagnostic = Diagnostic::at_origin(Code::MG0104, split.root_origin.clone(), message);
                self.say(split, diagnostic.help(format!("move the split into namespace `{namespace}`")));
                return false;
            }
            SplitRoot::Dotted(..) | SplitRoot::Host => {}
        }
        let message = format!(
            "`{}` is not a Service name: the split's own name `{}` is taken for the root",
            split.root_origin.written(),
            split.key.name
        );
        self.say(split, Diagnostic::at_origin(Code::MG0112, split.root_origin.clone(), message));
        true
    }

    fn root_is_missing(&mut self, split: &Arc<TrafficSplit>) {
        let services = self.view.services_in(&self.root.namespace);
        let names: Vec<&str> = services.iter().map(|service| &*service.key.name).collect();
        let message = format!("Service `{}` is not in namespace `{}`: its ports are needed", self.root.name, self.root.namespace);
        let diagnostic = Diagnostic::at_origin(Code::MG0101, split.root_origin.clone(), message).did_you_mean(&self.root.name, names);
        let diagnostic =
            if diagnostic.help.is_some() { diagnostic } else { diagnostic.help("give the manifest of the Service with another -f") };
        self.say(split, diagnostic);
    }

    /// S12: any number with matches, at most one without.
    fn one_without_matches(&mut self, splits: Vec<Arc<TrafficSplit>>) -> Vec<Arc<TrafficSplit>> {
        let winner = splits.iter().find(|split| split.matches.is_empty()).cloned();
        let (kept, losers): (Vec<_>, Vec<_>) = splits
            .into_iter()
            .partition(|split| !split.matches.is_empty() || winner.as_ref().is_some_and(|winner| winner.key == split.key));
        for loser in losers {
            let Some(winner) = &winner else { continue };
            let message = format!("{} splits `{}` already: this split has no effect", winner.key, self.root.name);
            let diagnostic = Diagnostic::at_origin(Code::MG0202, loser.root_origin.clone(), message);
            self.say(&loser, diagnostic.also_at(winner.root_origin.clone(), "this one comes first"));
        }
        kept
    }

    /// Finds groups and backends. `None` if the split may not count: a reference that leads nowhere never
    /// becomes "everything".
    fn references(&mut self, split: Arc<TrafficSplit>, mesh: &MeshSettings) -> Option<Resolved> {
        let namespace = &split.key.namespace;
        let mut matches = Vec::new();
        let mut found = Vec::new();
        let mut complete = true;
        for (name, origin) in &split.matches {
            match self.view.group(namespace, name) {
                Some(group) => {
                    matches.extend(group.matches.iter().filter_map(|one| self.http_match(&split, one, mesh)));
                    found.push(group.key.clone());
                }
                None => {
                    complete = false;
                    let key = ObjectKey { kind: Kind::HttpRouteGroup, namespace: namespace.clone(), name: name.clone() };
                    let what =
                        if self.view.is_written(&key) { "is not valid".to_owned() } else { format!("is not in namespace `{namespace}`") };
                    let message = format!("HTTPRouteGroup `{name}` {what}: this split has no effect");
                    self.say(&split, Diagnostic::at_origin(Code::MG0101, origin.clone(), message));
                }
            }
        }
        if split.backends.iter().all(|backend| backend.weight == 0) {
            let (code, origin) = (Code::MG0301, split.backends.first().map_or(&split.backends_origin, |backend| &backend.weight_origin));
            let diagnostic = Diagnostic::at_origin(code, origin.clone(), "no destination of this split can receive traffic");
            self.say(&split, diagnostic.help("give one a weight above 0"));
            complete = false;
        }
        let key = |name: &Arc<str>| ServiceKey { namespace: namespace.clone(), name: name.clone() };
        let backends: Vec<Option<Arc<Service>>> = split.backends.iter().map(|backend| self.view.service(&key(&backend.service))).collect();
        for (backend, object) in split.backends.iter().zip(&backends) {
            if object.is_none() {
                let services = self.view.services_in(namespace);
                // A Service that has its share already is not what was meant.
                let names =
                    services.iter().map(|service| &*service.key.name).filter(|name| split.backends.iter().all(|b| &*b.service != *name));
                let share = if backend.weight == 0 { "it gets no traffic anyway" } else { "its share fails until it exists" };
                let message = format!("Service `{}` is not in namespace `{namespace}`: {share}", backend.service);
                let diagnostic =
                    Diagnostic::at_origin(Code::MG0101, backend.service_origin.clone(), message).did_you_mean(&backend.service, names);
                let severity = if backend.weight == 0 { Severity::Info } else { Severity::Warning };
                self.say(&split, diagnostic.level(severity));
            }
        }
        if !complete {
            return None;
        }
        if let Some((_, origin)) = split.matches.first().filter(|_| matches.is_empty()) {
            let message = "no match of this split takes a request: it has no effect";
            self.say(&split, Diagnostic::at_origin(Code::MG0507, origin.clone(), message));
        }
        self.sources.insert(split.key.clone());
        self.sources.extend(found);
        let conditional = !split.matches.is_empty();
        Some(Resolved { split, matches, conditional, backends })
    }

    fn http_match(&mut self, split: &TrafficSplit, one: &RouteMatch, mesh: &MeshSettings) -> Option<Arc<HttpMatch>> {
        http_match(one, mesh).map_err(|diagnostic| self.say(split, *diagnostic)).ok()
    }

    /// The rules of one port; `None` if no split holds on it.
    fn port(&mut self, service: &Arc<Service>, port: &ServicePort, splits: &[Resolved], alone: bool) -> Option<PortRoutes> {
        let mut rules = Vec::new();
        let (conditional, plain): (Vec<&Resolved>, Vec<&Resolved>) = splits.iter().partition(|resolved| resolved.conditional);
        let mut needs_rest = None;
        for resolved in conditional {
            let destinations = destinations(self.root, resolved, port.number);
            if !can_receive(&destinations) {
                self.nobody(resolved, port, alone);
                continue;
            }
            needs_rest = Some(resolved);
            // All its matches may be such that no request can meet them.
            if !resolved.matches.is_empty() {
                rules.push(Rule { split: resolved.split.clone(), matches: resolved.matches.clone(), destinations, is_rest: false });
            }
        }
        let mut whole = None;
        for resolved in plain {
            let destinations = destinations(self.root, resolved, port.number);
            if can_receive(&destinations) {
                whole = Some(Rule { split: resolved.split.clone(), matches: Vec::new(), destinations, is_rest: false });
            } else {
                self.nobody(resolved, port, alone);
            }
        }
        let last = whole.or_else(|| needs_rest.filter(|_| !rules.is_empty()).map(|resolved| rest(service, port, &resolved.split)));
        rules.extend(last);
        (!rules.is_empty()).then(|| PortRoutes { port: port.clone(), rules })
    }

    /// No backend with a weight has this port. On one of several ports that is ordinary: the split is about
    /// the others.
    fn nobody(&mut self, resolved: &Resolved, port: &ServicePort, alone: bool) {
        if alone {
            let message = format!("no destination of this split can receive traffic: none has port {}", port.number);
            let diagnostic = Diagnostic::at_origin(Code::MG0301, resolved.split.backends_origin.clone(), message);
            self.say(&resolved.split.clone(), diagnostic.help(format!("declare port {} on the Services of the backends", port.number)));
        } else {
            let message = format!("no backend has port {}: calls to it stay with `{}`", port.number, self.root.name);
            let diagnostic = Diagnostic::at_origin(Code::MG0106, resolved.split.backends_origin.clone(), message);
            self.say(&resolved.split.clone(), diagnostic.level(Severity::Info));
        }
    }

    /// S6: backends that take part on some ports only.
    fn missing_ports(&mut self, service: &Service, resolved: &Resolved) {
        for port in &service.ports {
            let takes_part = |index: usize| resolved.backends[index].as_ref().is_none_or(|backend| backend.port(port.number).is_some());
            if !(0..resolved.backends.len()).any(|index| takes_part(index) && resolved.split.backends[index].weight > 0) {
                continue;
            }
            for (index, backend) in resolved.split.backends.iter().enumerate() {
                if !takes_part(index) {
                    let message =
                        format!("Service `{}` has no port {}: it gets none of the traffic of that port", backend.service, port.number);
                    self.say(&resolved.split.clone(), Diagnostic::at_origin(Code::MG0106, backend.service_origin.clone(), message));
                }
            }
        }
    }
}

/// A match with its path anchored as the Mesh says.
///
/// # Errors
/// MG0507 if no request can meet it.
pub(super) fn http_match(one: &RouteMatch, mesh: &MeshSettings) -> Result<Arc<HttpMatch>, Box<Diagnostic>> {
    let path = one.path.as_ref().map_or(PathPattern::Any, |(checked, _)| checked.path(mesh.path_anchoring));
    let path_origin = one.path.as_ref().map(|(_, origin)| origin.clone());
    if let (PathPattern::Never, Some(origin)) = (&path, &path_origin) {
        let message = format!("match `{}` takes no request: no path begins like this", one.name);
        return Err(Box::new(
            Diagnostic::at_origin(Code::MG0507, origin.clone(), message)
                .help("begin it with `/` or `.*`, and leave out `?` and `#`: the query is no part of the path"),
        ));
    }
    let (name, methods, headers) = (one.name.clone(), one.methods.clone(), one.headers.clone());
    Ok(Arc::new(HttpMatch { name, path, methods, headers, origin: one.origin.clone(), path_origin }))
}

fn can_receive(destinations: &[Destination]) -> bool {
    destinations.iter().any(|destination| destination.weight > 0)
}

/// The backends that have the port, or of which it is not known.
fn destinations(root: &ServiceKey, resolved: &Resolved, port: u16) -> Vec<Destination> {
    let backends = resolved.split.backends.iter().zip(&resolved.backends);
    let with_port = backends.filter(|(_, object)| object.as_ref().is_none_or(|service| service.port(port).is_some()));
    let destination = |(backend, object): (&crate::ir::SplitBackend, &Option<Arc<Service>>)| Destination {
        service: ServiceKey { namespace: root.namespace.clone(), name: backend.service.clone() },
        port,
        weight: backend.weight,
        object: object.clone(),
        service_origin: backend.service_origin.clone(),
        weight_origin: backend.weight_origin.clone(),
    };
    with_port.map(destination).collect()
}

/// S8: whom no match takes goes to the root itself.
fn rest(service: &Arc<Service>, port: &ServicePort, split: &Arc<TrafficSplit>) -> Rule {
    let destination = Destination {
        service: service.key.clone(),
        port: port.number,
        weight: 1,
        object: Some(service.clone()),
        service_origin: split.root_origin.clone(),
        weight_origin: split.root_origin.clone(),
    };
    Rule { split: split.clone(), matches: Vec::new(), destinations: vec![destination], is_rest: true }
}
