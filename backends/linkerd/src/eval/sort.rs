//! The objects by what they are, and which of them this reading does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::ir::ServiceKey;
use serde_json::Value;

use super::access::Names;
use super::authentication::{Authentications, Grant, server_authorization};
use super::object::{GATEWAY, Object, POLICY, items};
use super::route::{Family, Route};
use super::server::Server;
use super::workload::Annotations;

/// All objects, read.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    pub routes: Vec<Route>,
    pub servers: Vec<Server>,
    pub grants: Vec<Grant>,
    /// What is written to Namespaces.
    pub namespaces: BTreeMap<Arc<str>, Annotations>,
    /// What is written to Services.
    pub services: BTreeMap<ServiceKey, Annotations>,
    /// Namespaces of the ServiceProfiles that replace a Service's routes.
    pub profiles: BTreeMap<ServiceKey, Vec<Arc<str>>>,
    /// An object of no namespace, or none at all, is not known.
    pub unread: bool,
    pub unread_namespaces: BTreeSet<Arc<str>>,
    pub unread_services: BTreeSet<ServiceKey>,
}

impl Sorted {
    pub(super) fn of(objects: &[Value], names: &Names) -> Self {
        let mut sorted = Self::default();
        let mut known = Authentications::new(names);
        let mut policies = Vec::new();
        for root in objects {
            let Some(object) = Object::read(root) else {
                sorted.unread = true;
                continue;
            };
            match (object.group, object.kind) {
                (POLICY, "MeshTLSAuthentication") => known.add_mesh(&object),
                (POLICY, "NetworkAuthentication") => known.add_network(&object),
                (POLICY, "AuthorizationPolicy") => policies.push(object),
                _ => sorted.add(&object, names),
            }
        }
        sorted.grants.extend(policies.iter().filter_map(|policy| known.policy(policy)));
        // Any one that holds is enough: the order only decides which is named.
        sorted.grants.sort_by(|a, b| a.authorization.label.cmp(&b.authorization.label));
        sorted
    }

    fn add(&mut self, object: &Object<'_>, names: &Names) {
        if let Some(family) = Family::of(object.group, object.kind) {
            return self.routes.push(Route::read(object, family));
        }
        let annotations = || object.annotations().map(|(name, value)| (name.to_owned(), value.to_owned()));
        match (object.group, object.kind) {
            ("", "Namespace") => self.namespaces.entry(object.name.into()).or_default().extend(annotations()),
            ("", "Service") => {
                let key = ServiceKey { namespace: object.namespace.into(), name: object.name.into() };
                if !object.spec().is_null() {
                    self.unread_services.insert(key.clone());
                }
                self.services.entry(key).or_default().extend(annotations());
            }
            (POLICY, "Server") => match Server::read(object) {
                Ok(server) => self.servers.extend(server),
                Err(()) => self.unread(object),
            },
            (POLICY, "ServerAuthorization") => self.grants.extend(server_authorization(object, names)),
            // One request alone is within every rate.
            (POLICY, "HTTPLocalRateLimitPolicy") => {}
            // It is for addresses outside of the cluster; calls to an ExternalName Service are not read anyway.
            (POLICY, "EgressNetwork") => {}
            ("linkerd.io", "ServiceProfile") => self.add_profile(object),
            // Linkerd does not look at them.
            (GATEWAY, "Gateway" | "GatewayClass" | "ReferenceGrant") => {}
            (GATEWAY, _) => self.unread(object),
            (group, _) if group == "linkerd.io" || group.ends_with(".linkerd.io") => self.unread(object),
            _ => {}
        }
    }

    /// It is named after the host of the Service.
    fn add_profile(&mut self, object: &Object<'_>) {
        let replaces = ["routes", "dstOverrides"].iter().any(|field| !items(object.spec(), field).is_empty());
        let mut parts = object.name.split('.');
        if let (true, Some(name), Some(namespace), Some("svc")) = (replaces, parts.next(), parts.next(), parts.next()) {
            let key = ServiceKey { namespace: namespace.into(), name: name.into() };
            self.profiles.entry(key).or_default().push(object.namespace.into());
        }
    }

    fn unread(&mut self, object: &Object<'_>) {
        if object.namespace.is_empty() {
            self.unread = true;
        } else {
            self.unread_namespaces.insert(object.namespace.into());
        }
    }
}
