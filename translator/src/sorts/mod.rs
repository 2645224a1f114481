//! Sorts of requests: requests of which all comparisons that readings make come out alike are decided alike, so that
//! one of each sort stands for all.
//!
//! Readings are asked about one request at a time, and tell every comparison that they make with it, in order. The
//! comparisons form a tree with one decision at each leaf. The tree is walked: at every question the other answer is
//! tried too, if the languages of paths, methods and headers hold a request that gives it. `docs/proof.md` tells the
//! domain.

mod languages;
mod space;
mod text;
mod walk;

use std::fmt;

use crate::eval::Call;
use crate::eval::asked::Asked;

pub(crate) use languages::{Domain, Languages};
pub(crate) use space::Space;
pub(crate) use walk::walk;

/// How a Service's port was left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// More sorts of requests than the limit, which it tells.
    TooManyRequests(usize),
    /// Expressions need too large an automaton.
    TooLarge,
    /// The decision depends on something that sorts do not cover.
    Uncovered(&'static str),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyRequests(limit) => write!(f, "too large: more than {limit} sorts of requests"),
            Self::TooLarge => f.write_str("too large: an expression needs more than 1 MiB, or all together more than 50,000 states"),
            Self::Uncovered(what) => write!(f, "the mesh looks at {what}, which is not decided over all requests"),
        }
    }
}

/// What a call without repeated headers answers to what was asked. Calls that answer alike must be decided alike, which
/// is what [`verify`](crate::verify) and [`effect`](crate::effect) rest on.
///
/// # Errors
/// An automaton is too large, or something was asked that sorts do not cover.
pub fn answers(asked: &[Asked], call: &Call) -> Result<Vec<bool>, Doubt> {
    asked.iter().map(|one| space::answer(one, call)).collect()
}
