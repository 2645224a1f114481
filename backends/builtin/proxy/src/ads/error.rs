//! Why there is no stream.

use std::net::SocketAddr;

use meshglot_join::ConnectError;
use time::OffsetDateTime;
use tonic::Status;

/// Why a stream was not opened, or has ended; the client goes on trying.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    /// Nothing to prove who it is with, for longer than that takes.
    #[error("there is no certificate yet: the proxy waits for its own before it connects")]
    NoCertificate,
    /// Shown to nobody any more.
    #[error("the certificate ended at {0}: the proxy waits for the next one before it connects")]
    Expired(OffsetDateTime),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The control plane said no, or the connection was lost.
    #[error("the stream from the control plane at {address} broke ({}): {}", .status.code(), .status.message())]
    Broken {
        /// Where it was.
        address: SocketAddr,
        /// What happened.
        status: Box<Status>,
    },
    /// The control plane has ended it.
    #[error("the control plane at {0} has ended the stream: it is taken up again, look at its log where this lasts")]
    Ended(SocketAddr),
}
