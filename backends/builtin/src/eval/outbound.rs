//! The proxy of the caller: which clusters take which share of a call.

use std::net::IpAddr;

use meshglot_translator::eval::{Fraction, Request, Verdict};
use meshglot_translator::ir::ServiceKey;

use super::chain::{End, Filters};
use super::fields::Read;
use super::identity::Peer;
use super::listener::{Dialled, Listener};
use super::matcher::Message;
use super::rbac::{Ruling, Subject};
use super::resources::{Resources, known};
use super::route::{Action, Overrides, Routes};
use super::said::Said;

/// How a call leaves the caller.
pub(super) enum Left {
    /// It does not.
    Ended(Verdict, Option<String>),
    /// In plain to the address that was called.
    Passed,
    /// To these clusters.
    Sent {
        clusters: Vec<(String, Fraction)>,
        /// The route that took it.
        route: Option<String>,
    },
}

/// A call on its way out.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) resources: &'a Resources,
    /// The name of the caller's proxy, where it is known.
    pub(super) own: Option<&'a str>,
    /// The address of the Service, where it is known.
    pub(super) address: Option<IpAddr>,
    pub(super) request: &'a Request,
    pub(super) said: &'a Said<'a>,
}

impl Outgoing<'_> {
    /// A call of a caller with a proxy.
    pub(super) fn leave(self) -> Read<Left> {
        let name = format!("{}/{}", self.request.service, self.request.port);
        if let Some(left) = self.by_address()? {
            return Ok(left);
        }
        // The address is not known, or nobody listens for it: what its chain would lead to is known by its name.
        let clusters = &self.resources.shared.clusters;
        let bytes = [format!("{name}~tcp"), name.clone()].into_iter().find(|name| clusters.contains_key(name));
        let automatic = bytes.as_ref().is_some_and(|bytes| *bytes != name);
        match (self.resources.shared.routes.get(&name), bytes) {
            (Some(routes), _) if self.said.is_http() => self.requests(known(routes)?, |_, _| Ok(Ruling::Pass(None))),
            // Bytes on a port of requests.
            (Some(_), _) if !automatic => Ok(Left::Ended(Verdict::Error, None)),
            (_, Some(cluster)) => Ok(Left::Sent { clusters: vec![(cluster, Fraction::ONE)], route: None }),
            (_, None) => self.not_of_the_mesh(),
        }
    }

    /// What a listener says of the address: the caller's own, else any that has a chain for it.
    fn by_address(self) -> Read<Option<Left>> {
        if self.address.is_none() {
            return Ok(None);
        }
        let dialled = Dialled { address: self.address, port: self.request.port, tls: None, http: self.said.is_http() };
        for listener in self.listeners() {
            let Some(chain) = listener?.chain(dialled)? else { continue };
            // Of two Services with one address, calls to either go where the address leads.
            return self.through(known(&chain.filters)?).map(Some);
        }
        // The caller's own proxy is known and has none.
        if self.own_listener().is_some() { self.not_of_the_mesh().map(Some) } else { Ok(None) }
    }

    fn own_listener(&self) -> Option<Read<&Listener>> {
        self.resources.outbound(self.resources.of(self.own?)?)
    }

    /// The caller's own, or those of everybody.
    fn listeners(&self) -> Vec<Read<&Listener>> {
        match self.own_listener() {
            Some(own) => vec![own],
            None => self.resources.outbounds().collect(),
        }
    }

    /// A call to an address that no chain is there for.
    fn not_of_the_mesh(self) -> Read<Left> {
        let listener = self.listeners().into_iter().next().ok_or("no proxy that calls is known")??;
        let Some(rest) = listener.rest() else { return Ok(Left::Ended(Verdict::Error, None)) };
        let filters = known(&rest.filters)?;
        let only = |wanted: &str| match &filters.end {
            End::Tcp(clusters) => filters.rbac.is_empty() && clusters.iter().all(|(name, _)| name == wanted),
            End::Http(_) => false,
        };
        match () {
            () if only("passthrough") => Ok(Left::Passed),
            () if only("closed") => Ok(Left::Ended(Verdict::Error, Some(rest.name.clone()))),
            () => Err(format!("the chain {} of calls out of the mesh is not modelled", rest.name)),
        }
    }

    /// What the filters of a chain do to a call.
    fn through(self, filters: &Filters) -> Read<Left> {
        if !filters.rbac.is_empty() {
            return Err("access rules at the caller are not modelled".to_owned());
        }
        match &filters.end {
            End::Tcp(clusters) => Ok(Left::Sent { clusters: shares(clusters), route: None }),
            End::Http(manager) => match self.resources.shared.routes.get(&manager.routes) {
                // Envoy answers 404 until its routes are there.
                None if self.said.is_http() => Ok(Left::Ended(Verdict::NoRoute, None)),
                None => Ok(Left::Ended(Verdict::Error, None)),
                Some(routes) => self.requests(known(routes)?, |overrides, message| {
                    manager.decide(overrides, Subject { message: Some(message), peer: &Peer::nobody(), port: self.request.port })
                }),
            },
        }
    }

    /// What routes do to a request, after the filters before them.
    fn requests(self, routes: &Routes, decide: impl FnOnce(&[&Overrides], &Message<'_>) -> Read<Ruling>) -> Read<Left> {
        let message = match self.said {
            Said::Request(message) => message,
            Said::Refused => return Ok(Left::Ended(Verdict::Error, Some("path".to_owned()))),
            Said::Bytes => return Ok(Left::Ended(Verdict::Error, None)),
            Said::Unknown(why) => return Err((*why).to_owned()),
        };
        let Some(route) = routes.find(message)? else { return Ok(Left::Ended(Verdict::NoRoute, None)) };
        if let Ruling::Refuse(key) = decide(&[&route.overrides, &routes.overrides], message)? {
            return Ok(Left::Ended(Verdict::Deny, key));
        }
        let name = Some(route.name.clone()).filter(|name| !name.is_empty());
        match known(&route.action)? {
            Action::Answer(status) => Ok(Left::Ended(answered(*status)?, name)),
            Action::Clusters(clusters) => Ok(Left::Sent { clusters: shares(clusters), route: name }),
        }
    }
}

