//! Shares of a request's outcome, and what decided each.

use std::sync::Arc;

use meshglot_translator::eval::{Fraction, Outcome, Verdict};

/// Where a share of the requests ends.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) outcome: Outcome,
    pub(super) share: Fraction,
    /// The rule that decided, as Istio calls it.
    pub(super) rule: Option<Arc<str>>,
}

/// Shares that sum to 1.
pub(super) type Parts = Vec<Part>;

/// Everything ends in one way.
pub(super) fn whole(outcome: Outcome, rule: Option<&Arc<str>>) -> Parts {
    vec![Part { outcome, share: Fraction::ONE, rule: rule.cloned() }]
}

/// Everything ends without a workload.
pub(super) fn ended(verdict: Verdict, rule: Option<&Arc<str>>) -> Parts {
    whole(Outcome::Ended(verdict), rule)
}

/// A part of everything.
pub(super) fn scaled(parts: Parts, share: Fraction) -> impl Iterator<Item = Part> {
    parts.into_iter().map(move |part| Part { share: part.share.times(share), ..part })
}

/// Names what decided where nothing closer did.
pub(super) fn ruled(mut parts: Parts, rule: &Arc<str>) -> Parts {
    for part in &mut parts {
        part.rule.get_or_insert_with(|| rule.clone());
    }
    parts
}
