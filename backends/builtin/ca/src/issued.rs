//! What the authority answers.

use crate::certificate::{Certificate, chain_pem};

/// A new certificate, what leads to a root, and the roots that its holder is to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    pub(crate) leaf: Certificate,
    pub(crate) intermediates: Vec<Certificate>,
    pub(crate) bundle: Vec<Certificate>,
}

impl Issued {
    /// The certificate of the workload.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The leaf and then its intermediates, each signed by the next; the root is not among them.
    pub fn chain(&self) -> Vec<Certificate> {
        std::iter::once(&self.leaf).chain(&self.intermediates).cloned().collect()
    }

    /// [`Issued::chain`] in PEM, as proxies take it.
    pub fn chain_pem(&self) -> String {
        chain_pem(&self.chain())
    }

    /// All roots that vouch for workloads of the mesh at this moment.
    pub fn bundle(&self) -> &[Certificate] {
        &self.bundle
    }

    /// [`Issued::bundle`] in PEM.
    pub fn bundle_pem(&self) -> String {
        chain_pem(&self.bundle)
    }
}
