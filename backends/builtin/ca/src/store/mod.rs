//! The folder of an authority: each key in its own file, and one file that says which of them count.
//!
//! A change writes new keys first, then replaces `authority.json`, then removes keys that are not needed: the middle one is the moment at
//! which it counts, so that a crash anywhere leaves the state before or after it.

mod error;
mod folder;
mod state;

#[cfg(test)]
mod crash;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use time::OffsetDateTime;

pub use self::error::StoreError;
use self::folder::Folder;
use self::state::{Ca, Rotation, State};
use crate::authority::Authority;
use crate::key_pair::KeyPair;
use crate::rotation::{Phase, RotationError, Step};
use crate::signing_ca::SigningCa;
use crate::trust_domain::TrustDomain;

const STATE: &str = "authority.json";
const LOCK: &str = "lock";

/// An open folder (mode 0700, files 0600), which this process alone may use as long as it lives: two would sign past each other's rotation.
#[derive(Debug)]
pub struct Store {
    folder: Folder,
    _lock: File,
}

impl Store {
    /// Opens a folder, and makes it where it is missing.
    ///
    /// # Errors
    /// Where others than its owner may enter it, where another process has it open, and where it cannot be made.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = Folder::open(path.into())?;
        Ok(Self { _lock: folder.lock(LOCK)?, folder })
    }

    /// The authority that was saved; none in a new folder. It may have expired: it can still be rotated.
    ///
    /// # Errors
    /// Where a file can be read by others (the error says what to run), is missing or broken, or a key is not that of its certificate.
    pub fn load(&self, now: OffsetDateTime) -> Result<Option<Authority>, StoreError> {
        let Some(text) = self.folder.read(STATE)? else { return Ok(None) };
        let state: State = serde_json::from_str(&text).map_err(|error| self.broken(&error.to_string()))?;
        if state.version != state::VERSION {
            return Err(self.broken(&format!("its version is {}, and this program knows {}", state.version, state::VERSION)));
        }
        let trust_domain: TrustDomain = state.trust_domain.parse().map_err(|error| self.broken(&format!("{error}")))?;
        let number = || self.broken("a number is out of its range");
        let phase = match &state.rotation {
            Rotation::Steady => Phase::Steady,
            Rotation::Introduced { next, introduced_at } => Phase::Introduced {
                next: self.ca(next, &trust_domain, now)?,
                introduced_at: state::moment(*introduced_at).ok_or_else(number)?,
            },
            Rotation::Switched { previous_roots, switched_at, retire_after } => Phase::Switched {
                previous: state::certificates(previous_roots).ok_or_else(|| self.broken("the previous roots cannot be read"))?,
                switched_at: state::moment(*switched_at).ok_or_else(number)?,
                retire_after: state::moment(*retire_after).ok_or_else(number)?,
            },
        };
        Ok(Some(Authority {
            lifetime: state::lifetime(state.lifetime_seconds).ok_or_else(number)?,
            longest: state::lifetime(state.longest_lifetime_seconds).ok_or_else(number)?,
            active: self.ca(&state.active, &trust_domain, now)?,
            phase,
            trust_domain,
        }))
    }

    /// Writes an authority; it is on disk when this returns. Do this before the first certificate is issued.
    ///
    /// # Errors
    /// Where a file cannot be written. What was saved before then still counts, or the new one does already: [`Store::load`] tells.
    pub fn save(&self, authority: &Authority) -> Result<(), StoreError> {
        let rotation = match &authority.phase {
            Phase::Steady => Rotation::Steady,
            Phase::Introduced { next, introduced_at } => {
                self.write_key(next)?;
                Rotation::Introduced { next: Ca::of(next), introduced_at: introduced_at.unix_timestamp() }
            }
            Phase::Switched { previous, switched_at, retire_after } => Rotation::Switched {
                previous_roots: crate::chain_pem(previous),
                switched_at: switched_at.unix_timestamp(),
                retire_after: retire_after.unix_timestamp(),
            },
        };
        self.write_key(&authority.active)?;
        let state = State {
            version: state::VERSION,
            trust_domain: authority.trust_domain.to_string(),
            lifetime_seconds: authority.lifetime.duration().whole_seconds(),
            longest_lifetime_seconds: authority.longest.duration().whole_seconds(),
            active: Ca::of(&authority.active),
            rotation,
        };
        let text = serde_json::to_string_pretty(&state).map_err(|error| self.broken(&error.to_string()))?;
        self.folder.write(STATE, &text)?;
        // Only own names are removed: who keeps a note in the folder keeps it. The change counts already, so that what cannot be removed
        // now is left to the next one.
        let needed = state.keys();
        let _ = self.folder.keep_only(|name| !name.ends_with(state::KEY) || needed.contains(&name));
        Ok(())
    }

    /// Changes an authority (a step of the rotation, or [`Authority::set_lifetime`]): the change is on disk before it can be seen, and
    /// where it fails nothing is changed.
    ///
    /// # Errors
    /// Where the change is refused, or cannot be saved.
    pub fn apply(
        &self,
        authority: &mut Authority,
        change: impl FnOnce(&mut Authority) -> Result<Step, RotationError>,
    ) -> Result<Step, StoreError> {
        let mut changed = authority.clone();
        let step = change(&mut changed)?;
        if let Err(error) = self.save(&changed) {
            // It may count on disk all the same, and this process goes on with the old one: put that back, if the disk lets us.
            let _ = self.save(authority);
            return Err(error);
        }
        *authority = changed;
        Ok(step)
    }

    fn ca(&self, ca: &Ca, trust_domain: &TrustDomain, now: OffsetDateTime) -> Result<Arc<SigningCa>, StoreError> {
        // The name is ours: one with a slash was put there by somebody else.
        if ca.key.contains('/') {
            return Err(self.broken("the name of a key is no file name"));
        }
        let missing = || StoreError::Missing { path: self.folder.path(&ca.key) };
        let key = KeyPair::from_private_key_pem(&self.folder.read(&ca.key)?.ok_or_else(missing)?)?;
        let unreadable = || self.broken("a certificate cannot be read");
        let chain = state::certificates(&ca.chain).ok_or_else(unreadable)?;
        let roots = state::certificates(&ca.roots).ok_or_else(unreadable)?;
        Ok(Arc::new(SigningCa::new(chain, roots, key, trust_domain, now)?))
    }

    fn write_key(&self, ca: &SigningCa) -> Result<(), StoreError> {
        let name = state::key_name(ca);
        // Files are whole and named after their certificate: one that is there is this one.
        if self.folder.read(&name)?.is_none() {
            self.folder.write(&name, &ca.key().private_key_pem())?;
        }
        Ok(())
    }

    fn broken(&self, reason: &str) -> StoreError {
        StoreError::Broken { path: self.folder.path(STATE), reason: reason.to_owned() }
    }
}
