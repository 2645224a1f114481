//! Route configurations: which requests a route takes, and where it leads.

use std::collections::BTreeMap;

use meshglot_translator::eval::asked::{Part, Test, asks};
use serde_json::Value;

use super::chain::weighted_clusters;
use super::fields::{Fields, Read, all};
use super::matcher::{HeaderMatch, Message, Patterns, Text};
use super::rbac::Rbac;

/// A `RouteConfiguration` with the one virtual host `*`.
#[derive(Debug)]
pub(super) struct Routes {
    routes: Vec<Route>,
    /// For all of them.
    pub(super) overrides: Overrides,
}

/// One route.
#[derive(Debug)]
pub(super) struct Route {
    /// Empty if it has none.
    pub(super) name: String,
    path: Read<Path>,
    headers: Vec<Read<HeaderMatch>>,
    pub(super) action: Read<Action>,
    pub(super) overrides: Overrides,
}

/// What a route says to filters, by their name; `None` switches a filter off.
pub(super) type Overrides = BTreeMap<String, Read<Option<Rbac>>>;

#[derive(Debug)]
enum Path {
    Text(Text),
    /// Whole segments.
    Below(String),
}

/// What becomes of a request that a route takes.
#[derive(Debug)]
pub(super) enum Action {
    /// To these clusters, by weight.
    Clusters(Vec<(String, u64)>),
    /// The proxy answers.
    Answer(u64),
}

impl Routes {
    /// Reads a `RouteConfiguration`.
    pub(super) fn new(resource: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(resource)?;
        // Clusters that do not exist are looked up when a request goes to them.
        fields.skip(&["name", "validate_clusters"]);
        let [host] = fields.list("virtual_hosts")? else {
            return Err("several virtual hosts, or none, are not modelled".to_owned());
        };
        fields.done()?;
        let mut host = Fields::of(host)?;
        host.skip(&["name"]);
        if host.texts("domains")? != ["*"] {
            return Err("virtual hosts for some hosts are not modelled".to_owned());
        }
        let routes = host.list("routes")?.iter().map(|route| Route::new(route, patterns)).collect::<Read<_>>()?;
        let overrides = overrides(host.map("typed_per_filter_config")?, patterns);
        host.done()?;
        Ok(Self { routes, overrides })
    }

    /// The first route that takes a request. What cannot be read of routes before it makes it unknown.
    pub(super) fn find(&self, message: &Message<'_>) -> Read<Option<&Route>> {
        for route in &self.routes {
            if route.takes(message)? {
                return Ok(Some(route));
            }
        }
        Ok(None)
    }
}

impl Route {
    fn new(route: &Value, patterns: &mut Patterns) -> Read<Self> {
        let mut fields = Fields::of(route)?;
        let name = fields.text("name")?.to_owned();
        let mut matching = Fields::of(fields.take("match"))?;
        let headers = matching.list("headers")?.iter().map(|header| HeaderMatch::new(header, patterns)).collect();
        let path = Path::new(matching, patterns);
        let overrides = overrides(fields.map("typed_per_filter_config")?, patterns);
        let action = Action::new(fields);
        Ok(Self { name, path, headers, action, overrides })
    }

    fn takes(&self, message: &Message<'_>) -> Read<bool> {
        let path = self.path.as_ref().map_err(Clone::clone).and_then(|path| path.matches(message.path_alone()));
        let headers = self.headers.iter().map(|header| header.as_ref().map_err(Clone::clone)?.matches(message));
        all(std::iter::once(path).chain(headers))
    }
}

impl Path {
    /// Reads what is left of a `RouteMatch`: exactly one condition on the path.
    fn new(fields: Fields<'_>, patterns: &mut Patterns) -> Read<Self> {
        let (kind, value) = fields.one_of()?;
        if kind == "safe_regex" {
            return Text::regex(value, patterns).map(Self::Text);
        }
        let text = value.as_str().ok_or_else(|| format!("{kind}: {value} is no text"))?.to_owned();
        match kind {
            "prefix" => Ok(Self::Text(Text::Prefix(text))),
            "path" => Ok(Self::Text(Text::Exact(text))),
            "path_separated_prefix" => Ok(Self::Below(text)),
            _ => Err(format!("condition {kind} of a route is not modelled")),
        }
    }

