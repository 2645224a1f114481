//! The workload's half: its proxy picks one route of the port, and one of the route's or the port's
//! authorizations must hold.
//!
//! Source: linkerd2-proxy `linkerd/app/inbound/src/{detect.rs,policy/http.rs,policy/tcp.rs}`.

use std::sync::Arc;

use meshglot_translator::eval::Verdict;
use meshglot_translator::eval::asked::{Part, Test, asks};

use super::access::Authorization;
use super::call::HttpCall;
use super::filter::Filter;
use super::precedence;
use super::route::Route;
use super::server::Protocol;

/// What a port of a workload does with calls.
#[derive(Debug)]
pub(super) struct InboundPort {
    pub protocol: Protocol,
    /// The Server; `None`: the default.
    pub label: Option<Arc<str>>,
    /// They hold for the port as a whole, every route included.
    pub authorizations: Vec<Authorization>,
    pub routes: Routes,
}

/// The routes of a port.
#[derive(Debug)]
pub(super) enum Routes {
    /// Those attached to the Server, in their order, by index.
    Own(Vec<usize>),
    /// None is attached: one takes everything, and one lets everybody ask for these paths.
    Default { probes: Vec<Arc<str>> },
    /// One of them holds something that this reading does not know.
    Unread,
}

/// Who calls, and what.
#[derive(Clone, Debug)]
pub(super) struct Arrival<'r> {
    /// `None` without TLS of the mesh.
    pub identity: Option<&'r str>,
    /// `None`: bytes that are not HTTP.
    pub call: Option<HttpCall<'r>>,
}

/// How it ends at a workload, and the object that decided.
pub(super) type Ending<'a> = (Result<(), Verdict>, Option<&'a Arc<str>>);

impl InboundPort {
    /// `routes` and what is granted on each, by index.
    pub(super) fn take<'a>(&'a self, arrival: &Arrival<'_>, routes: &'a [Route], granted: &'a [Vec<Authorization>]) -> Ending<'a> {
        let whole_port = || authorize(self.authorizations.iter(), arrival.identity, self.label.as_ref());
        let Some(call) = &arrival.call else {
            return match self.protocol {
                Protocol::Detect | Protocol::Bytes => whole_port(),
                // Between proxies the port looks at the first bytes, and lets nothing but HTTP in.
                Protocol::Http1 if arrival.identity.is_some() => (Err(Verdict::Deny), self.label.as_ref()),
                Protocol::Http1 | Protocol::Http2 | Protocol::Grpc => (Err(Verdict::Error), self.label.as_ref()),
            };
        };
        match (&self.routes, self.protocol) {
            (_, Protocol::Bytes) => whole_port(),
            (Routes::Unread, _) => (Err(Verdict::Unknown), self.label.as_ref()),
            (Routes::Own(own), _) => self.take_by_route(own, arrival.identity, call, routes, granted),
            (Routes::Default { .. }, Protocol::Grpc) if !is_grpc(call) => (Err(Verdict::NoRoute), self.label.as_ref()),
            (Routes::Default { probes }, _) => {
                let probed = self.protocol != Protocol::Grpc && call.is_get() && probes.iter().any(|path| call.is_to(path));
                if probed { (Ok(()), None) } else { whole_port() }
            }
        }
    }

    fn take_by_route<'a>(
        &'a self,
        own: &[usize],
        identity: Option<&str>,
        call: &HttpCall<'_>,
        routes: &'a [Route],
        granted: &'a [Vec<Authorization>],
    ) -> Ending<'a> {
        if call.host_changed && own.iter().any(|index| !routes[*index].hosts.is_empty()) {
            return (Err(Verdict::Unknown), self.label.as_ref());
        }
        let Some((index, rule)) = precedence::best(routes, own, call) else {
            return (Err(Verdict::NoRoute), self.label.as_ref());
        };
        let route = &routes[index];
        let ending = authorize(granted[index].iter().chain(&self.authorizations), identity, Some(&route.label));
        let redirect = rule.filters.iter().find_map(|filter| match filter {
            Filter::Redirect(redirect) => Some(redirect),
            Filter::Headers(_) | Filter::Nothing => None,
        });
        match (redirect, ending) {
            (Some(redirect), (Ok(()), _)) => {
                (Err(if redirect.leaves(call) { Verdict::Error } else { Verdict::Unknown }), Some(&route.label))
            }
            (_, ending) => ending,
        }
    }
}

/// The route that a gRPC port has by default: any method of any service.
fn is_grpc(call: &HttpCall<'_>) -> bool {
    asks(|| Some(Part::Other("a method of gRPC")), Test::Present, false);
    call.method == "POST" && call.path.split('/').count() > 2
}

/// The first that allows the caller; `otherwise` is named where none does.
fn authorize<'a>(
    authorizations: impl Iterator<Item = &'a Authorization>,
    identity: Option<&str>,
    otherwise: Option<&'a Arc<str>>,
) -> Ending<'a> {
    let mut unsure = None;
    for authorization in authorizations {
        match authorization.allows(identity) {
            Some(true) => return (Ok(()), authorization.label.as_ref()),
            Some(false) => {}
            None => unsure = unsure.or(Some(authorization)),
        }
    }
    match unsure {
        Some(authorization) => (Err(Verdict::Unknown), authorization.label.as_ref()),
        None => (Err(Verdict::Deny), otherwise),
    }
}
