//! Renders a text for the built-in mesh, to be asked for single resources.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{documents, engine, model};

/// The owner of what all workloads read.
pub(crate) const SHARED: &str = "shared";

/// The owner of what the workloads of the Mesh that nobody wrote read alike.
pub(crate) const GROUP: &str = "mesh~default";

/// Everything that was rendered, and what was lost.
pub(crate) struct Resources {
    by_name: BTreeMap<(String, String, String), Value>,
    losses: Vec<String>,
}

impl Resources {
    /// Each text is one YAML document or several.
    pub(crate) fn of(texts: &[&str]) -> Self {
        let engine = engine(&model(documents(texts)));
        let rendered = engine.rendered();
        let mut by_name = BTreeMap::new();
        for object in &rendered.objects {
            let key = (object.id.namespace.clone(), object.id.kind.clone(), object.id.name.clone());
            assert_eq!(object.body()["workload"], *key.0);
            if let Some(group) = object.body()["group"].as_str() {
                let is_listener = rendered.objects.iter().any(|one| one.id.namespace == group && one.id.name == "outbound");
                assert!(is_listener, "nothing of {group}");
            }
            assert_eq!(object.body()["@type"], *object.id.api_version);
            assert!(by_name.insert(key, object.body()["resource"].take()).is_none(), "two of one name");
        }
        let losses = rendered.losses.iter().map(|loss| loss.code.to_string()).collect();
        Self { by_name, losses }
    }

    pub(crate) fn find(&self, workload: &str, kind: &str, name: &str) -> Option<&Value> {
        self.by_name.get(&(workload.to_owned(), kind.to_owned(), name.to_owned()))
    }

    pub(crate) fn get(&self, workload: &str, kind: &str, name: &str) -> &Value {
        self.find(workload, kind, name).unwrap_or_else(|| panic!("no {kind} {name} of {workload}"))
    }

    /// The code of each loss.
    pub(crate) fn codes(&self) -> Vec<String> {
        self.losses.clone()
    }
}

/// Who may answer, by the SANs of a client's TLS context.
pub(crate) fn sans(transport_socket: &Value) -> Vec<String> {
    let context = &transport_socket["typed_config"]["common_tls_context"]["combined_validation_context"];
    let names = context["default_validation_context"]["match_typed_subject_alt_names"].as_array();
    names.into_iter().flatten().filter_map(|name| name["matcher"]["exact"].as_str().map(str::to_owned)).collect()
}

/// Services of namespace `shop`, each one port and an address.
pub(crate) fn services(port: &str, addresses: &[(&str, &str)]) -> String {
    let service = |(name, ip): &(&str, &str)| {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: {name}, namespace: shop}}, \
             spec: {{clusterIP: {ip}, selector: {{app: {name}}}, ports: [{port}]}}}}"
        )
    };
    addresses.iter().map(service).collect::<Vec<_>>().join("\n---\n")
}

/// A workload of namespace `shop` with an account of its own name.
pub(crate) fn deployment(name: &str) -> String {
    format!(
        "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: {name}, namespace: shop}}, spec: {{template: \
         {{metadata: {{labels: {{app: {name}}}}}, spec: {{serviceAccountName: {name}, containers: [{{name: main}}]}}}}}}}}"
    )
}
