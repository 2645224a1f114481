//! Which pods are in which mesh: a backend serves a namespace as long as one of them is in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use meshglot_translator::render::Backend;
use serde_json::Value;

/// Pods by namespace and name.
type Pods = BTreeMap<Arc<str>, BTreeSet<Arc<str>>>;

/// Pods that are in a mesh, by the name of its backend. Those that have ended are in none.
#[derive(Default)]
pub(crate) struct Members(BTreeMap<&'static str, Pods>);

impl Members {
    /// Takes a pod as it is now; whether it is somewhere else than before.
    pub(crate) fn put(&mut self, pod: &Value, backends: &[&'static dyn Backend]) -> bool {
        let (namespace, name) = path(pod);
        let mut is_news = false;
        for backend in backends {
            let pods = self.0.entry(backend.name()).or_default();
            is_news |= if !has_ended(pod) && backend.has_pod(pod) {
                pods.entry(namespace.clone()).or_default().insert(name.clone())
            } else {
                drop_from(pods, &namespace, &name)
            };
        }
        is_news
    }

    /// The same of one that is gone.
    pub(crate) fn remove(&mut self, pod: &Value) -> bool {
        let (namespace, name) = path(pod);
        self.0.values_mut().fold(false, |is_news, pods| drop_from(pods, &namespace, &name) | is_news)
    }

    /// Those that a list did not name are gone.
    pub(crate) fn keep(&mut self, is_there: impl Fn(&str, &str) -> bool) {
        for pods in self.0.values_mut() {
            for (namespace, names) in &mut *pods {
                names.retain(|name| is_there(namespace, name));
            }
            pods.retain(|_, names| !names.is_empty());
        }
    }

    /// The pods of a backend: each namespace that has any, with their names.
    pub(crate) fn of(&self, backend: &str) -> impl Iterator<Item = (&Arc<str>, &BTreeSet<Arc<str>>)> {
        self.0.get(backend).into_iter().flatten()
    }
}

fn drop_from(pods: &mut Pods, namespace: &str, name: &str) -> bool {
    let Some(names) = pods.get_mut(namespace) else { return false };
    let was_there = names.remove(name);
    if names.is_empty() {
        pods.remove(namespace);
    }
    was_there
}

fn has_ended(pod: &Value) -> bool {
    ["Succeeded", "Failed"].iter().any(|phase| pod["status"]["phase"] == *phase)
}

/// The namespace and the name of an object.
pub(crate) fn path(object: &Value) -> (Arc<str>, Arc<str>) {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().into();
    (text("namespace"), text("name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_is_in_the_mesh_whose_proxy_it_has() {
        let backends = ["istio", "linkerd"].map(|name| meshglot_registry::find(name).expect("a backend"));
        let pod =
            |name: &str, proxy: &str| json!({"metadata": {"namespace": "shop", "name": name}, "spec": {"containers": [{"name": proxy}]}});
        let names = |members: &Members, backend| members.of(backend).map(|(_, names)| names.len()).sum::<usize>();
        let mut members = Members::default();
        assert!(members.put(&pod("a", "istio-proxy"), &backends) && !members.put(&pod("a", "istio-proxy"), &backends));
        assert!(members.put(&pod("b", "istio-proxy"), &backends) && !members.put(&pod("c", "main"), &backends));
        assert_eq!([names(&members, "istio"), names(&members, "linkerd")], [2, 0]);
        assert!(members.put(&pod("b", "linkerd-proxy"), &backends));
        assert_eq!([names(&members, "istio"), names(&members, "linkerd")], [1, 1]);
        let mut ended = pod("b", "linkerd-proxy");
        ended["status"] = json!({"phase": "Succeeded"});
        assert!(members.put(&ended, &backends) && members.put(&pod("b", "linkerd-proxy"), &backends));
        assert!(members.remove(&pod("a", "istio-proxy")) && !members.remove(&pod("a", "istio-proxy")));
        members.keep(|_, name| name != "b");
        assert!(members.of("istio").next().is_none() && members.of("linkerd").next().is_none());
    }
}
