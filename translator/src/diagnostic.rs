//! What is wrong with the input, as plain data: the command line draws it, the web shows it, the
//! controller puts it into a status.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use crate::ir::ObjectKey;
use crate::parse::{NodeRef, Origin, Source, Span};

pub use crate::code::{CODES, Code, CodeExample, CodeInfo, RANGES};

/// How bad a diagnostic is; the worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The object contributes nothing.
    Error,
    /// It is used, but hardly as meant.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// Where a diagnostic points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value of an object.
    Value(Origin),
    /// A part of a text that is no object, or not yet.
    Text(SourceSpan),
}

/// Bytes of a source.
#[derive(Clone, Debug)]
pub struct SourceSpan {
    /// The text.
    pub source: Arc<Source>,
    /// The bytes.
    pub span: Span,
}

impl PartialEq for SourceSpan {
    fn eq(&self, other: &Self) -> bool {
        self.source.name() == other.source.name() && self.span == other.span
    }
}

impl Eq for SourceSpan {}

impl Place {
    /// The text.
    pub fn source(&self) -> &Arc<Source> {
        match self {
            Self::Value(origin) => origin.source(),
            Self::Text(text) => &text.source,
        }
    }

    /// The bytes in it.
    pub fn span(&self) -> Span {
        match self {
            Self::Value(origin) => origin.span(),
            Self::Text(text) => text.span,
        }
    }

    /// `file:line:column`.
    pub fn location(&self) -> String {
        let at = self.source().position(self.span().start);
        format!("{}:{}:{}", self.source().name(), at.line, at.column)
    }
}

/// A user's mistake, or something that the user should know: a value with a code and a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of mistake.
    pub code: Code,
    /// How bad it is here.
    pub severity: Severity,
    /// One line, no full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// The object that it is about.
    pub object: Option<ObjectKey>,
    /// Further places, each with a word on what it has to do with it.
    pub also: Vec<(Place, String)>,
    /// What to do, one line.
    pub help: Option<String>,
    /// The backend on which it is no mistake; absent: it is one on all of them.
    pub except: Option<&'static str>,
}

impl Diagnostic {
    /// A diagnostic at no place, of its code's own level.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let severity = code.info().level.unwrap_or(Severity::Error);
        Self { code, severity, message: message.into(), place: None, object: None, also: Vec::new(), help: None, except: None }
    }

    /// A diagnostic at a value.
    pub fn at(code: Code, node: NodeRef<'_>, message: impl Into<String>) -> Self {
        Self::at_origin(code, node.origin(), message)
    }

    /// A diagnostic at a value that was kept.
    pub fn at_origin(code: Code, origin: Origin, message: impl Into<String>) -> Self {
        Self { place: Some(Place::Value(origin)), ..Self::new(code, message) }
    }

    /// A diagnostic at a byte of a text that is no object.
    pub fn at_byte(code: Code, source: &Arc<Source>, byte: usize, message: impl Into<String>) -> Self {
        let byte = u32::try_from(byte).unwrap_or(u32::MAX);
        Self::in_text(code, source, Span { start: byte, end: byte }, message)
    }

    pub(crate) fn in_text(code: Code, source: &Arc<Source>, span: Span, message: impl Into<String>) -> Self {
        Self { place: Some(Place::Text(SourceSpan { source: source.clone(), span })), ..Self::new(code, message) }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says "did you mean" if one of the words is near.
    #[must_use]
    pub fn did_you_mean<'w>(self, written: &str, words: impl IntoIterator<Item = &'w str>) -> Self {
        match nearest(written, words) {
            Some(word) => self.help(format!("did you mean `{word}`?")),
            None => self,
        }
    }

    /// Names the object that it is about.
    #[must_use]
    pub fn about(mut self, object: &ObjectKey) -> Self {
        self.object = Some(object.clone());
        self
    }

    /// Takes another level than the code's own.
    #[must_use]
    pub fn level(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Names the one backend on which it is no mistake.
    #[must_use]
    pub fn except(mut self, backend: Option<&'static str>) -> Self {
        self.except = backend;
        self
    }

    /// Points at a further value.
    #[must_use]
    pub fn also_at(mut self, origin: Origin, label: impl Into<String>) -> Self {
        self.also.push((Place::Value(origin), label.into()));
        self
    }

    pub(crate) fn also(mut self, source: &Arc<Source>, span: Span, label: impl Into<String>) -> Self {
        self.also.push((Place::Text(SourceSpan { source: source.clone(), span }), label.into()));
        self
    }

    /// `file:line:column` or nothing.
    pub fn location(&self) -> Option<String> {
        self.place.as_ref().map(Place::location)
    }
}

/// By file, then position, then code and text: the order in which diagnostics are shown.
pub fn by_position(a: &Diagnostic, b: &Diagnostic) -> Ordering {
    let key = |d: &Diagnostic| d.place.as_ref().map(|p| (p.source().name().to_owned(), p.span()));
    key(a).cmp(&key(b)).then_with(|| a.code.cmp(&b.code)).then_with(|| a.message.cmp(&b.message))
}

/// The nearest word, if it is near enough to be what was meant.
pub fn nearest<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let written = written.to_lowercase();
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&written, &word.to_lowercase()), word))
        .filter(|(distance, word)| *distance <= (word.len().max(written.len()) / 3).max(1))
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_suggested() {
        assert_eq!(nearest("servce", ["service", "matches"]), Some("service"));
        assert_eq!(nearest("weights", ["service", "weight"]), Some("weight"));
        assert_eq!(nearest("x", ["service", "matches"]), None);
    }
}
