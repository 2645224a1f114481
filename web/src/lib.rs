//! The policy view in a browser: read-only pages, made on the server, without a line of JavaScript.
//!
//! So far it is one page, and no command serves it yet: [`router`] waits to be mounted by `meshglot`.

mod assets;
mod headers;
mod index;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::routing::get;

/// All pages. Links are relative, so that it can be nested below any path that ends in `/`.
pub fn router() -> Router {
    Router::new()
        .route("/", get(index::page))
        .route("/assets/style.css", get(assets::style))
        .route("/assets/icon.svg", get(assets::icon))
        .fallback(async || (StatusCode::NOT_FOUND, "There is no such page.\n"))
        .layer(map_response(headers::secure))
}
