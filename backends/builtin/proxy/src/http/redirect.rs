//! Callers that are sent elsewhere.

use http::header::HOST;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, StatusCode};

use super::reply::Reply;
use crate::matching::path_of;
use crate::table::{Redirect, RedirectPath};

/// `matched`: how many bytes of the path are the prefix of the route.
pub(super) fn reply(redirect: &Redirect, matched: usize, parts: &Parts, is_secure: bool) -> Reply {
    let location = location(redirect, matched, parts, is_secure);
    match HeaderValue::try_from(location) {
        Ok(location) => Reply::elsewhere(redirect.status, location),
        // The path was looked at, so that only the host of the call can be none.
        Err(_) => Reply::bare(StatusCode::BAD_REQUEST, "direct_response"),
    }
}

fn location(redirect: &Redirect, matched: usize, parts: &Parts, is_secure: bool) -> String {
    let called = parts.uri.authority().map(|authority| authority.as_str());
    let called = called.or_else(|| parts.headers.get(HOST).and_then(|host| host.to_str().ok())).unwrap_or_default();
    let scheme = redirect.scheme.as_deref().unwrap_or(if is_secure { "https" } else { "http" });
    let (name, port) = match called.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => (name, Some(port)),
        _ => (called, None),
    };
    let host = redirect.host.as_deref().unwrap_or(name);
    // The port of the call belongs to its scheme where it is the usual one.
    let usual = matches!((scheme, port), ("https", Some("80")) | ("http", Some("443")));
    let keeps = redirect.host.is_none() && !(redirect.scheme.is_some() && usual);
    let port = redirect.port.map(|port| port.to_string()).or_else(|| port.filter(|_| keeps).map(str::to_owned));
    let target = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let (path, query) = target.split_at(path_of(target).len());
    let path = match &redirect.path {
        None => path.to_owned(),
        Some(RedirectPath::Path(path)) => path.to_string(),
        Some(RedirectPath::Prefix(prefix)) => format!("{prefix}{}", path.get(matched..).unwrap_or_default()),
    };
    // A path of its own may bring its own query.
    let query = if redirect.strip_query || path.contains('?') { "" } else { query };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{host}{port}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use test_case::test_case;

    fn to() -> Redirect {
        Redirect { scheme: None, host: None, port: None, path: None, strip_query: false, status: StatusCode::FOUND }
    }

    #[test_case(Redirect { scheme: Some("https".into()), ..to() }, "https://api:8080/gone/x?q=1" ; "scheme")]
    #[test_case(Redirect { host: Some("new.example".into()), ..to() }, "http://new.example/gone/x?q=1" ; "host")]
    #[test_case(Redirect { port: Some(81), ..to() }, "http://api:81/gone/x?q=1" ; "port")]
    #[test_case(Redirect { path: Some(RedirectPath::Prefix("/here".into())), ..to() }, "http://api:8080/here/x?q=1" ; "prefix")]
    #[test_case(Redirect { path: Some(RedirectPath::Path("/all".into())), ..to() }, "http://api:8080/all?q=1" ; "path")]
    #[test_case(Redirect { strip_query: true, ..to() }, "http://api:8080/gone/x" ; "without its query")]
    fn locations(redirect: Redirect, want: &str) {
        let (parts, ()) = Request::get("/gone/x?q=1").header("host", "api:8080").body(()).expect("a request").into_parts();
        assert_eq!(location(&redirect, "/gone".len(), &parts, false), want);
    }
}
