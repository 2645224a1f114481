//! What a rendering could not say: a closed vocabulary, one code and one place each.

use std::collections::BTreeSet;

pub use meshglot_crds::status::Verdict;

use crate::diagnostic::{Code, Severity};
use crate::ir::ObjectKey;
use crate::parse::Origin;

/// How loud it is told: what changes a decision is a warning, what is missing altogether an error.
impl From<Verdict> for Severity {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Exact | Verdict::Equivalent | Verdict::Rounded => Self::Info,
            Verdict::Narrowed | Verdict::Dropped => Self::Warning,
            Verdict::Widened | Verdict::Refused => Self::Error,
        }
    }
}

/// Whether a command fails on it unless it is accepted.
fn fails(verdict: Verdict) -> bool {
    verdict > Verdict::Rounded
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
        fails(self.verdict) && !self.accepted
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
        self.losses.iter().filter(|loss| loss.accepted && fails(loss.verdict)).map(|loss| loss.code).collect()
    }

    /// All of them.
    pub fn into_losses(self) -> Vec<Loss> {
        self.losses
    }
}
