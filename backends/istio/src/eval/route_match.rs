//! `match` of a VirtualService route: which proxies carry the route, and which requests it takes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use meshglot_translator::eval::asked::Part;
use serde_json::Value;

use super::fields::Fields;
use super::message::{Header, Message};
use super::object::selects;
use super::strings::TextMatch;
use meshglot_translator::eval::maybe::{Maybe, all, any, not};

/// The proxy that routes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Router<'p> {
    pub(super) namespace: &'p str,
    /// Labels of its pod; `None`: not known.
    pub(super) labels: Option<&'p BTreeMap<String, String>>,
    /// `mesh` for a sidecar, else `NAMESPACE/NAME` of the Gateway.
    pub(super) gateway: &'p str,
    /// The port called: of the Service, or of the Gateway.
    pub(super) port: u16,
}

/// Which proxies carry a route, HTTP or TCP.
#[derive(Debug)]
pub(super) struct Carriers {
    port: Option<u16>,
    gateways: Vec<String>,
    labels: BTreeMap<String, String>,
    namespace: Option<String>,
}

impl Carriers {
    /// Takes its fields from a match in an object of `namespace`.
    pub(super) fn of(fields: &mut Fields<'_>, namespace: &str) -> Self {
        Self {
            port: fields.port("port").filter(|port| *port != 0),
            gateways: fields.texts("gateways").into_iter().map(|name| gateway(name, namespace)).collect(),
            labels: fields.labels("sourceLabels"),
            namespace: fields.text("sourceNamespace").filter(|name| !name.is_empty()).map(str::to_owned),
        }
    }

    /// Whether it asks for gateways by name.
    pub(super) fn names_gateways(&self) -> bool {
        !self.gateways.is_empty()
    }

    fn has_port(&self, router: &Router<'_>) -> bool {
        self.port.is_none_or(|port| port == router.port)
    }

    fn is_source(&self, router: &Router<'_>) -> Maybe {
        let labels = match router.labels {
            _ if self.labels.is_empty() => Some(true),
            labels => labels.map(|labels| selects(&self.labels, labels)),
        };
        all([Some(self.namespace.as_deref().is_none_or(|name| name == router.namespace)), labels])
    }

    /// Whether a proxy carries an HTTP route; where gateways are named, labels and namespace do not count.
    ///
    /// # Source
    /// Istio `route.go`, `translateRoute` and `sourceMatchHTTP`.
    pub(super) fn http(&self, router: &Router<'_>) -> Maybe {
        let source = match self.gateways.is_empty() {
            true => self.is_source(router),
            false => Some(self.gateways.iter().any(|name| name == router.gateway)),
        };
        all([Some(self.has_port(router)), source])
    }

    /// Whether a proxy carries a TCP route; everything counts.
    ///
    /// # Source
    /// Istio `pilot/pkg/networking/core/tls.go`, `matchTCP`.
    pub(super) fn tcp(&self, router: &Router<'_>) -> Maybe {
        let named = self.gateways.is_empty() || self.gateways.iter().any(|name| name == router.gateway);
        all([Some(named && self.has_port(router)), self.is_source(router)])
    }
}

/// `NAMESPACE/NAME` of a gateway's name in an object; `mesh` stays.
pub(super) fn gateway(name: &str, namespace: &str) -> String {
    if name == "mesh" || name.contains('/') { name.to_owned() } else { format!("{namespace}/{name}") }
}

/// One match; all of it has to hold.
#[derive(Debug)]
pub(super) struct RouteMatch {
    pub(super) carriers: Carriers,
    uri: Option<TextMatch>,
    /// The path is any, in words that istiod knows as such.
    any_path: bool,
    ignore_case: bool,
    /// Name in lower case.
    headers: Vec<(String, TextMatch)>,
    without: Vec<(String, TextMatch)>,
    method: Option<TextMatch>,
    authority: Option<TextMatch>,
    scheme: Option<TextMatch>,
    parameters: Vec<(String, TextMatch)>,
    odd: bool,
}

