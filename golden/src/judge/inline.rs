//! Replaces the references in Envoy resources by what they refer to, and checks on the way what
//! Envoy leaves unchecked: that everything named is there.

use super::identity::Identity;
use super::stream::Resources;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Works on the resources of one workload.
#[derive(Debug)]
pub(super) struct Inliner<'a> {
    pub(super) own: &'a Resources,
    pub(super) shared: &'a Resources,
    pub(super) identity: &'a Identity,
    /// Names of the route configurations put in so far.
    pub(super) routes: BTreeSet<String>,
    /// Names of the clusters met so far.
    pub(super) clusters: BTreeSet<String>,
    /// What is wrong.
    pub(super) findings: Vec<String>,
}

/// Clusters of the bootstrap itself: the source of secrets, the source of everything else.
const OF_BOOTSTRAP: [&str; 2] = ["meshglot-agent", "meshglot-control"];

impl<'a> Inliner<'a> {
    pub(super) fn new(own: &'a Resources, shared: &'a Resources, identity: &'a Identity) -> Self {
        Self { own, shared, identity, routes: BTreeSet::new(), clusters: BTreeSet::new(), findings: Vec::new() }
    }

    /// The resource with every reference below it replaced.
    pub(super) fn inline(&mut self, mut resource: Value) -> Value {
        self.walk(&mut resource);
        resource
    }

