//! Why there is no answer.

/// Why an endpoint did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The cluster is not there.
    NoCluster,
    /// No endpoint can be called.
    NoEndpoint,
    /// It is at a limit.
    Overflow,
    /// No connection came about.
    Connect,
    /// No connection came about in time.
    ConnectTimeout,
    /// The stream was refused before anything was done.
    RefusedStream,
    /// The connection broke.
    Reset,
    /// What came is no HTTP.
    Protocol,
    /// It took too long.
    Timeout,
}

impl Failure {
    /// Sorts what hyper says of a request that was begun.
    pub(crate) fn of(error: &hyper::Error) -> Self {
        if error.is_parse() {
            return Self::Protocol;
        }
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if let Some(h2) = cause.downcast_ref::<h2::Error>() {
                return if h2.reason() == Some(h2::Reason::REFUSED_STREAM) { Self::RefusedStream } else { Self::Reset };
            }
            source = cause.source();
        }
        Self::Reset
    }
}
