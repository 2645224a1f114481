//! Connections that become something else than HTTP.

use std::rc::Rc;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::exchange::Exchange;
use crate::io::{Metered, carry};
use crate::upstream::{Lease, Permit};

/// Carries bytes between both ends, from when they have become what they become until one of them ends.
pub(super) fn join(exchange: Rc<Exchange>, one: OnUpgrade, other: OnUpgrade, held: (Lease, Permit)) {
    // To HTTP the connection has ended; edits and the end of the process still find it.
    let registered = exchange.connection.hold();
    drop(tokio::task::spawn_local(async move {
        if let (Ok(one), Ok(other)) = tokio::join!(one, other) {
            let (mut one, mut other) = (Metered::new(TokioIo::new(one), exchange.meter()), TokioIo::new(other));
            let is_ended = tokio::select! {
                carried = carry(&mut one, &mut other) => carried.is_ok(),
                () = exchange.connection.closes() => false,
            };
            if !is_ended {
                exchange.cut();
            }
            exchange.complete();
        }
        drop((held, registered));
    }));
}
