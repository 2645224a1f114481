//! Who else has written fields of an object, as the API server remembers it.

use serde_json::Value;

use crate::age::age;

/// Somebody who owns fields that mean something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Manager {
    pub(crate) name: String,
    /// `Apply` or `Update`.
    pub(crate) operation: String,
    /// When it wrote last (RFC 3339).
    pub(crate) time: String,
}

/// Everybody but us who owns fields beside metadata and status, the newest first.
pub(crate) fn managers(object: &Value) -> Vec<Manager> {
    let all = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let mut found: Vec<Manager> = all
        .filter(|one| one["manager"] != meshglot_controller::MANAGER && one["subresource"].is_null())
        .filter(|one| one["fieldsV1"].as_object().is_some_and(|fields| fields.keys().any(|key| key != "f:metadata" && key != "f:status")))
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            Manager { name: text("manager"), operation: text("operation"), time: text("time") }
        })
        .collect();
    found.sort_by(|a, b| b.time.cmp(&a.time));
    found
}

/// `edited by kubectl-edit 3h ago`, of who has written last; nothing where nobody but us has.
pub(crate) fn edited(object: &Value, at: &str) -> Option<String> {
    let last = managers(object).into_iter().next()?;
    let when = age(&last.time, at).map(|age| format!(" {age} ago")).unwrap_or_default();
    let did = if last.operation == "Apply" { "applied" } else { "edited" };
    Some(format!("{did} by {}{when}", last.name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_who_has_written_what_means_something_is_told() {
        let entry = |manager: &str, operation: &str, time: &str, fields: Value| json!({"manager": manager, "operation": operation, "time": time, "fieldsV1": fields});
        let object = json!({"metadata": {"managedFields": [
            entry("meshglot", "Apply", "2026-11-22T11:00:00Z", json!({"f:spec": {}})),
            entry("kubectl-label", "Update", "2026-11-22T11:59:00Z", json!({"f:metadata": {}})),
            entry("argocd", "Apply", "2026-11-22T09:00:00Z", json!({"f:spec": {}})),
            entry("kubectl-edit", "Update", "2026-11-22T10:00:00Z", json!({"f:spec": {"f:hosts": {}}})),
        ]}});
        let names: Vec<String> = managers(&object).into_iter().map(|one| one.name).collect();
        assert_eq!(names, ["kubectl-edit", "argocd"]);
        assert_eq!(edited(&object, "2026-11-22T12:30:00Z").as_deref(), Some("edited by kubectl-edit 2h ago"));
        assert_eq!(edited(&json!({"metadata": {}}), "2026-11-22T12:30:00Z"), None);
    }
}
