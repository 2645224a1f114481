//! How many calls a second there are, and what comes of them.

use askama::Template;
use meshglot_observed::{Call, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::filter::{Filter, VERDICTS};
use super::spark::Spark;
use crate::moment::Moment;
use crate::parts::rate::{percent, rate};
use crate::parts::verdict::Badge;
use crate::problem::Problem;
use crate::reply;
use crate::seen::Window;

/// Seconds of the picture.
const SECONDS: usize = 60;

/// Calls of the last minute.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rates {
    /// The end of the minute (RFC 3339).
    pub(crate) at: String,
    /// How long it is, in seconds: shorter where nobody looked earlier.
    pub(crate) window_seconds: f64,
    /// Calls.
    pub(crate) calls: u64,
    /// Calls a second.
    pub(crate) per_second: f64,
    /// What came of them, always all three.
    pub(crate) verdicts: Vec<VerdictRate>,
    /// Second by second, the oldest first, as far as calls are remembered.
    pub(crate) seconds: Vec<Second>,
    /// Workloads whose proxies do not tell, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) silent: Vec<String>,
}

/// Calls of one verdict.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct VerdictRate {
    /// What came of them.
    pub(crate) verdict: Verdict,
    /// How many.
    pub(crate) calls: u64,
    /// Their part of all, from 0 to 1; 0 where there are none.
    pub(crate) share: f64,
}

/// Calls that began within one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Second {
    /// All of them.
    pub(crate) calls: u64,
    /// Those that were denied or failed.
    pub(crate) bad: u64,
}

/// The rates as they are drawn.
pub(crate) struct Drawn {
    pub(crate) per_second: String,
    pub(crate) calls: u64,
    pub(crate) window: String,
    /// With the share, `12.5%`.
    pub(crate) verdicts: Vec<(Badge, u64, String)>,
    pub(crate) spark: Spark,
    pub(crate) silent: Vec<String>,
}

#[derive(Template)]
#[template(path = "fragments/rates.html")]
struct Fragment {
    rates: Drawn,
}

impl Rates {
    /// `calls`: those that are remembered, each once.
    pub(crate) fn of<'c>(window: &Window, calls: impl Iterator<Item = &'c Call>, filter: &Filter) -> Self {
        let edges = || window.edges.iter().filter(|edge| filter.counts(edge));
        let all: u64 = edges().map(|edge| edge.calls).sum();
        let of = |verdict: Verdict| {
            let calls: u64 = edges().filter(|edge| edge.verdict == verdict).map(|edge| edge.calls).sum();
            VerdictRate { verdict, calls, share: share(calls, all) }
        };
        Self {
            at: window.at.clone(),
            window_seconds: window.seconds,
            calls: all,
            per_second: window.rate(all),
            verdicts: VERDICTS.map(of).into(),
            seconds: seconds(&window.at, calls.filter(|call| filter.counts_call(call))),
            silent: window.silent.clone(),
        }
    }

    pub(crate) fn drawn(&self) -> Drawn {
        let verdict = |one: &VerdictRate| (Badge::of_seen(one.verdict), one.calls, percent(one.share));
        Drawn {
            per_second: rate(self.per_second),
            calls: self.calls,
            window: format!("{:.0} s", self.window_seconds),
            verdicts: self.verdicts.iter().map(verdict).collect(),
            spark: Spark::of(&self.seconds),
            silent: self.silent.clone(),
        }
    }

    /// What is drawn of it alone.
    pub(crate) fn fragment(&self) -> Result<String, Problem> {
        reply::drawn(&Fragment { rates: self.drawn() })
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 { 0.0 } else { crate::seen::number(part) / crate::seen::number(all) }
}

/// Counts by second before a point in time.
fn seconds<'c>(at: &str, calls: impl Iterator<Item = &'c Call>) -> Vec<Second> {
    let mut seconds = vec![Second::default(); SECONDS];
    let Some(now) = Moment::parse(at) else { return seconds };
    for call in calls {
        let ago = Moment::parse(&call.at).map(|began| began.until(now)).filter(|ago| *ago >= 0);
        let second = ago.and_then(|ago| usize::try_from(ago / 1_000).ok()).filter(|second| *second < SECONDS);
        if let Some(second) = second.map(|second| &mut seconds[SECONDS - 1 - second]) {
            second.calls += 1;
            second.bad += u64::from(call.verdict != Verdict::Allowed);
        }
    }
    seconds
}
