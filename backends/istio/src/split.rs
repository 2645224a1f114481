//! Traffic splits on Istio: the one `VirtualService` of the root's host.
//!
//! Weights are relative there too, so nothing is rounded below 2^32. The port is always written: a sidecar
//! would use the port of the request, and a backend without it would answer 503.

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{
    Destination, MeshSettings, ObjectKey, PortRoutes, Protocol, Rule, ServiceKey, ServicePort, ServiceRoutes, weight,
};
use meshglot_translator::name;
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Capability, ObjectId, Owner, Provenance, RenderedObject, Report, Verdict};
use serde_json::json;

use crate::http_match::http_match;
use crate::resource::virtual_service::{self as wire, HttpRoute, L4Match, PortSelector, RouteDestination, TcpRoute, VirtualServiceSpec};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "split.weight",
        verdict: Verdict::Exact,
        note: "relative integers; scaled above 2^32 (MG1101)",
        proof: "split/ninety-ten",
    },
    Capability {
        feature: "split.match",
        verdict: Verdict::Exact,
        note: "unmatched requests to the root by a route of their own",
        proof: "match/ab-header",
    },
    Capability { feature: "split.tcp", verdict: Verdict::Exact, note: "per connection; no matches (MG1102)", proof: "split/tcp" },
    Capability { feature: "split.port", verdict: Verdict::Exact, note: "one route per port", proof: "split/two-ports" },
];

/// The CRD takes an int32, Envoy adds up to a uint32.
const LARGEST_WEIGHT: u64 = i32::MAX as u64;
const LARGEST_SUM: u64 = u32::MAX as u64;

/// The VirtualService of a root; `None` if nothing is left to say.
pub(crate) fn virtual_service(routes: &ServiceRoutes, mesh: &MeshSettings, report: &mut Report) -> Option<RenderedObject> {
    let service = routes.service.as_ref()?;
    let alone = service.ports.len() == 1;
    let mut plain = Vec::new();
    let mut writer = Writer { mesh, report, spec: VirtualServiceSpec::default(), sources: Vec::new(), provenance: Vec::new() };
    for port in &service.ports {
        let rules = routes.ports.iter().find(|routes| routes.port.number == port.number);
        let written = rules.is_some_and(|rules| writer.port(rules, (!alone).then_some(port.number)));
        if !written {
            plain.push(port);
        }
    }
    if !writer.spec.http.is_empty() {
        plain.into_iter().for_each(|port| writer.plain_port(&routes.root, port));
    }
    let Writer { mut spec, mut sources, provenance, .. } = writer;
    if spec.http.is_empty() && spec.tcp.is_empty() {
        return None;
    }
    spec.hosts.push(routes.root.host(&mesh.cluster_domain));
    sources.sort();
    sources.dedup();
    let id = ObjectId {
        api_version: "networking.istio.io/v1".into(),
        kind: "VirtualService".into(),
        namespace: routes.root.namespace.to_string(),
        name: name::object_name(&["meshglot"], &routes.root.name, &[]),
    };
    let labels: Vec<(&'static str, String)> = mesh.istio_revision.iter().map(|revision| ("istio.io/rev", revision.to_string())).collect();
    let owner = Owner { mesh, backend: "istio", sources: &sources, labels: &labels };
    Some(RenderedObject::new(id, json!(spec), owner, report).from(provenance))
}

/// A rule with the matches that Istio can say, and where each is written.
struct Said<'r> {
    rule: &'r Rule,
    origins: Vec<&'r Origin>,
    matches: Vec<wire::HttpMatchRequest>,
}

struct Writer<'a> {
    mesh: &'a MeshSettings,
    report: &'a mut Report,
    spec: VirtualServiceSpec,
    sources: Vec<ObjectKey>,
    provenance: Vec<Provenance>,
}

