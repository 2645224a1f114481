//! What people say of a book, with the stars that the ratings give: two versions, of which the second has more to say.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::call::{self, Way};

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    V1,
    V2,
}

pub(super) fn router(version: Version, way: Way) -> Router {
    Router::new().route("/reviews/{id}", get(reviews)).with_state((version, way))
}

async fn reviews(State((version, way)): State<(Version, Way)>, Path(id): Path<u32>) -> Json<Value> {
    let (stars, why) = match call::get(way, "ratings.bookshop", &format!("/ratings/{id}")).await {
        Ok((200, ratings)) => (ratings["stars"].clone(), Value::Null),
        Ok((status, _)) => (Value::Null, format!("the ratings answered {status}").into()),
        Err(why) => (Value::Null, why.into()),
    };
    let (name, texts) = match version {
        Version::V1 => ("reviews-v1", ["An extremely entertaining proxy.", "Fewer surprises than a comedy needs."]),
        Version::V2 => ("reviews-v2", ["An extremely entertaining proxy, now in its second edition.", "The new ending is better."]),
    };
    Json(json!({ "version": name, "texts": texts, "stars": stars, "why": why }))
}
