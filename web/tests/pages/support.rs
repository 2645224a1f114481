//! A view of texts, and requests to it.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use meshglot_translator::parse::Source;
use meshglot_translator::resolve::ReadOptions;
use meshglot_web::{Door, Fixed, Host, Hosts, Settings, Snapshot, router};
use serde_json::Value;
use tower::ServiceExt;

use crate::scripted::{Running, Scripted};

pub(crate) const HOST: &str = "127.0.0.1:8080";

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// A view that everybody may see.
pub(crate) fn view(text: &str) -> Router {
    served(text, "/", None)
}

/// The same below a path, perhaps with a door.
pub(crate) fn served(text: &str, base: &str, door: Option<Arc<Door>>) -> Router {
    let sources = vec![Source::new("policy.yaml", text.to_owned())];
    let snapshot = Snapshot::new(1, sources, Vec::new(), ReadOptions::default());
    let hosts = Hosts::new(vec![Host::new(HOST)]).named_by("--allow-host");
    let input = ["-f".to_owned(), "policy.yaml".to_owned()].into();
    router(Fixed::new(snapshot), Settings { base: base.to_owned(), hosts, door, input, pipe: None })
}

pub(crate) fn request(method: Method, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header("host", HOST)
}

pub(crate) async fn send(view: &Router, request: Request<Body>) -> Answer {
    let response = view.clone().oneshot(request).await.expect("the router always answers");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body(), 64 << 20).await.expect("a page");
    Answer { status, headers, text: String::from_utf8(body.to_vec()).expect("UTF-8") }
}

pub(crate) async fn get(view: &Router, path: &str) -> Answer {
    send(view, request(Method::GET, path).body(Body::empty()).expect("a request")).await
}

/// The policy and inventory of an example, all files of its folder.
pub(crate) fn example(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("an example").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let manifests = files.iter().filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    manifests.map(|path| std::fs::read_to_string(path).expect("a text")).collect::<Vec<_>>().join("\n---\n")
}

/// A view of a mesh that runs by a text.
pub(crate) fn running(text: &str, live: &Scripted) -> Router {
    running_below(text, live, "/")
}

/// The same below a path.
pub(crate) fn running_below(text: &str, live: &Scripted, base: &str) -> Router {
    let sources = vec![Source::new("policy.yaml", text.to_owned())];
    let snapshot = Arc::new(Snapshot::new(1, sources, Vec::new(), ReadOptions::default()));
    let hosts = Hosts::new(vec![Host::new(HOST)]).named_by("--allow-host");
    let input = ["-f".to_owned(), "mesh".to_owned(), "-R".to_owned()].into();
    router(Running { snapshot, live: live.clone() }, Settings { base: base.to_owned(), hosts, door: None, input, pipe: None })
}

/// What runs in the shop of the browser tests, and its policy.
pub(crate) fn shop() -> String {
    [include_str!("../browser/fixtures/shop/shop.yaml"), include_str!("../browser/fixtures/shop/policy.yaml")].join("\n---\n")
}
