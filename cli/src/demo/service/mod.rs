//! The sample services of `meshglot demo`: each a small HTTP server that calls others, on this machine or in a pod.

pub(super) mod call;
mod details;
mod failing;
mod frontend;
mod page;
mod ratings;
mod reviews;

use std::net::TcpListener as StdListener;
use std::os::fd::AsFd as _;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::time::{MissedTickBehavior, interval};

use crate::args::DemoServiceArgs;
use crate::exit::{Exit, Failure, Outcome};
use call::Way;
use failing::Failing;

/// How often `batch` knocks where it is not let in.
const KNOCK: Duration = Duration::from_millis(1500);

/// How often `visitors` look at the front page.
const VISIT: Duration = Duration::from_millis(143);

/// Runs one of them until it is killed.
pub(crate) fn run(args: &DemoServiceArgs) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let listener = match args.listen {
            Some(address) => TcpListener::bind(address).await?,
            None => TcpListener::from_std(handed()?)?,
        };
        let way = args.door.map_or(Way::Network, Way::Door);
        let router = match args.name.as_str() {
            "details" => details::router(),
            "ratings" => ratings::router(),
            "reviews-v1" => reviews::router(reviews::Version::V1, way),
            "reviews-v2" => reviews::router(reviews::Version::V2, way),
            "frontend" => frontend::router(way, args.web.as_deref()),
            "visitors" => {
                tokio::spawn(again_and_again(way, VISIT, "frontend.bookshop", "/"));
                idle("visitors\n")
            }
            _ => {
                // It is denied, and that is seen elsewhere.
                tokio::spawn(again_and_again(way, KNOCK, "reviews.bookshop", "/reviews/9"));
                idle("batch\n")
            }
        };
        let router = if args.errors == 0 { router } else { router.layer(from_fn_with_state(Failing::new(args.errors), Failing::or)) };
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

/// One of which only the calls matter.
fn idle(name: &'static str) -> Router {
    Router::new().route("/", get(async move || name))
}

/// Calls until the process ends, whatever comes of it.
async fn again_and_again(way: Way, pause: Duration, host: &'static str, path: &'static str) {
    let mut tick = interval(pause);
    // A slow answer is no reason for a crowd afterwards.
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let _ = call::get(way, host, path).await;
    }
}
