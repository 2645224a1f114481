//! What a rendering could not say: a closed vocabulary, one code and one place each.

use std::collections::BTreeSet;
use std::fmt;

use crate::diagnostic::{Code, Severity};
use crate::ir::ObjectKey;
use crate::parse::Origin;

/// How a rendering relates to what was written, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The same requests, the same result.
    Exact,
    /// The same outcome by another mechanism.
    Equivalent,
    /// A number was changed.
    Rounded,
    /// Fewer requests are matched or allowed.
    Narrowed,
    /// Left out.
    Dropped,
    /// More is matched or allowed.
    Widened,
    /// Not rendered.
    Refused,
}

impl Verdict {
    /// The word in reports and status.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Equivalent => "equivalent",
            Self::Rounded => "rounded",
            Self::Narrowed => "narrowed",
            Self::Dropped => "dropped",
            Self::Widened => "widened",
            Self::Refused => "refused",
        }
    }

    /// How loud it is told: what changes a decision is a warning, what is missing altogether an error.
    pub fn severity(self) -> Severity {
        match self {
            Self::Exact | Self::Equivalent | Self::Rounded => Severity::Info,
            Self::Narrowed | Self::Dropped => Severity::Warning,
            Self::Widened | Self::Refused => Severity::Error,
        }
    }

    /// Whether a command fails on it unless it is accepted.
    pub fn fails(self) -> bool {
        self > Self::Rounded
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// One thing that a backend does otherwise than it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Of the backend's range.
    pub code: Code,
    /// How bad.
    pub verdict: Verdict,
    /// The backend's name.
    pub backend: &'static str,
    /// The neutral object that wrote it.
    pub object: ObjectKey,
    /// The field that wrote it.
    pub origin: Origin,
    /// What was written and what the backend will do, one line.
    pub message: String,
    /// A way out, one line.
    pub help: Option<String>,
    /// Accepted by the Mesh or on the command line.
    pub accepted: bool,
}

impl Loss {
    /// Whether a command fails on it.
    pub fn fails(&self) -> bool {
        self.verdict.fails() && !self.accepted
    }
}

/// Collects the losses of one unit.
#[derive(Debug)]
pub struct Report {
    backend: &'static str,
    accepted: BTreeSet<Code>,
    losses: Vec<Loss>,
}

impl Report {
    /// An empty report; `accepted` are the codes that Mesh and command line accept.
    pub fn new(backend: &'static str, accepted: BTreeSet<Code>) -> Self {
        Self { backend, accepted, losses: Vec::new() }
    }

    /// Whether a loss of this code is accepted, so that a cell may leave out what it cannot say.
    pub fn accepts(&self, code: Code) -> bool {
        self.accepted.contains(&code)
    }

    /// Tells a loss.
    pub fn lose(&mut self, code: Code, verdict: Verdict, object: &ObjectKey, origin: &Origin, message: impl Into<String>) -> &mut Loss {
        debug_assert_eq!(code.info().backend, Some(self.backend), "{code} is a code of this backend");
        let accepted = self.accepts(code);
        self.losses.push(Loss {
            code,
            verdict,
            backend: self.backend,
            object: object.clone(),
            origin: origin.clone(),
            message: message.into(),
            help: None,
            accepted,
        });
        let last = self.losses.len() - 1;
        &mut self.losses[last]
    }

    /// Codes that were accepted and occur here, for the annotation of the rendered object.
    pub fn accepted_losses(&self) -> BTreeSet<Code> {
        self.losses.iter().filter(|loss| loss.accepted && loss.verdict.fails()).map(|loss| loss.code).collect()
    }

    /// All of them.
    pub fn into_losses(self) -> Vec<Loss> {
        self.losses
    }
}
