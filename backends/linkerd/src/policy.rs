//! Everything on one Server as objects, in the order in which they are applied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::{Kind, MeshSettings, ObjectKey, TrafficTarget};
use meshglot_translator::name;
use meshglot_translator::parse::Origin;
use meshglot_translator::render::{Fragment, ObjectId, Owner, Provenance, RenderedObject, ReplaceSet, Report};
use meshglot_translator::resolve::View;
use serde_json::{Value, json};

use crate::inbound::list_line;
use crate::principal::{CALLERS, PROBES, PROBES_NAME, policy_id};
use crate::resource::authorization::{AuthorizationPolicySpec, PolicyRef};
use crate::resource::http_route::{HttpPathMatch, HttpRouteMatch};
use crate::resource::server::{PodSelector, ServerRef, ServerRouteRule, ServerRouteSpec, ServerSpec};

const ROUTE_GROUP: &str = "gateway.networking.k8s.io";
const POLICY_GROUP: &str = "policy.linkerd.io";
/// Kinds of names that are cut keep room for `-NN-`, the hash and `-guard-N`: the number decides ties by name.
const LONGEST_BASE: usize = 43;
const MOST_MATCHES_PER_RULE: usize = 64;

/// What stands on the Server of one port.
pub(crate) struct PortPolicy {
    pub(crate) namespace: Arc<str>,
    /// The workload and port, which stay while names change.
    pub(crate) key: String,
    pub(crate) server: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) port: u16,
    pub(crate) proxy_protocol: &'static str,
    pub(crate) access_policy: &'static str,
    pub(crate) sources: Vec<ObjectKey>,
    pub(crate) callers: Vec<Caller>,
    /// Indexes of callers that may say anything.
    pub(crate) everywhere: BTreeSet<usize>,
    /// In order; empty: Linkerd's own, which lets probes in.
    pub(crate) routes: Vec<Route>,
}

/// The sources of one target.
pub(crate) struct Caller {
    pub(crate) target: Arc<TrafficTarget>,
    pub(crate) authentication: ObjectId,
    /// Whether its name and the route's could be read as another pair.
    pub(crate) hashed: bool,
    pub(crate) sources: Vec<ObjectKey>,
    pub(crate) origin: Origin,
}

/// An HTTPRoute of the Server.
pub(crate) struct Route {
    number: usize,
    suffix: String,
    rules: Vec<Vec<HttpRouteMatch>>,
    callers: BTreeSet<usize>,
    is_probe: bool,
    origin: Option<Origin>,
}

impl Route {
    pub(crate) fn of(number: usize, entries: Vec<HttpRouteMatch>, callers: BTreeSet<usize>, origin: Option<Origin>) -> Self {
        // A match without a path is one of the prefix `/`: written, so that the list says it.
        let with_path = |entry: HttpRouteMatch| {
            let path = entry.path.or_else(|| Some(HttpPathMatch::PathPrefix("/".to_owned())));
            HttpRouteMatch { path, ..entry }
        };
        let rules = vec![entries.into_iter().map(with_path).collect()];
        Self { number, suffix: String::new(), rules, callers, is_probe: false, origin }
    }

    pub(crate) fn probes(entries: Vec<HttpRouteMatch>, callers: BTreeSet<usize>) -> Self {
        let rules = entries.chunks(MOST_MATCHES_PER_RULE).map(<[_]>::to_vec).collect();
        Self { rules, is_probe: true, ..Self::of(0, Vec::new(), callers, None) }
    }

    /// Everything else: without it Linkerd answers 404, to whoever may say anything as well.
    pub(crate) fn rest() -> Self {
        Self::of(99, vec![HttpRouteMatch::default()], BTreeSet::new(), None)
    }

    /// Of sets of matches, each of one set of headers.
    pub(crate) fn guard(index: usize, sets: Vec<Vec<HttpRouteMatch>>) -> Self {
        let suffix = if index == 0 { "-guard".to_owned() } else { format!("-guard-{}", index + 1) };
        let rules = sets.chunks(6).map(<[_]>::concat).collect();
        Self { suffix, rules, ..Self::of(0, Vec::new(), BTreeSet::new(), None) }
    }

    /// The lines of the list: one, but for probes, whose paths differ, and guards, whose headers do.
    fn lines(&self) -> String {
        let entries = || self.rules.iter().flatten();
        if self.is_probe || !self.suffix.is_empty() {
            return entries().map(|entry| list_line(self.number, std::slice::from_ref(entry))).collect();
        }
        list_line(self.number, &entries().cloned().collect::<Vec<_>>())
    }
}

impl Caller {
    /// Whether `<target>-<rest>` may be the name of another target's policy: then a hash tells them apart.
    pub(crate) fn is_ambiguous(target: &ObjectKey, namespace: &Arc<str>, server: &str, view: &View<'_>) -> bool {
        let joined = format!("{}-{server}", target.name);
        let is_target = |name: &str| {
            let key = ObjectKey { kind: Kind::TrafficTarget, namespace: namespace.clone(), name: name.into() };
            name != &*target.name && view.is_written(&key)
        };
        target.namespace != *namespace
            || *target.name == *"probes"
            || target.name.starts_with("probes-")
            || joined.match_indices('-').any(|(at, _)| is_target(&joined[..at]))
    }
}

