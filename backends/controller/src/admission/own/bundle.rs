//! `caBundle` of the webhooks that lead to us, and nothing else of their configuration: that belongs to whoever applies it.

use std::fmt::Debug;

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration, WebhookClientConfig};
use k8s_openapi::{ByteString, ClusterResourceScope};
use kube::Resource;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{CONFIGURATION, HOOK};

/// Annotations of cert-manager by which it writes `caBundle`.
const INJECTS: &str = "cert-manager.io/inject-";

/// A kind of object that says which webhooks are asked.
pub(super) trait Asks:
    Resource<DynamicType = (), Scope = ClusterResourceScope>
    + k8s_openapi::Resource<Scope = ClusterResourceScope>
    + Clone
    + DeserializeOwned
    + Debug
    + Send
    + 'static
{
    /// The name of each, and how it is reached.
    fn webhooks(&self) -> Vec<(&str, &WebhookClientConfig)>;
}

impl Asks for ValidatingWebhookConfiguration {
    fn webhooks(&self) -> Vec<(&str, &WebhookClientConfig)> {
        self.webhooks.iter().flatten().map(|one| (&*one.name, &one.client_config)).collect()
    }
}

impl Asks for MutatingWebhookConfiguration {
    fn webhooks(&self) -> Vec<(&str, &WebhookClientConfig)> {
        self.webhooks.iter().flatten().map(|one| (&*one.name, &one.client_config)).collect()
    }
}

/// What is applied so that all webhooks that lead to the Service of a namespace trust a bundle; `None`: they do, or it is not ours to say.
pub(super) fn patch<K: Asks>(found: &K, namespace: &str, bundle: &str) -> Option<Value> {
    let annotations = found.meta().annotations.iter().flatten();
    if annotations.into_iter().any(|(name, _)| name.starts_with(INJECTS)) {
        return None;
    }
    let mut ours = found.webhooks();
    ours.retain(|(_, client)| leads_to(client, namespace));
    if !ours.iter().any(|(_, client)| trusted(client) != bundle.as_bytes()) {
        return None;
    }
    // All of them: what is not said any more would be taken away.
    let encoded = ByteString(bundle.as_bytes().to_vec());
    let webhooks: Vec<Value> = ours.iter().map(|(name, _)| json!({"name": name, "clientConfig": {"caBundle": encoded}})).collect();
    Some(json!({
        "apiVersion": <K as k8s_openapi::Resource>::API_VERSION,
        "kind": <K as k8s_openapi::Resource>::KIND,
        // Of the one that was seen: one that is gone is not made again.
        "metadata": {"name": CONFIGURATION, "uid": found.meta().uid},
        "webhooks": webhooks,
    }))
}

pub(super) fn leads_to(client: &WebhookClientConfig, namespace: &str) -> bool {
    client.service.as_ref().is_some_and(|service| service.name == HOOK && service.namespace == namespace)
}

pub(super) fn trusted(client: &WebhookClientConfig) -> &[u8] {
    client.ca_bundle.as_ref().map_or(&[], |bundle| &bundle.0)
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn configuration<K: Asks>(annotation: &str, webhooks: &Value) -> K {
        let all = json!({"metadata": {"name": "meshglot", "uid": "7", "annotations": {annotation: "a/b"}}, "webhooks": webhooks});
        serde_json::from_value(all).expect("a configuration")
    }

    fn webhook(name: &str, client: Value) -> Value {
        json!({"name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "clientConfig": client})
    }

    fn to_us(bundle: Option<&str>) -> Value {
        let bundle = bundle.map(|text| ByteString(text.as_bytes().to_vec()));
        json!({"service": {"name": "meshglot-webhook", "namespace": "shop"}, "caBundle": bundle})
    }

    #[test]
    fn all_that_lead_to_us_are_said_where_one_differs() {
        let elsewhere = webhook("c", json!({"service": {"name": "meshglot-webhook", "namespace": "other"}}));
        let by_url = webhook("d", json!({"url": "https://127.0.0.1:1/validate"}));
        let all = json!([webhook("a", to_us(Some("one"))), webhook("b", to_us(Some("two"))), elsewhere, by_url]);
        let validating = patch(&configuration::<ValidatingWebhookConfiguration>("a", &all), "shop", "one").expect("b differs");
        let mutating = patch(&configuration::<MutatingWebhookConfiguration>("a", &all), "shop", "one").expect("b differs");
        let bundle = json!({"caBundle": "b25l"});
        for (found, kind) in [(validating, "ValidatingWebhookConfiguration"), (mutating, "MutatingWebhookConfiguration")] {
            assert_eq!(found["webhooks"], json!([{"name": "a", "clientConfig": bundle}, {"name": "b", "clientConfig": bundle}]));
            assert_eq!((&found["metadata"], &found["kind"]), (&json!({"name": "meshglot", "uid": "7"}), &json!(kind)));
        }
    }

    #[test_case("a", Some("one"), false ; "it is so")]
    #[test_case("a", None, true ; "there is none")]
    #[test_case("cert-manager.io/inject-ca-from", None, false ; "cert-manager writes it")]
    #[test_case("cert-manager.io/inject-ca-from-secret", Some("two"), false ; "cert-manager writes it from a Secret")]
    fn it_is_written(annotation: &str, bundle: Option<&str>, want: bool) {
        let found: ValidatingWebhookConfiguration = configuration(annotation, &json!([webhook("a", to_us(bundle))]));
        assert_eq!(patch(&found, "shop", "one").is_some(), want);
    }
}
