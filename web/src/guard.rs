//! Who may be asked by what name, and from where: a page of somebody else must not read policy through a visitor's browser.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::problem::Problem;
use crate::visit::Visit;

/// One name by which the view may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

impl Host {
    /// `NAME` on any port, or `NAME:PORT`; addresses of IPv6 in brackets.
    pub fn new(text: &str) -> Self {
        Self(text.to_ascii_lowercase())
    }

    /// The port, where it names one.
    pub(crate) fn port(&self) -> &str {
        self.0[name(&self.0).len()..].trim_start_matches(':')
    }

    fn admits(&self, authority: &str) -> bool {
        let authority = authority.to_ascii_lowercase();
        authority == self.0 || name(&authority) == self.0
    }
}

/// All of them; the first is the one that the view was started with.
#[derive(Clone, Debug)]
pub struct Hosts {
    names: Vec<Host>,
    flag: Option<&'static str>,
}

/// Why somebody is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Hosts {
    /// These, and nobody can name others.
    pub fn new(names: Vec<Host>) -> Self {
        Self { names, flag: None }
    }

    /// Others can be named by a flag, which whoever comes by another name is told.
    pub fn named_by(self, flag: &'static str) -> Self {
        Self { flag: Some(flag), ..self }
    }

    /// The first.
    pub(crate) fn own(&self) -> Option<&Host> {
        self.names.first()
    }

    fn admits(&self, authority: &str) -> bool {
        self.names.iter().any(|host| host.admits(authority))
    }

    /// Why a request is not answered: it came by another name, or from a page of somebody else. `None`: it may be.
    pub fn refusal(&self, parts: &Parts) -> Option<Refused> {
        let text = |name: HeaderName| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let host = text(HOST).or_else(|| parts.uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
        let refused = |message: String, help: Option<String>| Some(Refused { message, help });
        if !self.admits(host) {
            let help = self.flag.map(|flag| format!("If that name is yours, start with {flag} {}", name(host)));
            return refused(format!("This is not served as `{host}`."), help);
        }
        // A browser names the page that asks; `null` is one that does not want to be named.
        let foreign = text(ORIGIN).filter(|origin| origin.split_once("://").is_none_or(|(_, authority)| !self.admits(authority)));
        if let Some(origin) = foreign {
            let message = format!("A page of `{origin}` asked for this one, and may not.");
            return refused(message, Some("Open the address of this view itself.".to_owned()));
        }
        let site = text(HeaderName::from_static("sec-fetch-site"));
        let navigates = text(HeaderName::from_static("sec-fetch-mode")).is_none_or(|mode| mode == "navigate");
        let is_foreign = site == Some("cross-site") && !navigates;
        is_foreign.then(|| Refused { message: "Another site asked for this page, and may not.".to_owned(), help: None })
    }
}

/// The authority without its port.
fn name(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    }
}

pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if let Some(Refused { message, help }) = app.settings.hosts.refusal(&parts) {
        let problem = Problem::forbidden(message);
        let problem = if let Some(help) = help { problem.help(help) } else { problem };
        return Visit::new(app, &parts, Vec::new()).answer(Err(problem));
    }
    next.run(Request::from_parts(parts, body)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("127.0.0.1:8080", "127.0.0.1:8080", true ; "the same")]
    #[test_case("127.0.0.1:8080", "127.0.0.1:8081", false ; "another port")]
    #[test_case("mesh.example", "mesh.example:443", true ; "any port")]
    #[test_case("mesh.example", "MESH.example", true ; "in any case")]
    #[test_case("mesh.example", "mesh.example.evil", false ; "longer")]
    #[test_case("[::1]", "[::1]:9", true ; "version 6")]
    #[test_case("[::1]:9", "[::1]", false ; "version 6 without its port")]
    #[test_case("localhost", "", false ; "none")]
    fn admits(host: &str, authority: &str, want: bool) {
        assert_eq!(Host::new(host).admits(authority), want);
    }
}
