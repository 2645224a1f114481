//! What a page came to, in the form that was asked for.

use askama::Template;
use axum::http::StatusCode;
use meshglot_translator::answer::{Answer, document};

use crate::format::Format;
use crate::problem::Problem;
use crate::visit::Visit;

/// The text of an answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) format: Format,
    pub(crate) text: String,
}

impl Reply {
    /// A drawn page.
    pub(crate) fn html(page: &impl Template) -> Result<Self, Problem> {
        Ok(Self::text(Format::Html, drawn(page)?))
    }

    /// The value that a page shows.
    pub(crate) fn json<A: Answer>(answer: &A) -> Self {
        Self::text(Format::Json, format!("{:#}\n", document(answer)))
    }

    /// In another form.
    pub(crate) fn text(format: Format, text: String) -> Self {
        Self { status: StatusCode::OK, format, text }
    }

    /// With the status of what is wrong with the form on the page, so that the form stays there to be mended.
    pub(crate) fn but(self, problem: Option<&Problem>) -> Self {
        Self { status: problem.map_or(self.status, Problem::status), ..self }
    }
}

impl Visit {
    /// A page that can be had as HTML and as JSON; the template is made only if it is drawn.
    pub(crate) fn reply<A: Answer, T: Template>(&self, answer: &A, page: impl FnOnce() -> Result<T, Problem>) -> Result<Reply, Problem> {
        match self.format {
            Format::Html => Reply::html(&page()?),
            Format::Json => Ok(Reply::json(answer)),
            other => Err(Problem::missing(format!("This page cannot be had as {}.", other.word()))),
        }
    }
}

/// Draws a template.
pub(crate) fn drawn(page: &impl Template) -> Result<String, Problem> {
    // Templates are checked when they are compiled: only a value that cannot be written could fail.
    page.render().map_err(|error| Problem::internal(&error.to_string()))
}
