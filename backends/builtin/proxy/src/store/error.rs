//! Why there is nothing in a store.

use std::io;
use std::path::PathBuf;

/// A store cannot be used; the proxy goes on without.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be read or written.
    #[error("{}: {error}", .path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// The file is none of this program's, or broken.
    #[error("{}: {why}; nothing of it is used", .path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: FormError,
    },
}

/// What is wrong with a file of resources.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// Something else.
    #[error("this is no file of resources")]
    Foreign,
    /// Of an older or newer program.
    #[error("its form is version {0}, and this program writes another")]
    Version(u32),
    /// Cut off, or changed since it was written.
    #[error("it is broken")]
    Broken,
    /// More than is read or written.
    #[error("it would have {0} bytes, and 256 MiB is the most")]
    Large(u64),
    /// Whoever can write it could reconfigure the proxy.
    #[error("others can write it (mode {0:o}): chmod 600, and ask why it was open")]
    Open(u32),
}
