//! What is counted of calls that are alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::observe::Flag;
use crate::table::Direction;

/// Bounds of durations in milliseconds, each included.
pub(super) const BOUNDS: [u64; 14] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/// What requests that are counted together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallKey {
    pub(crate) direction: Direction,
    /// Where it was sent; `None`: nowhere.
    pub(crate) cluster: Option<Arc<str>>,
    /// Who has called, where it was proven.
    pub(crate) peer: Option<Arc<str>>,
    /// The rule that decided.
    pub(crate) policy: Option<Arc<str>>,
    /// 0: there was no answer.
    pub(crate) status: u16,
    /// Of gRPC.
    pub(crate) grpc: Option<u8>,
    pub(crate) flag: Option<Flag>,
}

/// What connections of bytes that are counted together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ConnectionKey {
    pub(crate) direction: Direction,
    pub(crate) cluster: Option<Arc<str>>,
    pub(crate) peer: Option<Arc<str>>,
    pub(crate) flag: Option<Flag>,
}

/// Counters of one thread: nobody else writes them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// How many.
    pub(super) count: AtomicU64,
    pub(super) received: AtomicU64,
    pub(super) sent: AtomicU64,
    pub(super) micros: AtomicU64,
    /// By bound, each for itself; what is longer than all bounds is not among them.
    pub(super) durations: [AtomicU64; BOUNDS.len()],
}

/// The sums of all threads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub(super) count: u64,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) micros: u64,
    pub(super) durations: [u64; BOUNDS.len()],
}

impl Counters {
    /// One more.
    pub(crate) fn add(&self, received: u64, sent: u64, took: Duration) {
        bump(&self.count, 1);
        bump(&self.received, received);
        bump(&self.sent, sent);
        bump(&self.micros, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        let millis = took.as_nanos().div_ceil(1_000_000);
        if let Some(at) = BOUNDS.iter().position(|bound| millis <= u128::from(*bound)) {
            bump(&self.durations[at], 1);
        }
    }

    pub(super) fn add_to(&self, sums: &mut Sums) {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        sums.count += of(&self.count);
        sums.received += of(&self.received);
        sums.sent += of(&self.sent);
        sums.micros += of(&self.micros);
        for (sum, counter) in sums.durations.iter_mut().zip(&self.durations) {
            *sum += of(counter);
        }
    }
}

/// Without a locked instruction: there is one writer.
fn bump(counter: &AtomicU64, by: u64) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(by), Ordering::Relaxed);
}
