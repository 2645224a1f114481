//! What a rule of a route asks of a request, and how closely a request meets it.
//!
//! Source: linkerd2-proxy `linkerd/http/route/src/{http,grpc}/match`.

use meshglot_translator::eval::asked::{Part, Test, asks};
use regex::Regex;

use super::call::{HttpCall, query_pairs};

/// How closely a request meets a match, greater is closer. HTTP: length of the path, number of headers, of query
/// parameters, method. gRPC: length of the service, of the method, number of headers.
pub(super) type Rank = [usize; 4];

/// One entry of `matches`.
#[derive(Debug)]
pub(super) enum Match {
    /// Of an HTTPRoute.
    Http(HttpMatch),
    /// Of a GRPCRoute.
    Grpc(GrpcMatch),
}

#[derive(Debug, Default)]
pub(super) struct HttpMatch {
    pub path: Option<PathMatch>,
    pub headers: Vec<(String, ValueMatch)>,
    pub query: Vec<(String, ValueMatch)>,
    pub method: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct GrpcMatch {
    pub service: Option<String>,
    pub method: Option<String>,
    pub headers: Vec<(String, ValueMatch)>,
}

#[derive(Debug)]
pub(super) enum PathMatch {
    Exact(String),
    /// By whole segments.
    Prefix(String),
    Regex(Regex),
}

#[derive(Debug)]
pub(super) enum ValueMatch {
    Exact(String),
    Regex(Regex),
}

impl Match {
    /// The rank of a rule without matches, which takes everything.
    pub(super) fn implicit(grpc: bool) -> Rank {
        if grpc { [0; 4] } else { [1, 0, 0, 0] }
    }

    pub(super) fn rank(&self, call: &HttpCall<'_>) -> Option<Rank> {
        match self {
            Self::Http(http) => http.rank(call),
            Self::Grpc(grpc) => grpc.rank(call),
        }
    }
}

impl HttpMatch {
    fn rank(&self, call: &HttpCall<'_>) -> Option<Rank> {
        let is_other = |method: &str| {
            asks(|| Some(Part::Method), Test::Exact(method), false);
            method != call.method
        };
        if self.method.as_deref().is_some_and(is_other) {
            return None;
        }
        let path = match &self.path {
            Some(path) => path.length(call.path)?,
            None => 1,
        };
        let query = |(name, value): &(String, ValueMatch)| {
            asks(|| Some(Part::Other("a query parameter")), Test::Present, false);
            call.query.is_some_and(|query| query_pairs(query).any(|(key, given)| key == *name && value.is_met_by(&given)))
        };
        let met = have(&self.headers, call) && self.query.iter().all(query);
        met.then(|| [path, self.headers.len(), self.query.len(), usize::from(self.method.is_some())])
    }
}

impl GrpcMatch {
    fn rank(&self, call: &HttpCall<'_>) -> Option<Rank> {
        asks(|| Some(Part::Other("a method of gRPC")), Test::Present, false);
        let mut parts = call.path.split('/');
        let (before, service, method) = (parts.next()?, parts.next()?, parts.next()?);
        let is = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
        let met = call.method == "POST" && before.is_empty() && is(&self.service, service) && is(&self.method, method);
        let length = |wanted: &Option<String>| wanted.as_ref().map_or(0, String::len);
        (met && have(&self.headers, call)).then(|| [length(&self.service), length(&self.method), self.headers.len(), 0])
    }
}

/// Any one value of a repeated header is enough; a list with commas is one value.
fn have(headers: &[(String, ValueMatch)], call: &HttpCall<'_>) -> bool {
    headers.iter().all(|(name, wanted)| {
        asks(|| Part::header(name), wanted.asked(), false);
        call.values(name).any(|value| wanted.is_met_by_header(value))
    })
}

impl PathMatch {
    /// How much of the path it takes; paths are compared as they were sent. A regex that matches takes all of it,
    /// so that it is as close as an exact path.
    fn length(&self, path: &str) -> Option<usize> {
        let ask = |test: Test<'_>| asks(|| Some(Part::Path), test, false);
        match self {
            Self::Exact(exact) => ask(Test::Exact(exact)),
            Self::Regex(regex) => ask(Test::First(regex.as_str())),
            Self::Prefix(prefix) if prefix == "/" => {}
            Self::Prefix(prefix) => {
                // A regex is closer than a prefix, except on the prefix itself.
                ask(Test::Exact(prefix.trim_end_matches('/')));
                ask(Test::Below(prefix.trim_end_matches('/')));
            }
        }
        match self {
            Self::Exact(exact) => (exact == path).then_some(exact.len()),
            Self::Regex(regex) => spans(regex, path).then_some(path.len()),
            Self::Prefix(prefix) if prefix == "/" => Some(1),
            Self::Prefix(prefix) => {
                let prefix = prefix.trim_end_matches('/');
                let rest = path.trim_end_matches('/').strip_prefix(prefix)?;
                (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
            }
        }
    }
}

impl ValueMatch {
    fn asked(&self) -> Test<'_> {
        match self {
            Self::Exact(exact) => Test::Exact(exact),
            Self::Regex(regex) => Test::First(regex.as_str()),
        }
    }

