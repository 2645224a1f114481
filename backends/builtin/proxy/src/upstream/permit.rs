//! A place among as many as a limit allows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::shared::ClusterShared;
use crate::table::Limits;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Connection,
    Pending,
    Request,
    Retry,
}

/// A place that is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Option<(Arc<ClusterShared>, Counted)>);

impl Permit {
    /// One that nobody counts.
    pub(crate) const FREE: Self = Self(None);

    /// Takes a place; `None`: there is none. `force`: it is counted all the same.
    pub(crate) fn take(shared: &Arc<ClusterShared>, limits: &Limits, counted: Counted, force: bool) -> Option<Self> {
        let limit = match counted {
            Counted::Connection => limits.connections,
            Counted::Pending => limits.pending,
            Counted::Request => limits.requests,
            Counted::Retry => limits.budget.map_or(limits.retries, |budget| {
                let requests = u64::from(shared.requests.load(Ordering::Relaxed));
                let share = requests * u64::from(budget.share) / 1_000_000;
                u32::try_from(share).unwrap_or(u32::MAX).max(budget.minimum)
            }),
        };
        // Of requests a budget takes its share.
        let is_counted = limit != u32::MAX || (counted == Counted::Request && limits.budget.is_some());
        if !is_counted {
            return Some(Self::FREE);
        }
        let counter = counter(shared, counted);
        if counter.fetch_add(1, Ordering::Relaxed) >= limit && !force {
            counter.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Self(Some((shared.clone(), counted))))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some((shared, counted)) = &self.0 {
            counter(shared, *counted).fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn counter(shared: &ClusterShared, counted: Counted) -> &AtomicU32 {
    match counted {
        Counted::Connection => &shared.connections,
        Counted::Pending => &shared.pending,
        Counted::Request => &shared.requests,
        Counted::Retry => &shared.retries,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::RetryBudget;

    #[test]
    fn a_place_is_free_again_when_it_is_dropped() {
        let (shared, limits) = (Arc::new(ClusterShared::default()), Limits { requests: 2, ..Limits::NONE });
        let take = |force| Permit::take(&shared, &limits, Counted::Request, force);
        let (first, second) = (take(false), take(false));
        assert!(first.is_some() && second.is_some() && take(false).is_none());
        let third = take(true);
        assert!(third.is_some());
        drop((first, third));
        assert!(take(false).is_some());
    }

    #[test]
    fn retries_are_a_share_of_requests() {
        let budget = RetryBudget { share: 500_000, minimum: 1 };
        let (shared, limits) = (Arc::new(ClusterShared::default()), Limits { budget: Some(budget), ..Limits::NONE });
        let requests: Vec<_> = (0..6).map(|_| Permit::take(&shared, &limits, Counted::Request, false)).collect();
        let retry = || Permit::take(&shared, &limits, Counted::Retry, false);
        let retries = [retry(), retry(), retry(), retry()];
        assert_eq!(retries.iter().flatten().count(), 3);
        drop((requests, retries));
        let retries = [retry(), retry()];
        assert_eq!(retries.iter().flatten().count(), 1, "the minimum");
    }
}
