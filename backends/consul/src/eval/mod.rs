//! What Consul does with a request, read from its own objects by its own rules: never from our rendering.
//!
//! At the caller: the discovery chain of the name that is called, with raw paths. At the instance: intentions of
//! its own service, with normalised paths. What is not modelled is unknown, never allowed.

mod catalog;
mod chain;
mod condition;
mod defaults;
mod entries;
mod fields;
mod header;
mod inbound;
mod intentions;
mod message;
mod outbound;
mod path;
mod pattern;
mod permission;
mod plain;
mod resolver;
mod router;
mod splitter;

use std::collections::{BTreeMap, BTreeSet};

use meshglot_translator::eval::{Decision, Evaluate, Fraction, Inventory, Outcome, Request, Verdict};
use serde_json::Value;

use catalog::Catalog;
use chain::Chain;
use entries::Entries;
use fields::Read;
use intentions::Intentions;

/// The objects of one Consul, ready to be asked.
pub(crate) struct Reading {
    inventory: Inventory,
    catalog: Catalog,
    entries: Entries,
    intentions: Intentions,
    chains: BTreeMap<String, Read<Chain>>,
}

/// A part of the requests, how it ends, and by which rule.
struct Part {
    outcome: Outcome,
    share: Fraction,
    rule: Option<String>,
}

impl Reading {
    /// `defaults`: `default: allow` or `deny`, the server's `default_intention_policy`.
    pub(crate) fn new(objects: &[Value], inventory: Inventory, defaults: &Value) -> Self {
        let catalog = Catalog::new(&inventory);
        let mut entries = Entries::new(objects);
        let default_allow = match defaults["default"].as_str() {
            Some("allow") => Some(true),
            Some("deny") => Some(false),
            _ => None,
        };
        let intentions = Intentions::new(std::mem::take(&mut entries.intentions), default_allow);
        let services = catalog.services().map(|name| &**name);
        let names: BTreeSet<&str> = services.chain(entries.names().map(String::as_str)).collect();
        let chains = names.into_iter().map(|name| (name.to_owned(), chain::compile(&entries, name))).collect();
        Self { inventory, catalog, entries, intentions, chains }
    }

    fn read(&self, request: &Request) -> Read<Decision> {
        if let Some(why) = &self.entries.everywhere {
            return Err(why.clone());
        }
        if !request.caller.meshed {
            return self.plain(request).map(decision);
        }
        let mut decided: Option<Decision> = None;
        // Without a workload the caller may bear any name of its ServiceAccount: all must come to the same.
        for source in self.catalog.identities(&request.caller) {
            let next = decision(self.outbound(&source, request)?);
            match decided {
                Some(before) if (&before.verdict, &before.shares) != (&next.verdict, &next.shares) => {
                    return Err("the ServiceAccount has several services, to which different rules apply".to_owned());
                }
                _ => decided = Some(next),
            }
        }
        decided.ok_or_else(|| "the caller has no name in Consul".to_owned())
    }
}

impl Evaluate for Reading {
    fn evaluate(&self, request: &Request) -> Decision {
        self.read(request).unwrap_or_else(|why| Decision::ended(Verdict::Unknown).by(why))
    }
}

/// One decision of its parts; the rule is that of the first part that ends as the whole does.
fn decision(parts: Vec<Part>) -> Decision {
    let whole = Decision::shared(parts.iter().map(|part| (part.outcome.clone(), part.share)));
    let ends_so = |part: &&Part| match part.outcome {
        Outcome::Ended(verdict) => verdict == whole.verdict,
        Outcome::Workload(_) | Outcome::Service(_) => whole.verdict == Verdict::Allow,
    };
    let rule = parts.iter().filter(|part| part.share != Fraction::ZERO).find(ends_so).and_then(|part| part.rule.clone());
    Decision { rule, ..whole }
}

#[cfg(test)]
mod tests {
    use super::*;
    use meshglot_translator::eval::{Call, Caller};
    use meshglot_translator::ir::ServiceKey;
    use meshglot_translator::parse::{Source, parse};
    use meshglot_translator::resolve::{Model, ReadOptions};
    use serde_json::json;
    use test_case::test_case;

