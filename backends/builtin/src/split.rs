//! Traffic splits: `weighted_clusters` in the routes of an HTTP port or in the proxy of a TCP port.
//!
//! Weights stay the integers that were written. The cluster of a Service port is always its own endpoints, so a
//! root that names itself never loops.

use std::collections::BTreeMap;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{Destination, ObjectKey, PortRoutes, Rule, Service, weight};
use meshglot_translator::render::{Capability, Provenance, Report, Verdict};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

use crate::carries::{Carries, Side, destination_cluster, port_name};
use crate::http_match::route_match;
use crate::message::message;
use crate::resource::route_configuration::{route, route_path, to_cluster};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "split.weight",
        verdict: Verdict::Exact,
        note: "integers as written; scaled where they sum to more than 2^32 (MG1401)",
        proof: "split/ninety-ten",
    },
    Capability {
        feature: "split.match",
        verdict: Verdict::Exact,
        note: "unmatched requests to the root by a route of their own; at most 512 routes per port (MG1410)",
        proof: "match/ab-header",
    },
    Capability { feature: "split.tcp", verdict: Verdict::Exact, note: "per connection; no matches (MG1413)", proof: "split/tcp" },
    Capability { feature: "split.port", verdict: Verdict::Exact, note: "one route configuration per port", proof: "split/two-ports" },
];

/// Envoy adds the weights of a route in 32 bits.
const LARGEST_SUM: u64 = u32::MAX as u64;

/// Of one port, the catch-all among them.
const MOST_ROUTES: usize = 512;

/// A rule that can be said, and its weights as they are said.
#[derive(Debug)]
pub(crate) struct Said<'r> {
    rule: &'r Rule,
    weights: Vec<u64>,
}

/// The rules of one port; whatever is lost of them is told here and nowhere else. If any is left, the last one
/// takes every request.
pub(crate) fn said<'r>(service: &Service, routes: Option<&'r PortRoutes>, carries: Carries, report: &mut Report) -> Vec<Said<'r>> {
    let Some(routes) = routes else { return Vec::new() };
    let mut said = Vec::new();
    let mut room = MOST_ROUTES - 1;
    for rule in &routes.rules {
        if refused(service, routes, rule, carries, room, report) {
            continue;
        }
        room -= rule.matches.len();
        tell_unaddressed(service, routes.port.number, rule, carries, report);
        said.push(Said { rule, weights: weights(rule, report) });
    }
    // "Everybody else to the root" alone is what happens anyway.
    if said.iter().all(|said| said.rule.is_rest) { Vec::new() } else { said }
}

/// Weights of connections stand at the caller, under the address that is called.
fn tell_unaddressed(service: &Service, port: u16, rule: &Rule, carries: Carries, report: &mut Report) {
    if service.cluster_ip.is_none() && carries != Carries::Http && rule.matches.is_empty() && !rule.is_rest {
        let message =
            format!("the address of `{}` is not in the input: connections to its port {port} go to the root until it is", service.key.name);
        report.lose(Code::MG1408, Verdict::Dropped, &rule.split.key, &rule.split.root_origin, message);
    }
}

fn refused(service: &Service, routes: &PortRoutes, rule: &Rule, carries: Carries, room: usize, report: &mut Report) -> bool {
    let (key, root, port) = (&rule.split.key, &service.key, routes.port.number);
    let first_match = rule.split.matches.first().map_or(&rule.split.root_origin, |(_, origin)| origin);
    if service.headless || service.external_name {
        let message = format!("`{}` has no address of its own to which calls could be split: they go where they were sent", root.name);
        report.lose(Code::MG1408, Verdict::Dropped, key, &rule.split.root_origin, message);
    } else if carries == Carries::Tcp && !rule.matches.is_empty() {
        let message = format!("port {port} of `{}` speaks TCP: its connections cannot be told apart by requests", root.name);
        report.lose(Code::MG1413, Verdict::Refused, key, first_match, message);
    } else if rule.matches.len() > room {
        let message = format!("port {port} of `{}` would have more than {MOST_ROUTES} routes with the matches of this split", root.name);
        report.lose(Code::MG1410, Verdict::Refused, key, first_match, message);
    } else {
        return false;
    }
    true
}

fn weights(rule: &Rule, report: &mut Report) -> Vec<u64> {
    let written = rule.weights();
    for to in rule.destinations.iter().filter(|to| to.weight > 0 && to.object.as_ref().is_some_and(|service| service.external_name)) {
        let message = format!("Service `{}` is an alias of a name outside the mesh: its share fails", to.service.name);
        report.lose(Code::MG1414, Verdict::Dropped, &rule.split.key, &to.service_origin, message);
    }
    if weight::fits(&written, LARGEST_SUM, LARGEST_SUM) {
        return written;
    }
    let Some(scaled) = weight::scaled(&written, LARGEST_SUM, LARGEST_SUM) else { return weight::reduced(&written) };
    let error = weight::largest_error(&written, &scaled);
    let message = format!("weights sum to more than {LARGEST_SUM}: scaled, at most {error:.6} percentage points off");
    report.lose(Code::MG1401, Verdict::Rounded, &rule.split.key, &rule.split.backends_origin, message);
    scaled
}

