//! The status of every object of every example, on every mesh, is one that kstatus understands.

use std::collections::BTreeSet;
use std::path::Path;

use meshglot_translator::ir::ObjectKey;
use meshglot_translator::parse::Source;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::resolve::ReadOptions;
use meshglot_translator::status::{Applied, Condition, ConditionStatus, Facts, OnBackend, Status, Told, status};
use test_case::test_case;

const AT: &str = "2026-11-22T12:00:00Z";

fn example(code: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/codes").join(code).join("bad.yaml");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn plan(text: &str, backend: &str) -> Plan {
    let backends = meshglot_registry::all().into_iter().filter(|one| backend == "all" || one.name() == backend);
    let chosen = Chosen::These(backends.collect());
    Plan::of(&[Source::new("t.yaml", text)], Vec::new(), ReadOptions::default(), chosen, BTreeSet::new())
}

fn facts<'f>(before: Option<&'f Status>, at: &'f str, backends: &'f [(&'static str, OnBackend)]) -> Facts<'f> {
    Facts { generation: 4, at, before, backends, newest: None }
}

fn statuses<'p>(plan: &'p Plan, facts: &Facts<'_>) -> Vec<(&'p ObjectKey, Status)> {
    let told = Told::of_plan(plan);
    plan.model.keys().filter(|key| key.kind.is_neutral()).map(|key| (key, status(plan, &told, key, facts))).collect()
}

fn condition<'s>(status: &'s Status, type_: &str) -> Option<&'s Condition> {
    status.conditions.as_ref()?.iter().find(|one| one.type_ == type_)
}

fn word(status: &Status, type_: &str) -> String {
    condition(status, type_).map_or("absent".to_owned(), |one| format!("{:?} {}", one.status, one.reason))
}

#[test_case("MG0101", "istio", "TrafficTarget", ["False Invalid", "False ReferenceMissing", "True Rendered", "absent", "True Invalid"])]
#[test_case("MG0104", "istio", "TrafficTarget", ["False Invalid", "False NotGranted", "True Rendered", "absent", "True Invalid"])]
#[test_case("MG0302", "istio", "TrafficSplit", ["False Invalid", "False Invalid", "True Rendered", "absent", "True Invalid"])]
#[test_case("MG0202", "istio", "TrafficSplit", ["False Conflicted", "True Valid", "True Rendered", "True Conflicted", "True Conflicted"])]
#[test_case("MG1103", "istio", "HTTPRouteGroup", ["False Refused", "True Valid", "False Refused", "absent", "True Refused"])]
fn reasons(code: &str, backend: &str, kind: &str, want: [&str; 5]) {
    let plan = plan(&example(code), backend);
    let all = statuses(&plan, &facts(None, AT, &[]));
    let words = |status: &Status| ["Ready", "Accepted", "Translated", "Conflict", "Stalled"].map(|type_| word(status, type_));
    let of_kind: Vec<_> = all.iter().filter(|(key, _)| key.kind.name() == kind).map(|(_, status)| words(status)).collect();
    assert!(of_kind.iter().any(|found| *found == want), "{code}: {of_kind:?}");
}

#[test]
fn what_is_said_exactly_is_in_force() {
    let text = include_str!("../../../../golden/access/methods-and-prefix/input.yaml");
    let plan = plan(text, "istio");
    for (key, status) in statuses(&plan, &facts(None, AT, &[])) {
        assert_eq!(word(&status, "Ready"), "True InForce", "{key}");
        assert_eq!(word(&status, "Lossless"), "True Exact", "{key}");
        assert_eq!(status.summary.and_then(|summary| summary.ready).as_deref(), Some("1/1"));
    }
}

#[test_case(Applied::Pending("not yet".to_owned()), "Pending", true)]
#[test_case(Applied::Rejected("no".to_owned()), "Rejected", false)]
#[test_case(Applied::Unreachable("silence".to_owned()), "Unreachable", false)]
#[test_case(Applied::Paused, "Paused", false)]
#[test_case(Applied::Drifted("other".to_owned()), "Drifted", false)]
fn what_a_backend_has_not_is_not_ready(applied: Applied, reason: &str, progresses: bool) {
    let plan = plan(include_str!("../../../../golden/access/methods-and-prefix/input.yaml"), "istio");
    let on = [("istio", OnBackend { applied, synced: Some((1, 3)), ..OnBackend::default() })];
    for (_, status) in statuses(&plan, &facts(None, AT, &on)) {
        assert_eq!(word(&status, "Ready"), "False NotApplied");
        assert_eq!(word(&status, "Applied"), format!("False {reason}"));
        assert_eq!(condition(&status, "Reconciling").is_some(), progresses);
        assert!(condition(&status, "Stalled").is_none(), "no edit helps");
        let summary = status.summary.expect("always");
        assert_eq!((summary.ready.as_deref(), summary.synced.as_deref()), (Some("0/1"), Some("1/3")));
    }
}

#[test]
fn a_condition_keeps_its_time_until_it_changes() {
    let plan = plan(include_str!("../../../../golden/access/methods-and-prefix/input.yaml"), "istio");
    let told = Told::of_plan(&plan);
    let key = plan.model.keys().find(|key| key.kind.is_neutral()).expect("one");
    let before = status(&plan, &told, key, &facts(None, AT, &[]));
    let later = "2026-11-22T13:00:00Z";
    let on = [("istio", OnBackend { applied: Applied::Paused, ..OnBackend::default() })];
    let after = status(&plan, &told, key, &facts(Some(&before), later, &on));
    let since = |type_: &str| condition(&after, type_).expect("is there").last_transition_time.clone();
    assert_eq!((since("Ready").as_str(), since("Applied").as_str(), since("Accepted").as_str()), (later, later, AT));
}

/// One of every type, messages short enough, `Stalled` and `Reconciling` never together with readiness.
fn is_sound(key: &ObjectKey, status: &Status) {
    let conditions = status.conditions.as_ref().expect("conditions");
    let types: BTreeSet<&str> = conditions.iter().map(|one| one.type_.as_str()).collect();
    assert_eq!(types.len(), conditions.len(), "{key}: each type once");
    let ready = condition(status, "Ready").expect("exactly one Ready").status == ConditionStatus::True;
    assert!(!ready || !(types.contains("Stalled") || types.contains("Reconciling") || types.contains("Conflict")), "{key}: {types:?}");
    assert!(conditions.iter().all(|one| one.message.len() <= 256 && !one.message.is_empty()), "{key}: {conditions:?}");
}

#[test]
fn every_status_is_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/codes");
    let mut seen = 0;
    for entry in folder.read_dir().expect("golden/codes").map(|entry| entry.expect("an entry").path()) {
        let Ok(text) = std::fs::read_to_string(entry.join("bad.yaml")) else { continue };
        let plan = plan(&text, "all");
        for (key, status) in statuses(&plan, &facts(None, AT, &[])) {
            is_sound(key, &status);
            seen += 1;
        }
    }
    assert!(seen > 100, "only {seen} objects were seen");
}
