//! An authority as texts: one that says what counts, and one for each key. Where they lie is somebody else's.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use time::OffsetDateTime;

use super::state::{self, Ca, Rotation, State};
use super::{STATE, StoreError};
use crate::authority::Authority;
use crate::key_pair::KeyPair;
use crate::rotation::Phase;
use crate::signing_ca::SigningCa;
use crate::trust_domain::TrustDomain;

/// What is written of an authority.
pub(super) struct Written {
    state: State,
    /// PEM, by the name that the state has for it.
    pub(super) keys: BTreeMap<String, String>,
}

impl Written {
    pub(super) fn of(authority: &Authority) -> Self {
        let mut keys = BTreeMap::new();
        let mut keep = |ca: &SigningCa| {
            keys.insert(state::key_name(ca), ca.key().private_key_pem());
            Ca::of(ca)
        };
        let rotation = match &authority.phase {
            Phase::Steady => Rotation::Steady,
            Phase::Introduced { next, introduced_at } => {
                Rotation::Introduced { next: keep(next), introduced_at: introduced_at.unix_timestamp() }
            }
            Phase::Switched { previous, switched_at, retire_after } => Rotation::Switched {
                previous_roots: crate::chain_pem(previous),
                switched_at: switched_at.unix_timestamp(),
                retire_after: retire_after.unix_timestamp(),
            },
        };
        let state = State {
            version: state::VERSION,
            trust_domain: authority.trust_domain.to_string(),
            lifetime_seconds: authority.lifetime.duration().whole_seconds(),
            longest_lifetime_seconds: authority.longest.duration().whole_seconds(),
            active: keep(&authority.active),
            rotation,
        };
        Self { state, keys }
    }

    /// The text that says what counts.
    pub(super) fn state(&self) -> String {
        // Numbers and texts have such a form.
        serde_json::to_string_pretty(&self.state).unwrap_or_default()
    }
}

/// The authority of texts; `path`: where one of a name is, for errors. `None`: there is none.
///
/// # Errors
/// One is missing or broken, or a key is not that of its certificate.
pub(super) fn read(
    text: &dyn Fn(&str) -> Result<Option<String>, StoreError>,
    path: &dyn Fn(&str) -> PathBuf,
    now: OffsetDateTime,
) -> Result<Option<Authority>, StoreError> {
    Reading { text, path, now }.authority()
}

struct Reading<'t> {
    text: &'t dyn Fn(&str) -> Result<Option<String>, StoreError>,
    path: &'t dyn Fn(&str) -> PathBuf,
    now: OffsetDateTime,
}

impl Reading<'_> {
    fn authority(&self) -> Result<Option<Authority>, StoreError> {
        let Some(text) = (self.text)(STATE)? else { return Ok(None) };
        let state: State = serde_json::from_str(&text).map_err(|error| self.broken(&error.to_string()))?;
        if state.version != state::VERSION {
            return Err(self.broken(&format!("its version is {}, and this program knows {}", state.version, state::VERSION)));
        }
        let trust_domain: TrustDomain = state.trust_domain.parse().map_err(|error| self.broken(&format!("{error}")))?;
        let number = || self.broken("a number is out of its range");
        let phase = match &state.rotation {
            Rotation::Steady => Phase::Steady,
            Rotation::Introduced { next, introduced_at } => {
                Phase::Introduced { next: self.ca(next, &trust_domain)?, introduced_at: state::moment(*introduced_at).ok_or_else(number)? }
            }
            Rotation::Switched { previous_roots, switched_at, retire_after } => Phase::Switched {
                previous: state::certificates(previous_roots).ok_or_else(|| self.broken("the previous roots cannot be read"))?,
                switched_at: state::moment(*switched_at).ok_or_else(number)?,
                retire_after: state::moment(*retire_after).ok_or_else(number)?,
            },
        };
        Ok(Some(Authority {
            lifetime: state::lifetime(state.lifetime_seconds).ok_or_else(number)?,
            longest: state::lifetime(state.longest_lifetime_seconds).ok_or_else(number)?,
            active: self.ca(&state.active, &trust_domain)?,
            phase,
            trust_domain,
        }))
    }

    fn ca(&self, ca: &Ca, trust_domain: &TrustDomain) -> Result<Arc<SigningCa>, StoreError> {
        // The name is ours: one with a slash was put there by somebody else.
        if ca.key.contains('/') {
            return Err(self.broken("the name of a key is no file name"));
        }
        let missing = || StoreError::Missing { path: (self.path)(&ca.key) };
        let key = KeyPair::from_private_key_pem(&(self.text)(&ca.key)?.ok_or_else(missing)?)?;
        let unreadable = || self.broken("a certificate cannot be read");
        let chain = state::certificates(&ca.chain).ok_or_else(unreadable)?;
        let roots = state::certificates(&ca.roots).ok_or_else(unreadable)?;
        Ok(Arc::new(SigningCa::new(chain, roots, key, trust_domain, self.now)?))
    }

    fn broken(&self, reason: &str) -> StoreError {
        StoreError::Broken { path: (self.path)(STATE), reason: reason.to_owned() }
    }
}
