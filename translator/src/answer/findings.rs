//! The answer of `lint`: what is wrong with policy, and what each mesh would lose.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, DiagnosticAnswer, LossAnswer};
use crate::diagnostic::Severity;
use crate::lint::{Because, Finding, Findings};

/// Everything that was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingsAnswer {
    /// About the input, by file and place.
    pub diagnostics: Vec<DiagnosticAnswer>,
    /// About each mesh, by file and place.
    pub losses: Vec<LossAnswer>,
    /// How much of it there is.
    pub summary: Summary,
    /// What was told to be ignored, and so counts as nothing.
    pub suppressed: Vec<Suppressed>,
    /// Suppressions that ignored nothing, in words.
    pub unused: Vec<String>,
}

/// Numbers of findings, of which each is counted once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Objects without effect, and refused or widened renderings.
    pub errors: usize,
    /// What is hardly meant, and narrowed or dropped renderings.
    pub warnings: usize,
    /// What is worth knowing.
    pub infos: usize,
    /// Losses that the Mesh or the command line accepts.
    pub accepted: usize,
    /// What was told to be ignored.
    pub suppressed: usize,
}

/// A finding that is ignored: a diagnostic or a loss.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Suppressed {
    /// `commandLine` or `annotation`.
    pub by: &'static str,
    /// The suppression as it is written, or the annotation and the object that carries it.
    pub rule: String,
    /// What is ignored, if it is about the input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnostic: Option<DiagnosticAnswer>,
    /// What is ignored, if it is about a mesh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<LossAnswer>,
}

impl Answer for FindingsAnswer {
    const KIND: &'static str = "Findings";
}

impl From<&Findings> for Summary {
    fn from(findings: &Findings) -> Self {
        Self {
            errors: findings.count(Severity::Error),
            warnings: findings.count(Severity::Warning),
            infos: findings.count(Severity::Info),
            accepted: findings.counting().filter(|finding| finding.is_accepted()).count(),
            suppressed: findings.all.iter().filter(|found| found.ignored.is_some()).count(),
        }
    }
}

impl From<&Findings> for FindingsAnswer {
    fn from(findings: &Findings) -> Self {
        let suppressed = findings.all.iter().filter_map(|found| Some((found.ignored.as_ref()?, &found.finding)));
        Self {
            diagnostics: findings.counting().filter_map(diagnostic).collect(),
            losses: findings.counting().filter_map(loss).collect(),
            summary: findings.into(),
            suppressed: suppressed
                .map(|(because, finding)| Suppressed {
                    by: match because {
                        Because::Word(_) => "commandLine",
                        Because::Annotation(_) => "annotation",
                    },
                    rule: findings.ignores.tell(because),
                    diagnostic: diagnostic(finding),
                    loss: loss(finding),
                })
                .collect(),
            unused: findings.unused.clone(),
        }
    }
}

fn diagnostic(finding: &Finding) -> Option<DiagnosticAnswer> {
    match finding {
        Finding::Diagnostic(diagnostic) => Some(diagnostic.into()),
        Finding::Loss(_) => None,
    }
}

fn loss(finding: &Finding) -> Option<LossAnswer> {
    match finding {
        Finding::Diagnostic(_) => None,
        Finding::Loss(loss) => Some(loss.into()),
    }
}
