//! The administration: HTTP on a socket that only the owner may open, and nothing that a proxy could ask for.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use meshglot_observed::Sync;
use meshglot_translator::answer::{Answer, document};
use serde::Deserialize;

use crate::answers::{Problem, Resources};
use crate::control::Control;
use crate::error::ControlError;

/// Where policy comes from, as far as one may ask for more of it.
pub trait Reload: Send + std::marker::Sync + 'static {
    /// Reads again now, whether or not anything seems to have changed.
    fn reload(&self);

    /// How the last reading went.
    fn state(&self) -> SourceState;
}

/// How reading went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// Why what was read last is not in force; none: it is.
    pub blocked: Option<String>,
    /// How many readings are in force or were, and how many were not.
    pub good: u64,
    /// See `good`.
    pub bad: u64,
}

#[derive(Clone)]
struct Admin {
    control: Arc<Control>,
    source: Arc<dyn Reload>,
}

/// The administration of a control plane:
///
/// | Path | Answer |
/// |---|---|
/// | `GET /proxies` | [`meshglot_observed::Proxies`] |
/// | `GET /resources/NAMESPACE/NAME` | [`Resources`] |
/// | `POST /tokens` `{"workload": "NAMESPACE/NAME"}` | an invitation ([`meshglot_agent::Invitation`]) |
/// | `POST /reload` | 202 |
/// | `GET /livez`, `GET /readyz`, `GET /metrics` | text |
pub fn router(control: Arc<Control>, source: Arc<dyn Reload>) -> Router {
    let read = resources_router(control.clone());
    Router::new()
        .route("/proxies", get(proxies))
        .route("/tokens", post(tokens))
        .route("/reload", post(reload))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Admin { control, source })
        .merge(read)
}

/// What of it is about the resources of proxies alone: `GET /resources/NAMESPACE/NAME`.
pub fn resources_router(control: Arc<Control>) -> Router {
    Router::new().route("/resources/{namespace}/{name}", get(resources)).with_state(control)
}

fn answer<A: Answer>(answer: &A) -> Response {
    Json(document(answer)).into_response()
}

fn problem(status: StatusCode, error: impl ToString) -> Response {
    (status, Json(Problem { error: error.to_string() })).into_response()
}

async fn proxies(State(admin): State<Admin>) -> Response {
    answer(&admin.control.status())
}

async fn resources(State(control): State<Arc<Control>>, Path((namespace, name)): Path<(String, String)>) -> Response {
    let workload = format!("{namespace}/{name}");
    match Resources::of(&workload, &control.world()) {
        Some(resources) => answer(&resources),
        None => problem(StatusCode::NOT_FOUND, ControlError::Unknown { workload, hint: String::new() }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    workload: String,
}

async fn tokens(State(admin): State<Admin>, Json(request): Json<TokenRequest>) -> Response {
    match admin.control.invite(&request.workload) {
        Ok(invitation) => Json(invitation).into_response(),
        Err(error @ ControlError::Unknown { .. }) => problem(StatusCode::NOT_FOUND, error),
        Err(error) => problem(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

async fn reload(State(admin): State<Admin>) -> Response {
    admin.source.reload();
    StatusCode::ACCEPTED.into_response()
}

async fn ready(State(admin): State<Admin>) -> Response {
    if admin.control.is_ready() {
        return "ok\n".into_response();
    }
    let why = admin.source.state().blocked.unwrap_or_else(|| "no policy has been read yet".to_owned());
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
}

async fn metrics(State(admin): State<Admin>) -> String {
    let SourceState { blocked, good, bad } = admin.source.state();
    let status = admin.control.status();
    let count = |word: Sync| status.proxies.iter().filter(|one| one.sync == word).count();
    let mut text = String::new();
    let mut one = |name: &str, kind: &str, help: &str, rows: &[(&str, u64)]| {
        // A string takes whatever is written to it.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    };
    one("meshglot_config_last_reload_success", "gauge", "Whether what was read last is in force.", &[("", u64::from(blocked.is_none()))]);
    one(
        "meshglot_config_reloads_total",
        "counter",
        "Readings by what came of them.",
        &[("{result=\"good\"}", good), ("{result=\"bad\"}", bad)],
    );
    one("meshglot_config_revision", "gauge", "The number of the policy that is in force.", &[("", status.revision)]);
    let rows = [("synced", Sync::Synced), ("stale", Sync::Stale), ("refused", Sync::Refused), ("absent", Sync::Absent)];
    let rows = rows.map(|(word, sync)| (format!("{{sync=\"{word}\"}}"), count(sync) as u64));
    let rows: Vec<(&str, u64)> = rows.iter().map(|(labels, count)| (labels.as_str(), *count)).collect();
    one("meshglot_proxies", "gauge", "Proxies by whether they have what they should; workloads without one are absent.", &rows);
    text
}
