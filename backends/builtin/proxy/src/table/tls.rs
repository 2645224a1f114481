//! What TLS has to prove. Certificates, keys and roots are the process's own, never a resource's.

use super::matching::TextMatch;

/// A chain that ends TLS 1.3. A client certificate is always required.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// What the server agrees on if the client offers it; a client that offers none of it agrees on nothing, and goes on.
    pub alpn: Vec<Vec<u8>>,
    /// SPIFFE IDs of which the client has to have one; empty: any that the roots vouch for.
    pub peers: Vec<TextMatch>,
    /// How a client may take up a session again.
    pub sessions: Sessions,
}

impl ServerTls {
    /// Of which the client has to be one; `None`: any that the roots vouch for.
    pub(crate) fn expected(&self) -> Option<&[TextMatch]> {
        Some(self.peers.as_slice()).filter(|peers| !peers.is_empty())
    }
}

/// How a session of TLS can be taken up again: without proofs, but not without looking at the certificates that it began with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sessions {
    /// Not at all.
    None,
    /// By what this proxy remembers.
    Kept,
    /// By what the client was given, sealed.
    Tickets,
}

/// A cluster that is spoken to in TLS 1.3.
#[derive(Clone, Debug)]
pub struct ClientTls {
    /// What is offered.
    pub alpn: Vec<Vec<u8>>,
    /// SPIFFE IDs of which the server has to have one; never empty.
    pub peers: Vec<TextMatch>,
}
