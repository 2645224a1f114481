//! The API over HTTP: the paths of an aggregated API server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use meshglot_observed::Edges;
use serde_json::Value;

use crate::accept::{Form, form};
use crate::discovery;
use crate::inventory::Inventory;
use crate::path::{Asked, asked};
use crate::query::words;
use crate::resource::Resource;
use crate::seen::Seen;
use crate::status::Problem;
use crate::table::table;
use crate::wire::{API_VERSION, ListMetadata, ObjectReference, TrafficMetricsList};

/// A mesh that runs.
pub trait Traffic: Send + Sync + 'static {
    /// Who called whom within so long a time before now, or less where nobody looked earlier.
    fn edges(&self, window: Duration) -> Edges;

    /// What there is; `None`: no policy is in force yet.
    fn inventory(&self) -> Option<Arc<Inventory>>;
}

/// So many workloads are named whose proxies do not tell.
const WARNINGS: usize = 5;

/// Answers every path; those of the API only with a mesh's policy in force.
pub fn router(traffic: Arc<dyn Traffic>) -> Router {
    Router::new().fallback(answer).with_state(traffic)
}

async fn answer(State(traffic): State<Arc<dyn Traffic>>, request: Request) -> Response {
    // A mesh of hundreds of proxies takes a moment, in which others are answered.
    let answered = tokio::task::spawn_blocking(move || answered(&*traffic, &request)).await;
    answered.unwrap_or_else(|_| Err(Problem::broken())).unwrap_or_else(IntoResponse::into_response)
}

fn answered(traffic: &dyn Traffic, request: &Request) -> Result<Response, Problem> {
    let asked = asked(request.uri().path()).ok_or_else(Problem::no_path)?;
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        return Err(Problem::wrong_method());
    }
    if let Asked::Health { ready } = asked {
        let is_well = !ready || traffic.inventory().is_some();
        return if is_well { Ok("ok".into_response()) } else { Err(Problem::not_ready()) };
    }
    let accept = request.headers().get(ACCEPT).map(|value| value.to_str().unwrap_or_default());
    let has = |form| match form {
        Form::Json => true,
        Form::Table => matches!(asked, Asked::List { .. } | Asked::One { .. } | Asked::Edges { .. }),
        Form::Aggregated(_) => matches!(asked, Asked::Core | Asked::Groups),
    };
    let form = form(accept, has).ok_or_else(Problem::wrong_form)?;
    let document = match (&asked, form) {
        (Asked::Core | Asked::Groups, Form::Aggregated(version)) => {
            let media = format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
            let document = discovery::aggregated(version, asked == Asked::Groups);
            return Ok(([(CONTENT_TYPE, media)], document.to_string()).into_response());
        }
        (Asked::Core, _) => discovery::core(),
        (Asked::Groups, _) => discovery::groups(),
        (Asked::Group, _) => discovery::group(),
        (Asked::Resources, _) => discovery::resources(),
        (objects, form) => return metrics(traffic, objects, request.uri().query(), form),
    };
    Ok(json(&document))
}

fn metrics(traffic: &dyn Traffic, asked: &Asked, query: Option<&str>, form: Form) -> Result<Response, Problem> {
    let words = words(query).map_err(Problem::bad)?;
    if words.watch {
        return Err(Problem::wrong_method());
    }
    let inventory = traffic.inventory().ok_or_else(Problem::not_ready)?;
    let edges = traffic.edges(words.window);
    let seen = Seen { edges: &edges, inventory: &inventory };
    let (resource, namespace, name, is_edges) = match asked {
        Asked::List { resource, namespace } => (*resource, namespace.as_deref(), None, false),
        Asked::One { resource, namespace, name } => (*resource, Some(namespace.as_str()), Some(name.as_str()), false),
        Asked::Edges { resource, namespace, name } => (*resource, Some(namespace.as_str()), Some(name.as_str()), true),
        _ => return Err(Problem::no_path()),
    };
    let mut items = seen.list(resource, namespace, name);
    if let Some(name) = name.filter(|_| items.is_empty()) {
        return Err(Problem::no_object(resource, name));
    }
    let mut self_link = resource.path(namespace);
    if let Some(name) = name {
        self_link = format!("{self_link}/{name}{}", if is_edges { "/edges" } else { "" });
    }
    if let (true, Some(name)) = (is_edges, name) {
        items = seen.edges(resource, namespace.unwrap_or_default(), name);
        // All are of one object: what a selector can choose is the other end.
        items.retain(|item| words.selector.selects(&seen.labels_of(&item.edge.resource)));
    } else if name.is_none() {
        items.retain(|item| words.selector.selects(&item.metadata.labels));
    }
    let warnings = seen.silent(resource, namespace, name);
    let document = match (form, &items[..]) {
        (Form::Table, items) => table(items, &self_link),
        // A split is asked for by one name, and has an object for each of its backends.
        (_, [one]) if name.is_some() && !is_edges && resource != Resource::TrafficSplits => value(one),
        _ => value(&TrafficMetricsList {
            kind: "TrafficMetricsList",
            api_version: API_VERSION,
            metadata: ListMetadata { self_link },
            resource: ObjectReference::of(resource, namespace.unwrap_or_default(), name.unwrap_or_default()),
            selector: words.selector.object(),
            items,
        }),
    };
    let mut response = json(&document);
    for warning in told(&warnings) {
        // Letters that a header cannot have are left out of it.
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{warning}\"")) {
            response.headers_mut().append(HeaderName::from_static("warning"), value);
        }
    }
    Ok(response)
}

/// Lines for people, which `kubectl` prints.
fn told(silent: &[&str]) -> Vec<String> {
    let plain =
        |line: &&str| -> String { line.chars().filter(|letter| matches!(letter, ' '..='~') && !"\"\\".contains(*letter)).collect() };
    let rest = silent.len().saturating_sub(WARNINGS);
    let more = (rest > 0).then(|| format!("{rest} more workloads do not tell"));
    silent.iter().take(WARNINGS).map(plain).chain(more).collect()
}

fn value(document: &impl serde::Serialize) -> Value {
    // All of it is texts, numbers and maps of texts.
    serde_json::to_value(document).unwrap_or_default()
}

fn json(document: &Value) -> Response {
    (StatusCode::OK, [(CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}
