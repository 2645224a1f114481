//! How a rendered object stands, and when it is looked at again.

use tokio::time::Instant;

use meshglot_translator::status::Applied;

use crate::backoff::Backoff;

/// How far one rendered object is.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) applied: Applied,
    /// Nothing is tried before; `None`: at once.
    pub(crate) again: Option<Instant>,
    pub(crate) backoff: Backoff,
    /// What was wanted when it failed, by its digest: something else is tried at once.
    pub(crate) wanted: Option<String>,
    /// The version with which an apply has ended; where that is not as it is wanted, another one changes nothing.
    pub(crate) written: Option<u64>,
}

impl Default for Standing {
    fn default() -> Self {
        Self {
            applied: Applied::Pending("not written yet".to_owned()),
            again: None,
            backoff: Backoff::default(),
            wanted: None,
            written: None,
        }
    }
}

impl Standing {
    pub(crate) fn set(&mut self, applied: Applied) {
        self.applied = applied;
    }

    /// It has failed, and is tried again later.
    pub(crate) fn fail(&mut self, applied: Applied) {
        self.applied = applied;
        self.again = Some(Instant::now() + self.backoff.next());
    }

    /// Whether it has to wait before it is tried again.
    pub(crate) fn waits(&self) -> bool {
        self.again.is_some_and(|again| again > Instant::now())
    }

    /// Whether it was tried and did not come about.
    pub(crate) fn has_failed(&self) -> bool {
        self.again.is_some()
    }

    /// All is well, or everything is otherwise.
    pub(crate) fn begin_anew(&mut self, wanted: Option<String>) {
        *self = Self { applied: self.applied.clone(), wanted, ..Self::default() };
    }
}
