//! What is wrong with an object whatever else is there, and what it would bring about beside everything that is there.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::ir::{Kind, ObjectKey};
use meshglot_translator::parse::{Document, Source};
use meshglot_translator::plan::Plan;
use meshglot_translator::render::Verdict;
use meshglot_translator::resolve::ReadOptions;

use super::Remark;
use crate::policy::Policy;

/// The kind of policy that is called so.
pub(super) fn kind(group: &str, name: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.is_neutral() && kind.group() == group && kind.name() == name)
}

/// The mistakes of an object that nothing else could mend, judged alone.
pub(super) fn faults(source: &Arc<Source>) -> Vec<Remark> {
    let plan = Plan::policy(std::slice::from_ref(source), Vec::new(), ReadOptions::default());
    plan.errors().filter(|one| is_own(one)).map(Remark::of_diagnostic).collect()
}

/// Whether it holds in any surroundings: how the object is written, and the numbers in it. What it refers to may come yet.
fn is_own(one: &Diagnostic) -> bool {
    let name = one.code.info().name;
    name.starts_with("MG00") || ["MG0302", "MG0303"].contains(&name)
}

/// What tells a diagnostic from another one.
type Mark = (&'static str, String, Option<ObjectKey>);

fn mark(one: &Diagnostic) -> Mark {
    (one.code.info().name, one.message.clone(), one.object.clone())
}

impl Policy {
    /// What would be told if the object were as this document has it: all of the object itself, and of others what is not told now.
    /// Nothing is otherwise afterwards.
    pub(crate) fn would(&mut self, key: &ObjectKey, document: Arc<Document>) -> Vec<Remark> {
        let before: HashSet<Mark> = self.plan.diagnostics.iter().map(mark).collect();
        let as_it_was = self.plan.model.document(key).cloned();
        self.plan.edit(BTreeMap::from([(key.clone(), Some(document))]));
        let remarks = self.remarks(key, &before);
        self.plan.edit(BTreeMap::from([(key.clone(), as_it_was)]));
        remarks
    }

    fn remarks(&self, key: &ObjectKey, before: &HashSet<Mark>) -> Vec<Remark> {
        let plan = &self.plan;
        let is_news =
            |one: &&Diagnostic| plan.subjects(one.object.as_ref(), one.place.as_ref()).contains(key) || !before.contains(&mark(one));
        let told = plan.diagnostics.iter().filter(is_news).map(Remark::of_diagnostic);
        let rendered = plan.engines.iter().flat_map(|(_, engine)| engine.rendered_from(key, &plan.model).losses);
        let losses = rendered.filter(|loss| !loss.accepted && loss.verdict > Verdict::Equivalent).map(Remark::of_loss);
        told.chain(losses).collect()
    }
}

#[cfg(test)]
mod tests {
    use meshglot_translator::plan::Chosen;
    use serde_json::{Value, json};

    use super::*;
    use crate::admission::words::warnings;
    use crate::policy::document;

    fn key(kind: Kind, name: &str) -> ObjectKey {
        ObjectKey { kind, namespace: "shop".into(), name: name.into() }
    }

    fn service(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]}})
    }

    fn split(name: &str, backends: &[(&str, u32)]) -> Value {
        let backends: Vec<Value> = backends.iter().map(|(service, weight)| json!({"service": service, "weight": weight})).collect();
        json!({"apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"service": "web", "backends": backends}})
    }

    /// A policy with a split, rendered for Istio.
    fn policy() -> Policy {
        let mut policy = Policy::new(Chosen::These(vec![meshglot_registry::find("istio").expect("a backend")]), Default::default());
        for name in ["web", "web-v1", "web-v2"] {
            policy.put(&key(Kind::Service, name), &service(name));
        }
        policy.put(&key(Kind::TrafficSplit, "web"), &split("web", &[("web-v1", 90), ("web-v2", 10)]));
        policy.render();
        policy
    }

    fn ask(policy: &mut Policy, object: &Value) -> Vec<String> {
        let key = key(Kind::TrafficSplit, object["metadata"]["name"].as_str().expect("a name"));
        warnings(policy.would(&key, document(&key, object).expect("a document")))
    }

    /// Everything that is written, and everything that is told.
    #[derive(PartialEq)]
    struct All {
        wanted: BTreeMap<String, Value>,
        rendered: Vec<Value>,
        diagnostics: Vec<Diagnostic>,
        losses: Vec<String>,
        open: [usize; 2],
    }

    fn all(policy: &Policy) -> All {
        let engines = policy.plan.engines.iter();
        All {
            wanted: policy.wanted.iter().map(|(id, one)| (id.path(), one.body.value())).collect(),
            rendered: engines.flat_map(|(_, engine)| engine.rendered().bodies()).collect(),
            diagnostics: policy.plan.diagnostics.clone(),
            losses: policy.plan.losses().into_iter().map(|loss| format!("{loss:?}")).collect(),
            open: [policy.touched.len(), policy.edits.len()],
        }
    }

    #[test]
    fn what_depends_on_others_is_told_and_no_fault() {
        let mut policy = policy();
        let nowhere = split("new", &[("nobody", 1)]);
        let told = ask(&mut policy, &nowhere);
        assert!(told.iter().any(|one| one.starts_with("MG0101 .spec.backends[0].service: ")), "{told:?}");
        // One root, two splits: told of the one that loses, whichever that is.
        assert!(told.iter().any(|one| one.starts_with("MG0202")), "{told:?}");
        assert_eq!(faults(&Source::new("new".to_owned(), nowhere.to_string())), []);
        assert_eq!(ask(&mut policy, &split("web", &[("web-v1", 1), ("web-v2", 1)])), [""; 0]);
    }

    #[test]
    fn how_it_is_written_is_a_fault_wherever_it_stands() {
        let routes = json!({"apiVersion": "specs.smi-spec.io/v1alpha4", "kind": "HTTPRouteGroup", "metadata": {"name": "api", "namespace": "shop"},
            "spec": {"matches": [{"name": "all", "pathRegex": "/api("}]}});
        let told = warnings(faults(&Source::new("api".to_owned(), routes.to_string())));
        assert!(told.len() == 1 && told[0].starts_with("MG0009 .spec.matches[0].pathRegex: "), "{told:?}");
        let misspelt = json!({"apiVersion": "split.smi-spec.io/v1alpha4", "kind": "TrafficSplit", "metadata": {"name": "a", "namespace": "shop"},
            "spec": {"service": "web", "backend": []}});
        let told = warnings(faults(&Source::new("a".to_owned(), misspelt.to_string())));
        assert!(told.iter().any(|one| one.starts_with("MG0003 .spec.backend")), "{told:?}");
    }

    #[test]
    fn questions_leave_nothing_behind() {
        let mut policy = policy();
        let before = all(&policy);
        assert!(!before.wanted.is_empty() && !before.rendered.is_empty(), "something is rendered");
        // A Mesh reaches everything, and takes the place of the one that is implied where there is none.
        let mesh = ObjectKey { kind: Kind::Mesh, namespace: "".into(), name: "production".into() };
        let settings = json!({"apiVersion": "meshglot.dev/v1alpha1", "kind": "Mesh", "metadata": {"name": "production"},
            "spec": {"backend": "istio", "namespaceSelector": {"matchLabels": {"mesh": "other"}}}});
        for round in 0..25 {
            let told = policy.would(&mesh, document(&mesh, &settings).expect("a document"));
            assert!(warnings(told).iter().any(|one| one.starts_with("MG0107")), "a Mesh without the namespace of the split");
            ask(&mut policy, &split("web", &[("web-v1", round), ("web-v2", 100)]));
            ask(&mut policy, &split("a", &[("nobody", 1)]));
            ask(&mut policy, &split("zzz", &[("web-v2", 1)]));
            ask(&mut policy, &split("web", &[("nobody", 0)]));
        }
        assert!(all(&policy) == before, "something is otherwise");
        // An edit finds what it would have found.
        let next = split("web", &[("web-v1", 50), ("web-v2", 50)]);
        let mut unasked = self::policy();
        for one in [&mut policy, &mut unasked] {
            one.put(&key(Kind::TrafficSplit, "web"), &next);
            one.render();
        }
        assert!(all(&policy) == all(&unasked) && all(&policy) != before, "an edit finds something else");
    }
}
