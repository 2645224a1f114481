//! Visitors of the shop: a steady load on its front page.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Seven pages a second, of three calls each: about twenty calls a second between the services.
const PAUSE: Duration = Duration::from_millis(143);

/// A visitor waits no longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Visits until it is dropped.
pub(super) async fn visit(shop: SocketAddr) {
    let mut tick = interval(PAUSE);
    // A slow page is no reason for a crowd afterwards.
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        // Whatever comes of it is seen by proxies.
        let _ = timeout(PATIENCE, look(shop)).await;
    }
}

async fn look(shop: SocketAddr) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(TcpStream::connect(shop).await?)).await?;
    let driver = tokio::spawn(connection);
    let request = hyper::Request::get("/").header("host", shop.to_string()).body(Empty::<Bytes>::new())?;
    let answered = sender.send_request(request).await;
    if let Ok(answer) = answered {
        answer.into_body().collect().await?;
    }
    driver.abort();
    Ok(())
}
