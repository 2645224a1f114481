//! DestinationRule: subsets of a Service, and whether callers use TLS.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::object::{Age, Export, Object, full_host};
use super::strings::host_within;

/// How a caller's proxy connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connects {
    /// By what the endpoint takes: mutual TLS if it can.
    Auto,
    Plain,
    /// Mutual TLS of the mesh, come what may.
    Mutual,
    /// Own certificates, or something else that is not known.
    Unknown,
}

/// One object.
#[derive(Debug)]
struct DestinationRule {
    age: Age,
    export: Export,
    subsets: Vec<Subset>,
    policy: Option<TrafficPolicy>,
    odd: bool,
}

#[derive(Debug)]
struct Subset {
    name: String,
    labels: BTreeMap<String, String>,
    policy: Option<TrafficPolicy>,
}

/// As far as it decides who answers.
#[derive(Clone, Debug, Default)]
struct TrafficPolicy {
    tls: Option<Connects>,
    /// Endpoints may get different shares.
    uneven: bool,
    /// A port's settings replace all others; its TLS is automatic again unless it says so.
    ports: Vec<(u16, TrafficPolicy)>,
    odd: bool,
}

/// What the rules of one host say together.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) connects: Connects,
    pub(super) uneven: bool,
    /// Labels of the subset; `None`: no subset was asked for.
    pub(super) labels: Option<BTreeMap<String, String>>,
}

/// All objects by namespace and host.
#[derive(Debug, Default)]
pub(super) struct DestinationRules(HashMap<Arc<str>, BTreeMap<String, Vec<DestinationRule>>>);

impl DestinationRules {
    /// Reads an object.
    pub(super) fn add(&mut self, object: &Object<'_>, domain: &str) {
        let mut spec = Fields::of(object.spec);
        let host = full_host(spec.text("host").unwrap_or_default(), &object.namespace, domain);
        let policy = spec.value("trafficPolicy").map(|value| TrafficPolicy::of(value, true));
        let mut odd = false;
        let subset = |value: &Value| {
            let mut fields = Fields::of(Some(value));
            let policy = fields.value("trafficPolicy").map(|value| TrafficPolicy::of(value, true));
            let one = Subset { name: fields.text("name").unwrap_or_default().to_owned(), labels: fields.labels("labels"), policy };
            odd |= fields.is_odd();
            one
        };
        let subsets = spec.list("subsets").iter().map(subset).collect();
        let export = Export::of(&spec.texts("exportTo"), &object.namespace);
        odd |= spec.is_odd();
        let rules = self.0.entry(object.namespace.clone()).or_default().entry(host).or_default();
        rules.push(DestinationRule { age: object.age(), export, subsets, policy, odd });
        rules.sort_by(|a, b| a.age.cmp(&b.age));
    }

    /// What holds for a port of a Service; the outer `None`: not known, the inner: there is no such subset.
    /// Rules of the caller's namespace come first, then the Service's, then those of the root namespace.
    ///
    /// # Source
    /// Istio `push_context.go`, `destinationRule`; `destination_rule.go` for several rules of one host.
    pub(super) fn effect(&self, host: &str, port: u16, subset: Option<&str>, namespaces: [&str; 3]) -> Option<Option<Effect>> {
        let [caller, ..] = namespaces;
        let rules = namespaces.into_iter().find_map(|namespace| self.rules(host, namespace, caller)).unwrap_or_default();
        if rules.iter().any(|rule| rule.odd) {
            return None;
        }
        let outer = rules.iter().find_map(|rule| rule.policy.as_ref());
        let found = subset.map(|name| rules.iter().flat_map(|rule| &rule.subsets).find(|subset| subset.name == name));
        let inner = match found {
            Some(None) => return Some(None),
            Some(Some(subset)) => subset.policy.as_ref(),
            None => None,
        };
        let policies = match [inner, outer].into_iter().flatten().find_map(|policy| policy.at(port)) {
            Some(policy) => [Some(policy), None],
            None => [inner, outer],
        };
        let policies = || policies.into_iter().flatten();
        if policies().any(|policy| policy.odd) {
            return None;
        }
        let connects = policies().find_map(|policy| policy.tls).unwrap_or(Connects::Auto);
        let uneven = policies().any(|policy| policy.uneven);
        Some(Some(Effect { connects, uneven, labels: found.flatten().map(|subset| subset.labels.clone()) }))
    }

    /// The rules of the host named exactly, else of the longest wildcard.
    fn rules(&self, host: &str, namespace: &str, reader: &str) -> Option<Vec<&DestinationRule>> {
        let hosts = self.0.get(namespace)?;
        let seen = |rules: &'_ Vec<DestinationRule>| rules.iter().any(|rule| rule.export.rank(namespace, reader).is_some());
        let wide = || hosts.iter().filter(|(wide, rules)| host_within(host, wide) && seen(rules)).max_by_key(|(wide, _)| wide.len());
        let rules = hosts.get(host).filter(|rules| seen(rules)).or_else(|| wide().map(|(_, rules)| rules))?;
        Some(rules.iter().filter(|rule| rule.export.rank(namespace, reader).is_some()).collect())
    }
}

impl TrafficPolicy {
    fn at(&self, port: u16) -> Option<&Self> {
        self.ports.iter().find(|(number, _)| *number == port).map(|(_, policy)| policy)
    }

    fn of(value: &Value, outer: bool) -> Self {
        let mut fields = Fields::of(Some(value));
        fields.ignore(&["connectionPool", "outlierDetection", "retryBudget"]);
        let balancer = fields.value("loadBalancer");
        let uneven = balancer.is_some_and(|balancer| !balancer["simple"].is_string() || balancer.get("localityLbSetting").is_some());
        // PASSTHROUGH goes to the address that was called, whatever was routed.
        let passed = balancer.is_some_and(|balancer| balancer["simple"] == "PASSTHROUGH");
        let tls = fields.value("tls").map(|tls| match tls["mode"].as_str() {
            Some("DISABLE") => Connects::Plain,
            Some("ISTIO_MUTUAL") => Connects::Mutual,
            _ => Connects::Unknown,
        });
        let mut ports = Vec::new();
        let mut odd = passed;
        for item in if outer { fields.list("portLevelSettings") } else { &[] } {
            let mut inner = item.clone();
            let port =
                inner.as_object_mut().and_then(|map| map.remove("port")).and_then(|port| u16::try_from(port["number"].as_u64()?).ok());
            match port {
                Some(port) => ports.push((port, Self::of(&inner, false))),
                None => odd = true,
            }
        }
        Self { tls, uneven, ports, odd: odd || fields.is_odd() }
    }
}
