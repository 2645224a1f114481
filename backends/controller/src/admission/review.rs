//! AdmissionReview of `admission.k8s.io/v1`: what the API server asks, and what it is answered.

use std::time::Duration;

use serde_json::{Value, json};
use thiserror::Error;
use tokio::time::timeout;

use meshglot_translator::ir::ObjectKey;

use super::Remark;
use super::judge::{faults, kind};
use super::words::{denial, warnings};
use crate::desk::Desk;
use crate::kinds::Role;
use crate::policy::{document, written};
use crate::trim::trim;

/// How long the policy around an object is waited for: the API server waits for us.
const PATIENCE: Duration = Duration::from_secs(2);

/// It is no question that could be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an AdmissionReview of admission.k8s.io/v1 with a request that has a uid")]
pub struct ReviewError;

/// What is said of an object.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    faults: Vec<Remark>,
    warnings: Vec<Remark>,
}

impl Desk {
    /// Answers an AdmissionReview, as JSON both. What is wrong with an object of policy whatever else is there denies it; what depends
    /// on others warns. Whatever is no object of policy, goes, or changes in its metadata or status alone is allowed.
    ///
    /// # Errors
    /// It is no AdmissionReview.
    pub async fn review(&self, review: &Value) -> Result<Value, ReviewError> {
        let uid = uid(review)?;
        let Verdict { faults, warnings: said } = self.verdict(&review["request"]).await;
        let mut response = json!({"uid": uid, "allowed": faults.is_empty()});
        if !faults.is_empty() {
            response["status"] = json!({"code": 422, "reason": "Invalid", "message": denial(&faults)});
        }
        if !said.is_empty() {
            response["warnings"] = warnings(said).into();
        }
        Ok(reply(response))
    }

    async fn verdict(&self, request: &Value) -> Verdict {
        let Some((key, object)) = asked(request) else { return Verdict::default() };
        let Some(document) = document(&key, &object) else { return Verdict::default() };
        let faults = faults(document.source());
        if !faults.is_empty() {
            return Verdict { faults, warnings: Vec::new() };
        }
        // Somebody who waits in vain gets no better answer later.
        let warnings = match timeout(PATIENCE, self.would(key, document)).await {
            Ok(Some(Some(remarks))) => remarks,
            Ok(Some(None)) => vec![unknown("the cluster has not been read yet")],
            Ok(None) | Err(_) => vec![unknown("the controller does not answer")],
        };
        Verdict { faults, warnings }
    }
}

/// By which the API server knows the answer again.
///
/// # Errors
/// It is no AdmissionReview.
pub(super) fn uid(review: &Value) -> Result<&str, ReviewError> {
    if review["apiVersion"] != "admission.k8s.io/v1" || review["kind"] != "AdmissionReview" {
        return Err(ReviewError);
    }
    review["request"]["uid"].as_str().filter(|uid| !uid.is_empty()).ok_or(ReviewError)
}

/// What the API server is answered, around the response itself.
pub(super) fn reply(response: Value) -> Value {
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response})
}

fn unknown(why: &str) -> Remark {
    Remark::note(&format!("meshglot: {why}: only the object's own mistakes were looked for"))
}

/// The object of policy that is to be judged, as people have written it.
fn asked(request: &Value) -> Option<(ObjectKey, Value)> {
    let text = |place: &str| request.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let object = &request["object"];
    let is_edit = ["CREATE", "UPDATE"].contains(&text("/operation")) && text("/subResource").is_empty();
    if !is_edit || !object["metadata"]["deletionTimestamp"].is_null() || is_same(object, &request["oldObject"]) {
        return None;
    }
    let kind = kind(text("/kind/group"), text("/kind/kind"))?;
    let namespace = if kind.is_cluster_scoped() { "" } else { text("/namespace") };
    let key = ObjectKey { kind, namespace: namespace.into(), name: text("/object/metadata/name").into() };
    Some((key, written(&trim(object.clone(), Role::Read(kind)))))
}

/// Whether all but metadata and status is as it was.
fn is_same(object: &Value, before: &Value) -> bool {
    let says = |object: &Value| {
        let mut fields = object.as_object()?.clone();
        fields.retain(|name, _| !["metadata", "status"].contains(&name.as_str()));
        Some(fields)
    };
    says(before).is_some_and(|before| Some(before) == says(object))
}

#[cfg(test)]
mod tests {
    use test_case::test_case;

    use super::*;

    fn split(backends: Value) -> Value {
        json!({"apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"service": "web", "backends": backends}})
    }

    fn review(operation: &str, object: &Value, before: &Value) -> Value {
        let kind = json!({"group": "split.smi-spec.io", "version": "v1alpha4", "kind": "TrafficSplit"});
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "7", "kind": kind, "operation": operation, "namespace": "shop", "object": object, "oldObject": before}})
    }

    /// The answer of a desk at which nobody sits.
    async fn answer(review: Value) -> Value {
        let desk = Desk::default();
        drop(desk.opened());
        desk.review(&review).await.expect("an answer")["response"].clone()
    }

    fn wrong() -> Value {
        split(json!([{"service": "web-v1", "weight": "much"}]))
    }

    #[tokio::test]
    async fn a_wrong_object_is_denied_with_code_and_field() {
        let told = answer(review("CREATE", &wrong(), &Value::Null)).await;
        assert_eq!((told["uid"].as_str(), told["allowed"].as_bool(), told["status"]["code"].as_u64()), (Some("7"), Some(false), Some(422)));
        let message = told["status"]["message"].as_str().expect("words");
        assert!(message.starts_with("MG0") && message.contains(" .spec.backends[0].weight: "), "{message}");
    }

    #[tokio::test]
    async fn where_nobody_answers_it_is_allowed_and_told() {
        let told = answer(review("CREATE", &split(json!([{"service": "web-v1", "weight": 1}])), &Value::Null)).await;
        assert_eq!(told["allowed"], true);
        let said = "meshglot: the controller does not answer: only the object's own mistakes were looked for";
        assert_eq!(told["warnings"], json!([said]));
    }

    #[test_case("DELETE", json!({}) ; "it goes")]
    #[test_case("UPDATE", json!({"labels": {"a": "b"}}) ; "labels alone")]
    #[test_case("UPDATE", json!({"deletionTimestamp": "2026-01-01T00:00:00Z"}) ; "it is going")]
    #[tokio::test]
    async fn what_is_no_new_policy_is_allowed(operation: &str, metadata: Value) {
        let mut object = wrong();
        for (name, value) in metadata.as_object().expect("fields") {
            object["metadata"][name] = value.clone();
        }
        let told = answer(review(operation, &object, &wrong())).await;
        assert_eq!(told, json!({"uid": "7", "allowed": true}));
    }

    #[tokio::test]
    async fn an_edit_of_what_it_says_is_judged() {
        let before = split(json!([{"service": "web-v1", "weight": 1}]));
        assert_eq!(answer(review("UPDATE", &wrong(), &before)).await["allowed"], false);
    }

    #[tokio::test]
    async fn what_is_no_review_gets_no_answer() {
        for other in [json!({}), json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}})] {
            assert_eq!(Desk::default().review(&other).await, Err(ReviewError));
        }
    }
}
