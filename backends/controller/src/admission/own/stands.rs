//! Whether API servers trust what a webhook is served by, for whoever asks from outside.

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration, WebhookClientConfig};
use k8s_openapi::api::core::v1::Secret;
use serde_json::Value;
use time::OffsetDateTime;

use super::bundle::{Asks, leads_to, trusted};
use super::held::{certificates, has_signed};

/// How the webhook of the controllers in a namespace stands, given a configuration `meshglot` of either kind and the Secret `meshglot-webhook`, if that
/// may be read; `None`: no webhook leads there.
///
/// # Errors
/// In words, why the API server does not trust it.
pub fn webhook_stands(found: &Value, secret: Option<&Value>, namespace: &str, now: OffsetDateTime) -> Option<Result<String, String>> {
    let all = if found["kind"] == "MutatingWebhookConfiguration" {
        clients::<MutatingWebhookConfiguration>(found)?
    } else {
        clients::<ValidatingWebhookConfiguration>(found)?
    };
    let mut ours = all.iter().filter(|one| leads_to(one, namespace)).peekable();
    ours.peek()?;
    let secret = secret.and_then(|secret| serde_json::from_value::<Secret>(secret.clone()).ok());
    let chain = secret.and_then(|secret| secret.data?.remove("tls.crt")).map(|field| field.0);
    Some(ours.map(|one| stands(trusted(one), chain.as_deref(), now)).collect::<Result<Vec<_>, _>>().map(|mut all| all.remove(0)))
}

fn clients<K: Asks>(found: &Value) -> Option<Vec<WebhookClientConfig>> {
    let found: K = serde_json::from_value(found.clone()).ok()?;
    Some(found.webhooks().into_iter().map(|(_, client)| client.clone()).collect())
}

fn stands(bundle: &[u8], chain: Option<&[u8]>, now: OffsetDateTime) -> Result<String, String> {
    if bundle.is_empty() {
        return Err("its configuration has no caBundle yet: the API server does not trust it".to_owned());
    }
    let read = |what: &str, bytes: &[u8]| certificates(&String::from_utf8_lossy(bytes)).map_err(|why| format!("{what}: {why}"));
    let authorities = read("caBundle", bundle)?;
    if authorities.iter().all(|one| one.until <= now) {
        return Err("all authorities in caBundle have ended".to_owned());
    }
    let Some(chain) = chain else { return Ok("the API server has a caBundle; its Secret may not be read".to_owned()) };
    let leaf = &read("tls.crt", chain)?[0];
    if leaf.until <= now {
        return Err(format!("its certificate has ended on {}", leaf.until.date()));
    }
    if !authorities.iter().any(|one| one.pem == leaf.pem || has_signed(one, leaf)) {
        return Err("caBundle does not trust its certificate".to_owned());
    }
    Ok(format!("the API server trusts its certificate, which is good until {}", leaf.until.date()))
}
