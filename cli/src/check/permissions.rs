//! What whoever asks may do: the API server itself is asked.

use futures_util::{StreamExt as _, stream};
use kube::Api;
use kube::api::{DynamicObject, PostParams};
use kube::core::ApiResource;
use meshglot_controller::{ReadError, Right, rights};
use meshglot_translator::render::Backend;
use serde_json::{Value, json};

use super::Check;
use crate::cluster::{Cluster, resource};
use crate::install::{Kinds, kinds};

const CATEGORY: &str = "permissions";

/// Whose rights they are.
const OWN: &str = "these are the rights of whoever asks, as kubectl auth can-i tells them";

/// Why webhooks are no condition.
const HOOKED: &str = "only `meshglot install --webhook` and `--inject` need it";

/// Questions at a time.
const TOGETHER: usize = 16;

/// What it is if something may not be done: a category and words to a check.
type Bad = fn(&str, String) -> Check;

/// One thing that somebody may or may not do.
struct Question {
    group: String,
    /// Its plural, and behind a `/` the subresource.
    resource: String,
    verb: &'static str,
    name: &'static str,
    /// Empty: in all of them, or of the cluster.
    namespace: String,
}

pub(super) fn look(cluster: &Cluster, pre: bool, backends: &[&'static dyn Backend], namespace: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    if pre {
        let (plain, hooked) = kinds(backends, namespace);
        checks.push(check(cluster, "install meshglot", &to_install(&plain), Check::error, OWN));
        checks.push(check(cluster, "install webhooks", &to_install(&hooked), Check::warning, HOOKED));
    }
    let mut needs: Vec<(&str, Vec<Question>)> = Vec::new();
    for right in rights(backends) {
        let questions = to_run(&right, namespace);
        match needs.iter_mut().find(|(purpose, _)| *purpose == right.purpose) {
            Some((_, all)) => all.extend(questions),
            None => needs.push((right.purpose, questions.collect())),
        }
    }
    // A controller that runs has rights of its own.
    let bad: Bad = if pre { Check::error } else { Check::warning };
    checks.extend(needs.iter().map(|(purpose, questions)| check(cluster, purpose, questions, bad, OWN)));
    checks
}

/// To apply objects of these kinds from the server's side.
fn to_install(kinds: &Kinds) -> Vec<Question> {
    let question = |((api_version, kind), namespace): (&(String, String), &String), verb| {
        let ApiResource { group, plural, .. } = resource(api_version, kind);
        Question { group, resource: plural, verb, name: "", namespace: namespace.clone() }
    };
    kinds.iter().flat_map(|kind| ["create", "patch"].map(|verb| question(kind, verb))).collect()
}

/// What a controller does.
fn to_run<'r>(right: &'r Right, namespace: &'r str) -> impl Iterator<Item = Question> + 'r {
    right.verbs.iter().map(move |verb| Question {
        group: right.group.to_owned(),
        resource: right.resource.clone(),
        verb,
        name: right.names.first().copied().unwrap_or_default(),
        namespace: if right.is_own { namespace.to_owned() } else { String::new() },
    })
}

fn check(cluster: &Cluster, purpose: &str, questions: &[Question], bad: Bad, hint: &str) -> Check {
    let questions: Vec<_> = questions.iter().map(|question| may(cluster, question)).collect();
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
    bad(CATEGORY, format!("may not {purpose}: {}", missing.join(", "))).hint(hint)
}

/// What whoever asks may not; `None`: they may.
async fn may(cluster: &Cluster, asked: &Question) -> Result<Option<String>, ReadError> {
    let Question { group, resource, verb, name, namespace } = asked;
    let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let asked = json!({
        "group": group, "resource": plural, "subresource": subresource, "verb": verb, "name": name, "namespace": namespace,
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
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let name = if name.is_empty() { String::new() } else { format!(" ({name})") };
    Ok(Some(format!("{verb} {resource}{group}{name}")))
}

fn reviews() -> ApiResource {
    resource("authorization.k8s.io/v1", "SelfSubjectAccessReview")
}
