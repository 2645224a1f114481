//! The folder of an authority: each key in its own file, and one file that says which of them count.
//!
//! A change writes new keys first, then replaces `authority.json`, then removes keys that are not needed: the middle one is the moment at
//! which it counts, so that a crash anywhere leaves the state before or after it.

mod error;
mod folder;
mod form;
mod state;
mod texts;

#[cfg(test)]
mod crash;

use std::fs::File;
use std::path::PathBuf;

use time::OffsetDateTime;

pub use self::error::StoreError;
use self::folder::Folder;
use self::form::{Written, read};
pub use self::texts::Texts;
use crate::authority::Authority;
use crate::rotation::{RotationError, Step};

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
        read(&|name| self.folder.read(name), &|name| self.folder.path(name), now)
    }

    /// Writes an authority; it is on disk when this returns. Do this before the first certificate is issued.
    ///
    /// # Errors
    /// Where a file cannot be written. What was saved before then still counts, or the new one does already: [`Store::load`] tells.
    pub fn save(&self, authority: &Authority) -> Result<(), StoreError> {
        let written = Written::of(authority);
        for (name, key) in &written.keys {
            // Files are whole and named after their certificate: one that is there is this one.
            if self.folder.read(name)?.is_none() {
                self.folder.write(name, key)?;
            }
        }
        let text = written.state();
        self.folder.write(STATE, &text)?;
        // Only own names are removed: who keeps a note in the folder keeps it. The change counts already, so that what cannot be removed
        // now is left to the next one.
        let _ = self.folder.keep_only(|name| !name.ends_with(state::KEY) || written.keys.contains_key(name));
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
}
