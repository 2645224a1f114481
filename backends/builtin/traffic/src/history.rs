//! What one proxy has counted, of the last ten minutes.
//!
//! # Memory
//! At most [`SERIES`] counters of 8 bytes, at most 117 times (each second of the last minute, each tenth of those before): 7.7 MB for a
//! proxy that counts as much as it can, and some hundred kilobytes for one that has a hundred callers.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::reading::Reading;
use crate::series::Series;

/// How far back one can ask.
pub(crate) const KEPT: Duration = Duration::from_secs(600);

/// How long every look is kept.
const FINE: Duration = Duration::from_secs(60);

/// How far looks are apart that are older than that.
const COARSE: Duration = Duration::from_secs(10);

/// A look may be late by so much and still counts for its second.
const LATE: Duration = Duration::from_millis(500);

/// So many counters of a proxy are told apart.
const SERIES: usize = 8192;

/// Counters over time.
pub(crate) struct History {
    places: HashMap<Series, usize>,
    /// By place: what was counted by processes before this one, and what this one has said last.
    before: Vec<u64>,
    last: Vec<u64>,
    looks: VecDeque<Look>,
    ended: bool,
}

/// The counters by place. Those that came later were 0.
struct Look {
    at: Instant,
    totals: Box<[u64]>,
}

/// What was counted between two looks.
pub(crate) struct Difference<'h> {
    /// How far they are apart.
    pub(crate) span: Duration,
    /// Those that have grown.
    pub(crate) counts: Vec<(&'h Series, u64)>,
}

impl History {
    /// Of a proxy that has counted nothing yet.
    pub(crate) fn new(at: Instant) -> Self {
        let looks = [Look { at, totals: Box::default() }].into();
        Self { places: HashMap::new(), before: Vec::new(), last: Vec::new(), looks, ended: false }
    }

    /// Of one that has counted before it was first looked at: what it says first is what the rest is compared with.
    pub(crate) fn of_before() -> Self {
        Self { places: HashMap::new(), before: Vec::new(), last: Vec::new(), looks: VecDeque::new(), ended: false }
    }

    /// The process is gone: the next one counts from 0.
    pub(crate) fn end(&mut self) {
        self.ended = true;
    }

    /// Remembers one more look.
    pub(crate) fn look(&mut self, at: Instant, reading: Reading) {
        let mut raw = vec![0; self.last.len()];
        for (series, count) in reading {
            let Some(place) = self.place(series) else { continue };
            if raw.len() <= place {
                raw.resize(place + 1, 0);
            }
            raw[place] += count;
        }
        // Counters only grow: one that shrank is another process's, and so are then all others.
        if std::mem::take(&mut self.ended) || raw.iter().zip(&self.last).any(|(now, last)| now < last) {
            for (before, last) in self.before.iter_mut().zip(&self.last) {
                *before += last;
            }
        }
        self.before.resize(raw.len(), 0);
        let totals = self.before.iter().zip(&raw).map(|(before, now)| before + now).collect();
        self.last = raw;
        self.looks.push_back(Look { at, totals });
        self.forget(at);
    }

    fn place(&mut self, series: Series) -> Option<usize> {
        if let Some(place) = self.places.get(&series) {
            return Some(*place);
        }
        // The last ones are for what has no names: two directions, three verdicts, answered well or not.
        let series = if self.places.len() < SERIES - 12 { series } else { series.without_names()? };
        let next = self.places.len();
        Some(*self.places.entry(series).or_insert(next))
    }

    fn forget(&mut self, now: Instant) {
        // One that is older than all that is asked for has to stay, as what the rest is compared with.
        while self.looks.get(1).is_some_and(|second| now - second.at >= KEPT) {
            self.looks.pop_front();
        }
        let mut kept: Option<Instant> = None;
        self.looks.retain(|look| {
            let stays = now - look.at <= FINE || kept.is_none_or(|kept| look.at - kept >= COARSE);
            if stays {
                kept = Some(look.at);
            }
            stays
        });
    }

    /// When it was looked at last.
    pub(crate) fn newest(&self) -> Option<Instant> {
        self.looks.back().map(|look| look.at)
    }

    /// What was counted within so long a time before `now`; `None`: it was looked at once only.
    pub(crate) fn difference(&self, now: Instant, window: Duration) -> Option<Difference<'_>> {
        let newest = self.looks.back()?;
        let is_within = |look: &&Look| now.saturating_duration_since(look.at) <= window + LATE;
        if !is_within(&newest) {
            return Some(Difference { span: window, counts: Vec::new() });
        }
        let end = self.looks.len() - 1;
        // A window may be shorter than looks are apart.
        let oldest = self.looks.iter().take(end).find(is_within).or_else(|| self.looks.get(end.checked_sub(1)?))?;
        let grown = |place: usize| {
            let total = |look: &Look| look.totals.get(place).copied().unwrap_or_default();
            total(newest) - total(oldest)
        };
        let counts = self.places.iter().map(|(series, place)| (series, grown(*place))).filter(|(_, count)| *count > 0);
        Some(Difference { span: newest.at - oldest.at, counts: counts.collect() })
    }
}

