//! The kinds of what is installed, for whoever asks whether they may.

use std::collections::BTreeMap;

use meshglot_translator::plan::Chosen;
use meshglot_translator::render::Backend;
use serde_json::Value;

use super::all;
use super::settings::Settings;
use crate::args::ServesArgs;

/// Kinds, each with its namespace; that of a cluster's own is empty.
pub(crate) type Kinds = BTreeMap<(String, String), String>;

/// What `install` prints for these meshes, and what it prints besides for the webhooks that they can have.
pub(crate) fn kinds(backends: &[&'static dyn Backend], namespace: &str) -> (Kinds, Kinds) {
    let chosen = Chosen::These(backends.to_vec());
    let serves = ServesArgs { backend: None, backends: backends.iter().map(|backend| backend.name().to_owned()).collect() };
    let plain = Settings::plain(&serves, namespace);
    let hooked = Settings { webhook: true, inject: plain.has_plane(), ..plain.clone() };
    let [plain, mut hooked] = [plain, hooked].map(|settings| all(&chosen, &settings).iter().map(of).collect::<Kinds>());
    hooked.retain(|kind, _| !plain.contains_key(kind));
    (plain, hooked)
}

fn of(object: &Value) -> ((String, String), String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    ((text(&object["apiVersion"]), text(&object["kind"])), text(&object["metadata"]["namespace"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::resource;

    #[test]
    fn webhooks_take_more_than_the_rest() {
        let kinds = |name: &str| kinds(&[meshglot_registry::find(name).expect("a backend")], "here");
        let names = |kinds: &Kinds| kinds.keys().map(|(api_version, kind)| resource(api_version, kind).plural).collect::<Vec<_>>();
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
