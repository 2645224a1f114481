//! What has to be made anew, given what is held and the time: nothing else decides.

use time::{Duration, OffsetDateTime};

use super::held::{Certificate, Held};

/// How long an authority is good.
pub(super) const AUTHORITY: Duration = Duration::days(730);

/// How long a leaf is good.
pub(super) const LEAF: Duration = Duration::days(90);

/// Certificates are good from so long before they are made: clocks of others may be behind.
pub(super) const SKEW: Duration = Duration::hours(1);

/// How long after something was made everybody has it: API servers an authority, controllers a leaf.
const SETTLED: Duration = Duration::hours(1);

/// What has to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// All is well.
    Nothing,
    /// A leaf by the newest authority.
    Leaf,
    /// An authority that is trusted beside those that are there, and signs from now on.
    Authority,
    /// Authorities by which nothing is served any more can go.
    Forget,
    /// Nothing of it can be used.
    All,
}

/// What has to be made now. Where it is met and asked again a few times, it comes to [`Need::Nothing`].
pub(super) fn need(held: &Held, now: OffsetDateTime) -> Need {
    let newest = &held.authorities[0];
    let is_overlapping = held.authorities.len() > 1;
    if !is_good(newest, now) {
        return Need::All;
    }
    // Nobody trusts what is served: waiting for those who do not trust the newest yet makes nothing better.
    if !is_good(&held.leaf, now) || !is_good(&held.authorities[held.signer], now) {
        return Need::Leaf;
    }
    if is_late(&held.leaf, now) && (!is_overlapping || is_settled(newest, now)) {
        return Need::Leaf;
    }
    if is_overlapping && held.signer == 0 && is_settled(&held.leaf, now) {
        return Need::Forget;
    }
    if !is_overlapping && is_late(newest, now) {
        return Need::Authority;
    }
    Need::Nothing
}

fn is_good(one: &Certificate, now: OffsetDateTime) -> bool {
    one.from <= now && now < one.until
}

/// Whether two thirds of its life are over.
fn is_late(one: &Certificate, now: OffsetDateTime) -> bool {
    now - one.from >= (one.until - one.from) * 2 / 3
}

fn is_settled(one: &Certificate, now: OffsetDateTime) -> bool {
    now - one.from >= SKEW + SETTLED
}
