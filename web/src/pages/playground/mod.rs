//! `/playground`: policy that is pasted, and what each mesh makes of it at once. Nothing of it is kept.

mod form;
mod results;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::response::Response;
use axum::routing::post;

use crate::app::App;
use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::filters;
use crate::problem::Problem;
use crate::reply::Reply;
use crate::visit::Visit;
use form::Form;
pub(crate) use results::PlaygroundAnswer;
use results::Results;

/// What is shown to who brings nothing.
const SAMPLE: &str = include_str!("sample.yaml");

/// The most bytes of one text.
pub(crate) const TEXT_BYTES: usize = 256 * 1024;

/// Two texts with what a form adds to them: each byte may be written as three.
const BODY_BYTES: usize = 2 * 3 * TEXT_BYTES + 4096;

#[derive(Template)]
#[template(path = "pages/playground.html")]
struct Page<'p> {
    chrome: Chrome,
    form: &'p Form,
    backends: Vec<&'static str>,
    is_sample: bool,
    limit: usize,
    outcome: Result<Results, Problem>,
}

/// The one route that takes a body, because a policy may be longer than an address. It keeps nothing.
pub(crate) fn posted() -> Router<Arc<App>> {
    Router::new().route("/playground", post(answer)).layer(DefaultBodyLimit::max(BODY_BYTES))
}

async fn answer(State(app): State<Arc<App>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let read = Form::read(Request::from_parts(parts.clone(), body)).await;
    let work = move || {
        let visit = Visit::new(app, &parts, Vec::new());
        let shown = read.and_then(|form| show(&visit, &form));
        visit.answer(shown)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(error) => axum::response::IntoResponse::into_response(Problem::internal(&error.to_string())),
    }
}

/// The page with the sample, or a short text of the address.
pub(crate) fn page(visit: &Visit) -> Result<Reply, Problem> {
    show(visit, &Form::of(&visit.query))
}

fn show(visit: &Visit, form: &Form) -> Result<Reply, Problem> {
    let backends = visit.snapshot.mesh_names();
    let form = form.clone().completed(SAMPLE, &backends)?;
    let outcome = Results::of(&form);
    match visit.format {
        Format::Json => Ok(Reply::json(&PlaygroundAnswer::of(outcome?))),
        Format::Html => {
            let page = Page {
                chrome: visit.bare_chrome("Playground", Section::Playground),
                is_sample: form.text == SAMPLE,
                limit: TEXT_BYTES / 1024,
                form: &form,
                backends,
                outcome,
            };
            Ok(Reply::html(&page)?.but(page.outcome.as_ref().err()))
        }
        other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
    }
}
