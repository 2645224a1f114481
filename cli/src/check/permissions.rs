//! What whoever asks may do: the API server itself is asked.

use futures_util::{StreamExt as _, stream};
use kube::Api;
use kube::api::{DynamicObject, PostParams};
use kube::core::ApiResource;
use meshglot_controller::{ReadError, Right, rights};
use meshglot_translator::render::Backend;
use serde_json::{Value, json};

use super::Check;
use crate::cluster::Cluster;

const CATEGORY: &str = "permissions";

/// Questions at a time.
const TOGETHER: usize = 16;

pub(super) fn look(cluster: &Cluster, pre: bool, backends: &[&'static dyn Backend], namespace: &str) -> Vec<Check> {
    let mut needs: Vec<(&str, Vec<Right>)> = if pre { vec![("install definitions and roles", to_install())] } else { Vec::new() };
    for right in rights(backends) {
        match needs.iter_mut().find(|(purpose, _)| *purpose == right.purpose) {
            Some((_, rights)) => rights.push(right),
            None => needs.push((right.purpose, vec![right])),
        }
    }
    needs.iter().map(|(purpose, rights)| check(cluster, purpose, rights, pre, namespace)).collect()
}

/// What whoever installs it needs.
fn to_install() -> Vec<Right> {
    let right = |group, resource: &str, verbs| {
        let resource = resource.to_owned();
        Right { purpose: "", group, resource, verbs, names: &[], is_own: false }
    };
    vec![
        right("apiextensions.k8s.io", "customresourcedefinitions", &["get", "create", "patch"]),
        right("rbac.authorization.k8s.io", "clusterroles", &["create"]),
    ]
}

fn check(cluster: &Cluster, purpose: &str, rights: &[Right], pre: bool, namespace: &str) -> Check {
    let questions: Vec<_> = rights
        .iter()
        .flat_map(|right| right.verbs.iter().map(move |verb| may(cluster, right, verb, if right.is_own { namespace } else { "" })))
        .collect();
    let answers: Vec<_> = cluster.wait(stream::iter(questions).buffered(TOGETHER).collect());
    let mut missing = Vec::new();
    for answer in answers {
        match answer {
            Ok(None) => {}
            Ok(Some(what)) => missing.push(what),
            Err(error) => return Check::error(CATEGORY, format!("whether you may {purpose}: {error}")),
        }
    }
    if missing.is_empty() {
        return Check::ok(CATEGORY, format!("may {purpose}"));
    }
    let what = format!("may not {purpose}: {}", missing.join(", "));
    // A controller that runs has rights of its own.
    let check = if pre { Check::error(CATEGORY, what) } else { Check::warning(CATEGORY, what) };
    check.hint("these are the rights of whoever asks, as kubectl auth can-i tells them")
}

/// What whoever asks may not; `None`: they may.
async fn may(cluster: &Cluster, right: &Right, verb: &str, namespace: &str) -> Result<Option<String>, ReadError> {
    let (plural, subresource) = right.resource.split_once('/').unwrap_or((&right.resource, ""));
    let name = right.names.first().copied().unwrap_or_default();
    let asked = json!({
        "group": right.group, "resource": plural, "subresource": subresource, "verb": verb, "name": name, "namespace": namespace,
    });
    let mut question = DynamicObject::new("", &reviews());
    question.metadata.name = None;
    question.data = json!({"spec": {"resourceAttributes": asked}});
    let api: Api<DynamicObject> = Api::all_with(cluster.reader.client.clone(), &reviews());
    let answer = cluster.reader.ask(async || api.create(&PostParams::default(), &question).await).await;
    let answer = answer.map_err(|source| ReadError { what: "the own rights".to_owned(), source })?;
    if answer.data["status"]["allowed"] == Value::Bool(true) {
        return Ok(None);
    }
    let group = if right.group.is_empty() { String::new() } else { format!(".{}", right.group) };
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    Ok(Some(format!("{verb} {}{group}{name}", right.resource)))
}

fn reviews() -> ApiResource {
    let (group, version) = ("authorization.k8s.io".to_owned(), "v1".to_owned());
    let api_version = format!("{group}/{version}");
    ApiResource { group, version, api_version, kind: "SelfSubjectAccessReview".to_owned(), plural: "selfsubjectaccessreviews".to_owned() }
}
