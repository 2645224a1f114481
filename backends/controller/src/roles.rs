//! An account, and the roles that let it do what a controller of its backends does.

use std::collections::BTreeMap;

use meshglot_translator::render::Backend;
use serde_json::{Value, json};

use crate::admission::HOOK;
use crate::rights::{Right, rights, webhook_rights};

const GROUP: &str = "rbac.authorization.k8s.io";

/// A ServiceAccount of this name with a ClusterRole, a Role in its own namespace, which is that of the Lease, and their bindings; all
/// have its name.
pub fn roles(backends: &[&dyn Backend], name: &str, namespace: &str) -> Vec<Value> {
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace}});
    [vec![account], bound(rights(backends), name, name, namespace)].concat()
}

/// What an account of this name needs besides for the certificate of its webhook, and for sidecars by that, as [`roles`]; all have the name of the webhook.
pub fn webhook_roles(account: &str, namespace: &str, injects: bool) -> Vec<Value> {
    bound(webhook_rights(injects), HOOK, account, namespace)
}

fn bound(rights: Vec<Right>, name: &str, account: &str, namespace: &str) -> Vec<Value> {
    let (own, cluster): (Vec<Right>, Vec<Right>) = rights.into_iter().partition(|right| right.is_own);
    let api_version = format!("{GROUP}/v1");
    let account = json!([{"kind": "ServiceAccount", "name": account, "namespace": namespace}]);
    let metadata = |is_own| if is_own { json!({"name": name, "namespace": namespace}) } else { json!({"name": name}) };
    let role = |kind, is_own, rights: &[Right]| json!({"apiVersion": api_version, "kind": kind, "metadata": metadata(is_own), "rules": rules(rights)});
    let binding = |kind, of, is_own| {
        let role = json!({"apiGroup": GROUP, "kind": of, "name": name});
        json!({"apiVersion": api_version, "kind": kind, "metadata": metadata(is_own), "roleRef": role, "subjects": account})
    };
    vec![
        role("ClusterRole", false, &cluster),
        binding("ClusterRoleBinding", "ClusterRole", false),
        role("Role", true, &own),
        binding("RoleBinding", "Role", true),
    ]
}

/// A rule for all resources of a group with the same verbs.
fn rules(rights: &[Right]) -> Vec<Value> {
    let mut alike: BTreeMap<_, Vec<&Right>> = BTreeMap::new();
    for right in rights {
        alike.entry((right.group, right.verbs, right.names)).or_default().push(right);
    }
    let rule = |rights: Vec<&Right>| {
        let resources: Vec<&str> = rights.iter().map(|right| &*right.resource).collect();
        let mut rule = json!({"apiGroups": [rights[0].group], "resources": resources, "verbs": rights[0].verbs});
        if !rights[0].names.is_empty() {
            rule["resourceNames"] = json!(rights[0].names);
        }
        rule
    };
    alike.into_values().map(rule).collect()
}
