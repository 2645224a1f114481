//! Diagnostics and losses for machines.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Place};
use crate::render::Loss;

/// Where something is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Location {
    /// Path of the file as it was given, or `<stdin>`.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// The object that holds it, `KIND/NAMESPACE/NAME`, as it calls itself. Absent for text that is no object.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The field, such as `.spec.backends[0].weight`. Absent for text that is no object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Location {
    /// Of a place.
    pub fn of(place: &Place) -> Self {
        let at = place.source().position(place.span().start);
        let (holder, path) = match place {
            Place::Value(origin) => (Some(origin.object()), Some(origin.path())),
            Place::Text(_) => (None, None),
        };
        Self { file: place.source().name().to_owned(), line: at.line, column: at.column, holder, path }
    }
}

/// A mistake in the input, or something worth knowing about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiagnosticAnswer {
    /// Such as `MG0101`.
    pub code: &'static str,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// One line for people.
    pub message: String,
    /// The object that it is about, `KIND/NAMESPACE/NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Where; absent where it points at no text.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub at: Option<Location>,
    /// Further places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<AlsoAnswer>,
}

/// A further place of a diagnostic.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlsoAnswer {
    /// What it has to do with it.
    pub message: String,
    /// Where.
    #[serde(flatten)]
    pub at: Location,
}

impl From<&Diagnostic> for DiagnosticAnswer {
    fn from(diagnostic: &Diagnostic) -> Self {
        let also = diagnostic.also.iter().map(|(place, label)| AlsoAnswer { message: label.clone(), at: Location::of(place) });
        Self {
            code: diagnostic.code.info().name,
            severity: diagnostic.severity.to_string(),
            message: diagnostic.message.clone(),
            object: diagnostic.object.as_ref().map(ToString::to_string),
            help: diagnostic.help.clone(),
            at: diagnostic.place.as_ref().map(Location::of),
            also: also.collect(),
        }
    }
}

/// One thing that a mesh does otherwise than it was written.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LossAnswer {
    /// Such as `MG1103`.
    pub code: &'static str,
    /// `exact`, `equivalent`, `rounded`, `narrowed`, `dropped`, `widened` or `refused`.
    pub verdict: &'static str,
    /// The mesh.
    pub backend: &'static str,
    /// The neutral object that is not rendered as it was written, `KIND/NAMESPACE/NAME`.
    pub object: String,
    /// What was written and what the mesh will do.
    pub message: String,
    /// A way out.
    pub help: String,
    /// Whether it was accepted by the Mesh or on the command line.
    pub accepted: bool,
    /// What was written.
    #[serde(flatten)]
    pub at: Location,
}

impl From<&Loss> for LossAnswer {
    fn from(loss: &Loss) -> Self {
        Self {
            code: loss.code.info().name,
            verdict: loss.verdict.word(),
            backend: loss.backend,
            object: loss.object.to_string(),
            message: loss.message.clone(),
            help: loss.help.clone().unwrap_or_else(|| loss.code.info().fix.to_owned()),
            accepted: loss.accepted,
            at: Location::of(&Place::Value(loss.origin.clone())),
        }
    }
}
