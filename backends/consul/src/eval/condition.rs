//! A condition on a request, as routes and permissions state it under `http`.

use meshglot_translator::eval::asked::{Part, Test, asks};
use meshglot_translator::eval::maybe::all;
use serde_json::Value;

use super::fields::{Fields, Read};
use super::header::{HeaderCondition, Side};
use super::message::Message;
use super::pattern::Pattern;

/// All parts must hold.
#[derive(Debug, Default)]
pub(super) struct Condition {
    path: Option<PathCondition>,
    ignore_case: bool,
    headers: Vec<HeaderCondition>,
    /// Empty: all.
    methods: Vec<String>,
    query: Vec<(String, QueryCondition)>,
}

#[derive(Debug)]
enum PathCondition {
    Exact(String),
    Prefix(String),
    Regex(Pattern),
}

#[derive(Debug)]
enum QueryCondition {
    Exact(String),
    Regex(Pattern),
    Present,
}

impl Condition {
    pub(super) fn read(value: &Value, side: Side) -> Read<Self> {
        let mut fields = Fields::of(value)?;
        let path = path(&mut fields)?;
        let headers = fields.list("header")?.iter().map(|header| HeaderCondition::read(header, side)).collect::<Read<_>>()?;
        let methods = fields.texts("methods")?.into_iter().map(method).collect::<Read<_>>()?;
        let (mut ignore_case, mut query) = (false, Vec::new());
        if side == Side::Route {
            ignore_case = fields.flag("caseInsensitive")?;
            query = fields.list("queryParam")?.iter().map(parameter).collect::<Read<_>>()?;
        }
        fields.done()?;
        Ok(Self { path, ignore_case, headers, methods, query })
    }

    /// Nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.path.is_none() && self.headers.is_empty() && self.methods.is_empty() && self.query.is_empty()
    }

    /// Whether it holds; `None`: that depends on something that is not known.
    pub(super) fn holds(&self, message: &Message<'_>) -> Option<bool> {
        let path = || self.path.as_ref().map_or(Some(true), |path| path.holds(message.path(), self.ignore_case));
        let is_method = |method: &String| {
            asks(|| Some(Part::Method), Test::Exact(method), false);
            method == message.method
        };
        let method = self.methods.is_empty() || self.methods.iter().any(is_method);
        let headers = self.headers.iter().map(|header| header.holds(message));
        let query = self.query.iter().map(|(name, query)| query.holds(message.parameter(name)));
        all([Some(method), path()].into_iter().chain(headers).chain(query))
    }

    /// The target after `prefixRewrite`: the text that matched is replaced, the query stays. `None` for a
    /// condition that the server does not accept beside a rewrite.
    ///
    /// # Source
    /// Envoy `RouteEntryImplBase::finalizePathHeader`.
    pub(super) fn rewritten(&self, target: &str, rewrite: &str) -> Option<String> {
        let matched = match self.path.as_ref()? {
            PathCondition::Exact(path) | PathCondition::Prefix(path) => path.len(),
            PathCondition::Regex(_) => return None,
        };
        target.get(matched..).map(|rest| format!("{rewrite}{rest}"))
    }

    /// Whether [`Condition::rewritten`] knows what to replace.
    pub(super) fn can_rewrite(&self) -> bool {
        matches!(self.path, Some(PathCondition::Exact(_) | PathCondition::Prefix(_)))
    }
}

impl PathCondition {
    /// Envoy ignores the case of ASCII letters only, and never in a regular expression.
    fn holds(&self, path: &str, ignore_case: bool) -> Option<bool> {
        let ask = |test: Test<'_>, ignore_case| asks(|| Some(Part::Path), test, ignore_case);
        match self {
            Self::Exact(want) => ask(Test::Exact(want), ignore_case),
            Self::Prefix(want) => ask(Test::Prefix(want), ignore_case),
            Self::Regex(pattern) => ask(Test::Regex(pattern.text()), false),
        }
        match self {
            Self::Exact(want) if ignore_case => Some(path.eq_ignore_ascii_case(want)),
            Self::Exact(want) => Some(path == want),
            Self::Prefix(want) if ignore_case => {
                Some(path.as_bytes().get(..want.len()).is_some_and(|start| start.eq_ignore_ascii_case(want.as_bytes())))
            }
            Self::Prefix(want) => Some(path.starts_with(want.as_str())),
            Self::Regex(pattern) => pattern.matches(path),
        }
    }
}

