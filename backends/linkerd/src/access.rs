//! Access to a workload on Linkerd: one Server per container port that denies, routes that tell requests apart,
//! and AuthorizationPolicies that let callers in.
//!
//! The Server is written whatever becomes of the rules: a rule that cannot be said lets nobody in, and never
//! leaves the port open. Source: <https://linkerd.io/2/reference/authorization-policy/>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::{HttpMatch, Kind, MeshSettings, ObjectKey, PathPattern, PodSet, Protocol, WorkloadAccess, WorkloadPort};
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Capability, Fragment, Report, UnitKey, Verdict};
use meshglot_translator::resolve::View;

use crate::as_sent;
use crate::containment::Languages;
use crate::http_match::http_match;
use crate::inbound::{Class, MOST_ROUTES, Overlap, classes};
use crate::policy::{Caller, PortPolicy, Route};
use crate::principal::{PROBES, PROBES_NAME, callers_id, callers_unit};
use crate::selector::labels_of;
use crate::server::{is_opaque, probe_paths, server_name, tell_unenforced, unprotected};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "access.path",
        verdict: Verdict::Equivalent,
        note: "a route per distinct match, 403; paths as sent (MG1210, MG1223); overlapping expressions are narrowed (MG1211)",
        proof: "access/linkerd-methods-and-paths",
    },
    Capability {
        feature: "access.tcp",
        verdict: Verdict::Exact,
        note: "by connection; on an HTTP port every request (MG1219)",
        proof: "access/linkerd-tcp-opaque",
    },
    Capability { feature: "access.port", verdict: Verdict::Exact, note: "a Server per container port", proof: "access/linkerd-two-ports" },
    Capability {
        feature: "access.default",
        verdict: Verdict::Equivalent,
        note: "declared ports (MG1220), with a proxy (MG1221); httpGet probes answer their networks (MG1224)",
        proof: "access/linkerd-closed-by-default",
    },
    Capability {
        feature: "access.header",
        verdict: Verdict::Equivalent,
        note: "an expression over the whole value",
        proof: "access/header-condition",
    },
    Capability {
        feature: "access.identity",
        verdict: Verdict::Exact,
        note: "MeshTLSAuthentication by identity",
        proof: "access/linkerd-spiffe-callers",
    },
    Capability { feature: "access.audit", verdict: Verdict::Exact, note: "accessPolicy audit", proof: "access/linkerd-audit" },
];

/// Unit: everything about the ports of one workload, named `KIND/NAME`.
pub(crate) const SERVERS: &str = "Server";

/// The units of a workload: its own, its callers' and its probes'.
pub(crate) fn units(pods: &Arc<PodSet>, view: &View<'_>) -> Vec<UnitKey> {
    let unit = |output, name: String| UnitKey { output, namespace: pods.key.namespace.clone(), name: name.into() };
    let mut units = vec![unit(SERVERS, format!("{}/{}", pods.key.kind.name(), pods.key.name))];
    if let Some(access) = view.access(pods).filter(|access| access.closed) {
        units.extend(access.rules.iter().map(|rule| callers_unit(&access.account, &rule.rule.target.key)));
        let has_routes = |port: &WorkloadPort| {
            let rules = || access.rules.iter().filter(|rule| rule.ports.contains(&port.number));
            rules().any(|rule| rule.rule.matches.is_some()) && !probe_paths(pods, port.number).is_empty()
        };
        if access.ports.iter().any(has_routes) {
            units.push(unit(PROBES, PROBES_NAME.to_owned()));
        }
    }
    units
}

/// The workload of a unit.
pub(crate) fn workload_of(unit: &UnitKey) -> Option<ObjectKey> {
    let (kind, name) = unit.name.split_once('/')?;
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
    Some(ObjectKey { kind, namespace: unit.namespace.clone(), name: name.into() })
}

/// The Servers of a workload, with all that stands on them.
pub(crate) fn servers(key: &ObjectKey, mesh: &MeshSettings, view: &View<'_>) -> Fragment {
    let mut fragment = Fragment::default();
    let Some(access) = view.pods(key).and_then(|pods| view.access(&pods)) else { return fragment };
    if !access.closed && !access.audit {
        return fragment;
    }
    let mut report = view.report(mesh);
    tell_unenforced(&access, &mut report, view, mesh);
    match labels_of(&access.workload, view) {
        None => unprotected(&access, Code::MG1216, "is picked by no labels of its own", &mut report, view),
        Some(labels) => {
            let languages = Languages::default();
            for port in &access.ports {
                // Each port has a report of its own, so that its objects name only what was accepted there.
                let mut report = view.report(mesh);
                let writer = Writer { access: &access, port, mesh, view, languages: &languages, report: &mut report };
                let policy = writer.policy(labels.clone());
                policy.render(mesh, &report, &mut fragment);
                fragment.losses.extend(report.into_losses());
            }
        }
    }
    if access.closed {
        fragment.losses.extend(report.into_losses());
    }
    fragment
}

