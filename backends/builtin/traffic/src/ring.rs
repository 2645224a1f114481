//! The newest calls, for whoever looks at them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use meshglot_observed::Call;
use tokio::sync::watch;

/// So many calls are remembered: one has about a kilobyte, and none much more than 8, since texts of callers are cut.
const KEPT: usize = 4096;

/// Calls by growing ids.
pub(crate) struct Ring {
    state: Mutex<State>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    calls: VecDeque<Arc<Call>>,
    /// The last id that was given; 0: none was.
    last: u64,
}

impl Ring {
    pub(crate) fn new() -> Self {
        Self { state: Mutex::default(), newest: watch::channel(0).0 }
    }

    /// Remembers one more call, and gives it its id.
    pub(crate) fn put(&self, mut call: Call) {
        let mut state = self.state();
        state.last += 1;
        call.id = state.last;
        if state.calls.len() == KEPT {
            state.calls.pop_front();
        }
        state.calls.push_back(Arc::new(call));
        self.newest.send_replace(state.last);
    }

    /// So many calls were lost: their ids are nobody's.
    pub(crate) fn lose(&self, count: u64) {
        self.state().last += count;
    }

    /// Those with a greater id, the oldest first.
    pub(crate) fn after(&self, id: u64) -> Vec<Arc<Call>> {
        let state = self.state();
        let from = state.calls.partition_point(|call| call.id <= id);
        state.calls.range(from..).cloned().collect()
    }

    /// The id of the newest.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edges::tests::Bank;
    use crate::line::{Told, told};

    fn call() -> Call {
        match told(r#"{"direction":"inbound","method":"GET","status":200,"start":"t"}"#, "bank/ledger", &Bank) {
            Some(Told::Call(call)) => *call,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_newest_are_kept_by_growing_ids() {
        let ring = Ring::new();
        let newest = ring.newest();
        assert_eq!((*newest.borrow(), ring.after(0).len()), (0, 0));
        for _ in 0..KEPT + 10 {
            ring.put(call());
        }
        let all = ring.after(0);
        assert_eq!((all.len(), all[0].id), (KEPT, 11));
        assert_eq!(*newest.borrow(), KEPT as u64 + 10);
        assert_eq!(ring.after(KEPT as u64 + 8).iter().map(|call| call.id).collect::<Vec<_>>(), [KEPT as u64 + 9, KEPT as u64 + 10]);
        assert!(ring.after(u64::MAX).is_empty());
    }

    #[test]
    fn what_was_lost_leaves_a_gap() {
        let ring = Ring::new();
        ring.put(call());
        ring.lose(5);
        ring.put(call());
        assert_eq!(ring.after(0).iter().map(|call| call.id).collect::<Vec<_>>(), [1, 7]);
    }
}
