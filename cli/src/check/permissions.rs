//! What whoever asks may do: the API server itself is asked.

use futures_util::{StreamExt as _, stream};
use kube::Api;
use kube::api::{DynamicObject, PostParams};
use kube::core::ApiResource;
use meshglot_controller::{LEASE, ReadError};
use meshglot_translator::ir::Kind;
use meshglot_translator::render::Backend;
use serde_json::{Value, json};

use super::Check;
use crate::cluster::Cluster;

const CATEGORY: &str = "permissions";

/// Questions at a time.
const TOGETHER: usize = 16;

/// What is needed for one purpose.
struct Need {
    /// Such as `read policy and inventory`.
    purpose: &'static str,
    /// Group and plural, with a subresource, and the verbs.
    rules: Vec<(String, String, &'static [&'static str])>,
}

pub(super) fn look(cluster: &Cluster, pre: bool, backend: Option<&'static dyn Backend>) -> Vec<Check> {
    let needs = needs(pre, backend);
    needs.iter().map(|need| check(cluster, need, pre)).collect()
}

fn needs(pre: bool, backend: Option<&'static dyn Backend>) -> Vec<Need> {
    let rule = |group: &str, plural: &str, verbs| (group.to_owned(), plural.to_owned(), verbs);
    let mut needs = Vec::new();
    if pre {
        let rules = vec![
            rule("apiextensions.k8s.io", "customresourcedefinitions", &["get", "create", "patch"][..]),
            rule("rbac.authorization.k8s.io", "clusterroles", &["create"][..]),
        ];
        needs.push(Need { purpose: "install definitions and roles", rules });
    }
    let read = Kind::ALL.into_iter().map(|kind| rule(kind.group(), &plural(kind), &["list", "watch"][..]));
    needs.push(Need { purpose: "read policy and inventory", rules: read.collect() });
    let told = Kind::ALL.into_iter().filter(|kind| kind.is_neutral());
    let told = told.map(|kind| rule(kind.group(), &format!("{}/status", plural(kind)), &["patch"][..]));
    let told =
        told.chain([rule("events.k8s.io", "events", &["create"]), rule("coordination.k8s.io", "leases", &["get", "create", "update"])]);
    needs.push(Need { purpose: "tell how policy stands", rules: told.collect() });
    if let Some(backend) = backend {
        let all = backend.kinds().iter();
        let rules = all.map(|kind| rule(kind.group, kind.plural, &["list", "watch", "create", "patch", "delete"][..])).collect();
        needs.push(Need { purpose: "write what is rendered", rules });
    }
    needs
}

/// As paths of the API server have it.
fn plural(kind: Kind) -> String {
    let ours = meshglot_crds::all().iter().find(|known| known.kind == kind.name() && known.group == kind.group());
    ours.map_or_else(|| format!("{}s", kind.name().to_lowercase()), |known| known.plural.to_owned())
}

fn check(cluster: &Cluster, need: &Need, pre: bool) -> Check {
    let questions = need.rules.iter().flat_map(|(group, plural, verbs)| verbs.iter().map(move |verb| (group, plural, *verb)));
    let questions: Vec<_> = questions.map(|(group, plural, verb)| may(cluster, group, plural, verb)).collect();
    let answers: Vec<_> = cluster.wait(stream::iter(questions).buffered(TOGETHER).collect());
    let mut missing = Vec::new();
    for answer in answers {
        match answer {
            Ok(None) => {}
            Ok(Some(what)) => missing.push(what),
            Err(error) => return Check::error(CATEGORY, format!("whether you may {}: {error}", need.purpose)),
        }
    }
    if missing.is_empty() {
        return Check::ok(CATEGORY, format!("may {}", need.purpose));
    }
    let what = format!("may not {}: {}", need.purpose, missing.join(", "));
    // A controller that runs has rights of its own.
    let check = if pre { Check::error(CATEGORY, what) } else { Check::warning(CATEGORY, what) };
    check.hint("these are the rights of whoever asks, as kubectl auth can-i tells them")
}

/// What whoever asks may not; `None`: they may.
async fn may(cluster: &Cluster, group: &str, plural: &str, verb: &str) -> Result<Option<String>, ReadError> {
    let (plural, subresource) = plural.split_once('/').unwrap_or((plural, ""));
    let asked = json!({"group": group, "resource": plural, "subresource": subresource, "verb": verb});
    let mut question = DynamicObject::new("", &reviews());
    question.metadata.name = None;
    question.data = json!({"spec": {"resourceAttributes": asked}});
    let api: Api<DynamicObject> = Api::all_with(cluster.reader.client.clone(), &reviews());
    let answer = cluster.reader.ask(async || api.create(&PostParams::default(), &question).await).await;
    let answer = answer.map_err(|source| ReadError { what: "the own rights".to_owned(), source })?;
    if answer.data["status"]["allowed"] == Value::Bool(true) {
        return Ok(None);
    }
    let name = if subresource.is_empty() { plural.to_owned() } else { format!("{plural}/{subresource}") };
    let lease = if plural == "leases" { format!(" ({LEASE})") } else { String::new() };
    Ok(Some(if group.is_empty() { format!("{verb} {name}") } else { format!("{verb} {name}.{group}{lease}") }))
}

fn reviews() -> ApiResource {
    let (group, version) = ("authorization.k8s.io".to_owned(), "v1".to_owned());
    let api_version = format!("{group}/{version}");
    ApiResource { group, version, api_version, kind: "SelfSubjectAccessReview".to_owned(), plural: "selfsubjectaccessreviews".to_owned() }
}
