//! AuthorizationPolicies with their authentications, and ServerAuthorizations: who may call what.
//!
//! Source: linkerd2 `policy-controller/k8s/index/src/inbound/{index,authorization_policy,meshtls_authentication,
//! network_authentication,server_authorization}.rs`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::access::{Authorization, Identities, Names, Who};
use super::object::{GATEWAY, Object, POLICY, items, refers, text};
use super::selector::Selector;

/// MeshTLSAuthentications and NetworkAuthentications by namespace and name; those that Linkerd cannot read are
/// left out, as if they did not exist.
#[derive(Debug, Default)]
pub(super) struct Authentications {
    names: Names,
    mesh: BTreeMap<(Arc<str>, Arc<str>), Identities>,
    networks: BTreeMap<(Arc<str>, Arc<str>), Option<bool>>,
}

/// An authorization and where it holds.
#[derive(Debug)]
pub(super) struct Grant {
    pub namespace: Arc<str>,
    pub target: Target,
    pub authorization: Authorization,
}

/// What an authorization is for; all in its own namespace.
#[derive(Debug)]
pub(super) enum Target {
    Server(Arc<str>),
    Servers(Selector),
    /// Every Server of the namespace; ports without a Server are not touched.
    Namespace,
    /// A route: group and kind in lower case.
    Route {
        group: String,
        kind: String,
        name: Arc<str>,
    },
}

impl Authentications {
    pub(super) fn new(names: &Names) -> Self {
        Self { names: names.clone(), ..Self::default() }
    }

    pub(super) fn add_mesh(&mut self, object: &Object<'_>) {
        let spec = object.spec();
        let mut identities = Identities::default();
        items(spec, "identities").iter().filter_map(Value::as_str).for_each(|word| identities.add(word));
        for reference in items(spec, "identityRefs") {
            let name = text(reference, "name").unwrap_or_default();
            if refers(reference, "", "", "ServiceAccount") {
                identities.exact.push(self.names.account(text(reference, "namespace").unwrap_or(object.namespace), name));
            } else if refers(reference, "", "", "Namespace") {
                identities.add(&self.names.everybody(name));
            } else {
                return;
            }
        }
        if !identities.is_empty() {
            self.mesh.insert((object.namespace.into(), object.name.into()), identities);
        }
    }

    pub(super) fn add_network(&mut self, object: &Object<'_>) {
        let networks = items(object.spec(), "networks");
        if let (false, Ok(held)) = (networks.is_empty(), super::network::hold_pods(networks)) {
            self.networks.insert((object.namespace.into(), object.name.into()), held);
        }
    }

    /// What all references together ask for; none ask for nothing. `None` if Linkerd ignores the policy: a
    /// referent is missing or of another kind, or there are two of a sort.
    fn required(&self, references: &[Value], namespace: &str) -> Option<(Who, Option<bool>)> {
        let (mut who, mut network) = (None, None);
        for reference in references {
            let name = text(reference, "name").unwrap_or_default();
            let namespace = text(reference, "namespace").unwrap_or(namespace);
            let key = || (Arc::from(namespace), Arc::from(name));
            let is = |group, kind| refers(reference, "", group, kind);
            let again = if is(POLICY, "MeshTLSAuthentication") {
                who.replace(self.mesh.get(&key())?.clone()).is_some()
            } else if is("", "ServiceAccount") {
                who.replace(Identities { exact: vec![self.names.account(namespace, name)], suffixes: Vec::new() }).is_some()
            } else if is(POLICY, "NetworkAuthentication") {
                network.replace(*self.networks.get(&key())?).is_some()
            } else {
                return None;
            };
            if again {
                return None;
            }
        }
        Some((who.map_or(Who::Anybody, Who::Identities), network.unwrap_or(Some(true))))
    }

    /// An AuthorizationPolicy; `None` if Linkerd ignores it, which allows nobody.
    pub(super) fn policy(&self, object: &Object<'_>) -> Option<Grant> {
        let spec = object.spec();
        let reference = &spec["targetRef"];
        let name = text(reference, "name")?;
        let is = |group, kind| refers(reference, "", group, kind);
        let target = if is(POLICY, "Server") {
            Target::Server(name.into())
        } else if is("", "Namespace") {
            // Linkerd does not look at the name; the webhook refuses that of another namespace.
            Target::Namespace
        } else if is(POLICY, "HTTPRoute") || is(GATEWAY, "HTTPRoute") || is(GATEWAY, "GRPCRoute") {
            let lower = |field| text(reference, field).unwrap_or_default().to_ascii_lowercase();
            Target::Route { group: lower("group"), kind: lower("kind"), name: name.into() }
        } else {
            return None;
        };
        let (who, network) = self.required(items(spec, "requiredAuthenticationRefs"), object.namespace)?;
        Some(Grant {
            namespace: object.namespace.into(),
            target,
            authorization: Authorization { label: Some(object.label()), network, who },
        })
    }
}