    /// An EDS cluster as static ones, one per assignment; any other cluster as it is.
    pub(super) fn cluster(&mut self, cluster: &Value) -> Vec<Value> {
        let mut cluster = self.inline(cluster.clone());
        if cluster["type"] != "EDS" {
            return vec![cluster];
        }
        let name = cluster["name"].as_str().unwrap_or_default().to_owned();
        let source = cluster.as_object_mut().and_then(|fields| fields.remove("eds_cluster_config")).unwrap_or_default();
        self.expect(&format!("cluster {name}: eds_cluster_config"), &source, &json!({"eds_config": by_ads()}));
        cluster["type"] = json!("STATIC");
        let (own, shared) = (self.own, self.shared);
        let Some(assignments) = own.assignments.get(&name).or_else(|| shared.assignments.get(&name)) else {
            self.findings.push(format!("cluster {name}: no ClusterLoadAssignment of that name"));
            return vec![cluster];
        };
        let with = |(index, assignment): (usize, &Value)| {
            let mut cluster = cluster.clone();
            cluster["load_assignment"] = assignment.clone();
            if index > 0 {
                cluster["name"] = json!(format!("{name} (locality {})", index + 1));
            }
            cluster
        };
        assignments.iter().enumerate().map(with).collect()
    }

    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Value::Object(fields) => {
                self.routes_of(fields);
                self.secrets_of(fields);
                self.clusters_of(fields);
                // Words of the log's format are no references.
                for (_, value) in fields.iter_mut().filter(|(key, _)| *key != "json_format") {
                    self.walk(value);
                }
            }
            _ => {}
        }
    }

    /// `rds` and `scoped_routes` of a connection manager.
    fn routes_of(&mut self, fields: &mut Map<String, Value>) {
        let filters = names(fields.get("http_filters"));
        if let Some(rds) = fields.remove("rds") {
            self.expect("rds.config_source", &rds["config_source"], &by_ads());
            if let Some(route) = self.route(&rds["route_config_name"], &filters) {
                fields.insert("route_config".to_owned(), route);
            }
        }
        let Some(scoped) = fields.get_mut("scoped_routes").and_then(Value::as_object_mut) else { return };
        if let Some(source) = scoped.remove("rds_config_source") {
            self.expect("scoped_routes.rds_config_source", &source, &by_ads());
        }
        let scopes = scoped.get_mut("scoped_route_configurations_list");
        match scopes.and_then(|list| list.get_mut("scoped_route_configurations")).and_then(Value::as_array_mut) {
            None => self.findings.push("scoped_routes: scopes are given as a list in this mesh".to_owned()),
            Some(scopes) => {
                for scope in scopes.iter_mut().filter_map(Value::as_object_mut) {
                    let name = scope.remove("route_configuration_name").unwrap_or_default();
                    if let Some(route) = self.route(&name, &filters) {
                        scope.insert("route_configuration".to_owned(), route);
                    }
                }
            }
        }
    }

    /// The route configuration of that name. Its overrides must be of filters in the chain that
    /// reads it: an override of another one does nothing, silently.
    fn route(&mut self, name: &Value, filters: &[String]) -> Option<Value> {
        let name = name.as_str().unwrap_or_default();
        let (own, shared) = (self.own, self.shared);
        let Some(route) = own.routes.get(name).or_else(|| shared.routes.get(name)) else {
            self.findings.push(format!("no RouteConfiguration {name:?}"));
            return None;
        };
        let mut overridden = BTreeSet::new();
        overrides(route, &mut overridden);
        for filter in overridden.iter().filter(|filter| !filters.contains(filter)) {
            self.findings.push(format!("RouteConfiguration {name}: overrides {filter}, which its chain does not have"));
        }
        self.routes.insert(name.to_owned());
        Some(route.clone())
    }

    /// Secrets of a TLS context.
    fn secrets_of(&mut self, fields: &mut Map<String, Value>) {
        let trusted = json!({"inline_string": self.identity.authority});
        if let Some(configs) = fields.remove("tls_certificate_sds_secret_configs") {
            self.expect("tls_certificate_sds_secret_configs", &configs, &json!([by_agent("identity")]));
            let certificate = json!({
                "certificate_chain": {"inline_string": self.identity.certificate},
                "private_key": {"inline_string": self.identity.key},
            });
            fields.insert("tls_certificates".to_owned(), json!([certificate]));
        }
        if let Some(mut combined) = fields.remove("combined_validation_context") {
            let source = &combined["validation_context_sds_secret_config"];
            self.expect("combined_validation_context", source, &by_agent("trust"));
            let mut context = combined["default_validation_context"].take();
            if let Some(unknown) = combined.as_object().and_then(|fields| {
                let known = ["default_validation_context", "validation_context_sds_secret_config"];
                fields.keys().find(|key| !known.contains(&key.as_str()))
            }) {
                self.findings.push(format!("combined_validation_context: unknown field {unknown}"));
            }
            if context.is_null() {
                context = json!({});
            }
            context["trusted_ca"] = trusted;
            fields.insert("validation_context".to_owned(), context);
        } else if let Some(source) = fields.remove("validation_context_sds_secret_config") {
            self.expect("validation_context_sds_secret_config", &source, &by_agent("trust"));
            fields.insert("validation_context".to_owned(), json!({"trusted_ca": trusted}));
        }
    }

    /// Clusters that a route, a TCP proxy, a mirror or a remote service names. A share of nothing
    /// may name a cluster that does not exist yet.
    fn clusters_of(&mut self, fields: &Map<String, Value>) {
        let weighted = fields.get("weighted_clusters").and_then(|weighted| weighted["clusters"].as_array());
        let shares = weighted.into_iter().flatten().filter(|share| share["weight"] != 0).map(|share| &share["name"]);
        let grpc = fields.get("envoy_grpc").map(|grpc| &grpc["cluster_name"]);
        let named: Vec<&str> = shares.chain(grpc).chain(fields.get("cluster")).filter_map(Value::as_str).collect();
        for name in named {
            let held = self.own.clusters.contains_key(name) || self.shared.clusters.contains_key(name);
            if !held && !OF_BOOTSTRAP.contains(&name) {
                self.findings.push(format!("unknown cluster {name:?}"));
            }
            self.clusters.insert(name.to_owned());
        }
    }

    /// Where Envoy gets something from is the same everywhere, and goes away here unread by it.
    fn expect(&mut self, place: &str, found: &Value, expected: &Value) {
        if found != expected {
            self.findings.push(format!("{place}: {found} where this mesh always has {expected}"));
        }
    }
}

fn by_ads() -> Value {
    json!({"ads": {}, "resource_api_version": "V3"})
}

fn by_agent(secret: &str) -> Value {
    let services = json!([{"envoy_grpc": {"cluster_name": "meshglot-agent"}}]);
    let source = json!({"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": services});
    json!({"name": secret, "sds_config": {"api_config_source": source, "resource_api_version": "V3"}})
}

fn names(items: Option<&Value>) -> Vec<String> {
    let items = items.and_then(Value::as_array);
    items.into_iter().flatten().filter_map(|item| item["name"].as_str().map(str::to_owned)).collect()
}

/// The filters that `typed_per_filter_config` names anywhere below.
fn overrides(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| overrides(item, found)),
        Value::Object(fields) => {
            let here = fields.get("typed_per_filter_config").and_then(Value::as_object);
            found.extend(here.into_iter().flat_map(|filters| filters.keys().cloned()));
            fields.values().for_each(|value| overrides(value, found));
        }
        _ => {}
    }
}
