//! The vendors' own judgement of what we render: each judge wraps one vendor's checker.
//!
//! A judge is shared by all tests of a run and may be called from many threads. A judge whose
//! peer is not installed is [`Absent`]; `hack/peers/install` installs them all.

mod bootstrap;
mod consul;
mod crd;
mod dialogue;
mod envoy;
mod identity;
mod inline;
mod istioctl;
mod kept;
mod peer;
mod stream;
mod yaml;

pub use consul::Consul;
pub use crd::CrdJudge;
pub use envoy::Envoy;
pub use istioctl::Istioctl;

use std::fmt;
use std::path::PathBuf;

/// The folder of a vendor's CRDs, such as `linkerd`.
///
/// # Errors
/// They are not on this machine.
pub fn definitions(vendor: &str) -> Result<PathBuf, Absent> {
    peer::definitions("crd", vendor)
}

/// What a vendor says of one output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// The vendor would take it.
    Accepted,
    /// The vendor would not take it, in the vendor's own words, one finding a line.
    Refused(String),
}

impl Verdict {
    /// Accepted when there are no findings; otherwise refused with all of them.
    pub(crate) fn of(findings: Vec<String>) -> Self {
        if findings.is_empty() { Self::Accepted } else { Self::Refused(findings.join("\n")) }
    }

    /// The verdict as a test result.
    ///
    /// # Errors
    /// The vendor's words, when it refused.
    pub fn into_result(self) -> Result<(), String> {
        match self {
            Self::Accepted => Ok(()),
            Self::Refused(words) => Err(words),
        }
    }
}

/// A judge that cannot sit: its peer is not installed, or did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The judge's name, as in the names of the tests.
    pub peer: &'static str,
    /// What is missing, and what to do about it.
    pub why: String,
}

/// Prints as the one line that a run shows for a judge that it had to do without.
impl fmt::Display for Absent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "skip: {}: {}", self.peer, self.why)
    }
}

impl Absent {
    /// True when a run must fail over an absent judge: in CI, unless skipping is allowed there.
    #[must_use]
    pub fn fails_the_run() -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        set("CI") && !set("MESHGLOT_ALLOW_SKIP")
    }
}
