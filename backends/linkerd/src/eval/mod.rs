//! Reads Linkerd's own objects by Linkerd's rules, apart from the renderer: what becomes of a request.

mod access;
mod annotation;
mod authentication;
mod build;
mod call;
mod carriage;
mod defaults;
mod filter;
mod host;
mod inbound;
mod matching;
mod network;
mod object;
mod outbound;
mod plan;
mod precedence;
mod route;
mod selector;
mod server;
mod service;
mod sort;
mod workload;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use meshglot_translator::eval::{Call, Decision, Evaluate, Fraction, Inventory, Request, Verdict};
use meshglot_translator::ir::{ObjectKey, ServiceKey};
use serde_json::Value;

use access::{Authorization, Names};
use annotation::Ports;
use call::HttpCall;
use inbound::{Arrival, InboundPort};
use outbound::Parts;
use route::Route;
use service::ServiceEntry;

/// A reading of these objects.
pub(crate) fn reader(objects: &[Value], inventory: &Inventory, defaults: &Value) -> Box<dyn Evaluate> {
    Box::new(build::build(objects, inventory, defaults))
}

/// Everything that requests ask for, put together once.
#[derive(Debug, Default)]
struct Reading {
    names: Names,
    /// What was set outside cannot be read.
    unread: bool,
    /// Namespaces with an object that this reading does not know.
    unread_namespaces: BTreeSet<Arc<str>>,
    services: HashMap<ServiceKey, ServiceEntry>,
    /// Callers whose proxy does not do as the others.
    callers: HashMap<ObjectKey, CallerSettings>,
    routes: Vec<Route>,
    /// What AuthorizationPolicies grant on each route.
    granted: Vec<Vec<Authorization>>,
    inbound: Vec<InboundPort>,
}

/// Annotations of a caller.
#[derive(Debug)]
struct CallerSettings {
    skip_outbound: Ports,
    ingress: bool,
}

impl Evaluate for Reading {
    fn evaluate(&self, request: &Request) -> Decision {
        self.parts(request).map_or_else(Decision::ended, Parts::decision)
    }
}