/// What an answer of a proxy itself is.
pub(super) fn answered(status: u64) -> Read<Verdict> {
    match status {
        403 => Ok(Verdict::Deny),
        404 => Ok(Verdict::NoRoute),
        400..600 => Ok(Verdict::Error),
        other => Err(format!("a proxy that answers {other} itself is not modelled")),
    }
}

fn shares(clusters: &[(String, u64)]) -> Vec<(String, Fraction)> {
    let sum = clusters.iter().map(|(_, weight)| weight).sum();
    clusters.iter().map(|(name, weight)| (name.clone(), Fraction::of(*weight, sum))).filter(|(_, share)| *share != Fraction::ZERO).collect()
}

/// The Service port that a cluster is named after.
pub(super) fn service_of(cluster: &str) -> Option<(ServiceKey, u16)> {
    let plain = cluster.split('~').next()?;
    let mut parts = plain.split('/');
    let (namespace, name, port) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
    parts.next().is_none().then(|| (ServiceKey { namespace: namespace.into(), name: name.into() }, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("shop/web/80", true ; "requests")]
    #[test_case("shop/web/80~tcp", true ; "bytes")]
    #[test_case("shop/web/80~endpoints", true ; "chosen")]
    #[test_case("shop/web/80~endpoints~tcp", true ; "both")]
    #[test_case("passthrough", false ; "no Service")]
    #[test_case("external/shop/web/80", false ; "outside")]
    fn cluster_names(cluster: &str, want: bool) {
        assert_eq!(service_of(cluster).is_some_and(|(key, port)| key.to_string() == "shop/web" && port == 80), want);
    }
}
