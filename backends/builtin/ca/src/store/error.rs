//! Why an authority cannot be kept or read.

use std::io;
use std::path::{Path, PathBuf};

use crate::ca_error::CaError;
use crate::key_pair::KeyError;
use crate::rotation::RotationError;

/// Why an authority cannot be kept or read; no message holds anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Others than the owner may read or enter it.
    #[error("{path} has mode {mode:04o}, so that others than its owner can use it: run `chmod {wanted:o} {path}`", path = path.display())]
    Readable {
        /// The file or the folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        wanted: u32,
    },
    /// Another process has it open.
    #[error("{path} is in use by another process: stop that one, or let it do the change", path = path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A key that counts is not there.
    #[error("{path} is missing: bring it back from a backup, or start with an empty folder and a new root", path = path.display())]
    Missing {
        /// The file of the key.
        path: PathBuf,
    },
    /// The state cannot be understood.
    #[error("{path} cannot be used, since {reason}: bring it back from a backup, or start with an empty folder", path = path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        reason: String,
    },
    /// The system refused.
    #[error("could not {what} {path}: {source}; check the disk and who owns the folder", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A key file holds no key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Keys and certificates do not fit.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The change itself was refused; nothing was written.
    #[error(transparent)]
    Rotation(#[from] RotationError),
}

impl StoreError {
    pub(super) fn io(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { what, path: path.to_owned(), source }
    }
}
