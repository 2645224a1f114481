//! What watchers find.

use serde_json::Value;

use crate::served::Served;

/// One thing that a watcher of a kind has to say; the kind by its place in the list of all.
#[derive(Debug)]
pub(crate) enum Found {
    /// Whether it is there, when that is not what it was.
    Served(usize, Served),
    /// All objects come now, and then [`Found::Listed`].
    List(usize),
    /// An object as it is now, trimmed.
    Object(usize, Box<Value>),
    /// An object that was deleted, as it was last.
    Gone(usize, Box<Value>),
    /// What was not told since [`Found::List`] is not there.
    Listed(usize),
    /// Whoever asks may not list it; in words.
    Denied(usize, String),
    /// Nobody answers, or not as it should.
    Trouble(String),
}
