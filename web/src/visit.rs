//! One request for a page: what is shown of which state, and how its answer is sent.

use std::sync::Arc;

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::app::{App, Settings};
use crate::format::{self, Format};
use crate::headers;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::parts::cli::CommandLine;
use crate::parts::theme::Theme;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::Reply;
use crate::session::cookie;
use crate::snapshot::Snapshot;

/// A request for a page.
pub(crate) struct Visit {
    pub(crate) app: Arc<App>,
    /// The state that it is about.
    pub(crate) snapshot: Arc<Snapshot>,
    /// Path below the base, without the form.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) format: Format,
    pub(crate) theme: Theme,
    params: Vec<(String, String)>,
    /// What the visitor has of it.
    known: Option<HeaderValue>,
}

impl Visit {
    pub(crate) fn new(app: Arc<App>, parts: &Parts, params: Vec<(String, String)>) -> Self {
        let snapshot = app.source.snapshot();
        Self::of(app, snapshot, parts, params)
    }

    /// Of somebody who is not let in.
    pub(crate) fn outside(app: Arc<App>, parts: &Parts) -> Self {
        let snapshot = app.source.shown();
        Self::of(app, snapshot, parts, Vec::new())
    }

    fn of(app: Arc<App>, snapshot: Arc<Snapshot>, parts: &Parts, params: Vec<(String, String)>) -> Self {
        Self {
            snapshot,
            app,
            path: parts.uri.path().to_owned(),
            query: Query::parse(parts.uri.query().unwrap_or_default()),
            format: parts.extensions.get().copied().unwrap_or(Format::Html),
            theme: Theme::of(cookie(parts, Theme::COOKIE)),
            params,
            known: parts.headers.get(IF_NONE_MATCH).cloned(),
        }
    }

    /// A part of the path by its name in the route, decoded.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// What stands around a page. `command`: the one that answers the same.
    pub(crate) fn chrome(&self, title: impl Into<String>, section: Section, command: CommandLine) -> Chrome {
        Chrome::of(self, title.into(), section, Some(command))
    }

    /// The same for a page that no command answers.
    pub(crate) fn bare_chrome(&self, title: impl Into<String>, section: Section) -> Chrome {
        Chrome::of(self, title.into(), section, None)
    }

    /// `meshglot COMMAND` with the policy that is shown.
    pub(crate) fn command(&self, command: &str) -> CommandLine {
        let Settings { input, pipe, .. } = &self.app.settings;
        CommandLine::new(command).words(input.iter().cloned()).after(pipe.as_ref().map(|pipe| pipe.words.clone()))
    }

    /// The namespace of names that have none.
    pub(crate) fn namespace(&self) -> String {
        self.snapshot.namespace().to_owned()
    }

    /// The address of a path below the base.
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}{}", self.app.settings.base.trim_end_matches('/'), path)
    }

    /// This page in another form.
    pub(crate) fn in_form(&self, format: Format) -> String {
        self.link(&format!("{}{}", format::with(&self.path, format), self.query.text()))
    }

    /// This page with another value in its query.
    pub(crate) fn here_with(&self, name: &str, value: &str) -> String {
        self.link(&format!("{}{}", format::with(&self.path, Format::Html), self.query.with(name, value).text()))
    }

    /// Sends what a page came to.
    pub(crate) fn answer(&self, outcome: Result<Reply, Problem>) -> Response {
        let reply = match outcome {
            Ok(reply) => reply,
            Err(problem) => return problem.answer(self),
        };
        let Reply { status, format, text } = reply;
        // Two states may draw one page alike, so it is the page that is compared.
        let hash: String = Sha256::digest(text.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::from_str(&format!("W/\"{hash}\"")).unwrap_or(HeaderValue::from_static("W/\"\""));
        if status == StatusCode::OK && self.known.as_ref() == Some(&tag) {
            return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
        }
        let mut response = (status, [(CONTENT_TYPE, HeaderValue::from_static(format.media_type())), (ETAG, tag)], text).into_response();
        if format == Format::Svg {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, headers::of_picture());
        }
        response
    }
}
