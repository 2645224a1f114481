//! Everything that `lint` says: mistakes, findings of its own and losses, in the order of the input, with what is ignored.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::{Because, Ignore, Ignores, lint};
use crate::diagnostic::{Code, Diagnostic, Place, Severity};
use crate::ir::ObjectKey;
use crate::render::Loss;
use crate::resolve::Model;

/// One of them.
#[derive(Clone, Debug)]
pub enum Finding {
    /// About the input.
    Diagnostic(Diagnostic),
    /// About a mesh.
    Loss(Loss),
}

/// A finding, and whether it counts.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it says.
    pub finding: Finding,
    /// Why it is ignored; absent: it counts.
    pub ignored: Option<Because>,
}

/// All of them.
#[derive(Clone, Debug)]
pub struct Findings {
    /// By file and place, then code.
    pub all: Vec<Found>,
    /// What was to be ignored.
    pub ignores: Ignores,
    /// What ignored nothing, in words.
    pub unused: Vec<String>,
}

impl Finding {
    /// Its code.
    pub fn code(&self) -> Code {
        match self {
            Self::Diagnostic(diagnostic) => diagnostic.code,
            Self::Loss(loss) => loss.code,
        }
    }

    /// How bad; a loss that is accepted is worth knowing and no more.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Diagnostic(diagnostic) => diagnostic.severity,
            Self::Loss(loss) if loss.accepted => Severity::Info,
            Self::Loss(loss) => loss.verdict.into(),
        }
    }

    /// Whether Mesh or command line accept it, so that no command fails on it.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Loss(loss) if loss.accepted)
    }

    /// One line; of a loss with its mesh before it.
    pub fn message(&self) -> String {
        match self {
            Self::Diagnostic(diagnostic) => diagnostic.message.clone(),
            Self::Loss(loss) => format!("{}: {}", loss.backend, loss.message),
        }
    }

    /// Where.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Diagnostic(diagnostic) => diagnostic.place.clone(),
            Self::Loss(loss) => Some(Place::Value(loss.origin.clone())),
        }
    }

    /// Further places, each with a word.
    pub fn also(&self) -> &[(Place, String)] {
        match self {
            Self::Diagnostic(diagnostic) => &diagnostic.also,
            Self::Loss(_) => &[],
        }
    }

    /// What to do.
    pub fn help(&self) -> &str {
        let own = match self {
            Self::Diagnostic(diagnostic) => diagnostic.help.as_deref(),
            Self::Loss(loss) => loss.help.as_deref(),
        };
        own.unwrap_or(self.code().info().fix)
    }

    /// The object that it is about, if it is about one.
    pub fn object(&self) -> Option<&ObjectKey> {
        match self {
            Self::Diagnostic(diagnostic) => diagnostic.object.as_ref(),
            Self::Loss(loss) => Some(&loss.object),
        }
    }
}

impl Findings {
    /// Those that count.
    pub fn counting(&self) -> impl Iterator<Item = &Finding> {
        self.all.iter().filter(|found| found.ignored.is_none()).map(|found| &found.finding)
    }

    /// How many count and are as bad as this, accepted losses apart.
    pub fn count(&self, severity: Severity) -> usize {
        self.counting().filter(|finding| !finding.is_accepted() && finding.severity() == severity).count()
    }

    /// The worst one that counts, the first of several.
    pub fn worst(&self) -> Option<&Finding> {
        let counting = self.counting().filter(|finding| !finding.is_accepted()).enumerate();
        counting.max_by_key(|(at, finding)| (Reverse(finding.severity()), Reverse(*at))).map(|(_, finding)| finding)
    }
}

/// Puts [`lint`] beside what was told already: `diagnostics` of the input and `losses` of the meshes.
pub fn findings(model: &Model, diagnostics: Vec<Diagnostic>, losses: Vec<Loss>, words: Vec<Ignore>) -> Findings {
    let ignores = Ignores::new(words, model);
    let meshes: BTreeSet<&str> = losses.iter().map(|loss| loss.backend).collect();
    // A loss may be ignored for a mesh that is not asked for this time.
    let said = |code: Code| code.info().backend.is_none_or(|backend| meshes.contains(backend));
    let diagnostics = diagnostics.into_iter().chain(lint(model, &ignores)).map(Finding::Diagnostic);
    let mut all: Vec<Found> = diagnostics
        .chain(losses.iter().cloned().map(Finding::Loss))
        .map(|finding| Found { ignored: because(&finding, model, &ignores), finding })
        .collect();
    let place = |found: &Found| found.finding.place().map(|place| (place.source().name().to_owned(), place.span()));
    all.sort_by_cached_key(|found| (place(found), found.finding.code(), found.finding.message()));
    let used = all.iter().filter_map(|found| Some((found.ignored.clone()?, found.finding.code()))).collect();
    let unused = ignores.unused(&used, said);
    Findings { all, ignores, unused }
}

/// By the object that it is about, or the one that holds what it points at.
fn because(finding: &Finding, model: &Model, ignores: &Ignores) -> Option<Because> {
    let holder = match finding.place() {
        Some(Place::Value(origin)) => model.key_of(origin.document()),
        Some(Place::Text(_)) | None => None,
    };
    let objects: Vec<&ObjectKey> = finding.object().into_iter().chain(&holder).collect();
    ignores.of(finding.code(), &objects)
}
