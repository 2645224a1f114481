//! VirtualService: hosts, and routes in their order.

use std::sync::Arc;

use serde_json::Value;

use super::fields::Fields;
use super::object::{Age, Export, Object, full_host};
use super::rewrite::Rewrite;
use super::route_match::{Carriers, RouteMatch, gateway};
use super::strings::host_within;

/// One object.
#[derive(Debug)]
pub(super) struct VirtualService {
    pub(super) title: Arc<str>,
    pub(super) namespace: Arc<str>,
    pub(super) age: Age,
    /// In full and in lower case.
    pub(super) hosts: Vec<String>,
    /// `mesh` or `NAMESPACE/NAME`.
    pub(super) gateways: Vec<String>,
    pub(super) export: Export,
    pub(super) http: Vec<HttpRoute>,
    pub(super) tcp: Vec<TcpRoute>,
    /// Routes by SNI, which a request does not tell.
    pub(super) by_sni: bool,
    pub(super) odd: bool,
    /// A part of it that makes proxies reject all routes of a port.
    pub(super) poison: bool,
}

/// One HTTP route.
#[derive(Debug)]
pub(super) struct HttpRoute {
    pub(super) title: Arc<str>,
    pub(super) matches: Vec<RouteMatch>,
    pub(super) action: Action,
    pub(super) rewrite: Option<Rewrite>,
    /// Requests of a million that are answered with an error instead.
    pub(super) aborted: u64,
    /// Preflight requests may be answered by the proxy.
    pub(super) cors: bool,
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Action {
    Forward(Vec<Weighted>),
    /// The proxy answers: redirect, fixed answer.
    Answer,
    Unknown,
}

/// One TCP route.
#[derive(Debug)]
pub(super) struct TcpRoute {
    pub(super) title: Arc<str>,
    /// Empty: every proxy.
    pub(super) matches: Vec<Carriers>,
    /// Empty: not known.
    pub(super) to: Vec<Weighted>,
}

/// A destination, and its weight beside its siblings; the sum is not 0.
#[derive(Debug)]
pub(super) struct Weighted {
    /// In full and in lower case.
    pub(super) host: String,
    pub(super) subset: Option<String>,
    pub(super) port: Option<u16>,
    pub(super) weight: u64,
}

impl VirtualService {
    /// Reads an object.
    pub(super) fn of(object: &Object<'_>, domain: &str) -> Self {
        let mut spec = Fields::of(object.spec);
        let namespace = &*object.namespace;
        let title = object.title();
        let mut gateways: Vec<String> = spec.texts("gateways").into_iter().map(|name| gateway(name, namespace)).collect();
        if gateways.is_empty() {
            gateways.push("mesh".to_owned());
        }
        let name = |kind: &str, at: usize| -> Arc<str> { format!("{title} {kind}[{at}]").into() };
        let http = spec.list("http").iter().enumerate().map(|(at, value)| HttpRoute::of(value, name("http", at), namespace, domain));
        let http: Vec<HttpRoute> = http.collect();
        let tcp = spec.list("tcp").iter().enumerate().map(|(at, value)| TcpRoute::of(value, name("tcp", at), namespace, domain));
        let tcp: Vec<TcpRoute> = tcp.collect();
        let by_sni = !spec.list("tls").is_empty();
        let poison = spec.list("http").iter().any(is_poison);
        // Marks what istiod made from Gateway API or Ingress, with other rules.
        let foreign = object.annotations.contains_key("internal.istio.io/route-semantics");
        let hosts = spec.texts("hosts").into_iter().map(|host| full_host(host, namespace, domain)).collect();
        let export = Export::of(&spec.texts("exportTo"), namespace);
        let odd = foreign || spec.is_odd();
        Self { age: object.age(), title, namespace: object.namespace.clone(), hosts, gateways, export, http, tcp, by_sni, odd, poison }
    }
}

impl VirtualService {
    /// Whether it has a host, by name or by wildcard.
    pub(super) fn covers(&self, host: &str) -> bool {
        self.hosts.iter().any(|wide| host_within(host, wide))
    }

    /// Whether a route of it asks for gateways by name.
    pub(super) fn names_gateways(&self) -> bool {
        self.http.iter().flat_map(|route| &route.matches).any(|one| one.carriers.names_gateways())
    }
}

impl HttpRoute {
    /// Each of its matches, or none once.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&Self, Option<&RouteMatch>)> {
        let bare = self.matches.is_empty().then_some((self, None));
        bare.into_iter().chain(self.matches.iter().map(move |one| (self, Some(one))))
    }

