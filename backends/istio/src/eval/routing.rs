//! Which route takes a request, and what it does: answers, faults, destinations by weight.

use std::sync::Arc;

use meshglot_translator::eval::asked::{self, Test, asks};
use meshglot_translator::eval::{Fraction, Verdict};

use super::arrival::Delivery;
use super::message::{Header, Message};
use super::part::{Part, Parts, ended, ruled, scaled};
use super::reading::Reading;
use super::route_match::{RouteMatch, Router};
use super::virtual_service::{Action, HttpRoute, VirtualService, Weighted};
use meshglot_translator::eval::maybe::any;

/// A route that took a request, and the match that did; `None`: a route without any.
pub(super) type Taken<'v> = (&'v HttpRoute, Option<&'v RouteMatch>);

/// What a list of routes makes of a request.
pub(super) enum Chosen<'v> {
    Route(Taken<'v>),
    /// There are routes, but none takes it.
    NoRoute,
    /// The list holds nothing for this proxy and port.
    Empty,
    Unknown(Arc<str>),
}

/// The first route that takes a request, of all that this proxy carries on this port.
///
/// # Source
/// Istio `route.go`, `BuildHTTPRoutesForVirtualService`.
pub(super) fn choose<'v>(all: impl Iterator<Item = &'v VirtualService>, router: &Router<'_>, message: &Message<'_>) -> Chosen<'v> {
    let (mut some, mut late): (bool, Option<Taken<'v>>) = (false, None);
    for one in all {
        if one.odd {
            return Chosen::Unknown(one.title.clone());
        }
        for taken in one.http.iter().flat_map(HttpRoute::entries) {
            let (route, by) = taken;
            match by.map_or(Some(true), |by| by.carriers.http(router)) {
                Some(false) => continue,
                Some(true) => some = true,
                None => return Chosen::Unknown(route.title.clone()),
            }
            // Nothing of this object stands behind it; a gateway tries it after the routes of all other objects.
            if by.is_none_or(RouteMatch::is_catch_all) {
                late.get_or_insert(taken);
                break;
            }
            match by.map_or(Some(true), |by| by.takes(message)) {
                Some(true) => return Chosen::Route(taken),
                Some(false) => {}
                None => return Chosen::Unknown(route.title.clone()),
            }
        }
    }
    match (late, some) {
        (Some(taken), _) => Chosen::Route(taken),
        (None, true) => Chosen::NoRoute,
        (None, false) => Chosen::Empty,
    }
}

impl Reading {
    /// What a route does with a request.
    pub(super) fn act(&self, (route, by): Taken<'_>, message: &Message<'_>, delivery: &Delivery<'_>) -> Parts {
        let sent = |name: &str| !matches!(message.header(name), Header::Absent);
        let is_options = || {
            asks(|| Some(asked::Part::Method), Test::Exact("OPTIONS"), false);
            message.method == "OPTIONS"
        };
        let preflight = route.cors && is_options() && sent("origin") && sent("access-control-request-method");
        let to = match &route.action {
            Action::Forward(to) if !preflight => to,
            Action::Answer if !preflight => return ended(Verdict::Error, Some(&route.title)),
            Action::Forward(_) | Action::Answer | Action::Unknown => return ended(Verdict::Unknown, Some(&route.title)),
        };
        let changed = route.rewrite.as_ref().map(|rewrite| {
            let mut changed = message.clone();
            rewrite.apply(&mut changed, by.map_or(Some(1), RouteMatch::matched_prefix));
            changed.received_again(self.config.normalization)
        });
        let delivery = Delivery { received: changed.as_ref().unwrap_or(delivery.received), ..*delivery };
        let aborted = Fraction::of(route.aborted, 1_000_000);
        let rest = Fraction::of(1_000_000 - route.aborted, 1_000_000);
        let parts = scaled(ended(Verdict::Error, None), aborted).chain(scaled(self.split(to, &delivery), rest));
        ruled(parts.collect(), &route.title)
    }

    fn split(&self, to: &[Weighted], delivery: &Delivery<'_>) -> Parts {
        let sum: u64 = to.iter().map(|one| one.weight).sum();
        to.iter().flat_map(|one| scaled(self.send(one, delivery), Fraction::of(one.weight, sum))).collect::<Vec<Part>>()
    }

    /// Connections: the first TCP route of any VirtualService of the Service, else the Service itself.
    ///
    /// # Source
    /// Istio `pilot/pkg/networking/core/tls.go`, `buildSidecarOutboundTCPFilterChainOpts`.
    pub(super) fn to_connections(&self, name: &str, router: &Router<'_>, delivery: &Delivery<'_>) -> Parts {
        for one in self.virtual_services.covering(name, router.namespace) {
            if one.odd || one.by_sni {
                return ended(Verdict::Unknown, Some(&one.title));
            }
            for route in &one.tcp {
                let carried = if route.matches.is_empty() { Some(true) } else { any(route.matches.iter().map(|one| one.tcp(router))) };
                match (carried, route.to.is_empty()) {
                    (Some(false), _) => {}
                    (Some(true), false) => return ruled(self.split(&route.to, delivery), &route.title),
                    (None, _) | (Some(true), true) => return ended(Verdict::Unknown, Some(&route.title)),
                }
            }
        }
        self.send(&Weighted { host: name.to_owned(), subset: None, port: Some(router.port), weight: 1 }, delivery)
    }
}
