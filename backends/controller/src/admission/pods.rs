//! Pods before the API server keeps them: an AdmissionReview in, a JSON Patch out. It needs neither policy nor a cluster.

use std::sync::Arc;

use json_patch::diff;
use k8s_openapi::ByteString;
use serde_json::{Value, json};

use super::Remark;
use super::review::{ReviewError, reply, uid};
use super::words::warnings;

/// What becomes of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Injected {
    /// The pod as it is to be; `None`: as it is.
    pub pod: Option<Value>,
    /// What whoever makes it should know, for people.
    pub notes: Vec<String>,
}

/// Says what becomes of a pod, or in words why it cannot be as it is. It is asked for each pod that comes, on every replica, and should
/// not wait.
pub type Inject = Arc<dyn Fn(&Value) -> Result<Injected, String> + Send + Sync>;

/// Answers an AdmissionReview, as JSON both: what is no new pod is allowed as it is.
///
/// # Errors
/// It is no AdmissionReview.
pub(super) fn review(review: &Value, inject: &Inject) -> Result<Value, ReviewError> {
    let uid = uid(review)?;
    let Some(pod) = asked(&review["request"]) else { return Ok(reply(json!({"uid": uid, "allowed": true}))) };
    let response = match inject(pod) {
        Ok(injected) => allowed(uid, pod, injected),
        Err(why) => {
            let message = format!("the sidecar cannot be put into this pod: {why}");
            json!({"uid": uid, "allowed": false, "status": {"code": 422, "reason": "Invalid", "message": message}})
        }
    };
    Ok(reply(response))
}

fn allowed(uid: &str, pod: &Value, Injected { pod: next, notes }: Injected) -> Value {
    let mut response = json!({"uid": uid, "allowed": true});
    let patch = next.map(|next| diff(pod, &next)).filter(|patch| !patch.0.is_empty());
    if let Some(patch) = patch {
        response["patchType"] = json!("JSONPatch");
        response["patch"] = json!(ByteString(json!(patch).to_string().into_bytes()));
    }
    if !notes.is_empty() {
        response["warnings"] = warnings(notes.iter().map(|note| Remark::note(&format!("meshglot: {note}"))).collect()).into();
    }
    response
}

/// The pod that is to be made.
fn asked(request: &Value) -> Option<&Value> {
    let text = |place: &str| request.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let is_pod = text("/kind/group").is_empty() && text("/kind/kind") == "Pod";
    let is_new = text("/operation") == "CREATE" && text("/subResource").is_empty();
    Some(&request["object"]).filter(|object| is_pod && is_new && object.is_object())
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;
    use test_case::test_case;

    use super::*;

    fn pod() -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-"}, "spec": {"containers": [{"name": "main"}]}})
    }

    fn asked_of(operation: &str, kind: &str, sub_resource: &str) -> Value {
        let kind = json!({"group": "", "version": "v1", "kind": kind});
        let request = json!({"uid": "7", "kind": kind, "operation": operation, "subResource": sub_resource, "object": pod()});
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
    }

    /// Puts a container before the others, and says so.
    fn first() -> Inject {
        Arc::new(|pod| {
            let mut next = pod.clone();
            next["spec"]["containers"].as_array_mut().expect("a list").insert(0, json!({"name": "first"}));
            Ok(Injected { pod: Some(next), notes: vec!["a probe stays".to_owned()] })
        })
    }

    #[test]
    fn a_new_pod_becomes_what_is_said() {
        let answer = review(&asked_of("CREATE", "Pod", ""), &first()).expect("an answer");
        let response = &answer["response"];
        assert_eq!((&response["uid"], &response["allowed"], &response["patchType"]), (&json!("7"), &json!(true), &json!("JSONPatch")));
        assert_eq!(response["warnings"], json!(["meshglot: a probe stays"]));
        let patch: ByteString = from_value(response["patch"].clone()).expect("base64");
        let mut patched = pod();
        let patch: json_patch::Patch = serde_json::from_slice(&patch.0).expect("a patch");
        json_patch::patch(&mut patched, &patch).expect("it fits");
        assert_eq!(patched["spec"]["containers"], json!([{"name": "first"}, {"name": "main"}]));
        assert_eq!(patched["metadata"], pod()["metadata"]);
    }

    #[test_case("UPDATE", "Pod", "" ; "an edit")]
    #[test_case("CREATE", "Pod", "eviction" ; "a subresource")]
    #[test_case("CREATE", "Service", "" ; "something else")]
    fn what_is_no_new_pod_stays(operation: &str, kind: &str, sub_resource: &str) {
        let answer = review(&asked_of(operation, kind, sub_resource), &first()).expect("an answer");
        assert_eq!(answer["response"], json!({"uid": "7", "allowed": true}));
    }

    #[test]
    fn what_stays_as_it_is_has_no_patch() {
        let same: Inject = Arc::new(|pod| Ok(Injected { pod: Some(pod.clone()), notes: Vec::new() }));
        let left: Inject = Arc::new(|_| Ok(Injected::default()));
        for inject in [same, left] {
            let answer = review(&asked_of("CREATE", "Pod", ""), &inject).expect("an answer");
            assert_eq!(answer["response"], json!({"uid": "7", "allowed": true}));
        }
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let inject: Inject = Arc::new(|_| Err("`all` is no port".to_owned()));
        let answer = review(&asked_of("CREATE", "Pod", ""), &inject).expect("an answer");
        assert_eq!(answer["response"]["status"]["message"], "the sidecar cannot be put into this pod: `all` is no port");
        assert_eq!((&answer["response"]["allowed"], review(&json!({}), &inject)), (&json!(false), Err(ReviewError)));
    }
}
