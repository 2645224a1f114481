//! What is sent to the playground: a form, with or without a file.

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::TEXT_BYTES;
use crate::problem::Problem;
use crate::query::Query;

/// The fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form {
    /// The policy.
    pub(super) text: String,
    /// An earlier state of it; empty: it is compared with none.
    pub(super) before: String,
    /// One mesh.
    pub(super) from: String,
    /// The other.
    pub(super) to: String,
}

impl Form {
    pub(super) fn of(query: &Query) -> Self {
        let text = |name: &str| query.get(name).unwrap_or_default().replace("\r\n", "\n");
        Self { text: text("text"), before: text("before"), from: text("a"), to: text("b") }
    }

    /// Reads a body: a form as a browser sends it, with a file or without.
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        if kind.starts_with("multipart/form-data") {
            return Self::parts(request).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            let problem = Problem::unsupported(format!("`{kind}` is no form."));
            return Err(problem.help("Send application/x-www-form-urlencoded or multipart/form-data, the policy in `text`.".to_owned()));
        }
        let body = String::from_request(request, &()).await.map_err(|error| unreadable(error.into_response().status()))?;
        Ok(Self::of(&Query::parse(&body)))
    }

    async fn parts(request: Request) -> Result<Self, Problem> {
        let mut parts = Multipart::from_request(request, &()).await.map_err(|error| unreadable(error.status()))?;
        let (mut query, mut file) = (Query::default(), String::new());
        while let Some(field) = parts.next_field().await.map_err(|error| unreadable(error.status()))? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|error| unreadable(error.status()))?;
            let text = String::from_utf8(bytes.into()).map_err(|_| Problem::bad(format!("`{name}` is not UTF-8.")))?;
            if name == "file" {
                file = text;
            } else {
                query = query.with(&name, &text);
            }
        }
        let form = Self::of(&query);
        // Who chose a file means the file.
        Ok(if file.trim().is_empty() { form } else { Self { text: file.replace("\r\n", "\n"), ..form } })
    }

    /// With what is shown where nothing was given.
    pub(super) fn completed(mut self, sample: &str, backends: &[&'static str]) -> Result<Self, Problem> {
        for text in [&self.text, &self.before] {
            if text.len() > TEXT_BYTES {
                return Err(too_large());
            }
        }
        if self.text.trim().is_empty() {
            sample.clone_into(&mut self.text);
        }
        let known = |name: &str| backends.contains(&name);
        let mut others = backends.iter().copied();
        if !known(&self.from) {
            self.from = others.next().unwrap_or_default().to_owned();
        }
        if !known(&self.to) || self.to == self.from {
            self.to = backends.iter().find(|name| **name != self.from).copied().unwrap_or_default().to_owned();
        }
        Ok(self)
    }
}

fn unreadable(status: StatusCode) -> Problem {
    if status == StatusCode::PAYLOAD_TOO_LARGE { too_large() } else { Problem::bad("The form cannot be read.") }
}

fn too_large() -> Problem {
    let problem = Problem::too_large(format!("A text has at most {} KiB here.", TEXT_BYTES / 1024));
    problem.help("`meshglot dashboard -f FOLDER` shows policy of any size.".to_owned())
}