#[cfg(test)]
mod tests {
    use meshglot_observed::{Direction, Verdict};

    use super::*;
    use crate::series::CallSeries;

    fn series(cluster: &str) -> Series {
        Series::Calls(CallSeries {
            direction: Direction::Inbound,
            cluster: Some(cluster.into()),
            peer: None,
            policy: None,
            verdict: Verdict::Allowed,
            well: true,
        })
    }

    fn reading(counts: &[(&str, u64)]) -> Reading {
        counts.iter().map(|(cluster, count)| (series(cluster), *count)).collect()
    }

    fn second(begin: Instant, seconds: u64) -> Instant {
        begin + Duration::from_secs(seconds)
    }

    /// By cluster, and over how many seconds.
    fn grown(history: &History, now: Instant, window: u64) -> (Vec<(String, u64)>, u64) {
        let difference = history.difference(now, Duration::from_secs(window)).expect("two looks");
        let name = |series: &Series| match series {
            Series::Calls(series) => series.cluster.as_deref().unwrap_or("-").to_owned(),
            Series::Bucket(_) => "bucket".to_owned(),
        };
        let mut counts: Vec<(String, u64)> = difference.counts.iter().map(|(series, count)| (name(series), *count)).collect();
        counts.sort();
        (counts, difference.span.as_secs())
    }

    fn named(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
        counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    #[test]
    fn what_was_counted_in_a_window() {
        let begin = Instant::now();
        let mut history = History::new(begin);
        assert!(history.difference(begin, Duration::from_secs(60)).is_none());
        history.look(second(begin, 1), reading(&[("a", 2)]));
        // What came with the first look came since the proxy is there.
        assert_eq!(grown(&history, second(begin, 1), 60), (named(&[("a", 2)]), 1));
        history.look(second(begin, 2), reading(&[("a", 5), ("b", 1)]));
        assert_eq!(grown(&history, second(begin, 2), 60), (named(&[("a", 5), ("b", 1)]), 2));
        assert_eq!(grown(&history, second(begin, 2), 1), (named(&[("a", 3), ("b", 1)]), 1));
        // Shorter than looks are apart.
        assert_eq!(grown(&history, second(begin, 2), 0), (named(&[("a", 3), ("b", 1)]), 1));
        // Nobody looked since.
        assert_eq!(grown(&history, second(begin, 99), 10), (named(&[]), 10));
    }

    #[test]
    fn another_process_counts_from_nothing() {
        let begin = Instant::now();
        let mut history = History::new(begin);
        history.look(second(begin, 1), reading(&[("a", 10), ("b", 4)]));
        // One of them shrank, the other has overtaken what was.
        history.look(second(begin, 2), reading(&[("a", 1), ("b", 5)]));
        assert_eq!(grown(&history, second(begin, 2), 60).0, named(&[("a", 11), ("b", 9)]));
        history.look(second(begin, 3), reading(&[("a", 2), ("b", 5)]));
        assert_eq!(grown(&history, second(begin, 3), 1).0, named(&[("a", 1)]));
        // None shrank, and yet it was known to be gone.
        history.end();
        history.look(second(begin, 4), reading(&[("a", 2), ("b", 6)]));
        assert_eq!(grown(&history, second(begin, 4), 1).0, named(&[("a", 2), ("b", 6)]));
        history.look(second(begin, 5), reading(&[("a", 3), ("b", 6)]));
        assert_eq!(grown(&history, second(begin, 5), 1).0, named(&[("a", 1)]));
    }

    #[test]
    fn ten_minutes_are_kept_and_no_more() {
        let begin = Instant::now();
        let mut history = History::new(begin);
        for now in 1..=2000 {
            history.look(second(begin, now), reading(&[("a", now)]));
        }
        assert!(history.looks.len() <= 117, "{}", history.looks.len());
        let now = second(begin, 2000);
        assert_eq!(grown(&history, now, 30), (named(&[("a", 30)]), 30));
        assert_eq!(grown(&history, now, 60), (named(&[("a", 60)]), 60));
        for window in [120, 300, 600] {
            let (counts, span) = grown(&history, now, window);
            assert_eq!(counts, named(&[("a", span)]));
            assert!(window - 10 <= span && span <= window, "{span} of {window}");
        }
    }

    #[test]
    fn callers_cannot_make_it_remember_without_end() {
        let begin = Instant::now();
        let mut history = History::new(begin);
        let many: Reading = (0..SERIES + 100).map(|number| (series(&number.to_string()), 1)).collect();
        history.look(second(begin, 1), many);
        assert!(history.places.len() <= SERIES);
        let (counts, _) = grown(&history, second(begin, 1), 60);
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<u64>(), SERIES as u64 + 100, "all are counted");
        assert_eq!(counts.iter().find(|(name, _)| name == "-").map(|(_, count)| *count), Some(112));
    }
}
