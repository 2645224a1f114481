//! Traffic splits on Linkerd: for each port of the root one HTTPRoute, or one TCPRoute where its connections are
//! carried as bytes.
//!
//! Weights are relative there too. Which kind of route a port needs is in `port`; the other kind would be
//! accepted and do nothing, or harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{
    Destination, HttpMatch, MeshSettings, Namespace, ObjectKey, PathPattern, PortRoutes, Protocol, Rule, ServiceKey, ServiceRoutes,
    TrafficSplit, weight,
};
use meshglot_translator::name;
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Capability, Fragment, ObjectId, Owner, Provenance, RenderedObject, Report, Verdict};
use serde_json::{Value, json};

use crate::http_match::http_match;
use crate::port::{Carriage, carriage};
use crate::precedence::keeps_order;
use crate::resource::http_route::{HttpRouteMatch, HttpRouteRule, HttpRouteSpec};
use crate::resource::reference::{BackendRef, ServiceRef};
use crate::resource::tcp_route::{TcpRouteRule, TcpRouteSpec};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "split.weight",
        verdict: Verdict::Exact,
        note: "relative integers; scaled above 1000000 (MG1201)",
        proof: "split/ninety-ten",
    },
    Capability {
        feature: "split.match",
        verdict: Verdict::Exact,
        note: "unmatched requests to the root by a rule of their own; of two splits, where the order can be kept (MG1207)",
        proof: "match/ab-header",
    },
    Capability {
        feature: "split.tcp",
        verdict: Verdict::Exact,
        note: "per connection; no matches (MG1204); of an undeclared port HTTP alone (MG1203)",
        proof: "split/tcp",
    },
    Capability { feature: "split.port", verdict: Verdict::Exact, note: "one route per port", proof: "split/two-ports" },
];

/// Limits of the Gateway API's CRDs. Linkerd adds at most 16 weights, so that their sum is never too large.
const LARGEST_WEIGHT: u64 = 1_000_000;
const LARGEST_SUM: u64 = u32::MAX as u64;
const MOST_BACKENDS: usize = 16;
const MOST_RULES: usize = 16;
const MOST_MATCHES_PER_RULE: usize = 64;
/// A rule without matches counts as one: the CRD fills it in.
const MOST_MATCHES: usize = 128;

/// The routes of a root, one object per port that has something to say. Each port has a report of its own, so
/// that its object names only the losses that were accepted there.
pub(crate) fn service_routes(
    routes: &ServiceRoutes,
    namespace: &Namespace,
    mesh: &MeshSettings,
    new_report: impl Fn() -> Report,
) -> Fragment {
    let mut fragment = Fragment::default();
    let Some(service) = &routes.service else { return fragment };
    if service.headless || service.external_name {
        let mut report = new_report();
        refuse_root(routes, &mut report);
        fragment.losses = report.into_losses();
        return fragment;
    }
    for port in &routes.ports {
        let mut report = new_report();
        let carriage = carriage(&port.port, service, namespace, mesh);
        let writer = Writer { root: &routes.root, port, report: &mut report, sources: Vec::new(), provenance: Vec::new() };
        fragment.objects.extend(writer.route(carriage, mesh));
        fragment.losses.extend(report.into_losses());
    }
    fragment
}

/// Linkerd finds policy by the address that a client dials, and these Services have none of their own.
fn refuse_root(routes: &ServiceRoutes, report: &mut Report) {
    let splits: BTreeMap<&ObjectKey, &Arc<TrafficSplit>> =
        routes.ports.iter().flat_map(|port| &port.rules).map(|rule| (&rule.split.key, &rule.split)).collect();
    for split in splits.values() {
        let message = format!("`{}` is headless or an ExternalName: Linkerd accepts no route for it", routes.root.name);
        report.lose(Code::MG1205, Verdict::Refused, &split.key, &split.root_origin, message);
    }
}

struct Writer<'a> {
    root: &'a ServiceKey,
    port: &'a PortRoutes,
    report: &'a mut Report,
    sources: Vec<ObjectKey>,
    provenance: Vec<Provenance>,
}

/// A rule with what Linkerd can say of its matches.
struct Said<'a> {
    rule: &'a Rule,
    matches: Vec<&'a HttpMatch>,
    /// What says them, each with the place where its match is written.
    entries: Vec<(HttpRouteMatch, &'a Origin)>,
    backends: Vec<BackendRef>,
}

impl<'a> Writer<'a> {
    /// The route of the port; `None` if nothing is left to say.
    fn route(mut self, carriage: Carriage, mesh: &MeshSettings) -> Option<RenderedObject> {
        // A port that is declared TCP, but not opaque for Linkerd, is inspected all the same. A TCPRoute alone
        // splits whatever it finds there; an HTTPRoute would leave the declared bytes to the root.
        let tcp = match carriage {
            Carriage::Http => false,
            Carriage::Opaque => true,
            Carriage::Detected => self.port.protocol() == Protocol::Tcp,
        };
        let (api_version, kind, spec) = if tcp {
            ("gateway.networking.k8s.io/v1alpha2", "TCPRoute", self.tcp_spec(carriage)?)
        } else {
            ("gateway.networking.k8s.io/v1", "HTTPRoute", self.http_spec(carriage)?)
        };
        let Writer { root, port, report, mut sources, provenance } = self;
        sources.sort();
        sources.dedup();
        let id = ObjectId {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: root.namespace.to_string(),
            name: name::object_name(&[], &root.name, &[&port.port.number.to_string()]),
        };
        let owner = Owner { mesh, backend: "linkerd", sources: &sources, labels: &[] };
        Some(RenderedObject::new(id, spec, owner, report).from(provenance))
    }

