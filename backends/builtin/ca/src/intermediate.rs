//! An intermediate CA that somebody else issued, as it is given.

use std::fmt;

/// Texts in PEM; its `Debug` shows none of the key.
#[derive(Clone, Copy)]
pub struct Intermediate<'a> {
    /// The certificate that signs, then those above it in order, each signed by the next.
    pub chain: &'a str,
    /// Its private key: an unencrypted PKCS #8 block, ECDSA P-256 or P-384.
    pub key: &'a str,
    /// The roots that workloads are to trust; one of them signed the end of the chain.
    pub roots: &'a str,
}

impl fmt::Debug for Intermediate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intermediate").field("chain", &self.chain).field("roots", &self.roots).finish_non_exhaustive()
    }
}
