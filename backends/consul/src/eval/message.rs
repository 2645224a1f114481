//! A request as one proxy sees it, and what a route changes in it on the way.

use std::borrow::Cow;

use serde_json::Value;

use super::fields::{Fields, Read};

/// One HTTP request at one proxy.
#[derive(Clone)]
pub(super) struct Message<'r> {
    /// As sent.
    pub(super) method: &'r str,
    /// Path with query; starts with `/`.
    pub(super) target: Cow<'r, str>,
    /// As far as the client and the routes set them.
    pub(super) headers: Cow<'r, [(String, String)]>,
    /// Some header was set to what only Envoy can work out.
    pub(super) unsure: bool,
}

impl Message<'_> {
    /// Without the query.
    pub(super) fn path(&self) -> &str {
        self.target.split_once('?').map_or(&*self.target, |(path, _)| path)
    }

    /// The first value of a query parameter, not decoded; without `=` it is empty.
    ///
    /// # Source
    /// Envoy `Utility::QueryParamsMulti::parseQueryString`; `ConfigUtility::QueryParameterMatcher` looks at the
    /// first value only.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let (_, query) = self.target.split_once('?')?;
        let mut pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// All values of a header, in order; `None` if it is not known what the proxy sees.
    pub(super) fn values(&self, name: &str) -> Option<Vec<&str>> {
        // Space around a value is no part of it (RFC 9110 section 5.5).
        let sent =
            || self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_matches([' ', '\t']));
        match name {
            ":method" => Some(vec![self.method]),
            ":path" => Some(vec![&*self.target]),
            // Envoy keeps `host` under the name `:authority`; a request without it is not valid HTTP/1.1.
            ":authority" | "host" => self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case("host")).map(|(_, host)| vec![&**host]),
            _ if self.unsure || is_of_the_proxy(name) => None,
            _ => Some(sent().collect()),
        }
    }
}

/// Headers that the proxies on the way write, drop or complete themselves.
fn is_of_the_proxy(name: &str) -> bool {
    const HOP_BY_HOP: [&str; 7] = ["connection", "keep-alive", "proxy-connection", "te", "upgrade", "transfer-encoding", "expect"];
    const PREFIXES: [&str; 5] = [":", "x-envoy-", "x-forwarded-", "x-request-id", "x-b3-"];
    HOP_BY_HOP.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// `requestHeaders` of a route or of a split.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct HeaderChanges {
    remove: Vec<String>,
    add: Vec<(String, String)>,
    set: Vec<(String, String)>,
    /// Values that Envoy fills in (`%...%`), or names that are not plain headers.
    unsure: bool,
}

impl HeaderChanges {
    pub(super) fn read(value: &Value) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let pairs = |list: Vec<(&str, &Value)>| -> Read<Vec<(String, String)>> {
            let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("{value} is no header value"));
            list.into_iter().map(|(name, value)| Ok((name.to_ascii_lowercase(), text(value)?))).collect()
        };
        let (add, set) = (pairs(fields.map("add")?)?, pairs(fields.map("set")?)?);
        let remove: Vec<String> = fields.texts("remove")?.into_iter().map(str::to_ascii_lowercase).collect();
        fields.done()?;
        let named = add.iter().chain(&set);
        let odd = |name: &str| name == "host" || name.starts_with(':');
        let unsure = named.clone().any(|(name, value)| odd(name) || value.contains('%')) || remove.iter().any(|name| odd(name));
        Ok(Self { remove, add, set, unsure })
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a split inside a split does; both at once is not modelled.
    pub(super) fn within(&self, outer: &Self) -> Self {
        match (self.is_empty(), outer.is_empty()) {
            (_, true) => self.clone(),
            (true, false) => outer.clone(),
            (false, false) => Self { unsure: true, ..Self::default() },
        }
    }

    /// Removes first, then adds, then sets.
    ///
    /// # Source
    /// Consul `injectHeaderManipToRoute` lists `add` before `set`; Envoy `HeaderParser::evaluateHeaders` removes first.
    pub(super) fn apply(&self, message: &mut Message<'_>) {
        if self.is_empty() {
            return;
        }
        message.unsure |= self.unsure;
        let headers = message.headers.to_mut();
        headers.retain(|(name, _)| !self.remove.iter().any(|gone| name.eq_ignore_ascii_case(gone)));
        headers.extend(self.add.iter().cloned());
        headers.retain(|(name, _)| !self.set.iter().any(|(key, _)| name.eq_ignore_ascii_case(key)));
        headers.extend(self.set.iter().cloned());
    }
}
