//! A version of a service that is not well, for whoever wants to see it rolled back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Answers a share of the calls with an error: the same ones in each hundred, evenly spread.
#[derive(Clone)]
pub(super) struct Failing {
    percent: u32,
    asked: Arc<AtomicU32>,
}

impl Failing {
    /// `percent`: 0 to 100.
    pub(super) fn new(percent: u32) -> Self {
        Self { percent, asked: Arc::default() }
    }

    /// The error, or what is behind.
    pub(super) async fn or(State(this): State<Self>, request: Request, next: Next) -> Response {
        let before = this.asked.fetch_add(1, Ordering::Relaxed) % 100;
        if before * this.percent / 100 == (before + 1) * this.percent / 100 {
            return next.run(request).await;
        }
        (StatusCode::INTERNAL_SERVER_ERROR, "this version is not well\n").into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use test_case::test_case;
    use tower::ServiceExt as _;

    use super::*;

    #[test_case(0)]
    #[test_case(7)]
    #[test_case(50)]
    #[test_case(100)]
    #[tokio::test]
    async fn a_share_fails(percent: u32) {
        let router = Router::new().route("/", get(async || "well")).layer(from_fn_with_state(Failing::new(percent), Failing::or));
        let mut failed = 0;
        for _ in 0..200 {
            let answer = router.clone().oneshot(Request::new(Body::empty())).await.expect("an answer");
            failed += u32::from(answer.status() == StatusCode::INTERNAL_SERVER_ERROR);
        }
        assert_eq!(failed, 2 * percent);
    }
}
