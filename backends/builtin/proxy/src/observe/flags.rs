//! Why an exchange went as it did, in Envoy's words.

/// A response flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Flag {
    NoHealthyUpstream,
    ConnectionFailure,
    Overflow,
    NoRoute,
    NoCluster,
    RetryLimit,
    UpstreamTimeout,
    UpstreamReset,
    UpstreamProtocol,
    DownstreamReset,
    Fault,
    RateLimited,
    Denied,
}

impl Flag {
    /// As the log has it. A call that was denied has none there.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::NoHealthyUpstream => "UH",
            Self::ConnectionFailure => "UF",
            Self::Overflow => "UO",
            Self::NoRoute => "NR",
            Self::NoCluster => "NC",
            Self::RetryLimit => "URX",
            Self::UpstreamTimeout => "UT",
            Self::UpstreamReset => "UC",
            Self::UpstreamProtocol => "UPE",
            Self::DownstreamReset => "DC",
            Self::Fault => "FI",
            Self::RateLimited => "RL",
            Self::Denied => "",
        }
    }
}
