//! What commands are answered, on the address of the counters: to this machine alone, which is whoever may forward a port of the pod.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use meshglot_control::resources_router;
use meshglot_translator::answer::document;
use meshglot_web::Live;

use super::Look;
use crate::controller::serve::refusal;
use crate::live;

/// `/calls`, `/edges`, `/events`, `/proxies` and `/resources` as `meshglot run` answers them.
pub(in crate::controller) fn router(look: Arc<Look>) -> Router {
    let resources = resources_router(look.control.clone());
    let live: Arc<dyn Live> = look;
    let proxies = Router::new().route("/proxies", get(proxies)).with_state(live.clone());
    live::router(live).merge(proxies).merge(resources).layer(from_fn(own))
}

async fn proxies(State(live): State<Arc<dyn Live>>) -> Response {
    ([("content-type", "application/json")], document(&live.proxies()).to_string()).into_response()
}

async fn own(ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match refusal(&parts, peer, "Calls are shown") {
        Some(why) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        None => next.run(Request::from_parts(parts, body)).await,
    }
}
