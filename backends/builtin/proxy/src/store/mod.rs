//! The last good resources on disk, so that a proxy can start while the control plane is away.

mod error;
mod file;
mod form;
mod keeper;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::ads::Kind;

pub use error::StoreError;
pub use file::Store;
pub(crate) use keeper::Keeper;

/// Resources by kind and name.
pub type Resources = BTreeMap<(Kind, Arc<str>), Stored>;

/// One resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// As the control plane calls it.
    pub version: Arc<str>,
    /// The encoded message.
    pub bytes: Bytes,
}