impl RouteMatch {
    /// Reads a match in an object of `namespace`.
    pub(super) fn of(value: &Value, namespace: &str) -> Self {
        let mut fields = Fields::of(Some(value));
        fields.ignore(&["name", "statPrefix"]);
        let named = |entries: Vec<(&String, &Value)>| -> Vec<(String, TextMatch)> {
            entries.into_iter().map(|(name, value)| (name.clone(), TextMatch::of(value))).collect()
        };
        let lower = |entries: Vec<(String, TextMatch)>| -> Vec<(String, TextMatch)> {
            entries.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
        };
        let (headers, without) = (lower(named(fields.entries("headers"))), lower(named(fields.entries("withoutHeaders"))));
        // `@request.auth.claims` looks at a JWT.
        let odd = headers.iter().chain(&without).any(|(name, _)| name.starts_with('@'));
        let mut one = Self {
            carriers: Carriers::of(&mut fields, namespace),
            uri: fields.value("uri").map(TextMatch::of),
            any_path: is_any_path(&value["uri"]),
            ignore_case: fields.flag("ignoreUriCase"),
            headers,
            without,
            method: fields.value("method").map(TextMatch::of),
            authority: fields.value("authority").map(TextMatch::of),
            scheme: fields.value("scheme").map(TextMatch::of),
            parameters: named(fields.entries("queryParams")),
            odd,
        };
        one.odd |= fields.is_odd();
        one
    }

    /// Whether nothing can stand behind it: istiod leaves out what does, gateways move it to the end.
    ///
    /// # Source
    /// Istio `route.go`, `IsCatchAllRoute`.
    pub(super) fn is_catch_all(&self) -> bool {
        let others = self.headers.is_empty() && self.without.is_empty() && self.parameters.is_empty();
        self.any_path && others && self.method.is_none() && self.authority.is_none() && self.scheme.is_none() && !self.odd
    }

    /// Whether it takes a request.
    ///
    /// # Source
    /// Istio `route.go`, `TranslateRouteMatch`; Envoy `source/common/router/config_impl.cc`.
    pub(super) fn takes(&self, message: &Message<'_>) -> Maybe {
        let simple = |one: &Option<TextMatch>, part: Option<Part>, text: &str| {
            one.as_ref().map_or(Some(true), |one| one.matches(|| part, text, false))
        };
        // Of several values one that fits is enough: so does Envoy 1.40, older ones joined them with commas.
        let fits = |(name, one): &(String, TextMatch), texts: &[Cow<'_, str>]| {
            any(texts.iter().map(|text| one.matches(|| Part::header(name), text, false)))
        };
        let header = |header: &(String, TextMatch)| match message.header(&header.0) {
            Header::Absent => Some(false),
            Header::Values(texts) => fits(header, &texts),
            Header::Unknown => None,
        };
        // An absent header counts as an empty one there, unless presence itself is asked for.
        let without = |header: &(String, TextMatch)| match (message.header(&header.0), &header.1) {
            (Header::Absent, TextMatch::Present) => Some(true),
            (Header::Absent, one) => not(one.matches(|| None, "", false)),
            (Header::Values(texts), _) => not(fits(header, &texts)),
            (Header::Unknown, _) => None,
        };
        let parameter = |(name, one): &(String, TextMatch)| {
            message.parameter(name).map_or(Some(false), |text| one.matches(|| Some(Part::Other("a query parameter")), text, false))
        };
        let path = self.uri.as_ref().map_or(Some(true), |uri| uri.matches(|| Some(Part::Path), &message.path, self.ignore_case));
        let known = if self.odd { None } else { Some(true) };
        let method = simple(&self.method, Some(Part::Method), message.method);
        let first = [known, path, method, simple(&self.authority, None, &message.authority)];
        let first = all(first.into_iter().chain([simple(&self.scheme, None, "http")]));
        let lists = self.headers.iter().map(header).chain(self.without.iter().map(without));
        all([first].into_iter().chain(lists).chain(self.parameters.iter().map(parameter)))
    }

    /// How much of the path it matched, for a rewrite of a prefix; `None`: all of it.
    pub(super) fn matched_prefix(&self) -> Option<usize> {
        match &self.uri {
            None | Some(TextMatch::Present) => Some(1),
            Some(TextMatch::Prefix(prefix)) => Some(prefix.len()),
            Some(TextMatch::Exact(_) | TextMatch::Regex(_) | TextMatch::Unknown) => None,
        }
    }
}

fn is_any_path(uri: &Value) -> bool {
    let empty = uri.as_object().is_none_or(serde_json::Map::is_empty);
    empty || uri["prefix"] == "/" || uri["regex"] == ".*"
}
