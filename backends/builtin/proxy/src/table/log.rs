//! What is written about a request or a connection.

/// One line of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFormat {
    /// Sorted by key.
    pub fields: Vec<LogField>,
}

/// One member of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogField {
    /// Its key, as JSON with its quotes.
    pub key: Box<str>,
    /// Its value.
    pub value: LogValue,
}

/// A command of Envoy's, or a text. What is not known is written as `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogValue {
    /// As it stands.
    Text(Box<str>),
    /// `%BYTES_RECEIVED%`, a number.
    BytesReceived,
    /// `%BYTES_SENT%`, a number.
    BytesSent,
    /// `%CONNECTION_TERMINATION_DETAILS%`.
    TerminationDetails,
    /// `%DOWNSTREAM_LOCAL_ADDRESS%`.
    LocalAddress,
    /// `%DOWNSTREAM_PEER_URI_SAN%`.
    PeerId,
    /// `%DOWNSTREAM_REMOTE_ADDRESS%`.
    RemoteAddress,
    /// `%DOWNSTREAM_TLS_VERSION%`.
    TlsVersion,
    /// `%DURATION%`, whole milliseconds, a number.
    Duration,
    /// `%DYNAMIC_METADATA(envoy.filters.http.rbac:KEY)%` or `...network.rbac:KEY)%`.
    Access(Box<str>),
    /// `%PATH(NQ:ORIG_OR_PATH)%`.
    Path,
    /// `%PROTOCOL%`.
    Protocol,
    /// `%REQ(NAME)%` of a header, in lower case.
    Header(http::HeaderName),
    /// `%REQ(:AUTHORITY)%`.
    Authority,
    /// `%REQ(:METHOD)%`.
    Method,
    /// `%RESPONSE_CODE%`, a number.
    Status,
    /// `%RESPONSE_CODE_DETAILS%`.
    Details,
    /// `%RESPONSE_FLAGS%`.
    Flags,
    /// `%ROUTE_NAME%`.
    Route,
    /// `%START_TIME%`.
    Start,
    /// `%UPSTREAM_CLUSTER_RAW%`.
    Cluster,
    /// `%UPSTREAM_HOST%`.
    Upstream,
    /// `%UPSTREAM_REQUEST_ATTEMPT_COUNT%`, a number.
    Attempts,
}
