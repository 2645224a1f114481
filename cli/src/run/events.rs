//! What happened to a standalone mesh, for whoever looks later.

use meshglot_observed::Kind;
use meshglot_translator::diagnostic::Severity;

use super::{InForce, Told};
use crate::live::EventLog;
use crate::render::count;

/// How a proxy says that it is well.
const RUNS: &str = " runs";

/// Remembers what was told.
pub(super) fn record(log: &EventLog, told: &Told) {
    match told {
        Told::InForce(state) => in_force(log, state),
        Told::Blocked { why, errors, anything } => {
            let about = errors.first().and_then(|error| error.location());
            let rest = if *anything { "what was in force stays" } else { "nothing is in force" };
            log.put(Kind::Blocked, about, format!("{why}: {rest}"));
        }
        Told::Said { unit, warning, text } => {
            let kind = match (warning, text.ends_with(RUNS)) {
                (true, _) => Kind::Trouble,
                (false, true) => Kind::Started,
                (false, false) => Kind::Note,
            };
            log.put(kind, Some(unit.clone()), text.clone());
        }
        Told::Trouble { unit, why, .. } => log.put(Kind::Trouble, Some(unit.clone()), why.clone()),
        Told::Note(text) => log.put(Kind::Note, None, text.clone()),
        Told::Web(_) | Told::Synced { .. } | Told::Key(_) | Told::End(_) => {}
    }
}

fn in_force(log: &EventLog, state: &InForce) {
    let InForce { revision, files, plan, .. } = state;
    let objects = plan.model.keys().count();
    log.put(Kind::InForce, None, format!("revision {revision}: {}, {}", count(*files, "file"), count(objects, "object")));
    for loss in plan.losses().into_iter().filter(|loss| loss.fails()) {
        log.put(Kind::Warning, Some(loss.origin.location()), format!("{} {}", loss.code.info().name, loss.message));
    }
    for one in plan.diagnostics.iter().filter(|one| one.severity == Severity::Warning) {
        log.put(Kind::Warning, one.location(), format!("{} {}", one.code.info().name, one.message));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_nobody_is_no_event() {
        let log = EventLog::new();
        record(&log, &Told::Web("http://127.0.0.1/?token=secret".to_owned()));
        assert_eq!(log.all().events, []);
        record(&log, &Told::Said { unit: "bank/a".to_owned(), warning: true, text: "why".to_owned() });
        assert_eq!(log.all().events[0].kind, Kind::Trouble);
    }
}
