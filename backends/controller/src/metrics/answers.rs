//! Writes that have ended, counted by what became of them.

use meshglot_translator::status::Applied;

use super::Metrics;
use crate::answer::Answer;
use crate::live::version;
use crate::write::Task;

impl Metrics {
    /// Counts a write and what became of it.
    pub(crate) fn answered(&self, task: &Task, answer: &Answer) {
        let (Some(kind), result) = (kind(task), result(task, answer)) else { return };
        let families = &self.0.families;
        families.reconciles.with_label_values(&[kind, result]).inc();
        match result {
            "corrected" => families.drift_corrections.inc(),
            "conflict" => families.conflicts.inc(),
            _ => {}
        }
        if let Task::Apply { id, .. } | Task::Delete { id, .. } = task {
            self.closed(id, matches!(answer, Answer::Live(_) | Answer::Gone));
        }
    }
}

/// `None`: nothing is written.
fn kind(task: &Task) -> Option<&str> {
    match task {
        Task::Apply { id, .. } | Task::Delete { id, .. } => Some(&id.kind),
        Task::Status { key, .. } => Some(key.kind.name()),
        Task::Keep { .. } => Some("ControllerRevision"),
        Task::Recall(_) | Task::Look { .. } => None,
    }
}

fn result(task: &Task, answer: &Answer) -> &'static str {
    match (task, answer) {
        (_, Answer::Failed(Applied::Rejected(why))) if is_conflict(why) => "conflict",
        (_, Answer::Failed(Applied::Rejected(_))) => "rejected",
        (_, Answer::Failed(_)) => "unreachable",
        (Task::Apply { before, .. }, Answer::Live(object)) if *before == Some(version(object)) => "unchanged",
        (Task::Apply { drift: Some(_), .. }, Answer::Live(_)) => "corrected",
        (Task::Apply { .. }, Answer::Live(_)) => "applied",
        (_, Answer::Found(_)) => "found",
        (Task::Delete { .. }, _) => "deleted",
        (Task::Status { .. }, Answer::Live(_)) => "reported",
        (Task::Keep { .. } | Task::Recall(_) | Task::Look { .. }, Answer::Live(_)) => "kept",
        (_, Answer::Gone) => "gone",
    }
}

/// Whether it belongs to somebody else, in our own words or in those of the API server.
fn is_conflict(why: &str) -> bool {
    why.contains("and not ours") || why.starts_with("Apply failed with ")
}

#[cfg(test)]
mod tests {
    use meshglot_translator::render::ObjectId;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_became_of_a_write_is_told_apart() {
        let id = ObjectId { api_version: "v1".to_owned(), kind: "A".to_owned(), namespace: String::new(), name: "a".to_owned() };
        let apply = |before, is_drift: bool| Task::Apply {
            id: id.clone(),
            before,
            digest: String::new(),
            drift: is_drift.then(|| "somebody".to_owned()),
        };
        let live = || Answer::Live(Box::new(json!({"metadata": {"resourceVersion": "7"}})));
        let failed = |why: &str| Answer::Failed(Applied::Rejected(why.to_owned()));
        assert_eq!(result(&apply(Some(7), true), &live()), "unchanged");
        assert_eq!(result(&apply(Some(6), true), &live()), "corrected");
        assert_eq!(result(&apply(None, false), &live()), "applied");
        assert_eq!(result(&apply(None, false), &failed("A/a is there already, and not ours: it is not touched")), "conflict");
        assert_eq!(result(&apply(None, false), &failed("Apply failed with 1 conflict: conflict with \"b\": .spec")), "conflict");
        assert_eq!(result(&apply(None, false), &failed("admission webhook denied")), "rejected");
        assert_eq!(result(&apply(None, false), &Answer::Failed(Applied::Unreachable(String::new()))), "unreachable");
        assert_eq!(result(&Task::Delete { id: id.clone(), uid: None }, &Answer::Gone), "deleted");
    }
}
