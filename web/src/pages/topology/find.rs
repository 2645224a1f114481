//! The words of the field that finds: each one has to fit an edge or one of its ends, `-word` hides what it fits.

use std::collections::BTreeSet;

use meshglot_translator::ir::ObjectKey;

use crate::map::Spot;
use crate::map::{Map, Tie, What};

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Find {
    wanted: Vec<Term>,
    hidden: Vec<Term>,
}

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    /// Services that let in whoever calls, at some port at least.
    Open,
    /// Services that let in only what is listed.
    Closed,
    /// Shares of splits.
    Split,
    /// Calls that nothing lets in.
    Denied,
    /// What is decided by policy of which a mesh loses something.
    Loss,
    /// A part of a name, of a rule in words, or of the name of the policy that decides.
    Text(String),
}

impl Find {
    pub(super) fn parse(text: &str) -> Self {
        let mut find = Self::default();
        for word in text.split_whitespace() {
            match word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                Some(word) => find.hidden.push(Term::of(word)),
                None => find.wanted.push(Term::of(word)),
            }
        }
        find
    }

    /// Whether an edge stays.
    pub(super) fn keeps(&self, tie: &Tie, map: &Map) -> bool {
        let fits = |term: &Term| term.fits_tie(tie) || [tie.from, tie.to].iter().any(|at| term.fits(&map.spots[*at]));
        self.wanted.iter().all(fits) && !self.hidden.iter().any(fits)
    }

    /// The nodes that stay: those that fit, and those at edges that stay.
    pub(super) fn spots(&self, among: BTreeSet<usize>, ties: &[&Tie], map: &Map) -> BTreeSet<usize> {
        let at_ties: BTreeSet<usize> = ties.iter().flat_map(|tie| [tie.from, tie.to]).collect();
        let fits = |at: &usize| {
            let spot = &map.spots[*at];
            self.wanted.iter().all(|term| term.fits(spot)) && !self.hidden.iter().any(|term| term.fits(spot))
        };
        among.into_iter().filter(|at| at_ties.contains(at) || fits(at)).collect()
    }
}

impl Term {
    fn of(word: &str) -> Self {
        match word.to_lowercase().as_str() {
            "open" => Self::Open,
            "closed" => Self::Closed,
            "split" => Self::Split,
            "deny" | "denied" => Self::Denied,
            "loss" => Self::Loss,
            word => Self::Text(word.to_owned()),
        }
    }

    fn fits(&self, spot: &Spot) -> bool {
        match self {
            Self::Open => matches!(spot.access, Some("open" | "partly")),
            Self::Closed => matches!(spot.access, Some("closed")),
            Self::Text(word) => {
                spot.key.path().to_lowercase().contains(word) || spot.accounts.iter().any(|one| one.to_string().contains(word))
            }
            Self::Split | Self::Denied | Self::Loss => false,
        }
    }

    fn fits_tie(&self, tie: &Tie) -> bool {
        match self {
            Self::Split => tie.is_share(),
            Self::Denied => tie.is_denied(),
            Self::Loss => !tie.codes.is_empty(),
            Self::Text(word) => {
                let holds = |text: &str| text.to_lowercase().contains(word);
                let said = match &tie.what {
                    What::Attempt { .. } => holds("attempted"),
                    What::Call { allowance, .. } => allowance.words().iter().any(|words| holds(words)),
                    What::Share { matches, .. } => matches.iter().any(|name| holds(name)),
                };
                // Kinds have words in them that people look for: a part of a name is found without.
                let named = |key: &ObjectKey| if word.contains('/') { key.to_string() } else { key.name.to_string() };
                said || tie.by.iter().any(|key| holds(&named(key)))
            }
            Self::Open | Self::Closed => false,
        }
    }
}
