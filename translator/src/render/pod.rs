//! Pods as the API server has them.

use serde_json::Value;

/// Whether a pod has a container of this name, be it one that begins before the others and runs beside them.
pub fn has_container(pod: &Value, name: &str) -> bool {
    let of = |field: &str| pod["spec"][field].as_array().into_iter().flatten();
    of("containers").chain(of("initContainers")).any(|container| container["name"] == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_is_found_wherever_it_is() {
        let pod = |field: &str| json!({"spec": {field: [{"name": "istio-init"}, {"name": "istio-proxy"}]}});
        assert!(has_container(&pod("containers"), "istio-proxy") && has_container(&pod("initContainers"), "istio-proxy"));
        assert!(!has_container(&pod("ephemeralContainers"), "istio-proxy") && !has_container(&json!({}), "istio-proxy"));
    }
}
