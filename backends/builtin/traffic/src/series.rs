//! What is counted.

use std::sync::Arc;

use meshglot_observed::{Direction, Verdict};

/// A counter of a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Series {
    /// Requests, or connections of bytes, that are alike.
    Calls(CallSeries),
    /// Requests that took no longer than a bound.
    Bucket(Bucket),
}

/// What calls that are counted together have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CallSeries {
    pub(crate) direction: Direction,
    /// Where they went; `None`: nowhere.
    pub(crate) cluster: Option<Arc<str>>,
    /// The SPIFFE ID of who called.
    pub(crate) peer: Option<Arc<str>>,
    /// The rule that decided.
    pub(crate) policy: Option<Arc<str>>,
    pub(crate) verdict: Verdict,
    /// Whether they were answered well.
    pub(crate) well: bool,
}

/// A bucket of a histogram, with all that are below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Bucket {
    pub(crate) direction: Direction,
    pub(crate) cluster: Option<Arc<str>>,
    /// Its upper bound in microseconds; `u64::MAX`: there is none.
    pub(crate) micros: u64,
}

impl Series {
    /// What it is counted as where there are too many; `None`: it is left out.
    pub(crate) fn without_names(self) -> Option<Self> {
        match self {
            Self::Calls(series) => Some(Self::Calls(CallSeries { cluster: None, peer: None, policy: None, ..series })),
            // Half of a histogram would lie.
            Self::Bucket(_) => None,
        }
    }
}
