//! What is known of a book.

use axum::extract::Path;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn router() -> Router {
    Router::new().route("/details/{id}", get(details))
}

async fn details(Path(id): Path<u32>) -> Json<Value> {
    Json(json!({ "id": id, "title": "Proxies, and Other Comedies", "author": "A. Sidecar", "pages": 200 }))
}
