//! What was looked at, and how it is.

use meshglot_translator::answer::Answer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// Everything that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Checks {
    /// The URL of the API server.
    pub(super) cluster: String,
    /// The mesh that was looked at, or several with commas between. Absent: nobody said which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) backend: Option<String>,
    /// In the order in which one depends on another.
    pub(super) checks: Vec<Check>,
}

impl Answer for Checks {
    const KIND: &'static str = "Checks";
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    /// `kubernetes-api`, `permissions`, `definitions`, `backend`, `policy`, `controller`, `webhook`, `sidecars` or `authority`.
    pub(crate) category: String,
    /// How it is.
    pub(crate) level: Level,
    /// What it is, for people.
    pub(crate) message: String,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) hint: Option<String>,
    /// Whether it may become well by itself.
    pub(super) is_waiting: bool,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Well.
    Ok,
    /// Somebody should know of it.
    Warning,
    /// It does not work so.
    Error,
}

impl Check {
    fn new(category: &str, level: Level, message: impl Into<String>) -> Self {
        Self { category: category.to_owned(), level, message: message.into(), hint: None, is_waiting: false }
    }

    pub(crate) fn ok(category: &str, message: impl Into<String>) -> Self {
        Self::new(category, Level::Ok, message)
    }

    pub(crate) fn warning(category: &str, message: impl Into<String>) -> Self {
        Self::new(category, Level::Warning, message)
    }

    pub(crate) fn error(category: &str, message: impl Into<String>) -> Self {
        Self::new(category, Level::Error, message)
    }

    /// It could not be looked at.
    pub(super) fn unknown(category: &str, failure: &Failure) -> Self {
        Self::error(category, failure.message())
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// It may become well by itself.
    pub(super) fn waits(self) -> Self {
        Self { is_waiting: true, ..self }
    }
}

impl Checks {
    /// How bad the worst is.
    pub(super) fn worst(&self) -> Level {
        self.checks.iter().map(|check| check.level).max().unwrap_or(Level::Ok)
    }

    /// Whether only time is missing.
    pub(super) fn is_waiting(&self) -> bool {
        let mut errors = self.checks.iter().filter(|check| check.level == Level::Error).peekable();
        errors.peek().is_some() && errors.all(|check| check.is_waiting)
    }
}
