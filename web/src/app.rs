//! The router: which layers a request goes through before it is a visit of a page.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request, State};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, get};
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::compression::CompressionLayer;

use crate::pages::{self, Page};
use crate::problem::Problem;
use crate::session::Door;
use crate::source::Source;
use crate::stream::{calls, happened, state};
use crate::visit::Visit;
use crate::{assets, format, guard, headers, session};

pub use crate::guard::{Host, Hosts, Refused};

/// How the view is served.
#[derive(Debug)]
pub struct Settings {
    /// Path below which everything is, with a slash at both ends; `/` for none.
    pub base: String,
    /// Names by which it may be called.
    pub hosts: Hosts,
    /// Who is let in; `None`: whoever reaches the port.
    pub door: Option<Arc<Door>>,
    /// The arguments that give the command line the same policy, such as `-f`, `shop/`.
    pub input: Vec<String>,
    /// What is shown where that is no file; `input` reads it from standard input then, as `-f`, `-`.
    pub pipe: Option<Pipe>,
}

/// Policy that another command prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pipe {
    /// Where the policy is, such as the URL of a cluster.
    pub name: String,
    /// The command that prints it.
    pub words: Vec<String>,
    /// The words that every command about the same place begins with, such as `kubectl`, `--context`, `NAME`.
    pub asks: Vec<String>,
}

impl Settings {
    /// What is shown, in words.
    pub(crate) fn place(&self) -> String {
        self.pipe.as_ref().map_or_else(|| self.input.join(" "), |pipe| pipe.name.clone())
    }
}

/// What every request needs.
pub(crate) struct App {
    pub(crate) source: Box<dyn Source>,
    pub(crate) settings: Settings,
    /// Names this process: numbers of calls and events mean something within it alone.
    pub(crate) run: String,
}

/// All pages.
pub fn router(source: impl Source, settings: Settings) -> Router {
    let base = settings.base.clone();
    let app = Arc::new(App { source: Box::new(source), settings, run: run() });
    let routes = pages::ROUTES.iter().fold(Router::new(), |router, (path, page)| router.route(path, served(*page)));
    let inner = routes
        .merge(pages::playground::posted())
        .route("/sse/events", get(happened::stream))
        .route("/sse/live", get(calls::stream))
        .route("/sse/state", get(state::stream))
        .route("/theme", get(pages::theme::switch))
        .fallback(missing)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), session::need))
        // Without a session: the way to one, whether the process lives, and what the page that says so is drawn with.
        .route("/session", get(session::open))
        .route("/healthz", get(async || "ok\n"))
        .route("/assets/{file}", get(assets::file))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), guard::check))
        .layer(CompressionLayer::new())
        .layer(map_response(headers::secure))
        .with_state(app);
    // The form of an answer is taken off the path before a route is looked for.
    let inner = MapRequestLayer::new(format::take_off).layer(inner);
    let bare = base.trim_end_matches('/').to_owned();
    if bare.is_empty() {
        return Router::new().fallback_service(inner);
    }
    let to = base.clone();
    Router::new().route(&bare, get(async move || Redirect::permanent(&to))).nest_service(&base, inner)
}

/// Another word for each process, and no secret: without random numbers the time tells processes apart.
fn run() -> String {
    getrandom::u64().map_or_else(|_| format!("{:?}", std::time::SystemTime::now()), |number| format!("{number:016x}"))
}

/// Visits a page on a thread for work.
fn served(page: Page) -> MethodRouter<Arc<App>> {
    get(move |State(app): State<Arc<App>>, params: RawPathParams, request: Request| visit(app, page, params, request))
}

async fn visit(app: Arc<App>, page: Page, params: RawPathParams, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let work = move || {
        let visit = Visit::new(app, &parts, params);
        visit.answer(page(&visit))
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(error) => Problem::internal(&error.to_string()).into_response(),
    }
}

async fn missing(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visit = Visit::new(app, &parts, Vec::new());
    let path = parts.uri.path().to_owned();
    visit.answer(Err(Problem::missing(format!("There is no page {path}."))))
}

async fn wrong_method(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visit = Visit::new(app, &parts, Vec::new());
    visit.answer(Err(Problem::method(&parts.method)))
}
