//! What happened to a mesh that runs, the newest of it.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use meshglot_observed::{Event, Events, Kind};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::watch;

/// So many events are remembered.
const KEPT: usize = 500;

/// The events, by growing ids.
pub(crate) struct EventLog {
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Event>,
    last: u64,
}

impl EventLog {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), newest: watch::channel(0).0 }
    }

    /// All of them, the oldest first.
    pub(crate) fn all(&self) -> Events {
        Events { events: self.state().events.iter().cloned().collect() }
    }

    /// The id of the newest; 0: there was none yet.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Remembers one more. `about`: a workload, an object or a place in a file.
    pub(crate) fn put(&self, kind: Kind, about: Option<String>, message: String) {
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

    fn told(log: &EventLog) -> Vec<(u64, String, u64)> {
        log.all().events.into_iter().map(|one| (one.id, one.message, one.count)).collect()
    }

    #[test]
    fn what_repeats_is_counted_and_is_the_newest() {
        let log = EventLog::new();
        let newest = log.newest();
        assert_eq!(*newest.borrow(), 0);
        for text in ["a", "a", "b", "a"] {
            log.put(Kind::Note, None, text.to_owned());
        }
        let one = |id, text: &str, count| (id, text.to_owned(), count);
        assert_eq!(told(&log), [one(2, "a", 2), one(3, "b", 1), one(4, "a", 1)]);
        assert_eq!(*newest.borrow(), 4);
        // The same about somebody else is another.
        for workload in ["bank/a", "bank/b"] {
            log.put(Kind::Trouble, Some(workload.to_owned()), "why".to_owned());
        }
        assert_eq!(told(&log).len(), 5);
    }

    #[test]
    fn the_newest_are_kept() {
        let log = EventLog::new();
        for number in 0..KEPT + 5 {
            log.put(Kind::Note, None, number.to_string());
        }
        let all = told(&log);
        assert_eq!((all.len(), all[0].0, all[KEPT - 1].0), (KEPT, 6, KEPT as u64 + 5));
    }
}
