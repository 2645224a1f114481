//! What is said on a connection, as any of the proxies on the way reads it.

use meshglot_translator::eval::Call;

use super::matcher::Message;
use super::path::{Seen, seen};

/// The content of a call. Normalising a path twice changes nothing more, so each proxy reads the same.
#[derive(Debug)]
pub(super) enum Said<'r> {
    /// Not HTTP.
    Bytes,
    /// A request that routes and rules can look at.
    Request(Message<'r>),
    /// A request that every connection manager answers with 400.
    Refused,
    /// A request whose path is not modelled.
    Unknown(&'static str),
}

impl<'r> Said<'r> {
    /// Reads a call.
    pub(super) fn of(call: &'r Call) -> Self {
        let Call::Http { method, target, headers } = call else { return Self::Bytes };
        match seen(target) {
            Seen::Path(path) => Self::Request(Message { method, path, headers }),
            Seen::Refused => Self::Refused,
            Seen::Unknown(why) => Self::Unknown(why),
        }
    }

    /// Whether it looks like HTTP on the wire.
    pub(super) fn is_http(&self) -> bool {
        !matches!(self, Self::Bytes)
    }
}