    fn matches(&self, path: &str) -> Read<bool> {
        match self {
            Self::Text(text) => text.matches(|| Some(Part::Path), path),
            Self::Below(prefix) => {
                asks(|| Some(Part::Path), Test::Below(prefix), false);
                Ok(path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
            }
        }
    }
}

impl Action {
    /// Reads what is left of a `Route`.
    fn new(mut fields: Fields<'_>) -> Read<Self> {
        let (route, answer) = (fields.take("route"), fields.take("direct_response"));
        fields.done()?;
        match (route, answer) {
            (Value::Null, Value::Null) => Err("a route without an action".to_owned()),
            (Value::Null, answer) => {
                let mut answer = Fields::of(answer)?;
                let status = answer.number("status")?.unwrap_or(0);
                answer.skip(&["body"]);
                answer.done().map(|()| Self::Answer(status))
            }
            (route, _) => {
                let mut route = Fields::of(route)?;
                route.skip(&["timeout"]);
                let (cluster, weighted) = (route.text("cluster")?.to_owned(), route.take("weighted_clusters"));
                route.done()?;
                let clusters = if weighted.is_null() { vec![(cluster, 1)] } else { weighted_clusters(weighted)? };
                Ok(Self::Clusters(clusters))
            }
        }
    }
}

/// Reads what is said to filters: only to those of access rules.
fn overrides(said: Vec<(&str, &Value)>, patterns: &mut Patterns) -> Overrides {
    let mut one = |value: &Value| {
        let (message, mut fields) = Fields::typed(value)?;
        if message != "envoy.extensions.filters.http.rbac.v3.RBACPerRoute" {
            return Err(format!("{message} is not modelled"));
        }
        let rbac = match fields.take("rbac") {
            Value::Null => None,
            rbac => Some(Rbac::new(Fields::of(rbac)?, patterns)?),
        };
        fields.done()?;
        Ok(rbac)
    };
    said.into_iter().map(|(name, value)| (name.to_owned(), one(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use test_case::test_case;

    fn find(routes: Value, path: &str) -> Option<String> {
        let config = json!({ "virtual_hosts": [{ "domains": ["*"], "routes": routes }] });
        let routes = Routes::new(&config, &mut Patterns::default()).ok()?;
        let message = Message { method: "GET", path: path.to_owned(), headers: &[] };
        routes.find(&message).ok().map(|route| route.map(|route| route.name.clone()).unwrap_or_default())
    }

    #[test_case("/a?b=/x", "exact" ; "path without query")]
    #[test_case("/ab", "start" ; "a prefix splits a segment")]
    #[test_case("/old/x", "below" ; "segments")]
    #[test_case("/older", "" ; "no segment")]
    #[test_case("/42", "number" ; "the whole path")]
    #[test_case("/42/x", "" ; "not a part of the path")]
    fn paths(path: &str, want: &str) {
        let route = |name: &str, kind: &str, value: Value| json!({ "name": name, "match": { kind: value }, "route": { "cluster": "a" } });
        let routes = json!([
            route("exact", "path", json!("/a")),
            route("start", "prefix", json!("/a")),
            route("below", "path_separated_prefix", json!("/old")),
            route("number", "safe_regex", json!({ "regex": "/[0-9]+" })),
        ]);
        assert_eq!(find(routes, path).as_deref(), Some(want));
    }

    #[test_case(json!({ "path": "/b", "runtime_fraction": {} }), "/a", None ; "unknown condition")]
    #[test_case(json!({ "path": "/a", "headers": [{ "name": "x", "range_match": {} }] }), "/b", Some("rest") ; "another path whatever the header")]
    #[test_case(json!({ "path": "/a", "headers": [{ "name": "x", "range_match": {} }] }), "/a", None ; "unknown header")]
    fn unknown_conditions(matching: Value, path: &str, want: Option<&str>) {
        let routes = json!([{ "match": matching }, { "name": "rest", "match": { "prefix": "/" } }]);
        assert_eq!(find(routes, path).as_deref(), want);
    }
}