    /// Two versions behind one Service, a service of its own, one without a proxy.
    fn inventory() -> Inventory {
        let service = |name: &str| {
            format!(
                "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}}}\n---\n"
            )
        };
        let workload = |name: &str, app: &str, annotations: &str| {
            let pod = format!(
                "metadata: {{labels: {{app: {app}}}, annotations: {{{annotations}}}}}, spec: {{serviceAccountName: {app}, containers: [{{name: c, image: c, ports: [{{containerPort: 8080}}]}}]}}"
            );
            format!(
                "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: shop}}, spec: {{selector: {{matchLabels: {{app: {app}}}}}, template: {{{pod}}}}}}}\n---\n"
            )
        };
        let text = [
            service("web"),
            service("api"),
            service("bare"),
            workload("web", "web", ""),
            workload("api-v1", "api", "consul.hashicorp.com/service-meta-version: v1"),
            workload("api-v2", "api", "consul.hashicorp.com/service-meta-version: v2"),
            workload("bare", "bare", "consul.hashicorp.com/connect-inject: \"false\""),
        ];
        let (documents, diagnostics) = parse(&[Source::new("inventory", text.concat())]);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        Inventory::of(&Model::new(documents, ReadOptions::default()))
    }

    fn object(kind: &str, name: &str, spec: Value) -> Value {
        json!({"apiVersion": "consul.hashicorp.com/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec})
    }

    /// The verdict, the share of `api-v2`, and the rule of a call from web.
    fn call(objects: Vec<Value>, meshed: bool, service: &str) -> (Verdict, Option<String>, String) {
        let http = object("ProxyDefaults", "global", json!({"config": {"protocol": "http"}}));
        let objects: Vec<Value> = std::iter::once(http).chain(objects).collect();
        let caller = Caller { namespace: "shop".into(), service_account: "web".into(), workload: None, meshed };
        let service = ServiceKey { namespace: "shop".into(), name: service.into() };
        let call = Call::Http { method: "GET".into(), target: "/".into(), headers: Vec::new() };
        let decision =
            Reading::new(&objects, inventory(), &json!({"default": "allow"})).evaluate(&Request { caller, service, port: 80, call });
        let is_second = |outcome: &Outcome| matches!(outcome, Outcome::Workload(key) if &*key.name == "api-v2");
        let share = decision.shares.iter().find(|(outcome, _)| is_second(outcome)).map(|(_, share)| share.to_string());
        (decision.verdict, share, decision.rule.unwrap_or_default())
    }

    fn subsets(more: Value) -> Value {
        let of = |version: &str| json!({"filter": format!("Service.Meta.version == \"{version}\"")});
        let mut spec = json!({"subsets": {"one": of("v1"), "two": of("v2"), "three": of("v3")}});
        spec.as_object_mut().zip(more.as_object()).into_iter().for_each(|(spec, more)| spec.extend(more.clone()));
        spec
    }

    #[test_case(subsets(json!({})), "1/2" ; "all instances")]
    #[test_case(subsets(json!({"defaultSubset": "two"})), "1/1" ; "default subset")]
    #[test_case(subsets(json!({"defaultSubset": "three", "failover": {"three": {"serviceSubset": "two"}}})), "1/1" ; "failover of a subset without instances")]
    #[test_case(subsets(json!({"defaultSubset": "two", "failover": {"*": {"datacenters": ["dc2"]}}})), "1/1" ; "failover that is not needed")]
    fn resolver(spec: Value, want: &str) {
        let (verdict, share, _) = call(vec![object("ServiceResolver", "api", spec)], true, "api");
        assert_eq!((verdict, share.as_deref()), (Verdict::Allow, Some(want)));
    }

    #[test]
    fn nested_splits_are_cut_off_at_envoy() {
        let split = |name: &str, a: f64, to_a: &str, b: f64, to_b: &str| {
            let to = |name: &str| {
                if name.starts_with("v") { json!({"service": "api", "serviceSubset": name}) } else { json!({"service": name}) }
            };
            let (mut a, mut b) = ((a, to(to_a)), (b, to(to_b)));
            a.1["weight"] = json!(a.0);
            b.1["weight"] = json!(b.0);
            object("ServiceSplitter", name, json!({"splits": [a.1, b.1]}))
        };
        let of = |version: &str| json!({"filter": format!("Service.Meta.version == \"{version}\"")});
        let resolver = object("ServiceResolver", "api", json!({"subsets": {"v1": of("v1"), "v2": of("v2")}}));
        let objects = vec![resolver, split("top", 10.01, "inner", 89.99, "web"), split("inner", 33.33, "v1", 66.67, "v2")];
        let (verdict, share, rule) = call(objects, true, "top");
        assert_eq!((verdict, share.as_deref(), rule.as_str()), (Verdict::Allow, Some("667/10000"), "ServiceSplitter/top"));
    }

    #[test_case("api", vec![object("SamenessGroup", "g", json!({}))] ; "kind that may touch everything")]
    #[test_case("api", vec![object("ServiceDefaults", "web", json!({"protocol": "http", "envoyExtensions": [{"name": "builtin/lua"}]}))] ; "extension of the caller")]
    #[test_case("api", vec![object("ServiceDefaults", "api", json!({"protocol": "grpc"})), object("ServiceSplitter", "api", json!({"splits": [{"weight": 50}, {"weight": 50, "service": "web"}]}))] ; "different protocols")]
    #[test_case("api", vec![object("ServiceResolver", "api", json!({"redirect": {"peer": "p", "service": "api"}}))] ; "redirect to another cluster")]
    #[test_case("api", vec![object("ServiceResolver", "api", json!({"redirect": {"service": "web"}})), object("ServiceResolver", "web", json!({"redirect": {"service": "api"}}))] ; "redirects in a circle")]
    #[test_case("api", vec![object("ServiceRouter", "api", json!({"routes": [{"match": {"http": {"pathRegex": "("}}}]}))] ; "regex that is none")]
    #[test_case("api", vec![object("ServiceRouter", "api", json!({"routes": [{"match": {"http": {"header": [{"name": "x-forwarded-for", "present": true}]}}}]}))] ; "header of the proxy")]
    #[test_case("api", vec![object("ServiceRouter", "api", json!({"routes": []})), object("ServiceRouter", "api", json!({"routes": [{}]}))] ; "twice under one name")]
    #[test_case("api", vec![object("ServiceDefaults", "api", json!({"protocol": "http", "mutualTLSMode": "permissive"}))] ; "permissive without the switch")]
    #[test_case("edge", vec![object("IngressGateway", "edge", json!({}))] ; "gateway that is called")]
    #[test_case("bare", vec![] ; "pods without a proxy")]
    fn unknown(service: &str, objects: Vec<Value>) {
        let (verdict, _, why) = call(objects, true, service);
        assert_eq!(verdict, Verdict::Unknown, "{why}");
        assert!(!why.is_empty());
    }

    #[test_case(vec![], Verdict::Deny ; "strict by default")]
    #[test_case(vec![object("Mesh", "mesh", json!({"allowEnablingPermissiveMutualTLS": true})), object("ServiceDefaults", "api", json!({"mutualTLSMode": "permissive"})), object("ServiceIntentions", "api", json!({"destination": {"name": "api"}, "sources": [{"name": "*", "action": "deny"}]}))], Verdict::Allow ; "permissive asks no intention")]
    #[test_case(vec![object("ServiceDefaults", "api", json!({"expose": {"checks": true}}))], Verdict::Unknown ; "exposed paths")]
    fn without_a_proxy(objects: Vec<Value>, want: Verdict) {
        assert_eq!(call(objects, false, "api").0, want);
    }

    #[test]
    fn services_alone_answer_for_pods_that_nobody_told_of() {
        let text =
            "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop}, spec: {selector: {app: api}, ports: [{port: 80}]}}";
        let (documents, _) = parse(&[Source::new("inventory", text)]);
        let inventory = Inventory::of(&Model::new(documents, ReadOptions::default()));
        let service = inventory.services()[0].key.clone();
        let caller = Caller { namespace: "shop".into(), service_account: "web".into(), workload: None, meshed: true };
        let request = Request { caller, service: service.clone(), port: 80, call: Call::Tcp };
        for (default, outcome) in [("allow", Outcome::Service(service.clone())), ("deny", Outcome::Ended(Verdict::Deny))] {
            let decision = Reading::new(&[], inventory.clone(), &json!({"default": default})).evaluate(&request);
            assert_eq!(decision.shares, BTreeMap::from([(outcome, Fraction::ONE)]));
        }
    }

    #[test]
    fn a_header_set_by_the_route_is_what_the_intention_sees() {
        let route = json!({"destination": {"requestHeaders": {"set": {"X-Role": "reader"}}}});
        let permission = json!({"action": "deny", "http": {"header": [{"name": "x-role", "exact": "reader"}]}});
        let objects = vec![
            object("ServiceRouter", "api", json!({"routes": [route]})),
            object(
                "ServiceIntentions",
                "api",
                json!({"destination": {"name": "api"}, "sources": [{"name": "web", "permissions": [permission]}]}),
            ),
        ];
        let (verdict, _, rule) = call(objects, true, "api");
        assert_eq!((verdict, rule.as_str()), (Verdict::Deny, "ServiceIntentions/api sources[0].permissions[0]"));
    }
}