    fn parent(&self) -> [ServiceRef; 1] {
        [ServiceRef::new(self.root, self.port.port.number)]
    }

    fn tcp_spec(&mut self, carriage: Carriage) -> Option<Value> {
        let mut whole = None;
        for rule in &self.port.rules {
            if rule.matches.is_empty() {
                whole = (!rule.is_rest).then_some(rule);
                continue;
            }
            let reason = match carriage {
                Carriage::Opaque => "is opaque for Linkerd",
                Carriage::Http | Carriage::Detected => "speaks TCP",
            };
            let message = format!(
                "port {} of `{}` {reason}: its connections cannot be told apart by requests",
                self.port.port.number, self.root.name
            );
            self.report.lose(Code::MG1204, Verdict::Refused, &rule.split.key, first_match(&rule.split), message);
        }
        let rule = whole?;
        let backend_refs = self.backends(rule)?;
        if self.port.port.protocol.is_http() {
            let message = format!(
                "port {} of `{}` is declared {}, but opaque for Linkerd: the weights count connections, not requests",
                self.port.port.number, self.root.name, self.port.port.protocol
            );
            self.report.lose(Code::MG1222, Verdict::Narrowed, &rule.split.key, &rule.split.root_origin, message);
        }
        self.trace(rule, &[], &backend_refs, 0);
        Some(json!(TcpRouteSpec { parent_refs: self.parent(), rules: [TcpRouteRule { backend_refs }] }))
    }

    fn http_spec(&mut self, carriage: Carriage) -> Option<Value> {
        let said = self.sayable();
        let whole = self.port.rules.iter().find(|rule| rule.matches.is_empty());
        // "Everybody else to the root" alone changes nothing.
        if said.is_empty() && whole.is_none_or(|rule| rule.is_rest) {
            return None;
        }
        let mut rules = Vec::new();
        for Said { rule, matches, entries, backends } in said {
            path_as_sent(self.root, rule, &matches, self.report);
            for entries in entries.chunks(MOST_MATCHES_PER_RULE) {
                self.trace(rule, entries, &backends, rules.len());
                let matches = entries.iter().map(|(entry, _)| entry.clone()).collect();
                rules.push(HttpRouteRule { matches, backend_refs: backends.clone() });
            }
        }
        let last = whole.and_then(|rule| Some((rule, self.backends(rule)?)));
        if let Some((rule, backends)) = last {
            if carriage == Carriage::Detected && self.port.protocol() == Protocol::Unknown {
                let message = format!(
                    "port {} of `{}` declares no protocol: connections that are not HTTP go to the root unsplit",
                    self.port.port.number, self.root.name
                );
                self.report.lose(Code::MG1203, Verdict::Narrowed, &rule.split.key, &rule.split.root_origin, message);
            }
            self.trace(rule, &[], &backends, rules.len());
            rules.push(HttpRouteRule { matches: Vec::new(), backend_refs: backends });
        } else if rules.is_empty() {
            return None;
        } else {
            // The split without matches was refused, and where no rule takes a request Linkerd answers 404.
            let root = BackendRef { service: ServiceRef::new(self.root, self.port.port.number), weight: 1 };
            rules.push(HttpRouteRule { matches: Vec::new(), backend_refs: vec![root] });
        }
        Some(json!(HttpRouteSpec { parent_refs: self.parent(), rules }))
    }

