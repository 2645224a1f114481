//! What a port carries, and how the clusters of a Service port are called.

use meshglot_translator::ir::{Destination, Protocol, Service, ServiceKey, ServicePort};
use meshglot_translator::resolve::View;

/// What connections to a port are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Carries {
    /// Requests.
    Http,
    /// Bytes.
    Tcp,
    /// Each connection for what it turns out to be.
    Automatic,
}

/// One of the two ways in which a connection is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// Read.
    Http,
    /// Unread.
    Tcp,
}

impl Carries {
    /// What a Service port carries, its rules considered: a rule that looks at requests needs requests.
    pub(crate) fn of(service: &Service, port: &ServicePort, view: &View<'_>) -> Self {
        let protocol = match port.protocol {
            Protocol::Unknown => {
                let routes = view.routes(&service.key);
                routes.ports.iter().find(|routes| routes.port.number == port.number).map_or(Protocol::Unknown, |routes| routes.protocol())
            }
            declared => declared,
        };
        Self::read(protocol)
    }

    /// The same whatever the rules are.
    pub(crate) fn declared(port: &ServicePort) -> Self {
        Self::read(port.protocol)
    }

    fn read(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Http | Protocol::Http2 | Protocol::Grpc => Self::Http,
            Protocol::Tcp => Self::Tcp,
            Protocol::Unknown => Self::Automatic,
        }
    }

    /// What serves callers of both: one of them if they agree.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Automatic }
    }

    /// In the order in which they are written.
    pub(crate) fn sides(self) -> &'static [Side] {
        match self {
            Self::Http => &[Side::Http],
            Self::Tcp => &[Side::Tcp],
            Self::Automatic => &[Side::Http, Side::Tcp],
        }
    }

    /// Whether some requests are read.
    pub(crate) fn http(self) -> bool {
        self != Self::Tcp
    }

    /// What a name of this side ends with. The two sides of one port offer the server two protocols in ALPN, so
    /// they are two clusters; `~` occurs in no Kubernetes name.
    pub(crate) fn suffix(self, side: Side) -> &'static str {
        if self == Self::Automatic && side == Side::Tcp { "~tcp" } else { "" }
    }
}

/// `NAMESPACE/SERVICE/PORT`: the name of everything about a Service port.
pub(crate) fn port_name(service: &ServiceKey, port: u16) -> String {
    format!("{service}/{port}")
}

/// The cluster of a headless Service that chooses among its pods, for calls that were made to another address.
pub(crate) const CHOSEN: &str = "~endpoints";

/// The cluster that takes the share of a destination. `root` is what the split port carries: what a Service that
/// does not exist yet will carry too, as far as anybody knows.
pub(crate) fn destination_cluster(to: &Destination, root: Carries, side: Side, view: &View<'_>) -> String {
    let port = to.object.as_ref().and_then(|service| Some((service, service.port(to.port)?)));
    let carries = port.map_or(root, |(service, port)| Carries::of(service, port, view));
    let chosen = if to.object.as_ref().is_some_and(|service| service.headless) { CHOSEN } else { "" };
    format!("{}{chosen}{}", port_name(&to.service, to.port), carries.suffix(side))
}
