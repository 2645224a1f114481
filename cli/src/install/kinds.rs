//! The kinds of what is installed, for whoever asks whether they may.

use std::collections::BTreeMap;

use kube::core::{ApiResource, GroupVersionKind};
use meshglot_translator::plan::Chosen;
use meshglot_translator::render::Backend;
use serde_json::Value;

use super::all;
use super::settings::Settings;

/// Kinds, each with its namespace; that of a cluster's own is empty.
pub(crate) type Kinds = BTreeMap<(String, String), String>;

/// What `install` prints for these meshes, and what it prints besides for the webhooks that they can have.
pub(crate) fn kinds(backends: &[&'static dyn Backend], namespace: &str) -> (Kinds, Kinds) {
    let chosen = Chosen::These(backends.to_vec());
    let plain = Settings::plain(backends, namespace);
    let hooked = Settings { webhook: true, inject: plain.has_plane(), ..plain.clone() };
    let [plain, mut hooked] = [plain, hooked].map(|settings| all(&chosen, &settings).iter().map(of).collect::<Kinds>());
    hooked.retain(|kind, _| !plain.contains_key(kind));
    (plain, hooked)
}

fn of(object: &Value) -> ((String, String), String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ((text(&object["apiVersion"]), text(&object["kind"])), text(&object["metadata"]["namespace"]))
}

/// How the API server calls a kind of its own.
pub(crate) fn resource((api_version, kind): &(String, String)) -> ApiResource {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_take_more_than_the_rest() {
        let kinds = |name: &str| kinds(&[meshglot_registry::find(name).expect("a backend")], "here");
        let names = |kinds: &Kinds| kinds.keys().map(|kind| resource(kind).plural).collect::<Vec<_>>();
        let (plain, hooked) = kinds("istio");
        assert!(
            names(&plain).contains(&"deployments".to_owned()) && names(&plain).contains(&"clusterrolebindings".to_owned()),
            "{plain:?}"
        );
        assert_eq!(plain[&("apps/v1".to_owned(), "Deployment".to_owned())], "here");
        assert!(names(&hooked).contains(&"validatingwebhookconfigurations".to_owned()), "{hooked:?}");
        assert!(!names(&hooked).contains(&"mutatingwebhookconfigurations".to_owned()), "istio has an injector of its own");
        assert!(names(&kinds("builtin").1).contains(&"mutatingwebhookconfigurations".to_owned()));
    }
}
