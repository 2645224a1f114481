//! What a controller counts about itself, as Prometheus reads it. No series is named after an object.

mod answers;
mod changes;
mod families;
mod requests;
mod reviews;
mod tally;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::TextEncoder;
use thiserror::Error;

pub(crate) use requests::counted;

use changes::Changes;
use families::Families;
use tally::Due;

/// The counters of one controller. Clones are the same.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    families: Families,
    changes: Mutex<Changes>,
    due: Mutex<Due>,
}

/// Counters cannot be made or told: a mistake of ours.
#[derive(Debug, Error)]
#[error("metrics: {0}")]
pub struct MetricsError(#[from] prometheus::Error);

impl Metrics {
    /// Of a controller that has begun now.
    ///
    /// # Errors
    /// Two of them have the same name.
    pub fn new() -> Result<Self, MetricsError> {
        let inner = Inner { families: Families::new()?, changes: Mutex::default(), due: Mutex::default() };
        Ok(Self(Arc::new(inner)))
    }

    /// The text format of Prometheus, version 0.0.4.
    ///
    /// # Errors
    /// A counter cannot be written.
    pub fn text(&self) -> Result<String, MetricsError> {
        Ok(TextEncoder::new().encode_to_string(&self.0.families.registry.gather())?)
    }

    /// A kind is watched from now on.
    pub(crate) fn watches(&self, kind: &str) {
        self.0.families.watch_restarts.with_label_values(&[kind]).inc_by(0);
    }

    /// The watch of a kind has broken and begins anew.
    pub(crate) fn watch_restarted(&self, kind: &str) {
        self.0.families.watch_restarts.with_label_values(&[kind]).inc();
    }

    /// The core has looked at everything once, which took so long.
    pub(crate) fn passed(&self, took: Duration) {
        self.0.families.seconds.with_label_values(&["pass"]).observe(took.as_secs_f64());
        lock(&self.0.due).stir();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
