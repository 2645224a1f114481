//! A client whose requests are counted.

use std::time::Instant;

use http::{Method, Request, Response};
use kube::Client;
use kube::client::Body;
use tower::service_fn;

use super::Metrics;

/// The same client, each of whose requests is counted by verb and status, and timed until its answer begins.
pub(crate) fn counted(client: Client, metrics: Metrics) -> Client {
    let namespace = client.default_namespace().to_owned();
    let ask = move |request: Request<Body>| {
        let (client, metrics) = (client.clone(), metrics.clone());
        async move {
            let (verb, begun) = (verb(&request), Instant::now());
            let answer = client.send(request).await;
            metrics.requested(verb, &answer, begun);
            answer
        }
    };
    Client::new(service_fn(ask), namespace)
}

impl Metrics {
    fn requested(&self, verb: &str, answer: &Result<Response<Body>, kube::Error>, begun: Instant) {
        let code = answer.as_ref().map_or_else(|_| "error".to_owned(), |answer| answer.status().as_str().to_owned());
        self.0.families.requests.with_label_values(&[verb, code.as_str()]).inc();
        self.0.families.request_seconds.with_label_values(&[verb]).observe(begun.elapsed().as_secs_f64());
    }
}

/// A method that we do not use is `other`.
fn verb(request: &Request<Body>) -> &'static str {
    let is_watch = request.uri().query().is_some_and(|query| query.split('&').any(|word| word == "watch=true"));
    match *request.method() {
        Method::GET if is_watch => "watch",
        Method::GET => "get",
        Method::PATCH => "patch",
        Method::POST => "post",
        Method::PUT => "put",
        Method::DELETE => "delete",
        _ => "other",
    }
}
