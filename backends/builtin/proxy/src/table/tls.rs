//! What TLS has to prove. Certificates, keys and roots are the process's own, never a resource's.

use super::matching::TextMatch;

/// A chain that ends TLS 1.3. A client certificate is always required.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// What the server agrees on if the client offers it; a client that offers none of it agrees on nothing, and goes on.
    pub alpn: Vec<Vec<u8>>,
    /// SPIFFE IDs of which the client has to have one; empty: any that the roots vouch for.
    pub peers: Vec<TextMatch>,
    /// Whether a session may be taken up again without looking at certificates.
    pub resumption: bool,
}

/// A cluster that is spoken to in TLS 1.3.
#[derive(Clone, Debug)]
pub struct ClientTls {
    /// What is offered.
    pub alpn: Vec<Vec<u8>>,
    /// SPIFFE IDs of which the server has to have one; never empty.
    pub peers: Vec<TextMatch>,
}
