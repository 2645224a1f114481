//! The caller's side: its proxy answers, or picks a route and a leaf of the chain.

use std::borrow::Cow;

use meshglot_translator::eval::asked::{self, Test, asks};
use meshglot_translator::eval::{Call, Fraction, Outcome, Request, Verdict};

use super::chain::{Chain, Leaf};
use super::fields::Read;
use super::message::Message;
use super::router::Route;
use super::{Part, Reading};

/// The methods that Envoy's parser knows; it answers 400 to others.
///
/// # Source
/// Envoy `source/common/http/http1/balsa_parser.cc`.
const METHODS: [&str; 34] = [
    "ACL",
    "BIND",
    "CHECKOUT",
    "CONNECT",
    "COPY",
    "DELETE",
    "GET",
    "HEAD",
    "LINK",
    "LOCK",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MOVE",
    "MSEARCH",
    "NOTIFY",
    "OPTIONS",
    "PATCH",
    "POST",
    "PROPFIND",
    "PROPPATCH",
    "PURGE",
    "PUT",
    "REBIND",
    "REPORT",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "TRACE",
    "UNBIND",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
];

impl Reading {
    /// A call of the Consul service `source`, through the upstream that is named like the Service.
    pub(super) fn outbound(&self, source: &str, request: &Request) -> Read<Vec<Part>> {
        let name = &*request.service.name;
        self.entries.caller(source)?;
        self.entries.opaque(name)?;
        let Some(chain) = self.chains.get(name) else { return self.nobody(name) };
        let chain = chain.as_ref().map_err(String::clone)?;
        let (method, target, headers) = match &request.call {
            // The listener of the upstream reads HTTP and answers 400 to the rest.
            Call::Tcp if chain.protocol.is_http() => return Ok(vec![Part::ended(Verdict::Error, None)]),
            Call::Tcp => return self.forward(source, chain.rest(), None, None),
            Call::Http { method, target, headers } => (method, target, headers),
        };
        if let Some(verdict) = refused(method, target) {
            // Over plain TCP the caller's proxy reads nothing: it is the far side that does.
            let verdict = if chain.protocol.is_http() { verdict } else { Verdict::Unknown };
            return Ok(vec![Part::ended(verdict, None)]);
        }
        let message = Message { method, target: Cow::Borrowed(target), headers: Cow::Borrowed(headers), unsure: false };
        if !chain.protocol.is_http() {
            return self.forward(source, chain.rest(), Some(message), None);
        }
        self.route(source, name, chain, message)
    }

    fn route(&self, source: &str, name: &str, chain: &Chain, mut message: Message<'_>) -> Read<Vec<Part>> {
        let routes: &[Route] = self.entries.routers.get(name).and_then(|read| read.as_deref().ok()).unwrap_or(&[]);
        for (index, (route, leaves)) in routes.iter().zip(&chain.routes).enumerate() {
            let rule = format!("ServiceRouter/{name} routes[{index}]");
            match route.condition.holds(&message) {
                Some(false) => continue,
                None => return Err(format!("{rule}: what the proxy sees is not known")),
                Some(true) => {}
            }
            if !route.prefix_rewrite.is_empty() {
                asks(|| Some(asked::Part::Other("what a route rewrites")), Test::Present, false);
                let rewritten = route.condition.rewritten(&message.target, &route.prefix_rewrite);
                message.target = Cow::Owned(rewritten.ok_or_else(|| format!("{rule}: prefixRewrite"))?);
            }
            return self.forward(source, leaves, Some(message), Some((rule, Some(route))));
        }
        let rule = chain.is_split.then(|| (format!("ServiceSplitter/{name}"), None));
        self.forward(source, chain.rest(), Some(message), rule)
    }

    /// To the leaves by weight; `rule` is what chose them.
    fn forward(
        &self,
        source: &str,
        leaves: &[Leaf],
        message: Option<Message<'_>>,
        chosen: Option<(String, Option<&Route>)>,
    ) -> Read<Vec<Part>> {
        let (rule, route) = chosen.map_or((None, None), |(rule, route)| (Some(rule), route));
        let whole = leaves.iter().map(|leaf| leaf.weight).sum();
        let mut parts = Vec::with_capacity(leaves.len());
        for leaf in leaves.iter().filter(|leaf| leaf.weight > 0) {
            let mut message = message.clone();
            if let Some(message) = &mut message {
                // Those of the split first: a `set` of the route wins.
                leaf.headers.apply(message);
                if let Some(route) = route {
                    route.headers.apply(message);
                }
            }
            let share = Fraction::of(leaf.weight, whole);
            for part in self.inbound(source, leaf, message)? {
                parts.push(Part { share: part.share.times(share), rule: part.rule.or_else(|| rule.clone()), ..part });
            }
        }
        Ok(parts)
    }

    /// A name without instances and entries.
    pub(super) fn nobody(&self, name: &str) -> Read<Vec<Part>> {
        match self.catalog.is_bare(name) {
            true => Err(format!("pods behind {name:?} have no proxy")),
            false => Ok(vec![Part::ended(Verdict::Error, None)]),
        }
    }
}

impl Chain {
    /// The leaves for what no route takes.
    fn rest(&self) -> &[Leaf] {
        self.routes.last().map_or(&[], Vec::as_slice)
    }
}

impl Part {
    /// All that is left ends here.
    pub(super) fn ended(verdict: Verdict, rule: Option<String>) -> Self {
        Self { outcome: Outcome::Ended(verdict), share: Fraction::ONE, rule }
    }
}

/// What a proxy that reads HTTP answers before it looks for a route: no virtual host takes CONNECT or `OPTIONS *`
/// (404); other targets that are no path, fragments and bytes beyond printable ASCII are 400.
///
/// # Source
/// Envoy `ConnectionManagerImpl`, `BalsaParser`, `http_reject_path_with_fragment`.
fn refused(method: &str, target: &str) -> Option<Verdict> {
    let readable = target.bytes().all(|byte| matches!(byte, b'!'..=b'~'));
    match (method, target) {
        _ if !readable || !METHODS.contains(&method) => Some(Verdict::Error),
        ("CONNECT", _) | ("OPTIONS", "*") => Some(Verdict::NoRoute),
        // Absolute form: its host takes the place of the header.
        (_, target) if target.contains("://") && !target.starts_with(['/', '?']) => Some(Verdict::Unknown),
        (_, target) if !target.starts_with('/') || target.contains('#') => Some(Verdict::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("GET", "/a?b=c://d", None ; "path")]
    #[test_case("OPTIONS", "*", Some(Verdict::NoRoute) ; "options of everything")]
    #[test_case("GET", "*", Some(Verdict::Error) ; "get of everything")]
    #[test_case("CONNECT", "a:80", Some(Verdict::NoRoute) ; "connect")]
    #[test_case("get", "/", Some(Verdict::Error) ; "lower case")]
    #[test_case("GET", "/a#b", Some(Verdict::Error) ; "fragment")]
    #[test_case("GET", "/\u{e4}", Some(Verdict::Error) ; "beyond ASCII")]
    #[test_case("GET", "http://a/b", Some(Verdict::Unknown) ; "absolute form")]
    fn answered_by_the_caller_side(method: &str, target: &str, want: Option<Verdict>) {
        assert_eq!(refused(method, target), want);
    }
}
