//! `/theme?to=dark&back=PATH`: keeps a theme in a cookie and goes back.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::App;
use crate::parts::theme::Theme;
use crate::query::Query;

/// A year, in seconds.
const KEPT: u32 = 365 * 24 * 60 * 60;

pub(crate) async fn switch(State(app): State<Arc<App>>, request: Request) -> Response {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let theme = Theme::of(query.get("to"));
    let base = &app.settings.base;
    // Only to a page of this view: `//host` and `/\host` are addresses of others for a browser.
    let is_here = |path: &&str| path.starts_with(base.as_str()) && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']);
    let back = query.get("back").filter(is_here).unwrap_or(base);
    let cookie = format!("{}={}; Path={base}; Max-Age={KEPT}; HttpOnly; SameSite=Strict", Theme::COOKIE, theme.word());
    ([(SET_COOKIE, cookie)], Redirect::to(back)).into_response()
}
