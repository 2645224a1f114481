//! Mistakes on purpose.

use http::StatusCode;

use super::reply::Reply;
use crate::observe::Flag;
use crate::table::Fault;

/// Waits and aborts as it is drawn.
pub(super) async fn apply(fault: &Fault) -> Result<(), Reply> {
    if let Some((length, share)) = fault.delay
        && is_drawn(share)
    {
        tokio::time::sleep(length).await;
    }
    match fault.abort {
        Some((status, share)) if is_drawn(share) => Err(abort(status)),
        _ => Ok(()),
    }
}

fn abort(status: StatusCode) -> Reply {
    Reply::new(status, "fault filter abort", "fault_filter_abort", Some(Flag::Fault))
}

/// Whether a request is one of so many in a million.
pub(super) fn is_drawn(share: u32) -> bool {
    share >= 1_000_000 || (share > 0 && fastrand::u32(0..1_000_000) < share)
}
