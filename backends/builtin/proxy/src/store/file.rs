//! The file of a store.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::Resources;
use super::error::{FormError, StoreError};
use super::form;

/// Nobody but the owner.
const MODE: u32 = 0o600;
/// Writing, for others.
const WRITABLE: u32 = 0o022;

/// A file for the last good resources of one proxy.
#[derive(Clone, Debug)]
pub struct Store(PathBuf);

impl Store {
    /// The file in the folder of a proxy.
    pub fn of(folder: &Path) -> Self {
        Self(folder.join("resources.bin"))
    }

    /// What was written last; nothing where there is no file.
    ///
    /// # Errors
    /// The file cannot be read, is broken, or is not this program's.
    pub fn read(&self) -> Result<Resources, StoreError> {
        let mut file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Resources::new()),
            Err(error) => return Err(self.system(error)),
        };
        // Of the open file, so that nobody changes it in between.
        let metadata = file.metadata().map_err(|error| self.system(error))?;
        let mode = metadata.mode() & 0o777;
        if mode & WRITABLE != 0 {
            return Err(self.form(FormError::Open(mode)));
        }
        if metadata.len() > form::LARGEST {
            return Err(self.form(FormError::Large(metadata.len())));
        }
        let mut bytes = Vec::new();
        (&mut file).take(form::LARGEST).read_to_end(&mut bytes).map_err(|error| self.system(error))?;
        form::read(bytes.into()).map_err(|why| self.form(why))
    }

    /// Writes it as a whole, in place of what was there.
    ///
    /// # Errors
    /// The file cannot be written, or would be too large.
    pub fn write(&self, resources: &Resources) -> Result<(), StoreError> {
        let bytes = form::write(resources).map_err(|why| self.form(why))?;
        self.replace(&bytes).map_err(|error| self.system(error))
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.0.with_extension("tmp");
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Never an existing file: that one might have another mode, or be a link.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.0)
    }

    fn system(&self, error: io::Error) -> StoreError {
        StoreError::System { path: self.0.clone(), error }
    }

    fn form(&self, why: FormError) -> StoreError {
        StoreError::Form { path: self.0.clone(), why }
    }
}
