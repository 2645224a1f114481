//! Objects of Kubernetes that hold the template of a pod.

use serde_json::Value;

/// Where the template of an object stands, and what the mesh calls its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A pointer into the object; empty: the object is a pod.
    pub pointer: &'static str,
    /// The workload that its pods are instances of.
    pub workload: String,
}

/// Of a Pod, and of every kind of the apps and batch groups that makes pods; `None`: the object makes none.
pub fn found(object: &Value) -> Option<Found> {
    let group = object["apiVersion"].as_str()?.rsplit_once('/').map_or("", |(group, _)| group);
    let pointer = match (group, object["kind"].as_str()?) {
        ("", "Pod") => "",
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch", "Job") | ("", "ReplicationController") => {
            "/spec/template"
        }
        ("batch", "CronJob") => "/spec/jobTemplate/spec/template",
        _ => return None,
    };
    Some(Found { pointer, workload: workload(object) })
}

/// The owner that people know: a pod of a Deployment is owned by a ReplicaSet, whose name ends in the hash of its template.
fn workload(object: &Value) -> String {
    let metadata = &object["metadata"];
    let owners = metadata["ownerReferences"].as_array().into_iter().flatten();
    let owner = owners.into_iter().find(|owner| owner["controller"] == true);
    let name = owner.map_or(&metadata["name"], |owner| &owner["name"]);
    let name = name.as_str().or_else(|| metadata["generateName"].as_str().map(|name| name.trim_end_matches('-'))).unwrap_or_default();
    let hash = metadata["labels"]["pod-template-hash"].as_str().filter(|_| owner.is_some_and(|owner| owner["kind"] == "ReplicaSet"));
    let stem = hash.and_then(|hash| name.strip_suffix(hash)?.strip_suffix('-'));
    let scheduled = owner.filter(|owner| owner["kind"] == "Job").and_then(|_| cron(name));
    stem.or(scheduled).unwrap_or(name).to_owned()
}

/// The CronJob of a Job, which is called as that and the minute since 1970 for which it is there. A pod does not say it otherwise.
fn cron(job: &str) -> Option<&str> {
    let (stem, minute) = job.rsplit_once('-')?;
    let is_minute = (8..=10).contains(&minute.len()) && minute.bytes().all(|byte| byte.is_ascii_digit());
    Some(stem).filter(|stem| is_minute && !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use test_case::test_case;

    use super::*;

    #[test_case("v1", "Pod", Some(""))]
    #[test_case("apps/v1", "StatefulSet", Some("/spec/template"))]
    #[test_case("batch/v1", "CronJob", Some("/spec/jobTemplate/spec/template"))]
    #[test_case("v1", "Service", None)]
    #[test_case("example.org/v1", "Deployment", None; "of somebody else")]
    fn where_templates_are(version: &str, kind: &str, pointer: Option<&str>) {
        let object = json!({ "apiVersion": version, "kind": kind, "metadata": { "name": "reviews" } });
        assert_eq!(found(&object).map(|found| found.pointer), pointer);
    }

    #[test]
    fn a_pod_is_called_as_what_people_wrote() {
        let owner = |kind: &str, name: &str| json!([{ "kind": kind, "name": name, "controller": true }]);
        let called =
            |metadata: Value| found(&json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata })).map(|found| found.workload);
        let labels = json!({ "pod-template-hash": "5d9f" });
        let pod = json!({ "generateName": "reviews-5d9f-", "ownerReferences": owner("ReplicaSet", "reviews-5d9f"), "labels": labels });
        assert_eq!(called(pod).as_deref(), Some("reviews"));
        assert_eq!(called(json!({ "ownerReferences": owner("StatefulSet", "db"), "name": "db-0" })).as_deref(), Some("db"));
        assert_eq!(called(json!({ "generateName": "once-" })).as_deref(), Some("once"));
        for (job, workload) in [("nightly-29384250", "nightly"), ("import-2026", "import-2026"), ("once", "once")] {
            assert_eq!(called(json!({ "ownerReferences": owner("Job", job) })).as_deref(), Some(workload));
        }
    }
}
