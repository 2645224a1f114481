//! Tokens of another authority, such as those that Kubernetes projects into a pod.

use std::future::Future;
use std::pin::Pin;

use meshglot_ca::SpiffeId;

/// Asks the authority of a token whose it is.
pub trait Reviewer: Send + Sync + 'static {
    /// The identity of whoever has this token; asked each time, since tokens are withdrawn.
    fn review(&self, token: String) -> Review<'_>;
}

/// The answer, later.
pub type Review<'a> = Pin<Box<dyn Future<Output = Result<SpiffeId, ReviewError>> + Send + 'a>>;

/// Why a token shows nobody. No message holds anything of the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// Its authority does not vouch for it, or for something else.
    #[error("the token is not good here: {0}")]
    Refused(String),
    /// Its authority does not answer.
    #[error("the token cannot be reviewed now, try again: {0}")]
    Unavailable(String),
}