impl PortPolicy {
    /// All objects, and the order of their application: deletion runs backwards, Server and broad routes first.
    pub(crate) fn render(&self, mesh: &MeshSettings, report: &Report, fragment: &mut Fragment) {
        let lines: String = self.routes.iter().map(Route::lines).collect();
        let hash = name::short_hash(lines.as_bytes());
        let base = name::shortened(&self.server, &self.server, LONGEST_BASE);
        let names: Vec<String> = self.routes.iter().map(|route| format!("{base}-{:02}-{hash}{}", route.number, route.suffix)).collect();

        let mut authentications = BTreeSet::new();
        let mut policies = Vec::new();
        for (route, name) in self.routes.iter().zip(&names) {
            if route.is_probe {
                authentications.insert(policy_id(PROBES, &self.namespace, PROBES_NAME.to_owned()));
                let id = policy_id("AuthorizationPolicy", &self.namespace, shortened(&format!("probes-{name}")));
                let spec = authorization(ROUTE_GROUP, "HTTPRoute", name, PROBES, PROBES_NAME);
                policies.push(self.object(id, spec, &self.sources, mesh, report));
            }
            for caller in &route.callers {
                policies.push(self.allow(&self.callers[*caller], ROUTE_GROUP, "HTTPRoute", name, mesh, report));
                authentications.insert(self.callers[*caller].authentication.clone());
            }
        }
        for caller in &self.everywhere {
            policies.push(self.allow(&self.callers[*caller], POLICY_GROUP, "Server", &self.server, mesh, report));
            authentications.insert(self.callers[*caller].authentication.clone());
        }
        let routes = self.routes.iter().zip(&names).map(|(route, name)| self.route(route, name, mesh, report));
        let objects: Vec<RenderedObject> = policies.into_iter().chain(routes).chain([self.server(mesh, report)]).collect();
        let members = authentications.into_iter().chain(objects.iter().map(|object| object.id.clone())).collect();
        fragment.sets.push(ReplaceSet { key: format!("linkerd/{}", self.key), members, ready_when: "Accepted=True".to_owned() });
        fragment.objects.extend(objects);
    }

    fn server(&self, mesh: &MeshSettings, report: &Report) -> RenderedObject {
        let id = ObjectId {
            api_version: "policy.linkerd.io/v1beta3".into(),
            kind: "Server".into(),
            namespace: self.namespace.to_string(),
            name: self.server.clone(),
        };
        let spec = ServerSpec {
            pod_selector: PodSelector { match_labels: self.labels.clone() },
            port: self.port,
            proxy_protocol: self.proxy_protocol,
            access_policy: self.access_policy,
        };
        self.object(id, json!(spec), &self.sources, mesh, report)
    }

    fn route(&self, route: &Route, name: &str, mesh: &MeshSettings, report: &Report) -> RenderedObject {
        let id = ObjectId {
            api_version: "gateway.networking.k8s.io/v1".into(),
            kind: "HTTPRoute".into(),
            namespace: self.namespace.to_string(),
            name: name.to_owned(),
        };
        let rules = route.rules.iter().map(|matches| ServerRouteRule { matches: matches.clone() }).collect();
        let spec = ServerRouteSpec { parent_refs: [ServerRef::new(&self.server)], rules };
        let own: BTreeSet<ObjectKey> = route.callers.iter().flat_map(|caller| self.callers[*caller].sources.iter().cloned()).collect();
        let sources = if own.is_empty() { self.sources.clone() } else { own.into_iter().collect() };
        let provenance = route.origin.iter().map(|origin| Provenance { path: ".spec.rules[0].matches[0]".into(), origin: origin.clone() });
        self.object(id, json!(spec), &sources, mesh, report).from(provenance.collect())
    }

    fn allow(
        &self,
        caller: &Caller,
        group: &'static str,
        kind: &'static str,
        to: &str,
        mesh: &MeshSettings,
        report: &Report,
    ) -> RenderedObject {
        let plain = format!("{}-{to}", caller.target.key.name);
        let name =
            if caller.hashed { format!("{plain}-{}", name::short_hash(format!("{}|{to}", caller.target.key).as_bytes())) } else { plain };
        let id = policy_id("AuthorizationPolicy", &self.namespace, shortened(&name));
        let spec = authorization(group, kind, to, CALLERS, &caller.authentication.name);
        let mut sources = caller.sources.clone();
        sources.sort();
        sources.dedup();
        let provenance = Provenance { path: ".spec.requiredAuthenticationRefs[0]".into(), origin: caller.origin.clone() };
        self.object(id, spec, &sources, mesh, report).from(vec![provenance])
    }

    fn object(&self, id: ObjectId, spec: Value, sources: &[ObjectKey], mesh: &MeshSettings, report: &Report) -> RenderedObject {
        RenderedObject::new(id, spec, Owner { mesh, backend: "linkerd", sources, labels: &[] }, report)
    }
}

fn shortened(name: &str) -> String {
    name::shortened(name, name, 63)
}

fn authorization(group: &'static str, kind: &'static str, to: &str, authentication: &'static str, name: &str) -> Value {
    json!(AuthorizationPolicySpec {
        target_ref: PolicyRef { group, kind, name: to.to_owned() },
        required_authentication_refs: [PolicyRef { group: POLICY_GROUP, kind: authentication, name: name.to_owned() }],
    })
}