/// Something made from rules, and where it came from.
#[derive(Debug, Default)]
pub(crate) struct Made<T> {
    pub(crate) value: T,
    pub(crate) sources: Vec<ObjectKey>,
    pub(crate) provenance: Vec<Provenance>,
}

/// The routes of an HTTP port.
pub(crate) fn routes(service: &Service, port: u16, said: &[Said<'_>], carries: Carries, view: &View<'_>) -> Made<Vec<Value>> {
    let mut made = Made::<Vec<Value>>::default();
    let mut names = BTreeMap::new();
    for said in said {
        let rule = said.rule;
        made.sources.extend(rule.sources());
        let to = weighted(said.targets(carries, Side::Http, view));
        let matches: Vec<_> = if rule.matches.is_empty() { vec![None] } else { rule.matches.iter().map(Some).collect() };
        for one in matches {
            let at = route_path(made.value.len());
            let matching = one.map_or_else(|| json!({ "prefix": "/" }), |one| route_match(one));
            let mut route = route(matching, to.clone());
            route["name"] = unique(&mut names, name(rule, one.map(|one| &*one.name))).into();
            made.value.push(route);
            if let Some(one) = one {
                made.provenance.push(Provenance { path: format!("{at}.match"), origin: one.origin.clone() });
            }
            trace(rule.destinations.iter(), &format!("{at}.route"), &mut made.provenance);
        }
    }
    if said.is_empty() {
        made.value.push(to_cluster(&format!("{}{}", port_name(&service.key, port), carries.suffix(Side::Http))));
    }
    made
}

/// Where the connections of a TCP port go: `cluster` or `weighted_clusters`, with paths that begin there.
pub(crate) fn connections(service: &Service, port: u16, said: &[Said<'_>], carries: Carries, view: &View<'_>) -> Made<Value> {
    // Only a rule without matches is ever said on a port that carries connections.
    let Some(said) = said.last() else {
        let cluster = format!("{}{}", port_name(&service.key, port), carries.suffix(Side::Tcp));
        return Made { value: json!({ "cluster": cluster }), ..Made::default() };
    };
    let mut provenance = Vec::new();
    // A weight of 0, which means the same as no entry, is refused here.
    trace(said.rule.destinations.iter().filter(|to| to.weight > 0), "", &mut provenance);
    let targets = said.targets(carries, Side::Tcp, view).into_iter().filter(|(_, weight)| *weight > 0).collect();
    Made { value: weighted(targets), sources: said.rule.sources().collect(), provenance }
}

impl Said<'_> {
    /// Clusters and their weights; one of weight 0 stays warm.
    fn targets(&self, carries: Carries, side: Side, view: &View<'_>) -> Vec<(String, u64)> {
        let clusters = self.rule.destinations.iter().map(|to| destination_cluster(to, carries, side, view));
        clusters.zip(self.weights.iter().copied()).collect()
    }
}

/// A single destination takes everything, whatever its weight.
fn weighted(mut targets: Vec<(String, u64)>) -> Value {
    if targets.len() == 1 {
        return json!({ "cluster": targets.remove(0).0 });
    }
    let clusters: Vec<Value> = targets.into_iter().map(|(name, weight)| message! { "name": name, "weight": weight }).collect();
    message! { "weighted_clusters": message! { "clusters": clusters } }
}

fn trace<'d>(to: impl Iterator<Item = &'d Destination>, path: &str, provenance: &mut Vec<Provenance>) {
    let to: Vec<&Destination> = to.collect();
    for (index, destination) in to.iter().enumerate() {
        let (service_origin, weight_origin) = (destination.service_origin.clone(), destination.weight_origin.clone());
        if to.len() == 1 {
            provenance.push(Provenance { path: format!("{path}.cluster"), origin: service_origin });
            continue;
        }
        let path = format!("{path}.weighted_clusters.clusters[{index}]");
        provenance.push(Provenance { path: format!("{path}.name"), origin: service_origin });
        provenance.push(Provenance { path: format!("{path}.weight"), origin: weight_origin });
    }
}

/// What the access log says of a request that this route took.
fn name(rule: &Rule, one: Option<&str>) -> String {
    match one {
        Some(one) => format!("{}#{one}", rule.split.key),
        None if rule.is_rest => format!("{}#rest", rule.split.key),
        None => rule.split.key.to_string(),
    }
}

/// Two groups of one split may have matches of one name, and a match may be named `rest`.
fn unique(names: &mut BTreeMap<String, usize>, name: String) -> String {
    let times = names.entry(name.clone()).or_default();
    *times += 1;
    if *times == 1 { name } else { format!("{name}-{times}") }
}
