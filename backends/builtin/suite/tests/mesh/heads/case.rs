//! One request, what it is answered, and its name in a recording.

use super::http2;
use super::server::Says;

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) asks: Asks,
    pub(super) says: Says,
}

/// What is sent over a connection of its own.
pub(super) enum Asks {
    /// These bytes.
    Http1(&'static [u8]),
    /// By HTTP/2.
    Http2(http2::Ask),
}

const OK: Says = Says::Stays(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");

/// A request that is answered `ok`.
pub(super) const fn asks(name: &'static str, request: &'static [u8]) -> Case {
    Case { name, asks: Asks::Http1(request), says: OK }
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: api-v2.shop\r\n\r\n";

/// An answer to a plain request.
pub(super) const fn says(name: &'static str, answer: &'static [u8]) -> Case {
    Case { name, asks: Asks::Http1(GET), says: Says::Stays(answer) }
}

/// The same, and the server ends the connection.
pub(super) const fn ends(name: &'static str, answer: &'static [u8]) -> Case {
    Case { name, asks: Asks::Http1(GET), says: Says::Ends(answer) }
}