    fn is_met_by(&self, value: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == value,
            Self::Regex(regex) => spans(regex, value),
        }
    }

    /// Only visible ASCII is text for the proxy: another value is met by no regex.
    fn is_met_by_header(&self, value: &str) -> bool {
        let readable = || value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        (matches!(self, Self::Exact(_)) || readable()) && self.is_met_by(value)
    }
}

/// The first match, by the order of the alternatives, must be the whole text: `/a|/ab` does not match `/ab`.
fn spans(regex: &Regex, text: &str) -> bool {
    regex.find(text).is_some_and(|found| found.start() == 0 && found.end() == text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("Exact", "/a", "/a", Some(2) ; "exact")]
    #[test_case("Exact", "/a", "/a/", None ; "exact minds the slash")]
    #[test_case("PathPrefix", "/", "/a/b", Some(1) ; "root prefix")]
    #[test_case("PathPrefix", "/a/", "/a", Some(2) ; "prefix does not mind the slash")]
    #[test_case("PathPrefix", "/a", "/ab", None ; "prefix ends at a segment")]
    #[test_case("PathPrefix", "/a", "/a/../b", Some(2) ; "nothing is resolved")]
    #[test_case("RegularExpression", "/a.*", "/abc", Some(4) ; "regex takes the whole path")]
    #[test_case("RegularExpression", "/a|/ab", "/ab", None ; "first alternative wins")]
    #[test_case("RegularExpression", "^(?:/a|/ab)$", "/ab", Some(3) ; "wrapped alternatives")]
    #[test_case("RegularExpression", "/a.*?", "/ab", None ; "lazy")]
    #[test_case("RegularExpression", "a", "/a", None ; "not from the start")]
    fn path(kind: &str, value: &str, path: &str, want: Option<usize>) {
        let matcher = match kind {
            "Exact" => PathMatch::Exact(value.into()),
            "PathPrefix" => PathMatch::Prefix(value.into()),
            _ => PathMatch::Regex(Regex::new(value).expect("a regex")),
        };
        assert_eq!(matcher.length(path), want);
    }

    #[test_case("blue", &["blue"], true ; "equal")]
    #[test_case("blue", &["Blue"], false ; "case")]
    #[test_case("blue", &["red", "blue"], true ; "any value")]
    #[test_case("blue", &["red,blue"], false ; "a list is one value")]
    #[test_case("", &[], false ; "absent is not empty")]
    fn header(wanted: &str, values: &[&str], want: bool) {
        let sent: Vec<(String, String)> = values.iter().map(|value| ("X-Team".to_owned(), (*value).to_owned())).collect();
        let call = HttpCall::read("GET", "/", &sent).expect("a request");
        assert_eq!(have(&[("x-team".into(), ValueMatch::Exact(wanted.into()))], &call), want);
    }

    #[test_case("^.*$", "", true ; "presence")]
    #[test_case("^.*$", "caf\u{e9}", false ; "not ASCII")]
    #[test_case("a+", "aab", false ; "the whole value")]
    fn header_regex(regex: &str, value: &str, want: bool) {
        assert_eq!(ValueMatch::Regex(Regex::new(regex).expect("a regex")).is_met_by_header(value), want);
    }

    #[test_case("POST", "/shop.Api/Get", Some([8, 3, 0, 0]) ; "method")]
    #[test_case("GET", "/shop.Api/Get", None ; "only POST")]
    #[test_case("POST", "/shop.Api", None ; "no method")]
    #[test_case("POST", "/shop.Other/Get", None ; "other service")]
    fn grpc(method: &str, path: &str, want: Option<Rank>) {
        let matcher = GrpcMatch { service: Some("shop.Api".into()), method: Some("Get".into()), headers: Vec::new() };
        assert_eq!(matcher.rank(&HttpCall::read(method, path, &[]).expect("a request")), want);
    }
}
