//! The stars of a book.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn router() -> Router {
    Router::new().route("/ratings/{id}", get(ratings))
}

async fn ratings(Path(id): Path<u32>) -> Json<Value> {
    Json(json!({ "id": id, "stars": [5, 4] }))
}
