//! Connections that become something else than HTTP.

use std::rc::Rc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::exchange::Exchange;
use crate::upstream::{Lease, Permit};

/// Carries bytes between both ends, from when they have become what they become until one of them ends.
pub(super) fn join(exchange: Rc<Exchange>, one: OnUpgrade, other: OnUpgrade, held: (Lease, Permit)) {
    // To HTTP the connection has ended; edits and the end of the process still find it.
    let registered = exchange.connection.hold();
    drop(tokio::task::spawn_local(async move {
        if let (Ok(one), Ok(other)) = tokio::join!(one, other) {
            let (mut one, mut other) = (TokioIo::new(one), TokioIo::new(other));
            let copied = tokio::select! {
                copied = tokio::io::copy_bidirectional(&mut one, &mut other) => copied.ok(),
                () = exchange.connection.closes() => None,
            };
            if let Some((received, sent)) = copied {
                exchange.received(usize::try_from(received).unwrap_or(usize::MAX));
                exchange.sent(usize::try_from(sent).unwrap_or(usize::MAX));
            }
            exchange.complete();
        }
        drop((held, registered));
    }));
}
