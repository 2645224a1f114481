//! What becomes of policy, as Events of its objects: one when it changes, none at rest.

use std::collections::HashMap;
use std::time::Duration;

use k8s_openapi::api::core::v1::ObjectReference;
use kube::Client;
use kube::runtime::events::{Event, EventType, Recorder, Reporter};
use meshglot_translator::status::{Condition, ConditionStatus, Status};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::Instant;

/// Who reports, as Events name it.
pub const REPORTER: &str = "meshglot.dev/controller";

/// Events that wait to be written. Of a storm some are left out: the status says everything.
const WAITING: usize = 256;

/// Bytes of a note that the API server takes.
const NOTE: usize = 1024;

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    is_warning: bool,
    reason: String,
    note: String,
}

/// An Event, ready to be written.
type Written = (Event, ObjectReference);

/// Where Events are put down.
#[derive(Clone)]
pub(crate) struct Events(Sender<Written>);

impl Events {
    pub(crate) fn new() -> (Self, Receiver<Written>) {
        let (sender, receiver) = channel(WAITING);
        (Self(sender), receiver)
    }

    /// Says something of an object of this generation.
    pub(crate) fn say(&self, object: &Value, said: Said) {
        let text = |place: &str| object.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let regarding = ObjectReference {
            api_version: text("/apiVersion"),
            kind: text("/kind"),
            name: text("/metadata/name"),
            namespace: text("/metadata/namespace"),
            uid: text("/metadata/uid"),
            ..ObjectReference::default()
        };
        let generation = object["metadata"]["generation"].as_i64().unwrap_or_default();
        let end = (0..=said.note.len().min(NOTE)).rev().find(|at| said.note.is_char_boundary(*at)).unwrap_or_default();
        let event = Event {
            type_: if said.is_warning { EventType::Warning } else { EventType::Normal },
            // Equal ones are counted, and those of another generation are not equal.
            action: format!("Reconcile generation {generation}"),
            reason: said.reason,
            note: Some(said.note[..end].to_owned()),
            secondary: None,
        };
        // Nobody waits for it.
        let _ = self.0.try_send((event, regarding));
    }
}

/// The same of one generation of an object is said once in so long.
const AGAIN: Duration = Duration::from_secs(60);

/// Writes them one by one until nobody says anything any more; one that cannot be written is left out.
pub(crate) async fn record(client: Client, instance: Option<String>, mut events: Receiver<Written>) {
    let recorder = Recorder::new(client, Reporter { controller: REPORTER.to_owned(), instance });
    let mut last: HashMap<(Option<String>, String, String), Instant> = HashMap::new();
    while let Some((event, regarding)) = events.recv().await {
        last.retain(|_, at| at.elapsed() < AGAIN);
        let key = (regarding.uid.clone(), event.reason.clone(), event.action.clone());
        if last.contains_key(&key) {
            continue;
        }
        last.insert(key, Instant::now());
        let _ = recorder.publish(&event, &regarding).await;
    }
}

/// What there is to say when a status becomes another one.
pub(crate) fn between(before: Option<&Status>, now: &Status) -> Vec<Said> {
    let news = |name: &str| {
        let condition = condition(now, name)?;
        let was = before.and_then(|before| self::condition(before, name));
        let is_same = |was: &Condition| {
            (was.status, &was.reason, &was.message) == (condition.status, &condition.reason, &condition.message)
                && was.observed_generation == condition.observed_generation
        };
        (!was.is_some_and(is_same)).then_some(condition)
    };
    let warning = |condition: &Condition| Said { is_warning: true, reason: condition.reason.clone(), note: condition.message.clone() };
    let lossy = || news("Lossless").filter(|one| one.reason == "Lossy").map(warning);
    // An object that nobody refers to yet is in force and renders nothing: that is news when it begins or ends alone.
    let (renders, rendered) = (renders(now), before.is_some_and(renders));
    let told = |tells: bool| [tells.then(|| in_force(now)), lossy()].into_iter().flatten().collect();
    let Some(ready) = news("Ready") else {
        let is_ready = condition(now, "Ready").is_some_and(|ready| ready.status == ConditionStatus::True);
        return told(is_ready && renders && !rendered);
    };
    match (&ready.status, ready.reason.as_str()) {
        (ConditionStatus::True, _) => told(renders || rendered),
        (ConditionStatus::False, "NotApplied") => {
            let applied = condition(now, "Applied").filter(|one| one.reason != "Pending");
            applied.map(|one| Said { is_warning: one.reason != "Paused", ..warning(one) }).into_iter().collect()
        }
        (ConditionStatus::False, _) => vec![warning(ready)],
        (ConditionStatus::Unknown, _) => Vec::new(),
    }
}

