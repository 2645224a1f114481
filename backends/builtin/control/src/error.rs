//! Why a control plane does not run, or does not do what it is asked for.

use std::io;
use std::net::SocketAddr;

use meshglot_ca::{CaError, IssueError, IssueTokenError, KeyError, RotationError, SpiffeIdError, StoreError, TrustDomain};
use meshglot_join::HeldError;
use meshglot_xds::{CredentialsError, EncodeError};

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The port is taken, or the address is none of this machine.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// The folder belongs to another mesh.
    #[error(
        "{folder} holds the authority of the trust domain {saved}, and the Mesh says {wanted}: give another folder, or the old name back"
    )]
    TrustDomain {
        /// The folder.
        folder: String,
        /// Whose it is.
        saved: TrustDomain,
        /// Whose it should be.
        wanted: TrustDomain,
    },
    /// The folder of the authority.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The authority that the cluster keeps cannot be used; in words, with what to do.
    #[error("{0}")]
    Kept(String),
    /// The API server does not let it be read or written.
    #[error("{what} cannot be read or written: {source}")]
    Cluster {
        /// The object.
        what: String,
        /// What the API server says.
        source: Box<kube::Error>,
    },
    /// The authority.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// A step of the rotation.
    #[error(transparent)]
    Rotation(#[from] RotationError),
    /// The own certificate.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The own key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The own certificate, as others hold one.
    #[error(transparent)]
    Held(#[from] HeldError),
    /// The own certificate, for TLS.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A name that cannot be.
    #[error(transparent)]
    Identity(SpiffeIdError),
    /// A mistake of meshglot: something rendered is no resource.
    #[error("a rendered resource cannot be sent, which is a mistake of meshglot: {0}")]
    Encode(#[from] EncodeError),
    /// No such workload.
    #[error("no workload `{workload}` with a proxy is in the policy that is in force{hint}")]
    Unknown {
        /// What was asked for.
        workload: String,
        /// What may have been meant.
        hint: String,
    },
    /// Too many tokens.
    #[error(transparent)]
    Token(#[from] IssueTokenError),
}
