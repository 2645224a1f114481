//! The kinds of resources that proxies ask for.

use std::fmt;

/// A kind of resource, in the order in which an update is sent: what is led to stands before what leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Where calls can go (CDS).
    Cluster,
    /// The addresses of a cluster (EDS).
    Assignment,
    /// Where a proxy listens (LDS).
    Listener,
    /// Which request goes where (RDS).
    Route,
}

impl Kind {
    /// All of them, in the order of an update.
    pub const ALL: [Self; 4] = [Self::Cluster, Self::Assignment, Self::Listener, Self::Route];

    /// `type.googleapis.com/...`, as requests name it.
    pub fn type_url(self) -> &'static str {
        match self {
            Self::Cluster => "type.googleapis.com/envoy.config.cluster.v3.Cluster",
            Self::Assignment => "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
            Self::Listener => "type.googleapis.com/envoy.config.listener.v3.Listener",
            Self::Route => "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
        }
    }

    /// The kind of a type URL; `None`: this control plane has nothing of that type.
    pub fn of(type_url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.type_url() == type_url)
    }

    /// Whether a client that names nothing at first wants all of them.
    pub(crate) fn may_be_wanted_whole(self) -> bool {
        matches!(self, Self::Cluster | Self::Listener)
    }
}

/// As people abbreviate it: `CDS`, `EDS`, `LDS`, `RDS`.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cluster => "CDS",
            Self::Assignment => "EDS",
            Self::Listener => "LDS",
            Self::Route => "RDS",
        })
    }
}
