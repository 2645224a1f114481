//! The control planes of meshes that run in the cluster, for the version that the status of a Mesh tells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::render::{Backend, version_of_image};
use serde_json::Value;

use crate::members::path;

/// By namespace and name, the version that each is to run.
type Versions = BTreeMap<(Arc<str>, Arc<str>), Arc<str>>;

/// Deployments that are control planes, by backend.
#[derive(Default)]
pub(crate) struct Planes(BTreeMap<&'static str, Versions>);

impl Planes {
    /// Takes a trimmed Deployment as it is now; whether a status may tell another version than before.
    pub(crate) fn put(&mut self, deployment: &Value, backends: &[&'static dyn Backend]) -> bool {
        let mut is_news = false;
        for backend in backends.iter().filter(|backend| is_plane(deployment, **backend)) {
            let version = version_of_image(deployment["status"]["image"].as_str().unwrap_or_default()).unwrap_or_default();
            let before = self.0.entry(backend.name()).or_default().insert(path(deployment), version.into());
            is_news |= before.as_deref() != Some(version);
        }
        is_news
    }

    /// The same of one that is gone.
    pub(crate) fn remove(&mut self, deployment: &Value) -> bool {
        let path = path(deployment);
        self.0.values_mut().fold(false, |is_news, planes| planes.remove(&path).is_some() | is_news)
    }

    /// Those that a list did not name are gone.
    pub(crate) fn keep(&mut self, is_there: impl Fn(&str, &str) -> bool) {
        self.0.values_mut().for_each(|planes| planes.retain(|(namespace, name), _| is_there(namespace, name)));
    }

    /// What a backend runs, sorted, with commas where it is in the middle of an upgrade; `None`: nobody can tell.
    pub(crate) fn version(&self, backend: &str) -> Option<String> {
        let versions: BTreeSet<&str> =
            self.0.get(backend)?.values().map(|version| &**version).filter(|version| !version.is_empty()).collect();
        let versions: Vec<&str> = versions.into_iter().collect();
        (!versions.is_empty()).then(|| versions.join(", "))
    }
}

fn is_plane(deployment: &Value, backend: &dyn Backend) -> bool {
    let labels = backend.control_plane();
    !labels.is_empty() && labels.iter().all(|(name, value)| deployment["metadata"]["labels"][name] == *value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn versions_while_a_mesh_is_upgraded() {
        let backends = ["istio", "linkerd"].map(|name| meshglot_registry::find(name).expect("a backend"));
        let istiod = |name: &str, image: &str| json!({"metadata": {"name": name, "namespace": "istio-system", "labels": {"app": "istiod", "more": "1"}}, "status": {"image": image}});
        let mut planes = Planes::default();
        assert_eq!(planes.version("istio"), None);
        assert!(planes.put(&istiod("istiod", "docker.io/istio/pilot:1.27.0"), &backends));
        assert!(!planes.put(&istiod("istiod", "docker.io/istio/pilot:1.27.0"), &backends));
        assert!(!planes.put(&json!({"metadata": {"name": "web", "namespace": "shop"}, "status": {"image": "web:9"}}), &backends));
        assert_eq!(planes.version("istio").as_deref(), Some("1.27.0"));
        assert!(planes.put(&istiod("istiod-1-28", "docker.io/istio/pilot:1.28.0@sha256:00"), &backends));
        assert_eq!(planes.version("istio").as_deref(), Some("1.27.0, 1.28.0"));
        assert!(planes.remove(&istiod("istiod", "")));
        assert_eq!(planes.version("istio").as_deref(), Some("1.28.0"));
        assert_eq!(planes.version("linkerd"), None);
        planes.keep(|_, _| false);
        assert_eq!(planes.version("istio"), None);
    }
}