impl QueryCondition {
    fn holds(&self, value: Option<&str>) -> Option<bool> {
        asks(|| Some(Part::Other("a query parameter")), Test::Present, false);
        match (self, value) {
            (_, None) => Some(false),
            (Self::Present, Some(_)) => Some(true),
            (Self::Exact(want), Some(value)) => Some(value == want),
            (Self::Regex(pattern), Some(value)) => pattern.matches(value),
        }
    }
}

fn path(fields: &mut Fields<'_>) -> Read<Option<PathCondition>> {
    let exact = fields.text("pathExact")?;
    let prefix = fields.text("pathPrefix")?;
    let regex = fields.text("pathRegex")?;
    match (exact, prefix, regex) {
        ("", "", "") => Ok(None),
        (path, "", "") if path.starts_with('/') => Ok(Some(PathCondition::Exact(path.to_owned()))),
        ("", path, "") if path.starts_with('/') => Ok(Some(PathCondition::Prefix(path.to_owned()))),
        ("", "", regex) => Pattern::new(regex).map(|pattern| Some(PathCondition::Regex(pattern))),
        _ => Err("the server refuses two path conditions, or a path without a slash".to_owned()),
    }
}

/// # Source
/// Consul `isValidHTTPMethod`; `Normalize` writes them in upper case.
fn method(name: &str) -> Read<String> {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];
    let name = name.to_ascii_uppercase();
    if KNOWN.contains(&name.as_str()) { Ok(name) } else { Err(format!("the server refuses the method {name:?}")) }
}

fn parameter(value: &Value) -> Read<(String, QueryCondition)> {
    let mut fields = Fields::of(value)?;
    let name = fields.text("name")?.to_owned();
    let condition = match (fields.text("exact")?, fields.text("regex")?, fields.flag("present")?) {
        ("", "", true) => QueryCondition::Present,
        (exact, "", false) if !exact.is_empty() => QueryCondition::Exact(exact.to_owned()),
        ("", regex, false) if !regex.is_empty() => QueryCondition::Regex(Pattern::new(regex)?),
        _ => return Err(format!("the server refuses the condition on the query parameter {name:?}")),
    };
    fields.done()?;
    Ok((name, condition))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::borrow::Cow;
    use test_case::test_case;

    #[test_case(json!({"pathPrefix": "/p"}), "/pizza", true ; "a prefix is text")]
    #[test_case(json!({"pathExact": "/e"}), "/e?x=1", true ; "without the query")]
    #[test_case(json!({"pathExact": "/e"}), "/e/", false ; "slash at the end")]
    #[test_case(json!({"pathPrefix": "/Ab", "caseInsensitive": true}), "/aBc", true ; "case ignored")]
    #[test_case(json!({"pathRegex": "/a", "caseInsensitive": true}), "/A", false ; "never in a regex")]
    #[test_case(json!({"queryParam": [{"name": "v", "present": true}]}), "/q?w=1&v", true ; "parameter without a value")]
    #[test_case(json!({"queryParam": [{"name": "v", "exact": "2"}]}), "/q?v=1&v=2", false ; "first value only")]
    #[test_case(json!({"methods": ["put"]}), "/", false ; "method")]
    fn route_condition(http: Value, target: &str, want: bool) {
        let condition = Condition::read(&http, Side::Route).expect("a condition");
        let message = Message { method: "GET", target: target.into(), headers: Cow::Owned(Vec::new()), unsure: false };
        assert_eq!(condition.holds(&message), Some(want));
    }

    #[test_case("/w/", "/w/x?a=b", "/", Some("/x?a=b") ; "prefix")]
    #[test_case("/w", "/w/x", "/", Some("//x") ; "text only")]
    fn rewrite(prefix: &str, target: &str, rewrite: &str, want: Option<&str>) {
        let condition = Condition::read(&json!({"pathPrefix": prefix}), Side::Route).expect("a condition");
        assert_eq!(condition.rewritten(target, rewrite).as_deref(), want);
    }
}
