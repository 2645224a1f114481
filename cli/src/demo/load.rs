//! Visitors of the shop: a steady load on its front page.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

use super::service::call::fetch;

/// Seven pages a second, of three calls each: about twenty calls a second between the services.
const PAUSE: Duration = Duration::from_millis(143);

/// A visitor waits no longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Visits until it is dropped.
pub(super) async fn visit(shop: SocketAddr) {
    let host = shop.to_string();
    let mut tick = interval(PAUSE);
    // A slow page is no reason for a crowd afterwards.
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // Whatever comes of it is seen by proxies.
        let _ = timeout(PATIENCE, fetch(shop, &host, "/")).await;
    }
}