    /// The rules with matches that Linkerd can say on this port. A rule of which a match cannot be said is
    /// refused whole, unless each loss is accepted: then those matches alone are left out.
    fn sayable(&mut self) -> Vec<Said<'a>> {
        let mut said: Vec<Said<'a>> = Vec::new();
        // The last rule, for everybody else, has its place in any case.
        let (mut rules_left, mut matches_left) = (MOST_RULES - 1, MOST_MATCHES - 1);
        for rule in self.port.rules.iter().filter(|rule| !rule.matches.is_empty()) {
            let most = matches_left.min(rules_left * MOST_MATCHES_PER_RULE);
            let mut matches: Vec<&HttpMatch> = Vec::new();
            let mut entries = Vec::new();
            let mut lost = Vec::new();
            for one in &rule.matches {
                match self.entries(one, rule, &said) {
                    Ok(more) if entries.len() + more.len() > most => {
                        let message = format!(
                            "no room for match `{}` and those after it: an HTTPRoute takes {MOST_RULES} rules and {MOST_MATCHES} matches",
                            one.name
                        );
                        self.report.lose(Code::MG1208, Verdict::Refused, &rule.split.key, &one.origin, message);
                        lost.push(Code::MG1208);
                        break;
                    }
                    Ok(more) => {
                        matches.push(one);
                        entries.extend(more.into_iter().map(|entry| (entry, &one.origin)));
                    }
                    Err(code) => lost.push(code),
                }
            }
            if entries.is_empty() || !lost.into_iter().all(|code| self.report.accepts(code)) {
                continue;
            }
            let Some(backends) = self.backends(rule) else { continue };
            rules_left -= entries.len().div_ceil(MOST_MATCHES_PER_RULE);
            matches_left -= entries.len();
            said.push(Said { rule, matches, entries, backends });
        }
        said
    }

    /// What says one match, if no earlier rule for other backends would lose requests to it.
    fn entries(&mut self, one: &HttpMatch, rule: &Rule, earlier: &[Said<'_>]) -> Result<Vec<HttpRouteMatch>, Code> {
        let others = earlier.iter().filter(|said| shares(said.rule) != shares(rule));
        let mut others = others.flat_map(|said| said.matches.iter().map(|first| (*first, &said.rule.split.key)));
        if let Some((first, split)) = others.find(|(first, _)| !keeps_order(first, one)) {
            let message = format!(
                "match `{}` could win over match `{}` of {split}, which comes first: Linkerd prefers the more specific one",
                one.name, first.name
            );
            self.report.lose(Code::MG1207, Verdict::Refused, &rule.split.key, &one.origin, message);
            return Err(Code::MG1207);
        }
        http_match(one, &rule.split.key, self.report)
    }

    /// The destinations of a rule without those of weight 0: one that is left alone would get everything.
    /// `None` if there are too many.
    fn backends(&mut self, rule: &Rule) -> Option<Vec<BackendRef>> {
        let written = rule.weights();
        let number = written.iter().filter(|weight| **weight > 0).count();
        if number > MOST_BACKENDS {
            let message = format!("{number} backends get traffic on port {}, a rule takes {MOST_BACKENDS}", self.port.port.number);
            self.report.lose(Code::MG1208, Verdict::Refused, &rule.split.key, &rule.split.backends_origin, message);
            return None;
        }
        let weights = if weight::fits(&written, LARGEST_WEIGHT, LARGEST_SUM) {
            written
        } else if let Some(scaled) = weight::scaled(&written, LARGEST_WEIGHT, LARGEST_SUM) {
            let message = format!(
                "a weight above {LARGEST_WEIGHT}: all are scaled, at most {:.6} percentage points off",
                weight::largest_error(&written, &scaled)
            );
            self.report.lose(Code::MG1201, Verdict::Rounded, &rule.split.key, &rule.split.backends_origin, message);
            scaled
        } else {
            weight::reduced(&written)
        };
        let backend = |(to, weight): (&Destination, u64)| BackendRef { service: ServiceRef::new(&to.service, to.port), weight };
        Some(rule.destinations.iter().zip(weights).filter(|(_, weight)| *weight > 0).map(backend).collect())
    }

    /// Remembers where the fields of the rule at this index come from.
    fn trace(&mut self, rule: &Rule, entries: &[(HttpRouteMatch, &Origin)], backends: &[BackendRef], index: usize) {
        let path = format!(".spec.rules[{index}]");
        self.sources.extend(rule.sources());
        for (index, (_, origin)) in entries.iter().enumerate() {
            self.provenance.push(Provenance { path: format!("{path}.matches[{index}]"), origin: (*origin).clone() });
        }
        let destinations = rule.destinations.iter().filter(|to| to.weight > 0);
        for (index, (to, _)) in destinations.zip(backends).enumerate() {
            self.provenance.push(Provenance { path: format!("{path}.backendRefs[{index}].name"), origin: to.service_origin.clone() });
            self.provenance.push(Provenance { path: format!("{path}.backendRefs[{index}].weight"), origin: to.weight_origin.clone() });
        }
    }
}

/// Who gets how much, in a form that is equal for rules that do the same.
fn shares(rule: &Rule) -> BTreeMap<&ServiceKey, u64> {
    let weights = weight::reduced(&rule.weights());
    rule.destinations.iter().map(|to| &to.service).zip(weights).filter(|(_, weight)| *weight > 0).collect()
}

fn first_match(split: &TrafficSplit) -> &Origin {
    split.matches.first().map_or(&split.root_origin, |(_, origin)| origin)
}

/// Once per split. Narrowed: a request whose path is spelt otherwise misses the route that was written for it,
/// and gets what unmatched requests get.
fn path_as_sent(root: &ServiceKey, rule: &Rule, matches: &[&HttpMatch], report: &mut Report) {
    let Some(one) = matches.iter().find(|one| one.path != PathPattern::Any) else { return };
    let message = format!(
        "match `{}` compares the path as it was sent: requests that spell it otherwise, as `/x/../` or `/%61` do, stay with `{}`",
        one.name, root.name
    );
    let place = one.path_origin.as_ref().unwrap_or(&one.origin);
    report.lose(Code::MG1210, Verdict::Narrowed, &rule.split.key, place, message);
}
