//! Traffic splits on Consul: `ServiceDefaults`, `ServiceSplitter`, `ServiceRouter` and, for connections,
//! `ServiceResolver`, each named after the Consul service it is about.
//!
//! A route has one destination. Several weighted ones stand behind a virtual service `<split>--ab` with a
//! splitter of its own; the route ends there, as a destination is looked up again. Unmatched requests take
//! Consul's implicit last route, which leads to the root: the model's rule for them is not written.

use std::collections::BTreeSet;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{
    Destination, MeshSettings, ObjectKey, PathPattern, Protocol, Rule, ServiceKey, ServiceRoutes, TrafficSplit, weight as neutral,
};
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Capability, ObjectId, Owner, Provenance, RenderedObject, Report, Verdict};
use meshglot_translator::resolve::View;
use serde::Serialize;
use serde_json::json;

use crate::access::{self, Entry};
use crate::chain::{Chain, chain, positive, root_of};
use crate::http_match::http_match;
use crate::names;
use crate::reach::reach;
use crate::resource::API_VERSION;
use crate::resource::service_defaults::ServiceDefaultsSpec;
use crate::resource::service_resolver::{Redirect, ServiceResolverSpec};
use crate::resource::service_router::{RouteDestination, ServiceRoute, ServiceRouterSpec};
use crate::resource::service_splitter::{ServiceSplit, ServiceSplitterSpec};
use crate::weight::{self, Share};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "split.weight",
        verdict: Verdict::Rounded,
        note: "percents in steps of 0.01 (MG1321); 90 and 10 are exact",
        proof: "split/ninety-ten",
    },
    Capability {
        feature: "split.match",
        verdict: Verdict::Equivalent,
        note: "routes to a virtual service that holds the weights; unmatched requests need instances of the root (MG1324)",
        proof: "match/ab-header",
    },
    Capability {
        feature: "split.tcp",
        verdict: Verdict::Refused,
        note: "Consul splits requests only; all connections to one backend are redirected (MG1322)",
        proof: "split/tcp",
    },
    Capability {
        feature: "split.port",
        verdict: Verdict::Dropped,
        note: "Consul knows one port per service; the first HTTP port is split (MG1323)",
        proof: "split/two-ports",
    },
];

/// Everything Consul is told about one of its services: as the root of splits, as the destination of others, and
/// who may call it.
pub(crate) fn entries(service: &ServiceKey, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) -> Vec<RenderedObject> {
    let routes = view.routes(service);
    let own = chain(&routes, view, mesh, report);
    let demand = demand(service, own.as_ref(), view, mesh);
    let access = access::entry(service, own.as_ref(), demand.as_ref().map(|demand| demand.protocol), view, mesh, report);
    let mut parts = Vec::new();
    if let Some(chain) = &own {
        reach(&routes, chain, access.is_some(), view, mesh, report);
        parts.extend(chain.whole().and_then(|rule| weights(&routes, chain, rule, mesh, report)));
        parts.extend(router(&routes, chain, mesh, report));
    }
    parts.extend(defaults(demand, access.as_ref()));
    parts.extend(access.map(|entry| {
        let (spec, provenance) = entry.spec(service, mesh);
        Part::new("ServiceIntentions", spec, entry.sources, provenance)
    }));
    parts.into_iter().map(|part| part.object(&service.namespace, &service.name, mesh, report)).collect()
}

/// The virtual service of a split with matches; nothing where its route leads straight to one destination.
pub(crate) fn virtual_entries(split: &TrafficSplit, view: &View<'_>, mesh: &MeshSettings, report: &mut Report) -> Vec<RenderedObject> {
    let routes = view.routes(&root_of(split));
    // What the chain loses is told by the root.
    let Some(chain) = chain(&routes, view, mesh, &mut view.report(mesh)) else { return Vec::new() };
    let rule = chain.rules.iter().find(|rule| rule.split.key == split.key && !rule.matches.is_empty() && needs_virtual(rule));
    let Some(rule) = rule else { return Vec::new() };
    let parts = [
        defaults_part(chain.protocol, &split.backends_origin, [split.key.clone()].into()),
        splitter(rule, rule.sources().collect(), mesh, report),
    ];
    let name = names::virtual_name(&split.key);
    parts.into_iter().map(|part| part.object(&split.key.namespace, &name, mesh, report)).collect()
}

/// The shares of a rule as Consul is told; see [`weight::shares`].
pub(crate) fn shares(rule: &Rule) -> Option<Vec<Share>> {
    let weights: Vec<(u64, &str)> = rule.destinations.iter().map(|to| (to.weight, &*to.service.name)).collect();
    weight::shares(&weights)
}

fn needs_virtual(rule: &Rule) -> bool {
    positive(rule).count() > 1
}

