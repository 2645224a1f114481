//! The shop front: it asks the details and the reviews, and shows which version answered.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;

use super::call::{self, Way};
use super::page::{Answer, Share, page};

/// So many answers are told apart by who gave them.
const REMEMBERED: usize = 200;

/// The book that everybody looks at.
const BOOK: u32 = 7;

struct Shop {
    way: Way,
    /// The web view.
    web: Option<String>,
    /// Who gave the last answers.
    answered: Mutex<VecDeque<String>>,
}

pub(super) fn router(way: Way, web: Option<&str>) -> Router {
    let shop = Shop { way, web: web.map(str::to_owned), answered: Mutex::default() };
    Router::new().route("/", get(front)).with_state(Arc::new(shop))
}

async fn front(State(shop): State<Arc<Shop>>) -> (StatusCode, Html<String>) {
    let (details, reviews) = (format!("/details/{BOOK}"), format!("/reviews/{BOOK}"));
    let (details, reviews) =
        tokio::join!(call::get(shop.way, "details.bookshop", &details), call::get(shop.way, "reviews.bookshop", &reviews));
    let (details, reviews) = (Answer::of(details), Answer::of(reviews));
    let whole = matches!((&details, &reviews), (Answer::Given(_), Answer::Given(_)));
    let shares = match &reviews {
        Answer::Given(reviews) => shop.count(reviews["version"].as_str().unwrap_or("reviews")),
        Answer::Missing(_) => shop.shares(),
    };
    // A page without its parts is no success for whoever only looks at the status.
    let status = if whole { StatusCode::OK } else { StatusCode::BAD_GATEWAY };
    (status, Html(page(&details, &reviews, &shares, shop.web.as_deref())))
}

impl Shop {
    fn count(&self, version: &str) -> Vec<Share> {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.len() == REMEMBERED {
            answered.pop_front();
        }
        answered.push_back(version.to_owned());
        drop(answered);
        self.shares()
    }

    fn shares(&self) -> Vec<Share> {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |name: &str| answered.iter().filter(|one| *one == name).count();
        ["reviews-v1", "reviews-v2"].map(|name| Share { name: name.to_owned(), count: of(name), of: answered.len() }).into()
    }
}
