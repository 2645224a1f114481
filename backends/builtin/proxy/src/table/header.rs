//! What is put into headers and taken out of them.

use http::{HeaderName, HeaderValue};

/// All edits of one message: what is removed goes first, then what is set and added, in the order written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderEdits {
    /// Headers that go.
    pub remove: Vec<HeaderName>,
    /// Headers that come.
    pub put: Vec<HeaderEdit>,
}

/// One header that comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderEdit {
    /// Its name.
    pub name: HeaderName,
    /// Its value, with every `%%` of the resource as `%`.
    pub value: HeaderValue,
    /// Whether it takes the place of those that are there (`OVERWRITE_IF_EXISTS_OR_ADD`) or stands beside them (`APPEND_IF_EXISTS_OR_ADD`).
    pub replace: bool,
}

impl HeaderEdits {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.remove.is_empty() && self.put.is_empty()
    }
}
