//! What a page could not be: its status, what happened, and what to do.

use std::sync::atomic::{AtomicU64, Ordering};

use askama::Template;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use meshglot_translator::answer::{Answer, document};
use meshglot_translator::diagnostic::nearest;
use schemars::JsonSchema;
use serde::Serialize;

use crate::format::Format;
use crate::pages::Section;
use crate::parts::chrome::Chrome;
use crate::visit::Visit;

/// Why there is no page.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    title: &'static str,
    /// What happened.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

/// The same for machines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ProblemAnswer {
    /// The status of HTTP.
    pub(crate) status: u16,
    /// What kind of problem, in a few words.
    pub(crate) title: &'static str,
    /// What happened.
    pub(crate) message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// Names this answer; the process that served it wrote the same where the mistake is its own.
    pub(crate) request: String,
}

impl Answer for ProblemAnswer {
    const KIND: &'static str = "Problem";
}

#[derive(Template)]
#[template(path = "pages/problem.html")]
struct Page<'p> {
    chrome: Chrome,
    problem: &'p ProblemAnswer,
}

impl Problem {
    fn new(status: StatusCode, title: &'static str, message: String) -> Self {
        Self { status, title, message, help: None }
    }

    /// The address makes no sense.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "That cannot be asked", message.into())
    }

    /// What it names is not there.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not there", message.into())
    }

    /// Nobody may ask that, or not from there.
    pub(crate) fn forbidden(message: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, "Refused", message)
    }

    /// More than is taken in.
    pub(crate) fn too_large(message: String) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", message)
    }

    /// A body of a kind that is not read.
    pub(crate) fn unsupported(message: String) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not a form", message)
    }

    /// Nobody is logged in.
    pub(crate) fn locked() -> Self {
        let message = "This view opens with the address that `meshglot dashboard` prints.".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "Locked", message).help("Copy that address, token included, into this browser.".to_owned())
    }

    /// A token that opens nothing.
    pub(crate) fn used() -> Self {
        let message = "This address opens nothing: each one works once, in one browser.".to_owned();
        Self::new(StatusCode::UNAUTHORIZED, "Used already", message).help("`meshglot dashboard` has printed the next one.".to_owned())
    }

    pub(crate) fn method(method: &Method) -> Self {
        let message = format!("{method} does nothing here: the view only shows.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Read-only", message).help("Ask with GET.".to_owned())
    }

    /// A mistake of ours.
    pub(crate) fn internal(message: &str) -> Self {
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "A mistake of meshglot", message.to_owned());
        problem.help("Please report it, with what stands on this page.".to_owned())
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn help(self, help: String) -> Self {
        Self { help: Some(help), ..self }
    }

    /// Says which of these words was meant, if one is near.
    pub(crate) fn did_you_mean<'w>(self, written: &str, words: impl IntoIterator<Item = &'w str>) -> Self {
        match nearest(written, words) {
            Some(word) => self.help(format!("Did you mean {word}?")),
            None => self,
        }
    }

    /// For machines, under a number of its own.
    fn document(self) -> ProblemAnswer {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let Self { status, title, message, help } = self;
        let request = format!("r{}", COUNT.fetch_add(1, Ordering::Relaxed));
        ProblemAnswer { status: status.as_u16(), title, message, help, request }
    }

    /// The page that says so.
    pub(crate) fn answer(self, visit: &Visit) -> Response {
        let status = self.status;
        let problem = self.document();
        let (format, text) = match visit.format {
            Format::Json => (Format::Json, format!("{:#}\n", document(&problem))),
            _ => {
                // Who is not let in learns nothing about the policy.
                let inside = !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
                let chrome = Chrome::of(visit, problem.title.to_owned(), Section::None, None).inside(inside);
                match (Page { chrome, problem: &problem }).render() {
                    Ok(text) => (Format::Html, text),
                    Err(error) => return Self::internal(&error.to_string()).into_response(),
                }
            }
        };
        let mut response = (status, [(CONTENT_TYPE, HeaderValue::from_static(format.media_type()))], text).into_response();
        if status == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

/// Without a page around it, where even that cannot be made.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, format!("{}: {}\n", self.title, self.message)).into_response()
    }
}
