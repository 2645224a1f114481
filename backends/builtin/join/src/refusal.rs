//! Why nothing is signed, and how it is told.

use meshglot_ca::{CertificateError, CsrError, IssueError, SpiffeId, TokenError, VerifyError};
use tonic::{Code, Status};

use crate::reviewer::ReviewError;

/// Why a caller of [`crate::JoinService`] gets no certificate. The message goes to the caller.
///
/// That a token is used or expired, and not unknown, is told only to who has all of it: whoever guesses (192 bits) hears "unknown"
/// each time, after the same work. Its owner, though, must hear that somebody else was faster.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Neither a token nor a certificate.
    #[error("nothing says who asks: send a join token, or connect with a certificate of this mesh")]
    NoProof,
    /// The token is not good.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A token of another authority is not good, or cannot be reviewed.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// Nobody is who it is.
    #[error("no workload of the policy that is in force runs as {id}: nothing is signed for it")]
    Unknown {
        /// Whom the token or the certificate names.
        id: SpiffeId,
    },
    /// The certificate of the connection cannot be read.
    #[error("the certificate of the connection cannot be used, connect with one of this mesh or join with a token: {0}")]
    Unreadable(#[source] CertificateError),
    /// The certificate of the connection proves nothing any more.
    #[error("the certificate of the connection is not good now, connect again with a newer one or join with a new token: {0}")]
    Certificate(#[source] VerifyError),
    /// A token in the hands of another workload.
    #[error("the join token is not for {shown}, whose certificate the connection has: connect without it, or ask for a token of its own")]
    Differs {
        /// Whom the certificate of the connection names.
        shown: SpiffeId,
    },
    /// The request is refused.
    #[error(transparent)]
    Csr(#[from] CsrError),
    /// The authority refused, or cannot sign now.
    #[error("nothing can be signed, tell the operator of the mesh: {0}")]
    Authority(#[source] IssueError),
}

impl From<IssueError> for Refusal {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Csr(error) => Self::Csr(error),
            other => Self::Authority(other),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let code = match &refusal {
            Refusal::NoProof | Refusal::Token(_) | Refusal::Unreadable(_) | Refusal::Certificate(_) => Code::Unauthenticated,
            Refusal::Review(ReviewError::Refused(_)) => Code::Unauthenticated,
            Refusal::Review(ReviewError::Unavailable(_)) => Code::Unavailable,
            Refusal::Differs { .. } | Refusal::Unknown { .. } | Refusal::Csr(CsrError::ForeignName { .. }) => Code::PermissionDenied,
            Refusal::Csr(_) => Code::InvalidArgument,
            Refusal::Authority(IssueError::TrustDomain { .. }) => Code::PermissionDenied,
            Refusal::Authority(_) => Code::Unavailable,
        };
        Self::new(code, refusal.to_string())
    }
}