struct Writer<'a> {
    access: &'a WorkloadAccess,
    port: &'a WorkloadPort,
    mesh: &'a MeshSettings,
    view: &'a View<'a>,
    languages: &'a Languages,
    report: &'a mut Report,
}

impl Writer<'_> {
    fn policy(mut self, labels: BTreeMap<String, String>) -> PortPolicy {
        let access = self.access;
        let opaque = is_opaque(self.port, &access.workload, self.mesh, self.view);
        let mut policy = PortPolicy {
            namespace: access.workload.key.namespace.clone(),
            key: format!("{}:{}", access.workload.key, self.port.number),
            server: server_name(access, self.port.number, self.view),
            labels,
            port: self.port.number,
            proxy_protocol: if opaque { "opaque" } else { "unknown" },
            access_policy: if access.closed { "deny" } else { "audit" },
            sources: access.sources.clone(),
            callers: Vec::new(),
            everywhere: BTreeSet::new(),
            routes: Vec::new(),
        };
        if !access.closed {
            return policy;
        }
        let mut written: Vec<(Arc<HttpMatch>, usize)> = Vec::new();
        for rule in access.rules.iter().filter(|rule| rule.ports.contains(&self.port.number)) {
            let caller = self.caller(&rule.rule, &mut policy);
            match &rule.rule.matches {
                None => {
                    policy.everywhere.insert(caller);
                    self.tell_every_path(&policy.callers[caller], &rule.rule.origin, opaque);
                }
                Some(_) if opaque || self.port.protocol == Protocol::Tcp => {
                    // What nobody declares as HTTP carries no requests for the neutral policy either.
                    let nowhere = access.ports.iter().all(|port| port.protocol == Protocol::Tcp);
                    if self.port.protocol != Protocol::Tcp || rule.rule.ports.is_some() || nowhere {
                        let why = if opaque { "is opaque for Linkerd" } else { "speaks TCP" };
                        let message = format!("port {} {why}: requests cannot be told apart, and are denied", self.port.number);
                        self.report.lose(Code::MG1204, Verdict::Refused, &rule.rule.target.key, &rule.rule.origin, message);
                    }
                }
                Some(matches) => {
                    written.extend(matches.iter().filter_map(|one| Some((self.sayable(one, &policy.callers[caller])?, caller))))
                }
            }
        }
        let guarded = as_sent::is_guarded(&written, self.mesh, self.languages, self.report);
        as_sent::tell(&written, &policy, guarded, self.languages, self.report);
        self.tell_probes();
        if !written.is_empty() {
            self.add_routes(&written, guarded, &mut policy);
        }
        policy
    }

    /// The index of the caller behind a rule: all rules of a target have the same.
    fn caller(&mut self, rule: &meshglot_translator::ir::AccessRule, policy: &mut PortPolicy) -> usize {
        let known = policy.callers.iter().position(|caller| caller.target.key == rule.target.key);
        let index = known.unwrap_or_else(|| {
            let authentication = callers_id(&rule.target, &policy.namespace);
            let hashed = Caller::is_ambiguous(&rule.target.key, &policy.namespace, &policy.server, self.view);
            let caller = Caller { target: rule.target.clone(), authentication, hashed, sources: Vec::new(), origin: rule.origin.clone() };
            policy.callers.push(caller);
            policy.callers.len() - 1
        });
        policy.callers[index].sources.extend(rule.from.iter().cloned());
        index
    }

    /// The match as it is compared, if Linkerd can say it.
    fn sayable(&mut self, one: &Arc<HttpMatch>, caller: &Caller) -> Option<Arc<HttpMatch>> {
        http_match(one, &caller.target.key, self.report).ok()?;
        // An expression of every path counts as long as the request's path, and would win over matches of fewer
        // requests; no path does not.
        let every = one.path != PathPattern::Any && self.languages.path_contains(&one.path, &PathPattern::Any);
        Some(if every { Arc::new(HttpMatch { path: PathPattern::Any, ..(**one).clone() }) } else { one.clone() })
    }

    fn add_routes(&mut self, written: &[(Arc<HttpMatch>, usize)], guarded: bool, policy: &mut PortPolicy) {
        let (mut classes, overlaps) = classes(written, &policy.everywhere, self.languages);
        for Overlap { winner, loser, callers } in overlaps {
            for caller in callers {
                let message = format!(
                    "requests that match both `{}` and `{}` may be decided by the callers of `{}` alone",
                    loser.name, winner.name, winner.name
                );
                let place = loser.path_origin.as_ref().unwrap_or(&loser.origin);
                self.report.lose(Code::MG1211, Verdict::Narrowed, &policy.callers[caller].target.key, place, message);
            }
        }
        for class in classes.split_off(classes.len().min(MOST_ROUTES)) {
            for caller in &class.callers {
                let message = format!("no room for match `{}`: a Server takes {MOST_ROUTES} different matches here", class.one.name);
                self.report.lose(Code::MG1208, Verdict::Refused, &policy.callers[*caller].target.key, &class.one.origin, message);
            }
        }
        let guards: Vec<&HttpMatch> = classes.iter().map(|class| &*class.one).collect();
        if guarded {
            policy.routes.extend(as_sent::guards(&guards));
        }
        policy.routes.extend(self.probe_route(written, policy));
        for (index, Class { one, callers }) in classes.iter().enumerate() {
            let Some(first) = callers.first() else { continue };
            // What two matches share may have too many headers: told, and nobody is let in.
            let Ok(entries) = http_match(one, &policy.callers[*first].target.key, self.report) else { continue };
            let inside = callers.difference(&policy.everywhere).copied().collect();
            policy.routes.push(Route::of(index + 1, entries, inside, Some(one.origin.clone())));
        }
        policy.routes.push(Route::rest());
    }

    /// With routes on it a Server answers probes no more by itself.
    fn probe_route(&mut self, written: &[(Arc<HttpMatch>, usize)], policy: &PortPolicy) -> Option<Route> {
        let workload = &self.access.workload;
        let origin = workload.document.root().origin();
        let one = |path: &Arc<str>| HttpMatch {
            name: "probe".into(),
            path: PathPattern::Exact(path.to_string()),
            methods: [meshglot_translator::ir::Method::Get].into(),
            headers: Vec::new(),
            origin: origin.clone(),
            path_origin: None,
        };
        let asked: Vec<HttpMatch> = probe_paths(workload, self.port.number).iter().map(one).collect();
        let entries: Vec<_> = asked.iter().filter_map(|one| http_match(one, &workload.key, self.report).ok()).flatten().collect();
        if entries.is_empty() {
            return None;
        }
        let own = |caller: usize| written.iter().filter(move |(_, of)| *of == caller).map(|(one, _)| one);
        let mut callers: BTreeSet<usize> = written.iter().map(|(_, caller)| *caller).collect();
        callers.retain(|caller| !policy.everywhere.contains(caller));
        let every_network = opens_to_all(self.mesh);
        for caller in callers.clone() {
            let covered = |probe: &HttpMatch| own(caller).any(|one| self.languages.contains(one, probe));
            if asked.iter().all(covered) {
                continue;
            }
            callers.remove(&caller);
            let touched = own(caller).find(|one| asked.iter().any(|probe| self.languages.may_meet(one, probe)));
            if let Some(touched) = touched.filter(|_| !every_network) {
                let message = format!("requests of match `{}` for a path of the probes are decided as probes", touched.name);
                self.report.lose(Code::MG1211, Verdict::Narrowed, &policy.callers[caller].target.key, &touched.origin, message);
            }
        }
        Some(Route::probes(entries, callers))
    }

    fn tell_every_path(&mut self, caller: &Caller, origin: &Origin, opaque: bool) {
        if self.port.protocol.is_http() && !opaque {
            let message = format!("port {} speaks HTTP, and every path of it is open to these callers", self.port.number);
            self.report.lose(Code::MG1219, Verdict::Equivalent, &caller.target.key, origin, message);
        }
    }

    fn tell_probes(&mut self) {
        let workload = &self.access.workload;
        if let Some(path) = probe_paths(workload, self.port.number).first().filter(|_| any_open(self.mesh)) {
            let message = format!("`GET {path}` on port {} is asked by probes, and answered to anybody", self.port.number);
            self.report.lose(Code::MG1224, Verdict::Widened, &workload.key, &workload.document.root().origin(), message);
        }
    }
}

/// Whether every caller is in the networks of the probes.
fn opens_to_all(mesh: &MeshSettings) -> bool {
    ["0.0.0.0/0", "::/0"].iter().all(|all| mesh.linkerd_probe_networks.contains(*all))
}

/// Whether a whole family of addresses is.
fn any_open(mesh: &MeshSettings) -> bool {
    mesh.linkerd_probe_networks.iter().any(|network| network.ends_with("/0"))
}
