//! Pods as the API server has them.

use serde_json::Value;

/// Whether a pod has a container of this name, be it one that begins before the others and runs beside them.
pub fn has_container(pod: &Value, name: &str) -> bool {
    let of = |field: &str| pod["spec"][field].as_array().into_iter().flatten();
    of("containers").chain(of("initContainers")).any(|container| container["name"] == name)
}

/// The tag of an image; a digest tells nobody anything.
pub fn version_of_image(image: &str) -> Option<&str> {
    let image = image.split('@').next()?;
    let (_, tag) = image.rsplit_once(':')?;
    // What stands before a port is an address.
    Some(tag).filter(|tag| !tag.contains('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    #[test]
    fn a_container_is_found_wherever_it_is() {
        let pod = |field: &str| json!({"spec": {field: [{"name": "istio-init"}, {"name": "istio-proxy"}]}});
        assert!(has_container(&pod("containers"), "istio-proxy") && has_container(&pod("initContainers"), "istio-proxy"));
        assert!(!has_container(&pod("ephemeralContainers"), "istio-proxy") && !has_container(&json!({}), "istio-proxy"));
    }

    #[test_case("docker.io/istio/pilot:1.27.0", Some("1.27.0"))]
    #[test_case("localhost:5000/pilot", None ; "a port is no tag")]
    #[test_case("localhost:5000/pilot:1.27.0@sha256:00", Some("1.27.0"))]
    #[test_case("pilot@sha256:00", None ; "a digest alone")]
    fn versions_of_images(image: &str, want: Option<&str>) {
        assert_eq!(version_of_image(image), want);
    }
}
