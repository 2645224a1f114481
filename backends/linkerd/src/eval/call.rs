//! A request as the proxies see it: path and query apart, headers by name.

use std::borrow::Cow;

use meshglot_translator::eval::Verdict;
use meshglot_translator::eval::asked::{Part, Test, asks};

/// One HTTP request.
#[derive(Clone, Debug)]
pub(super) struct HttpCall<'r> {
    pub method: &'r str,
    /// Without query and fragment, otherwise as sent.
    pub path: &'r str,
    pub query: Option<&'r str>,
    headers: Cow<'r, [(String, String)]>,
    /// A filter has changed `host`: whether the next proxy goes by it is not told.
    pub host_changed: bool,
}

/// What a filter does with headers: first it adds, then it sets, then it removes.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderChange {
    pub add: Vec<(String, String)>,
    pub set: Vec<(String, String)>,
    pub remove: Vec<String>,
}

impl<'r> HttpCall<'r> {
    /// # Errors
    /// How it ends if a proxy cannot read it, or this reading does not know whether it can.
    pub(super) fn read(method: &'r str, target: &'r str, headers: &'r [(String, String)]) -> Result<Self, Verdict> {
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let known = path.starts_with('/') && target.is_ascii() && !query.is_some_and(|query| query.contains('"'));
        // Bytes that the `http` crate's URI takes for none: it answers 400.
        let illegal = |byte: u8| byte <= b' ' || matches!(byte, b'<' | b'>' | 0x7f);
        match target.bytes().any(illegal) || path.contains('`') {
            true => Err(Verdict::Error),
            false if !known => Err(Verdict::Unknown),
            false => Ok(Self { method, path, query, headers: Cow::Borrowed(headers), host_changed: false }),
        }
    }

    /// Whether it is a GET.
    pub(super) fn is_get(&self) -> bool {
        asks(|| Some(Part::Method), Test::Exact("GET"), false);
        self.method == "GET"
    }

    /// Whether it has exactly this path.
    pub(super) fn is_to(&self, path: &str) -> bool {
        asks(|| Some(Part::Path), Test::Exact(path), false);
        self.path == path
    }

    /// The values of a header, without space around them; names in any case.
    pub(super) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim_matches([' ', '\t']))
    }

    /// The host that was asked for, without port.
    pub(super) fn host(&self) -> Option<&str> {
        let authority = self.values("host").next()?;
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        match authority.strip_prefix('[') {
            Some(rest) => rest.find(']').map(|end| &authority[..end + 2]),
            None => authority.split(':').next(),
        }
    }

    /// The request after a filter.
    pub(super) fn change(&mut self, change: &HeaderChange) {
        let headers = self.headers.to_mut();
        headers.extend(change.add.iter().cloned());
        for (name, value) in &change.set {
            headers.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.clone()));
        }
        headers.retain(|(key, _)| !change.remove.iter().any(|name| key.eq_ignore_ascii_case(name)));
        let names = change.add.iter().chain(&change.set).map(|(name, _)| name).chain(&change.remove);
        self.host_changed |= names.into_iter().any(|name| name.eq_ignore_ascii_case("host"));
    }
}

/// The parameters of a query, decoded.
///
/// Source: `url::form_urlencoded::parse`, which the proxy uses.
pub(super) fn query_pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                // Two hexadecimal digits are a byte.
                out.push((high * 16 + low) as u8);
                rest = &after[2..];
                continue;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(*byte),
        }
        rest = after;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("a=1&b", &[("a", "1"), ("b", "")] ; "a name alone has an empty value")]
    #[test_case("&&a=%2F+b%zz", &[("a", "/ b%zz")] ; "decoded, broken escapes stay")]
    #[test_case("a=1&a=2", &[("a", "1"), ("a", "2")] ; "repeated")]
    fn query(query: &str, want: &[(&str, &str)]) {
        let want: Vec<_> = want.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(query_pairs(query).collect::<Vec<_>>(), want);
    }

    #[test_case("web.shop:80", Some("web.shop") ; "port")]
    #[test_case("[::1]:80", Some("[::1]") ; "IPv6")]
    #[test_case("me@web", Some("web") ; "user")]
    fn host(header: &str, want: Option<&str>) {
        let headers = [("Host".to_owned(), header.to_owned())];
        assert_eq!(HttpCall::read("GET", "/", &headers).expect("a request").host(), want);
    }

    #[test_case("/a/../b?c#d", None ; "plain")]
    #[test_case("/a%zz\\|{}", None ; "odd, and passed on")]
    #[test_case("/a<", Some(Verdict::Error) ; "not a URI")]
    #[test_case("*", Some(Verdict::Unknown) ; "not a path")]
    #[test_case("/\u{e9}", Some(Verdict::Unknown) ; "not ASCII")]
    fn target(target: &str, want: Option<Verdict>) {
        assert_eq!(HttpCall::read("GET", target, &[]).err(), want);
    }
}