impl Reading {
    fn parts(&self, request: &Request) -> Result<Parts, Verdict> {
        let Request { caller, service: key, port, call } = request;
        if self.unread || [&caller.namespace, &key.namespace].iter().any(|namespace| self.unread_namespaces.contains(*namespace)) {
            return Err(Verdict::Unknown);
        }
        // The name of a Service that does not exist leads nowhere.
        let service = self.services.get(key).ok_or(Verdict::Error)?;
        if service.unread {
            return Err(Verdict::Unknown);
        }
        let call = match call {
            Call::Http { method, target, headers } => Some(HttpCall::read(method, target, headers)?),
            Call::Tcp => None,
        };
        // The proxy resets calls to ports that the Service does not have; without a proxy nobody takes them.
        let port = service.port(*port).ok_or(Verdict::Error)?;
        let settings = caller.workload.as_ref().and_then(|workload| self.callers.get(workload));
        let meshed = caller.meshed && !settings.is_some_and(|settings| settings.skip_outbound.has(port.number));
        let identity = meshed.then(|| self.names.account(&caller.namespace, &caller.service_account));
        let arrival = Arrival { identity: identity.as_deref(), call };
        if !meshed || service.headless {
            let mut parts = Parts::default();
            self.spread(key, port, Fraction::ONE, &arrival, None, &mut parts);
            return Ok(parts);
        }
        let profiled = service.profiles.iter().any(|namespace| [&caller.namespace, &key.namespace].contains(&namespace));
        if profiled || settings.is_some_and(|settings| settings.ingress) {
            return Err(Verdict::Unknown);
        }
        Ok(self.routed(key, service, port, port.plan_for(&caller.namespace), &arrival))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meshglot_translator::eval::{Caller, Outcome};
    use meshglot_translator::parse::{Source, parse};
    use meshglot_translator::resolve::{Model, ReadOptions};
    use test_case::test_case;

    /// Workloads `web` and `far` call; `api`, `v1` and `v2` answer on 8080, and `api` on 5432 too.
    fn inventory() -> String {
        let workload = |namespace: &str, name: &str, ports: &str| {
            format!(
                "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: {namespace}}}, spec: {{selector: {{app: {name}}}, ports: [{ports}]}}}}\n---\n\
                 {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: {namespace}}}, spec: {{selector: {{matchLabels: {{app: {name}}}}}, \
                 template: {{metadata: {{labels: {{app: {name}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: app, ports: [{{containerPort: 8080}}]}}]}}}}}}}}\n---\n"
            )
        };
        let http = "{name: p, port: 80, targetPort: 8080}";
        let api =
            "{name: p, port: 80, targetPort: 8080}, {name: pg, port: 5432}, {name: dec, port: 81, targetPort: 8080, appProtocol: http}";
        [("shop", "web", http), ("far", "far", http), ("shop", "api", api), ("shop", "v1", http), ("shop", "v2", http)]
            .map(|(namespace, name, ports)| workload(namespace, name, ports))
            .concat()
    }

    fn route(kind: &str, parent: &str, rule: &str) -> String {
        format!(
            "{{apiVersion: gateway.networking.k8s.io/v1, kind: {kind}, metadata: {{name: r, namespace: shop}}, spec: {{parentRefs: [{{{parent}}}], rules: [{{{rule}}}]}}}}\n---\n"
        )
    }

    fn policy(kind: &str, name: &str, spec: &str) -> String {
        format!(
            "{{apiVersion: policy.linkerd.io/v1alpha1, kind: {kind}, metadata: {{name: {name}, namespace: shop}}, spec: {{{spec}}}}}\n---\n"
        )
    }

    const API: &str = "group: '', kind: Service, name: api, port: 80";
    const SERVER: &str = "podSelector: {matchLabels: {app: api}}, port: 8080, accessPolicy: deny";
    const TO_V1: &str = "backendRefs: [{name: v1, port: 80, weight: 0}]";

    fn decide(objects: &str, from: &str, port: u16, call: Call) -> Decision {
        let documents = |text: &str| parse(&[Source::new("test.yaml".to_owned(), text.to_owned())]).0;
        let objects: Vec<Value> = documents(objects).iter().map(|document| document.root().to_json()).collect();
        let inventory = Inventory::of(&Model::new(documents(&inventory()), ReadOptions::default()));
        let namespace = if from == "far" { "far" } else { "shop" };
        let caller = Caller { namespace: namespace.into(), service_account: from.into(), workload: None, meshed: from != "plain" };
        let service = ServiceKey { namespace: "shop".into(), name: "api".into() };
        reader(&objects, &inventory, &Value::Null).evaluate(&Request { caller, service, port, call })
    }

    /// The workload that answers all, or how all ends.
    fn get(objects: &str, from: &str, port: u16) -> String {
        let decision = decide(objects, from, port, Call::Http { method: "GET".into(), target: "/a".into(), headers: Vec::new() });
        match decision.shares.first_key_value() {
            Some((Outcome::Workload(key), share)) if *share == Fraction::ONE => key.name.to_string(),
            Some((Outcome::Ended(verdict), share)) if *share == Fraction::ONE => verdict.to_string(),
            _ => format!("{:?}", decision.shares),
        }
    }

    #[test_case("", "api" ; "nothing")]
    #[test_case(&policy("Sidecar", "x", ""), "unknown" ; "a kind that nobody knows")]
    #[test_case(&policy("Sidecar", "x", "").replace("shop", "other"), "api" ; "in a namespace that is not touched")]
    #[test_case(&policy("EgressNetwork", "x", "trafficPolicy: Deny"), "api" ; "egress is for addresses outside")]
    #[test_case("{apiVersion: linkerd.io/v1alpha2, kind: ServiceProfile, metadata: {name: api.shop.svc.cluster.local, namespace: shop}, spec: {routes: [{name: x}]}}", "unknown" ; "profile with routes")]
    #[test_case("{apiVersion: linkerd.io/v1alpha2, kind: ServiceProfile, metadata: {name: api.shop.svc.cluster.local, namespace: shop}, spec: {}}", "api" ; "profile that says nothing")]
    #[test_case(&route("HTTPRoute", API, TO_V1), "v1" ; "a single backend of weight 0 gets everything")]
    #[test_case(&route("HTTPRoute", API, TO_V1).replace("group: '', ", ""), "api" ; "without a group the parent is no Service")]
    #[test_case(&route("HTTPRoute", API, "filters: [{type: RequestMirror}], backendRefs: [{name: v1, port: 80}]"), "api" ; "a filter undoes the route")]
    #[test_case(&route("HTTPRoute", API, "filters: [{type: Magic}], backendRefs: [{name: v1, port: 80}]"), "unknown" ; "a filter that nobody knows")]
    #[test_case(&route("HTTPRoute", API, "filters: [{type: RequestRedirect, requestRedirect: {scheme: https}}]"), "error" ; "redirect")]
    #[test_case(&route("HTTPRoute", API, "backendRefs: [{name: v1, port: 80, weight: 0}, {name: v2, port: 80, weight: 0}]"), "error" ; "all weights are 0")]
    #[test_case(&route("HTTPRoute", API, "backendRefs: [{name: v1, port: 81}]"), "error" ; "a port that the backend does not have")]
    #[test_case(&route("HTTPRoute", API, "matches: [{path: {type: Exact, value: /b}}], backendRefs: [{name: v1, port: 80}]"), "no-route" ; "no rule takes it")]
    #[test_case(&route("HTTPRoute", API, TO_V1).replace("name: r,", "name: r, annotations: {timeout.linkerd.io/request: 0s},"), "error" ; "a timeout of zero")]
    #[test_case(&route("HTTPRoute", API, TO_V1).replace("name: r,", "name: r, annotations: {timeout.linkerd.io/request: 1m30s},"), "api" ; "an annotation that cannot be read")]
    #[test_case(&[route("HTTPRoute", API, TO_V1), route("GRPCRoute", API, "")].concat(), "api" ; "a GRPCRoute pushes the HTTPRoute out")]
    #[test_case(&route("TCPRoute", API, TO_V1), "v1" ; "a TCPRoute alone takes HTTP too")]
    #[test_case(&route("TLSRoute", API, TO_V1), "error" ; "a TLSRoute closes the rest")]
    #[test_case(&policy("Server", "api", SERVER), "deny" ; "closed")]
    #[test_case(&[policy("Server", "api", SERVER), policy("Server", "aaa", "podSelector: {}, port: 8080, accessPolicy: audit")].concat(), "api" ; "the first Server by name has the port")]
    #[test_case(&[policy("Server", "api", SERVER), policy("NetworkAuthentication", "n", "networks: [{cidr: 10.244.1.0/24}]"), policy("AuthorizationPolicy", "x", "targetRef: {group: policy.linkerd.io, kind: Server, name: api}, requiredAuthenticationRefs: [{group: policy.linkerd.io, kind: NetworkAuthentication, name: n}]")].concat(), "unknown" ; "some callers are in the network")]
    #[test_case(&[policy("Server", "api", SERVER), route("HTTPRoute", "group: policy.linkerd.io, kind: Server, name: api", "matches: [{path: {type: Exact, value: /b}}]")].concat(), "no-route" ; "a route of the Server")]
    #[test_case(&[policy("Server", "api", SERVER), route("HTTPRoute", "group: policy.linkerd.io, kind: Server, name: api, port: 8080", "matches: [{path: {type: Exact, value: /b}}]")].concat(), "deny" ; "a Server is no parent with a port")]
    fn port_80(objects: &str, want: &str) {
        assert_eq!(get(objects, "web", 80), want);
    }

    #[test_case("web", 5432, "api" ; "a dead HTTPRoute keeps the TCPRoute out")]
    #[test_case("plain", 80, "api" ; "without a proxy there are no routes")]
    #[test_case("web", 82, "error" ; "a port that the Service does not have")]
    fn conflicts(from: &str, port: u16, want: &str) {
        let on = |kind: &str| route(kind, &API.replace("80", "5432"), TO_V1);
        let objects = [on("HTTPRoute"), on("TCPRoute"), route("HTTPRoute", API, TO_V1).replace("name: r", "name: s")].concat();
        assert_eq!(get(&objects, from, port), want);
    }

    #[test_case("far", "v2" ; "its own route, closer than the Service's")]
    #[test_case("web", "v1" ; "others do not see it")]
    fn consumers(from: &str, want: &str) {
        let consumer =
            route("HTTPRoute", &format!("{API}, namespace: shop"), "matches: [{path: {value: /a}}], backendRefs: [{name: v2, port: 80}]");
        let objects = [route("HTTPRoute", API, TO_V1), consumer.replace("name: r, namespace: shop", "name: c, namespace: far")].concat();
        assert_eq!(get(&objects, from, 80), want);
    }

    #[test_case(80, Verdict::Allow ; "detected bytes pass the HTTPRoute by")]
    #[test_case(81, Verdict::Error ; "an HTTP port takes no bytes")]
    fn bytes(port: u16, want: Verdict) {
        assert_eq!(decide(&route("HTTPRoute", API, TO_V1), "web", port, Call::Tcp).verdict, want);
    }

    #[test]
    fn what_a_filter_sets_is_seen_by_the_workload() {
        let set = "filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: x, value: '1'}]}}]";
        let server = "group: policy.linkerd.io, kind: Server, name: api";
        let inbound = route("HTTPRoute", server, "matches: [{headers: [{name: x, value: '1'}]}]").replace("name: r", "name: i");
        let objects = [policy("Server", "api", &SERVER.replace("deny", "audit")), inbound].concat();
        assert_eq!(get(&objects, "web", 80), "no-route");
        assert_eq!(get(&[objects, route("HTTPRoute", API, set)].concat(), "web", 80), "api");
    }

    #[test]
    fn the_rule_that_decided_is_named() {
        let http = || Call::Http { method: "GET".into(), target: "/a".into(), headers: Vec::new() };
        let closed = policy("Server", "api", SERVER);
        let open = policy(
            "AuthorizationPolicy",
            "x",
            "targetRef: {group: policy.linkerd.io, kind: Server, name: api}, requiredAuthenticationRefs: []",
        );
        let rule = |objects: &str| decide(objects, "web", 80, http()).rule;
        assert_eq!(rule(""), None);
        assert_eq!(rule(&route("HTTPRoute", API, TO_V1)).as_deref(), Some("HTTPRoute/shop/r"));
        assert_eq!(rule(&closed).as_deref(), Some("Server/shop/api"));
        assert_eq!(rule(&[closed, open].concat()).as_deref(), Some("AuthorizationPolicy/shop/x"));
    }
}
