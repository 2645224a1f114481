//! One-time tokens with which an agent shows which identity it may ask a certificate for.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use time::{Duration, OffsetDateTime};

use crate::spiffe_id::SpiffeId;

/// How every token begins, so that scanners find those that leak.
const PREFIX: &str = "mgj_";

/// 192 bits: nobody guesses them.
const RANDOM_BYTES: usize = 24;

/// The prefix, and base64 of the random bytes: what is longer is not even hashed.
const TOKEN_BYTES: usize = PREFIX.len() + RANDOM_BYTES / 3 * 4;

/// How long a token is good where nothing is said, and at most.
const LIFE: Duration = Duration::minutes(10);
const MAX_LIFE: Duration = Duration::hours(1);

/// How far a clock may be set back without a token noticing: as far as certificates are dated back.
const TOLERANCE: Duration = Duration::minutes(1);

/// How many are remembered where nothing is said.
const LIMIT: usize = 10_000;

/// Tokens that were issued and not forgotten. Only their hashes are kept, in memory alone; its `Debug` shows none.
pub struct JoinTokens {
    life: Duration,
    limit: usize,
    tokens: Vec<Token>,
}

struct Token {
    hash: [u8; 32],
    id: SpiffeId,
    /// When it was issued.
    begins: OffsetDateTime,
    /// The first moment at which it is not good any more.
    ends: OffsetDateTime,
    used: bool,
}

impl JoinTokens {
    /// No token yet; each will be good for 10 minutes, and at most 10,000 are remembered.
    pub fn new() -> Self {
        Self { life: LIFE, limit: LIMIT, tokens: Vec::new() }
    }

    /// No token yet, each good for `life` (more than nothing, up to 1 hour), and at most `limit` (1 or more) remembered.
    ///
    /// # Errors
    /// Outside of these ranges.
    pub fn with(life: Duration, limit: usize) -> Result<Self, TokenSettingsError> {
        if !life.is_positive() || life > MAX_LIFE {
            return Err(TokenSettingsError::Life { seconds: life.whole_seconds() });
        }
        if limit == 0 {
            return Err(TokenSettingsError::Limit);
        }
        Ok(Self { life, limit, tokens: Vec::new() })
    }

    /// Whether a text could be a join token at all, and none of another authority.
    pub fn is_one(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// A new token for one identity: `mgj_` and 32 letters, digits, `-` and `_`. It is told here and never again.
    ///
    /// # Errors
    /// Where too many tokens are good or were used lately (those that ended are forgotten first), and where the system has no random
    /// numbers.
    pub fn issue(&mut self, id: &SpiffeId, now: OffsetDateTime) -> Result<String, IssueTokenError> {
        if self.tokens.len() >= self.limit {
            self.tokens.retain(|token| now < token.ends);
        }
        if self.tokens.len() >= self.limit {
            return Err(IssueTokenError::Full { limit: self.limit });
        }
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).map_err(|_| IssueTokenError::Random)?;
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random));
        self.tokens.push(Token { hash: hash(&text), id: id.clone(), begins: now, ends: now + self.life, used: false });
        Ok(text)
    }

    /// The identity of a token, which is used up by this.
    ///
    /// # Errors
    /// Where it was never issued (or is forgotten), was used before, ended, or was issued later than now, since a clock was set back: it
    /// would be good for longer than it was meant to be.
    pub fn redeem(&mut self, text: &str, now: OffsetDateTime) -> Result<SpiffeId, TokenError> {
        if text.len() != TOKEN_BYTES {
            return Err(TokenError::Unknown);
        }
        let index = self.find(&hash(text)).ok_or(TokenError::Unknown)?;
        let token = self.tokens.get_mut(index).ok_or(TokenError::Unknown)?;
        if token.used {
            return Err(TokenError::Used);
        }
        if now >= token.ends {
            return Err(TokenError::Expired);
        }
        if now < token.begins - TOLERANCE {
            return Err(TokenError::NotYet);
        }
        token.used = true;
        Ok(token.id.clone())
    }

    /// Looks at every token whatever it finds, so that the time tells nothing.
    fn find(&self, hash: &[u8; 32]) -> Option<usize> {
        let (mut found, mut index) = (Choice::from(0), 0_u64);
        for (at, token) in (0_u64..).zip(&self.tokens) {
            let same = token.hash.ct_eq(hash);
            found |= same;
            index.conditional_assign(&at, same);
        }
        if bool::from(found) { usize::try_from(index).ok() } else { None }
    }
}

impl Default for JoinTokens {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for JoinTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinTokens").field("remembered", &self.tokens.len()).finish_non_exhaustive()
    }
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Settings that tokens may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenSettingsError {
    /// Nothing, or more than an hour.
    #[error("a join token cannot be good for {seconds} s: choose 1 to 3600 s")]
    Life {
        /// What was given, in seconds.
        seconds: i64,
    },
    /// None could be issued.
    #[error("no join token may be outstanding: allow one or more")]
    Limit,
}

/// Why no token was issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueTokenError {
    /// Too many.
    #[error("{limit} join tokens are outstanding or were used lately: wait until some have ended, then ask again")]
    Full {
        /// How many are remembered at most.
        limit: usize,
    },
    /// No random numbers.
    #[error("no join token could be made, since the system gives no random numbers: check that `getrandom` is allowed")]
    Random,
}

/// Why a token is not good; the message holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Never issued, or forgotten since it ended.
    #[error("the join token is unknown: copy it whole, or ask for a new one")]
    Unknown,
    /// Too late.
    #[error("the join token has expired: ask for a new one and use it at once")]
    Expired,
    /// Too early.
    #[error("the join token is not yet good, since the clock of the authority was set back: set it right, or ask for a new token")]
    NotYet,
    /// A second time.
    #[error("the join token was used before: ask for a new one, and find out who used this one")]
    Used,
}