impl Writer<'_> {
    /// Writes the routes of one port; `number` is written where the root has other ports too. Tells whether
    /// there is one.
    fn port(&mut self, port: &PortRoutes, number: Option<u16>) -> bool {
        let said = self.sayable(port, number);
        // "Everybody else to the root" alone changes nothing.
        if said.iter().all(|said| said.rule.is_rest) {
            return false;
        }
        let protocol = port.protocol();
        for Said { rule, origins, matches } in said {
            let route = self.destinations(rule);
            self.sources.extend(rule.sources());
            if protocol != Protocol::Tcp {
                self.trace(rule, &origins, &route);
                let matches = if matches.is_empty() { only_port(number) } else { matches };
                self.spec.http.push(HttpRoute { matches, route: route.clone() });
            }
            // Istio inspects an undeclared port: each connection takes the list of what it turns out to be.
            if matches!(protocol, Protocol::Tcp | Protocol::Unknown) {
                let matches = number.map(|port| L4Match { port }).into_iter().collect();
                self.spec.tcp.push(TcpRoute { matches, route: without_zero(route) });
            }
        }
        true
    }

    /// Writes the root itself for a port that no rule is about: a host with a VirtualService has no other routes
    /// than those in it.
    fn plain_port(&mut self, root: &ServiceKey, port: &ServicePort) {
        if port.protocol != Protocol::Tcp {
            let destination = wire::Destination { host: root.host(&self.mesh.cluster_domain), port: PortSelector { number: port.number } };
            self.spec
                .http
                .push(HttpRoute { matches: only_port(Some(port.number)), route: vec![RouteDestination { destination, weight: None }] });
        }
    }

    /// The rules that Istio can say on this port, with their matches. A rule of which a match cannot be said is
    /// refused whole, unless each loss is accepted: then those matches alone are left out.
    fn sayable<'r>(&mut self, port: &'r PortRoutes, number: Option<u16>) -> Vec<Said<'r>> {
        let mut all = Vec::new();
        for rule in &port.rules {
            if !rule.matches.is_empty() && port.protocol() == Protocol::Tcp {
                let place = rule.split.matches.first().map_or(&rule.split.root_origin, |(_, origin)| origin);
                let (number, root) = (port.port.number, rule.split.root_name());
                let message = format!("port {number} of `{root}` speaks TCP: its connections cannot be told apart by requests");
                self.report.lose(Code::MG1102, Verdict::Refused, &rule.split.key, place, message);
                continue;
            }
            if let Some(to) = rule.destinations.iter().find(|to| is_headless_share(to, rule)) {
                let message = format!("`{}` is headless: Istio would send its share to the address of the root", to.service.name);
                self.report.lose(Code::MG1128, Verdict::Refused, &rule.split.key, &to.service_origin, message);
                continue;
            }
            let mut said = Said { rule, origins: Vec::new(), matches: Vec::new() };
            let mut refused = false;
            for one in &rule.matches {
                match http_match(one, number, &rule.split.key, self.report) {
                    Ok(request) => {
                        said.matches.push(request);
                        said.origins.push(&one.origin);
                    }
                    Err(code) => refused |= !self.report.accepts(code),
                }
            }
            // A rule that lost all its matches must not become one for every request.
            if !refused && said.matches.is_empty() == rule.matches.is_empty() {
                all.push(said);
            }
        }
        all
    }

    fn destinations(&mut self, rule: &Rule) -> Vec<RouteDestination> {
        let written = rule.weights();
        let scaled = weight::scaled(&written, LARGEST_WEIGHT, LARGEST_SUM);
        if let Some(weights) = &scaled {
            let message = format!(
                "weights sum to more than {LARGEST_SUM}: scaled, at most {:.6} percentage points off",
                weight::largest_error(&written, weights)
            );
            self.report.lose(Code::MG1101, Verdict::Rounded, &rule.split.key, &rule.split.backends_origin, message);
        }
        let weights = scaled.unwrap_or_else(|| weight::reduced(&written));
        let alone = rule.destinations.len() == 1;
        let destination = |(to, weight): (&Destination, u64)| RouteDestination {
            destination: wire::Destination { host: to.service.host(&self.mesh.cluster_domain), port: PortSelector { number: to.port } },
            // A single destination takes everything, whatever its weight.
            weight: (!alone).then_some(weight),
        };
        rule.destinations.iter().zip(weights).map(destination).collect()
    }

    fn trace(&mut self, rule: &Rule, origins: &[&Origin], route: &[RouteDestination]) {
        let path = format!(".spec.http[{}]", self.spec.http.len());
        for (index, origin) in origins.iter().enumerate() {
            self.provenance.push(Provenance { path: format!("{path}.match[{index}]"), origin: (*origin).clone() });
        }
        for (index, (to, route)) in rule.destinations.iter().zip(route).enumerate() {
            self.provenance.push(Provenance { path: format!("{path}.route[{index}].destination"), origin: to.service_origin.clone() });
            if route.weight.is_some() {
                self.provenance.push(Provenance { path: format!("{path}.route[{index}].weight"), origin: to.weight_origin.clone() });
            }
        }
    }
}

/// Whether a destination besides the root has no address of its own.
///
/// # Source
/// Istio `pilot/pkg/networking/core/cluster.go`, `convertResolution`: `ORIGINAL_DST` for sidecars.
fn is_headless_share(to: &Destination, rule: &Rule) -> bool {
    let is_root = *to.service.name == **rule.split.root_name();
    to.weight > 0 && !is_root && to.object.as_ref().is_some_and(|object| object.headless)
}

/// A match on the port alone; none where the root has no other.
fn only_port(number: Option<u16>) -> Vec<wire::HttpMatchRequest> {
    number.map(|port| wire::HttpMatchRequest { port: Some(port), ..Default::default() }).into_iter().collect()
}

/// Envoy refuses a TCP route with a weight of 0, which means the same as no entry.
fn without_zero(mut route: Vec<RouteDestination>) -> Vec<RouteDestination> {
    route.retain(|to| to.weight != Some(0));
    if let [only] = route.as_mut_slice() {
        only.weight = None;
    }
    route
}
