//! The objects of the folder that runs, each with its status; and whether an edit of the folder would be taken.

mod board;
mod life;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use meshglot_control::Problem;
use serde::Deserialize;

pub(super) use board::Board;

use super::directory::Directory;
use crate::objects::wire::{Edit, Objects};

/// What the administration answers besides:
///
/// | Path | Answer |
/// |---|---|
/// | `GET /objects?kinds=KIND,KIND` | [`Objects`]; without `kinds`: all of them |
/// | `POST /check` [`Edit`] | [`crate::objects::wire::Checked`]: whether the folder could be in force with these files |
pub(super) fn router(directory: Arc<Directory>) -> Router {
    Router::new().route("/objects", get(objects)).route("/check", post(check)).with_state(directory)
}

#[derive(Deserialize)]
struct Kinds {
    kinds: Option<String>,
}

async fn objects(State(directory): State<Arc<Directory>>, Query(Kinds { kinds }): Query<Kinds>) -> Response {
    let kinds: Option<Vec<String>> = kinds.map(|kinds| kinds.split(',').map(str::to_owned).collect());
    let wanted = move |kind: &str| kinds.as_ref().is_none_or(|kinds| kinds.iter().any(|one| one == kind));
    blocking(move || -> Objects { directory.objects(wanted) }).await
}

async fn check(State(directory): State<Arc<Directory>>, Json(edit): Json<Edit>) -> Response {
    blocking(move || directory.check(&edit)).await
}

/// Plans and statuses take their time, which is not that of proxies.
async fn blocking<T: serde::Serialize + Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(Problem { error: error.to_string() })).into_response(),
    }
}
