//! What a controller shows of itself to those who run it.

use crate::answer::Answer;
use crate::log;
use crate::metrics::{Metrics, MetricsError};
use crate::pulse::Pulse;
use crate::write::Task;

/// Counters and signs of life. Clones are the same.
#[derive(Clone)]
pub struct Signs {
    /// What Prometheus reads.
    pub metrics: Metrics,
    /// What probes ask.
    pub pulse: Pulse,
}

impl Signs {
    /// Of a controller that has begun now.
    ///
    /// # Errors
    /// A mistake of ours.
    pub fn new() -> Result<Self, MetricsError> {
        Ok(Self { metrics: Metrics::new()?, pulse: Pulse::default() })
    }

    /// A write has ended.
    pub(crate) fn answered(&self, task: &Task, answer: &Answer) {
        self.metrics.answered(task, answer);
        if let (Task::Status { key, .. }, Answer::Live(object)) = (task, answer) {
            log::reported(key, object);
        }
    }
}
