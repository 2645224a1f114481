//! What happened to the mesh that runs, the newest of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use meshglot_observed::{Event, Events, Kind};
use meshglot_translator::diagnostic::Severity;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;

use super::{InForce, Told};
use crate::render::count;

/// How a proxy says that it is well.
const RUNS: &str = " runs";

/// So many events are remembered.
const KEPT: usize = 500;

/// The events, by growing ids.
pub(super) struct EventLog {
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    last: u64,
}

impl EventLog {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), newest: watch::channel(0).0 }
    }

    /// All of them, the oldest first.
    pub(super) fn all(&self) -> Events {
        Events { events: self.state().events.iter().cloned().collect() }
    }

    /// The id of the newest; 0: there was none yet.
    pub(super) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Remembers what was told.
    pub(super) fn record(&self, told: &Told) {
        match told {
            Told::InForce(state) => self.in_force(state),
            Told::Blocked { why, errors, anything } => {
                let about = errors.first().and_then(|error| error.location());
                let rest = if *anything { "what was in force stays" } else { "nothing is in force" };
                self.put(Kind::Blocked, about, format!("{why}: {rest}"));
            }
            Told::Said { unit, warning, text } => {
                let kind = match (warning, text.ends_with(RUNS)) {
                    (true, _) => Kind::Trouble,
                    (false, true) => Kind::Started,
                    (false, false) => Kind::Note,
                };
                self.put(kind, Some(unit.clone()), text.clone());
            }
            Told::Trouble { unit, why, .. } => self.put(Kind::Trouble, Some(unit.clone()), why.clone()),
            Told::Note(text) => self.put(Kind::Note, None, text.clone()),
            Told::Web(_) | Told::Synced { .. } | Told::Key(_) | Told::End(_) => {}
        }
    }

    fn in_force(&self, state: &InForce) {
        let InForce { revision, files, plan, .. } = state;
        let objects = plan.model.keys().count();
        self.put(Kind::InForce, None, format!("revision {revision}: {}, {}", count(*files, "file"), count(objects, "object")));
        for loss in plan.losses().into_iter().filter(|loss| loss.fails()) {
            self.put(Kind::Warning, Some(loss.origin.location()), format!("{} {}", loss.code.info().name, loss.message));
        }
        for one in plan.diagnostics.iter().filter(|one| one.severity == Severity::Warning) {
            self.put(Kind::Warning, one.location(), format!("{} {}", one.code.info().name, one.message));
        }
    }

    fn put(&self, kind: Kind, about: Option<String>, message: String) {
        let mut state = self.state();
        state.last += 1;
        let id = state.last;
        // A year of five digits has no such form.
        let now = OffsetDateTime::now_utc();
        let at = now.replace_millisecond(now.millisecond()).unwrap_or(now).format(&Rfc3339).unwrap_or_default();
        let newest = state.events.back_mut().filter(|one| one.kind == kind && one.about == about && one.message == message);
        if let Some(same) = newest {
            // Whoever has seen it sees it again, with its count.
            (same.id, same.at, same.count) = (id, at, same.count + 1);
        } else {
            if state.events.len() == KEPT {
                state.events.pop_front();
            }
            state.events.push_back(Event { id, at, kind, about, message, count: 1 });
        }
        self.newest.send_replace(id);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(log: &EventLog) -> Vec<(u64, Kind, String, u64)> {
        log.all().events.into_iter().map(|one| (one.id, one.kind, one.message, one.count)).collect()
    }

    #[test]
    fn what_repeats_is_counted_and_is_the_newest() {
        let (log, note) = (EventLog::new(), |text: &str| Told::Note(text.to_owned()));
        let newest = log.newest();
        assert_eq!(*newest.borrow(), 0);
        for text in ["a", "a", "b", "a"] {
            log.record(&note(text));
        }
        let one = |id, text: &str, count| (id, Kind::Note, text.to_owned(), count);
        assert_eq!(told(&log), [one(2, "a", 2), one(3, "b", 1), one(4, "a", 1)]);
        assert_eq!(*newest.borrow(), 4);
        // The same about somebody else is another.
        for workload in ["bank/a", "bank/b"] {
            log.record(&Told::Said { unit: workload.to_owned(), warning: true, text: "why".to_owned() });
        }
        assert_eq!(told(&log).len(), 5);
    }

    #[test]
    fn the_newest_are_kept() {
        let log = EventLog::new();
        for number in 0..KEPT + 5 {
            log.record(&Told::Note(number.to_string()));
        }
        let all = told(&log);
        assert_eq!((all.len(), all[0].0, all[KEPT - 1].0), (KEPT, 6, KEPT as u64 + 5));
    }

    #[test]
    fn what_concerns_nobody_is_no_event() {
        let log = EventLog::new();
        log.record(&Told::Web("http://127.0.0.1/?token=secret".to_owned()));
        assert_eq!(told(&log), []);
    }
}
