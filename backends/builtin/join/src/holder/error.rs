//! What may be wrong with a holder.

use std::path::PathBuf;

use meshglot_ca::{KeyError, SpiffeId};
use tonic::Status;

use crate::connect::ConnectError;
use crate::held::HeldError;

/// Why a holder has nothing newer; it goes on trying.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HolderError {
    /// Neither secrets that live nor a token.
    #[error("there is no certificate that lives and no join token: start again with a new token")]
    NoToken,
    /// The token is not where it should be.
    #[error("{}: {error}: check that a token is projected there", .path.display())]
    TokenFile {
        /// Where.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        error: std::io::Error,
    },
    /// Secrets that were given are of no use.
    #[error("the secrets held before cannot be used: {0}")]
    Held(#[source] HeldError),
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The control plane said no, or the connection was lost.
    #[error("the control plane gives no certificate or roots ({}): {}", .0.code(), .0.message())]
    Refused(#[from] Status),
    /// No answer.
    #[error("the control plane does not answer within 10 s: look at its log")]
    Slow,
    /// The stream of roots ended.
    #[error("the control plane has ended the connection: it is taken up again, look at its log where this lasts")]
    Ended,
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// What was answered is of no use.
    #[error("the answer of the control plane cannot be used, check the clocks of both: {0}")]
    Answer(#[source] HeldError),
    /// A certificate of somebody else.
    #[error("the certificate is for {got}, and the proxy is {wanted}: use a token for that")]
    Identity {
        /// Whom the certificate names.
        got: Box<SpiffeId>,
        /// Who the proxy is.
        wanted: Box<SpiffeId>,
    },
}