/// A Kubernetes object without its name.
pub(crate) struct Part {
    kind: &'static str,
    spec: serde_json::Value,
    sources: BTreeSet<ObjectKey>,
    provenance: Vec<Provenance>,
}

impl Part {
    pub(crate) fn new(kind: &'static str, spec: impl Serialize, sources: BTreeSet<ObjectKey>, provenance: Vec<Provenance>) -> Self {
        Self { kind, spec: json!(spec), sources, provenance }
    }

    pub(crate) fn object(self, namespace: &str, name: &str, mesh: &MeshSettings, report: &Report) -> RenderedObject {
        let (api_version, kind) = (API_VERSION.into(), self.kind.into());
        let id = ObjectId { api_version, kind, namespace: namespace.into(), name: name.into() };
        let sources: Vec<ObjectKey> = self.sources.into_iter().collect();
        let owner = Owner { mesh, backend: "consul", sources: &sources, labels: &[] };
        RenderedObject::new(id, self.spec, owner, report).from(self.provenance)
    }
}

fn from(path: String, origin: &Origin) -> Provenance {
    Provenance { path, origin: origin.clone() }
}

/// The protocol that every chain through a service agreed on, and who says so first.
struct Demand {
    protocol: Protocol,
    origin: Origin,
    sources: BTreeSet<ObjectKey>,
}

/// What splits make a service speak, as far as the chains through it are said.
pub(crate) fn demand_of(service: &ServiceKey, view: &View<'_>, mesh: &MeshSettings) -> Option<Protocol> {
    let routes = view.routes(service);
    // What the chain loses is told by its root.
    let own = chain(&routes, view, mesh, &mut view.report(mesh));
    demand(service, own.as_ref(), view, mesh).map(|demand| demand.protocol)
}

fn demand(service: &ServiceKey, own: Option<&Chain<'_>>, view: &View<'_>, mesh: &MeshSettings) -> Option<Demand> {
    let mut found: Option<Demand> = None;
    let mut add = |protocol: Protocol, rule: &Rule, origin: &Origin| {
        let demand = found.get_or_insert_with(|| Demand { protocol, origin: origin.clone(), sources: BTreeSet::new() });
        demand.sources.insert(rule.split.key.clone());
    };
    if let Some(chain) = own {
        chain.rules.iter().for_each(|rule| add(chain.protocol, rule, &rule.split.root_origin));
    }
    let users = view.splits_using(service);
    let roots: BTreeSet<ServiceKey> = users.iter().map(|split| root_of(split)).filter(|root| root != service).collect();
    for root in roots {
        let routes = view.routes(&root);
        // What the chain loses is told by its root.
        let Some(chain) = chain(&routes, view, mesh, &mut view.report(mesh)) else { continue };
        for rule in &chain.rules {
            if let Some(to) = rule.destinations.iter().find(|to| to.service == *service) {
                add(chain.protocol, rule, &to.service_origin);
            }
        }
    }
    found
}

/// Consul refuses routes and permissions of a service that it takes for TCP, and a destination of weight 0 gets
/// its own before it gets traffic.
fn defaults(demand: Option<Demand>, access: Option<&Entry>) -> Option<Part> {
    let looks_at_requests = access.and_then(|entry| Some((entry.protocol.as_ref()?, &entry.sources)));
    match (demand.filter(|demand| demand.protocol.is_http()), looks_at_requests) {
        (Some(Demand { protocol, origin, mut sources }), access) => {
            sources.extend(access.into_iter().flat_map(|(_, sources)| sources.iter().cloned()));
            Some(defaults_part(protocol, &origin, sources))
        }
        (None, Some(((protocol, origin), sources))) => Some(defaults_part(*protocol, origin, sources.clone())),
        (None, None) => None,
    }
}

fn defaults_part(protocol: Protocol, origin: &Origin, sources: BTreeSet<ObjectKey>) -> Part {
    let spec = ServiceDefaultsSpec { protocol: protocol.to_string() };
    Part::new("ServiceDefaults", spec, sources, vec![from(".spec.protocol".to_owned(), origin)])
}

/// The split without matches: a splitter, or a redirect of all connections.
fn weights(routes: &ServiceRoutes, chain: &Chain<'_>, rule: &Rule, mesh: &MeshSettings, report: &mut Report) -> Option<Part> {
    let sources = rule.sources().collect();
    if chain.protocol != Protocol::Tcp {
        return Some(splitter(rule, sources, mesh, report));
    }
    // A redirect to itself says nothing, and Consul refuses it.
    let to = positive(rule).next().filter(|to| to.service != routes.root)?;
    let namespace = names::consul_namespace(mesh, &to.service.namespace);
    let spec = ServiceResolverSpec { redirect: Redirect { service: to.service.name.to_string(), namespace } };
    Some(Part::new("ServiceResolver", spec, sources, vec![from(".spec.redirect.service".to_owned(), &to.service_origin)]))
}

