//! Answers that take longer than a page may: they are worked out once, apart from whoever asked first, and kept with the
//! state that they are about.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// As many are kept; what is asked for beyond is worked out every time.
const KEPT: usize = 256;

/// Answers by what was asked.
#[derive(Default)]
pub(crate) struct Later(Mutex<HashMap<String, Arc<Slot>>>);

#[derive(Default)]
struct Slot {
    answer: Mutex<State>,
    done: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Working,
    Done(Arc<dyn Any + Send + Sync>),
    /// Whoever worked on it is gone.
    Failed,
}

/// What there is after waiting.
pub(crate) enum Asked<T> {
    /// The answer.
    Done(Arc<T>),
    /// Not yet: ask again.
    Working,
    /// It cannot be had; a mistake of ours.
    Failed,
}

impl Later {
    /// The answer to a question, after waiting for it no longer than `patience`. Two questions of one key are the same,
    /// and have answers of the same type.
    pub(crate) fn get<T: Any + Send + Sync>(&self, key: &str, patience: Duration, work: impl FnOnce() -> T + Send + 'static) -> Asked<T> {
        let slot = {
            let mut slots = lock(&self.0);
            match slots.get(key) {
                Some(slot) => slot.clone(),
                None if slots.len() == KEPT => {
                    drop(slots);
                    return Asked::Done(Arc::new(work()));
                }
                None => {
                    let slot = Arc::<Slot>::default();
                    slots.insert(key.to_owned(), slot.clone());
                    let worker = Worker(slot.clone());
                    std::thread::spawn(move || worker.done(Arc::new(work())));
                    slot
                }
            }
        };
        let waited = slot.done.wait_timeout_while(lock(&slot.answer), patience, |state| matches!(state, State::Working));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Working => Asked::Working,
            State::Done(answer) => answer.clone().downcast().map_or(Asked::Failed, Asked::Done),
            State::Failed => Asked::Failed,
        }
    }
}

impl Later {
    /// The answer, however long it takes; `None`: it cannot be had, a mistake of ours.
    pub(crate) fn wait<T: Any + Send + Sync>(&self, key: &str, work: impl FnOnce() -> T + Send + 'static) -> Option<Arc<T>> {
        match self.get(key, Duration::MAX, work) {
            Asked::Done(answer) => Some(answer),
            Asked::Working | Asked::Failed => None,
        }
    }
}

/// Tells a slot how its work ended, also where it panicked.
struct Worker(Arc<Slot>);

impl Worker {
    fn done(self, answer: Arc<dyn Any + Send + Sync>) {
        *lock(&self.0.answer) = State::Done(answer);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut state = lock(&self.0.answer);
        if matches!(*state, State::Working) {
            *state = State::Failed;
        }
        self.0.done.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn one_question_is_worked_out_once() {
        let (later, count) = (Later::default(), Arc::new(AtomicUsize::new(0)));
        for _ in 0..3 {
            let count = count.clone();
            let answer = later.get("a", LONG, move || count.fetch_add(1, Ordering::Relaxed));
            assert!(matches!(answer, Asked::Done(zero) if *zero == 0));
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn who_is_impatient_asks_again() {
        let later = Later::default();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let ask = |patience, work: Box<dyn FnOnce() -> u8 + Send>| later.get("a", patience, work);
        let work = Box::new(move || {
            let _ = wait.recv();
            7
        });
        assert!(matches!(ask(Duration::ZERO, work), Asked::Working));
        go.send(()).expect("it waits");
        assert!(matches!(ask(LONG, Box::new(|| 0)), Asked::Done(seven) if *seven == 7));
    }

    #[test]
    fn work_that_panics_fails() {
        let answer = Later::default().get::<u8>("a", LONG, || panic!("on purpose"));
        assert!(matches!(answer, Asked::Failed));
    }
}