    fn of(value: &Value, title: Arc<str>, namespace: &str, domain: &str) -> Self {
        let mut fields = Fields::of(Some(value));
        fields.ignore(&["name", "timeout", "retries", "mirror", "mirrors", "mirrorPercent", "mirrorPercentage", "mirror_percent"]);
        let matches = fields.list("match").iter().map(|value| RouteMatch::of(value, namespace)).collect();
        let changes = (fields.value("rewrite"), fields.value("headers"));
        let rewrite = if changes == (None, None) { Some(None) } else { Rewrite::of(changes.0, changes.1).map(Some) };
        let aborted = aborted(fields.value("fault"));
        let cors = fields.value("corsPolicy").is_some();
        let answer = fields.value("redirect").is_some() || fields.value("directResponse").is_some();
        let to = weighted(fields.list("route"), namespace, domain);
        // A delegate is asked for by nobody here, and so makes the route odd.
        let action = match to {
            _ if fields.is_odd() || rewrite.is_none() || aborted.is_none() => Action::Unknown,
            _ if answer => Action::Answer,
            Some(to) => Action::Forward(to),
            None => Action::Unknown,
        };
        Self { title, matches, action, rewrite: rewrite.unwrap_or_default(), aborted: aborted.unwrap_or_default(), cors }
    }
}

impl TcpRoute {
    fn of(value: &Value, title: Arc<str>, namespace: &str, domain: &str) -> Self {
        let mut fields = Fields::of(Some(value));
        let mut odd = false;
        let read = |value: &Value| {
            let mut one = Fields::of(Some(value));
            let carriers = Carriers::of(&mut one, namespace);
            // Addresses are not known, so that `destinationSubnets` is odd.
            odd |= one.is_odd();
            carriers
        };
        let matches = fields.list("match").iter().map(read).collect();
        let to = weighted(fields.list("route"), namespace, domain).unwrap_or_default();
        let to = if odd || fields.is_odd() { Vec::new() } else { to };
        Self { title, matches, to }
    }
}

/// Destinations with a weight above 0; a single one takes everything, whatever its weight. `None`: not known.
///
/// # Source
/// Istio `route.go`, `applyHTTPRouteDestination`.
fn weighted(items: &[Value], namespace: &str, domain: &str) -> Option<Vec<Weighted>> {
    let single = items.len() == 1;
    let mut out = Vec::new();
    for item in items {
        let mut fields = Fields::of(Some(item));
        let mut destination = fields.inner("destination");
        let mut port = destination.inner("port");
        let one = Weighted {
            host: full_host(destination.text("host")?, namespace, domain),
            subset: destination.text("subset").map(str::to_owned),
            port: port.port("number"),
            weight: if single { 1 } else { 0 },
        };
        let weight = fields.number("weight").unwrap_or_default();
        // Headers of a single destination change what arrives there, in ways that depend on their siblings.
        let mut headers = fields.inner("headers");
        headers.ignore(&["response"]);
        if fields.is_odd() || headers.is_odd() || destination.is_odd() || port.is_odd() {
            return None;
        }
        out.push(Weighted { weight: if single { 1 } else { weight }, ..one });
    }
    out.retain(|one| one.weight > 0);
    (!out.is_empty()).then_some(out)
}

/// Requests of a million that `fault.abort` ends.
///
/// # Source
/// Istio `route.go`, `translatePercentToFractionalPercent`: the product is cut, not rounded.
fn aborted(fault: Option<&Value>) -> Option<u64> {
    let mut fault = Fields::of(fault);
    fault.ignore(&["delay"]);
    let Some(abort) = fault.value("abort") else { return (!fault.is_odd()).then_some(0) };
    let mut abort = Fields::of(Some(abort));
    abort.ignore(&["httpStatus", "grpcStatus", "http2Error"]);
    let mut percentage = abort.inner("percentage");
    let percent = percentage.value("value").map_or(Some(100.0), Value::as_f64);
    let odd = fault.is_odd() || abort.is_odd() || percentage.is_odd();
    percent.filter(|percent| !odd && (0.0..=100.0).contains(percent)).map(|percent| (percent * 10_000.0) as u64)
}

/// Weights that Envoy cannot add up, or a redirect code that it does not have.
fn is_poison(route: &Value) -> bool {
    let weights = route["route"].as_array().into_iter().flatten();
    let sum: u64 = weights.filter_map(|one| one["weight"].as_u64()).fold(0, u64::saturating_add);
    let code = &route["redirect"]["redirectCode"];
    sum > u64::from(u32::MAX) || !(code.is_null() || [0, 301, 302, 303, 307, 308].iter().any(|known| *code == *known))
}
