//! What the API server says to a write.

use kube::core::Status;
use serde_json::Value;

use meshglot_translator::status::Applied;

/// What became of a write.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The object is there as it is now.
    Live(Box<Value>),
    /// Nothing was written: there was one with our labels.
    Found(Box<Value>),
    /// It is not there.
    Gone,
    /// It did not come about, and why.
    Failed(Applied),
}

/// Why it did not come about.
pub(crate) fn failure(error: &kube::Error) -> Answer {
    Answer::Failed(match error {
        kube::Error::Api(status) if (400..500).contains(&status.code) && status.code != 429 => Applied::Rejected(status.message.clone()),
        kube::Error::Api(status) if is_too_large(&status.message) => {
            Applied::Rejected(format!("it is too large for the API server: {}", status.message))
        }
        kube::Error::Api(status) => Applied::Unreachable(format!("the API server answers {}: {}", status.code, status.message)),
        error => Applied::Unreachable(error.to_string()),
    })
}

/// Whether an answer of 500 says that what was sent does not fit into its store: that helps nobody to try again.
fn is_too_large(message: &str) -> bool {
    message.contains("larger than max") || message.contains("request is too large")
}

/// Whether those who own our fields have only edited them, rather than applied them as their own.
pub(crate) fn is_by_edits(status: &Status) -> bool {
    let causes = status.details.as_ref().map_or(&[][..], |details| &details.causes);
    // The API server names the version of what was edited, and of what was applied only the manager.
    !causes.is_empty() && causes.iter().all(|cause| cause.reason == "FieldManagerConflict" && cause.message.contains("\" using "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn edits_and_applies_are_told_apart() {
        let of = |messages: &[&str]| {
            let cause = |message: &&str| json!({"reason": "FieldManagerConflict", "message": message, "field": ".spec.hosts"});
            let causes: Vec<Value> = messages.iter().map(cause).collect();
            let status = json!({"status": "Failure", "code": 409, "reason": "Conflict", "details": {"causes": causes}});
            is_by_edits(&serde_json::from_value(status).expect("a status"))
        };
        assert!(of(&[r#"conflict with "kubectl-edit" using networking.istio.io/v1"#]));
        assert!(!of(&[r#"conflict with "kubectl-edit" using networking.istio.io/v1"#, r#"conflict with "argocd""#]));
        assert!(!of(&[]));
    }
}