/// A ServerAuthorization; `None` if it asks for nothing, which Linkerd ignores.
pub(super) fn server_authorization(object: &Object<'_>, names: &Names) -> Option<Grant> {
    let spec = object.spec();
    let client = &spec["client"];
    let networks = items(client, "networks");
    // Without networks it means those of the cluster, which hold every pod.
    let network = if networks.is_empty() { Some(true) } else { super::network::hold_pods(networks).ok()? };
    let is = |value: &Value, field: &str| value.get(field).and_then(Value::as_bool) == Some(true);
    let mesh = &client["meshTLS"];
    let who = if is(client, "unauthenticated") {
        Who::Anybody
    } else if is(mesh, "unauthenticatedTLS") {
        Who::Mesh
    } else {
        let mut identities = Identities::default();
        items(mesh, "identities").iter().filter_map(Value::as_str).for_each(|word| identities.add(word));
        for account in items(mesh, "serviceAccounts") {
            let namespace = text(account, "namespace").unwrap_or(object.namespace);
            identities.exact.push(names.account(namespace, text(account, "name").unwrap_or_default()));
        }
        if identities.is_empty() {
            return None;
        }
        Who::Identities(identities)
    };
    let target = match text(&spec["server"], "name") {
        Some(name) => Target::Server(name.into()),
        None => Target::Servers(Selector::read(&spec["server"]["selector"])),
    };
    Some(Grant { namespace: object.namespace.into(), target, authorization: Authorization { label: Some(object.label()), network, who } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn object(kind: &str, name: &str, spec: Value) -> Value {
        json!({"apiVersion": "policy.linkerd.io/v1alpha1", "kind": kind, "metadata": {"name": name, "namespace": "p"}, "spec": spec})
    }

    fn reference(kind: &str, name: &str) -> Value {
        json!({"group": if kind == "ServiceAccount" { "" } else { "policy.linkerd.io" }, "kind": kind, "name": name})
    }

    #[test_case(json!([]), Some((Some(true), Some(true))) ; "an empty list is everybody")]
    #[test_case(json!([reference("MeshTLSAuthentication", "web")]), Some((Some(false), Some(true))) ; "identity")]
    #[test_case(json!([reference("ServiceAccount", "web")]), Some((Some(false), Some(true))) ; "account")]
    #[test_case(json!([reference("ServiceAccount", "other")]), Some((Some(false), Some(false))) ; "other account")]
    #[test_case(json!([reference("NetworkAuthentication", "pods")]), Some((Some(true), Some(true))) ; "network")]
    #[test_case(json!([reference("MeshTLSAuthentication", "web"), reference("NetworkAuthentication", "far")]), Some((Some(false), Some(false))) ; "both must hold")]
    #[test_case(json!([reference("MeshTLSAuthentication", "gone")]), None ; "a missing referent")]
    #[test_case(json!([reference("MeshTLSAuthentication", "web"), reference("ServiceAccount", "web")]), None ; "two of a sort")]
    #[test_case(json!([reference("Secret", "web")]), None ; "another kind")]
    fn policy(references: Value, want: Option<(Option<bool>, Option<bool>)>) {
        let mut known = Authentications::default();
        let mesh = object("MeshTLSAuthentication", "web", json!({"identityRefs": [{"kind": "ServiceAccount", "name": "web"}]}));
        known.add_mesh(&Object::read(&mesh).expect("an object"));
        for (name, cidr) in [("pods", "10.244.0.0/16"), ("far", "192.168.0.0/16")] {
            let network = object("NetworkAuthentication", name, json!({"networks": [{"cidr": cidr}]}));
            known.add_network(&Object::read(&network).expect("an object"));
        }
        let policy =
            object("AuthorizationPolicy", "x", json!({"targetRef": reference("Server", "api"), "requiredAuthenticationRefs": references}));
        let grant = known.policy(&Object::read(&policy).expect("an object"));
        let allows =
            |grant: Grant| (grant.authorization.allows(None), grant.authorization.allows(Some(&Names::default().account("p", "web"))));
        assert_eq!(grant.map(allows), want);
    }
}
