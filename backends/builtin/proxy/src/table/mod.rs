//! What the proxy acts on: resources as plain values, made once when they come, and read by every request.
//!
//! Nothing here is protobuf, and nothing changes after it was made. What a resource says in words that have one legal value (that paths are
//! normalised, say) is checked when it is decoded, and has no place here.

mod access;
mod assignment;
mod cluster;
mod header;
mod listener;
mod log;
mod manager;
mod matching;
mod names;
mod route;
mod tls;

pub use access::{AccessRules, Permission, Policy, Principal, Rbac, Verdict};
pub use assignment::{Assignment, Endpoint, Locality};
pub use cluster::{Cluster, Discovery, Encryption, Limits, LoadBalancing, Outlier, RetryBudget};
pub use header::{HeaderEdit, HeaderEdits};
pub use listener::{Action, Chain, ChainMatch, Direction, Listener, NetworkRules, Ports, Prefix, TcpProxy};
pub use log::{LogField, LogFormat, LogValue};
pub use manager::{Filters, HttpManager, Peer, Tracing};
pub use matching::{HeaderMatch, HeaderSource, PathMatch, Text, TextMatch};
pub use names::{ClusterId, Names, RouteId};
pub use route::{
    Backoff, Cors, Fault, Forward, HashPolicy, Mirror, Overrides, PathRewrite, RateLimit, Redirect, RedirectPath, Response, Retry, RetryOn,
    Route, RouteAction, RouteTable, Share, Shares, VirtualHost,
};
pub use tls::{ClientTls, ServerTls, Sessions};
