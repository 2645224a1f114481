//! The kinds of resources that the proxy asks for.

use std::fmt;

/// A kind of resource, in the order in which an update comes: what is led to stands before what leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Where calls can go (CDS).
    Cluster,
    /// The addresses of a cluster (EDS).
    Assignment,
    /// Where the proxy listens (LDS).
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

    /// The kind of a type URL; `None`: the proxy asks for nothing of that type.
    pub fn of(type_url: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.type_url() == type_url)
    }

    /// Whether it is asked for by name; of the others everything is wanted.
    pub fn is_named(self) -> bool {
        matches!(self, Self::Assignment | Self::Route)
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
