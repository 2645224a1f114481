//! The sample services of `meshglot demo`: each a small HTTP server on the socket that it is handed, calling others by its proxy.

pub(super) mod call;
mod details;
mod frontend;
mod page;
mod ratings;
mod reviews;

use std::net::{SocketAddr, TcpListener as StdListener};
use std::os::fd::AsFd as _;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::args::DemoServiceArgs;
use crate::exit::{Exit, Failure, Outcome};

/// How often `batch` knocks where it is not let in.
const KNOCK: Duration = Duration::from_millis(1500);

/// Runs one of them until it is killed.
pub(crate) fn run(args: &DemoServiceArgs) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let listener = TcpListener::from_std(handed()?)?;
        let door = args.door;
        let router = match args.name.as_str() {
            "details" => details::router(),
            "ratings" => ratings::router(),
            "reviews-v1" => reviews::router(reviews::Version::V1, door),
            "reviews-v2" => reviews::router(reviews::Version::V2, door),
            "frontend" => frontend::router(door, args.web.as_deref()),
            _ => {
                tokio::spawn(knock(door));
                Router::new().route("/", get(async || "batch\n"))
            }
        };
        axum::serve(listener, router).await
    });
    ended.map(|()| Exit::Ok).map_err(|error| Failure::new(Exit::Internal, format!("{}: {error}", args.name)))
}

/// The socket stands where standard input does: whoever starts it again loses no caller.
fn handed() -> std::io::Result<StdListener> {
    let listener = StdListener::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Asks the reviews again and again, which no rule lets it do.
async fn knock(door: SocketAddr) {
    loop {
        // It is denied, and that is seen elsewhere.
        let _ = call::get(door, "reviews.bookshop", "/reviews/9").await;
        tokio::time::sleep(KNOCK).await;
    }
}