/// What somebody else had changed is as it was.
pub(crate) fn corrected(path: &str, editor: &str) -> Said {
    Said { is_warning: true, reason: "DriftCorrected".to_owned(), note: format!("{editor} had changed {path}: it is as rendered again") }
}

fn renders(status: &Status) -> bool {
    status.backends.iter().flatten().any(|one| one.desired.unwrap_or_default() > 0)
}

fn in_force(status: &Status) -> Said {
    let of = |(name, objects): (&String, i32)| format!("{objects} {} for {name}", if objects == 1 { "object" } else { "objects" });
    let backends = status.backends.iter().flatten().map(|one| of((&one.name, one.desired.unwrap_or_default())));
    Said { is_warning: false, reason: "Rendered".to_owned(), note: backends.collect::<Vec<_>>().join(", ") }
}

fn condition<'s>(status: &'s Status, name: &str) -> Option<&'s Condition> {
    status.conditions.iter().flatten().find(|one| one.type_ == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(generation: i64, ready: [&str; 3], applied: [&str; 3]) -> Status {
        let of = |name: &str, [status, reason, message]: [&str; 3]| {
            json!({
                "type": name, "status": status, "reason": reason, "message": message, "observedGeneration": generation,
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            })
        };
        let backends = json!([{"name": "istio", "desired": 2}]);
        let conditions = [of("Ready", ready), of("Applied", applied)];
        serde_json::from_value(json!({"conditions": conditions, "backends": backends})).expect("a status")
    }

    #[test]
    fn what_changes_is_said_once() {
        let said = |before: Option<&Status>, now: &Status| -> Vec<(bool, String, String)> {
            between(before, now).into_iter().map(|one| (one.is_warning, one.reason, one.note)).collect()
        };
        let good = status(1, ["True", "InForce", "in force"], ["True", "InForce", "they have it"]);
        assert_eq!(said(None, &good), [(false, "Rendered".into(), "2 objects for istio".into())]);
        assert_eq!(said(Some(&good), &good), []);
        // As long as nobody refers to it.
        let mut idle = good.clone();
        idle.backends.iter_mut().flatten().for_each(|one| one.desired = Some(0));
        assert_eq!(said(None, &idle), []);
        assert_eq!(said(Some(&idle), &good), [(false, "Rendered".into(), "2 objects for istio".into())]);
        let mut left = status(2, ["True", "InForce", "in force"], ["True", "InForce", "they have it"]);
        left.backends.clone_from(&idle.backends);
        assert_eq!(said(Some(&good), &left), [(false, "Rendered".into(), "0 objects for istio".into())]);
        let newer = status(2, ["True", "InForce", "in force"], ["True", "InForce", "they have it"]);
        assert_eq!(said(Some(&good), &newer).len(), 1);
        let wrong = status(3, ["False", "Invalid", "MG0001 no"], ["True", "InForce", "they have it"]);
        assert_eq!(said(Some(&newer), &wrong), [(true, "Invalid".into(), "MG0001 no".into())]);
        let pending = status(4, ["False", "NotApplied", "soon"], ["False", "Pending", "soon"]);
        assert_eq!(said(Some(&wrong), &pending), []);
        let rejected = status(4, ["False", "NotApplied", "no"], ["False", "Rejected", "no"]);
        assert_eq!(said(Some(&pending), &rejected), [(true, "Rejected".into(), "no".into())]);
        let paused = status(4, ["False", "NotApplied", "paused"], ["False", "Paused", "paused"]);
        assert_eq!(said(Some(&rejected), &paused), [(false, "Paused".into(), "paused".into())]);
    }
}