fn splitter(rule: &Rule, sources: BTreeSet<ObjectKey>, mesh: &MeshSettings, report: &mut Report) -> Part {
    // A chain holds no rule whose shares cannot be said.
    let shares = shares(rule).unwrap_or_default();
    rounding(rule, &shares, report);
    let mut provenance = Vec::new();
    let mut splits = Vec::new();
    for (index, share) in shares.iter().enumerate() {
        let to = &rule.destinations[share.index];
        provenance.push(from(format!(".spec.splits[{index}].weight"), &to.weight_origin));
        provenance.push(from(format!(".spec.splits[{index}].service"), &to.service_origin));
        let namespace = names::consul_namespace(mesh, &to.service.namespace);
        splits.push(ServiceSplit { weight: share.weight, service: to.service.name.to_string(), namespace });
    }
    Part::new("ServiceSplitter", ServiceSplitterSpec { splits }, sources, provenance)
}

/// Tells what is lost between the weights as written and the shares that arrive at the proxies.
fn rounding(rule: &Rule, shares: &[Share], report: &mut Report) {
    let written = rule.weights();
    let mut steps = vec![0; written.len()];
    for share in shares {
        steps[share.index] = share.steps;
    }
    let name = |index: usize| &rule.destinations[index].service.name;
    let sum: u128 = written.iter().map(|weight| u128::from(*weight)).sum();
    let is_exact = |index: usize| u128::from(written[index]) * u128::from(weight::STEPS) == u128::from(steps[index]) * sum;
    let mut said = Vec::new();
    if !(0..written.len()).all(is_exact) {
        let error = neutral::largest_error(&written, &steps);
        let error = if error < 0.0001 { "less than 0.0001".to_owned() } else { format!("at most {error:.4}") };
        said.push(format!("shares are rounded to 0.01 %: {error} percentage points off"));
    }
    let cut = shares.iter().filter(|share| share.passed_on() != share.steps);
    let cut: Vec<String> = cut.map(|share| format!("`{}` {}", name(share.index), percent(share.passed_on()))).collect();
    if !cut.is_empty() {
        said.push(format!("Consul's single precision takes 0.01 % off a share, which leaves {}", cut.join(", ")));
    }
    if !said.is_empty() {
        report.lose(Code::MG1321, Verdict::Rounded, &rule.split.key, &rule.split.backends_origin, said.join("; "));
    }
}

fn percent(steps: u64) -> String {
    format!("{}.{:02} %", steps / 100, steps % 100)
}

/// The routes of all splits with matches, in the model's order; `None` if there are none.
fn router(routes: &ServiceRoutes, chain: &Chain<'_>, mesh: &MeshSettings, report: &mut Report) -> Option<Part> {
    let mut list = Vec::new();
    let mut sources = BTreeSet::new();
    let mut provenance = Vec::new();
    for rule in chain.rules.iter().filter(|rule| !rule.matches.is_empty()) {
        sources.extend(rule.sources());
        path_as_sent(routes, rule, report);
        let (destination, origin) = destination(rule, mesh);
        for one in &rule.matches {
            let index = list.len();
            provenance.push(from(format!(".spec.routes[{index}].match"), &one.origin));
            provenance.push(from(format!(".spec.routes[{index}].destination.service"), &origin));
            list.push(ServiceRoute { matches: http_match(one), destination: destination.clone() });
        }
    }
    (!list.is_empty()).then(|| Part::new("ServiceRouter", ServiceRouterSpec { routes: list }, sources, provenance))
}

/// Where the routes of a rule lead, and what in the input says so.
fn destination(rule: &Rule, mesh: &MeshSettings) -> (RouteDestination, Origin) {
    let namespace = names::consul_namespace(mesh, &rule.split.key.namespace);
    let (service, origin) = match positive(rule).collect::<Vec<&Destination>>()[..] {
        [only] => (only.service.name.to_string(), &only.service_origin),
        _ => (names::virtual_name(&rule.split.key), &rule.split.backends_origin),
    };
    (RouteDestination { service, namespace }, origin.clone())
}

/// Once per split. Narrowed: a request whose path is spelt otherwise misses the route that was written for it,
/// and gets what unmatched requests get.
fn path_as_sent(routes: &ServiceRoutes, rule: &Rule, report: &mut Report) {
    let Some(one) = rule.matches.iter().find(|one| one.path != PathPattern::Any) else { return };
    let message = format!(
        "match `{}` compares the path as it was sent: requests that spell it otherwise, as `/x/../` or `//` do, stay with `{}`",
        one.name, routes.root.name
    );
    let place = one.path_origin.as_ref().unwrap_or(&one.origin);
    report.lose(Code::MG1309, Verdict::Narrowed, &rule.split.key, place, message);
}
