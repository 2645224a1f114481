//! What of a request decides on the endpoint.

use std::net::IpAddr;

use http::header::COOKIE;
use http::request::Parts;

use crate::table::HashPolicy;
use crate::upstream::hash;

/// A cookie that a caller gets, so that it comes to the same endpoint again.
pub(super) struct NewCookie {
    pub(super) text: String,
}

/// The hash of all that is there; `None`: nothing is. The cookie is made where one is missing that may be made.
pub(super) fn of(policies: &[HashPolicy], parts: &Parts, source: IpAddr) -> (Option<u64>, Option<NewCookie>) {
    let (mut all, mut made) = (None::<u64>, None);
    for policy in policies {
        let one = match policy {
            HashPolicy::Header(name) => {
                let mut values: Vec<&[u8]> = parts.headers.get_all(name).iter().map(|value| value.as_bytes()).collect();
                // Proxies on the way may change their order.
                values.sort_unstable();
                (!values.is_empty()).then(|| hash(&values.concat(), 0))
            }
            HashPolicy::SourceAddress => Some(hash(source.to_string().as_bytes(), 0)),
            HashPolicy::Query(name) => query(parts, name).map(|value| hash(value.as_bytes(), 0)),
            HashPolicy::Cookie { name, ttl, path } => match (cookie(parts, name), ttl) {
                (Some(value), _) => Some(hash(value, 0)),
                (None, None) => None,
                (None, Some(ttl)) => {
                    let value = format!("{:016x}", fastrand::u64(..));
                    let age = if ttl.is_zero() { String::new() } else { format!("; Max-Age={}", ttl.as_secs()) };
                    let path = if path.is_empty() { String::new() } else { format!("; Path={path}") };
                    let hashed = hash(value.as_bytes(), 0);
                    made = Some(NewCookie { text: format!("{name}=\"{value}\"{age}{path}; HttpOnly") });
                    Some(hashed)
                }
            },
        };
        if let Some(one) = one {
            // The order of what was written counts.
            all = Some(all.map_or(0, |all| all.rotate_left(1)) ^ one);
        }
    }
    (all, made)
}

fn cookie<'p>(parts: &'p Parts, name: &str) -> Option<&'p [u8]> {
    let pairs = parts.headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        (pair[..at].trim_ascii() == name.as_bytes()).then(|| pair[at + 1..].trim_ascii())
    });
    let value = values.next()?;
    let bare = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    Some(bare.unwrap_or(value))
}

fn query<'p>(parts: &'p Parts, name: &str) -> Option<&'p str> {
    let pairs = parts.uri.query()?.split('&');
    pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;
    use std::time::Duration;

    fn hashed(policy: HashPolicy, uri: &str, header: (&str, &str)) -> Option<u64> {
        let (parts, ()) = Request::get(uri).header(header.0, header.1).body(()).expect("a request").into_parts();
        of(&[policy], &parts, IpAddr::from([10, 0, 0, 1])).0
    }

    #[test]
    fn the_same_value_is_the_same_hash() {
        let cookie = |ttl| HashPolicy::Cookie { name: "id".into(), ttl, path: "/".into() };
        let one = hashed(cookie(None), "/", ("cookie", "a=b; id=7"));
        assert!(one.is_some());
        assert_eq!(one, hashed(cookie(None), "/", ("cookie", "id=\"7\"")));
        assert_eq!(one, hashed(HashPolicy::Query("q".into()), "/?x=1&q=7", ("x", "y")));
        assert_eq!(one, hashed(HashPolicy::Header(http::HeaderName::from_static("x")), "/", ("x", "7")));
        assert_eq!(hashed(cookie(None), "/", ("x", "y")), None);
        assert!(hashed(cookie(Some(Duration::from_secs(60))), "/", ("x", "y")).is_some());
    }

    #[test]
    fn a_cookie_is_made_that_gives_the_same_hash() {
        let policy = HashPolicy::Cookie { name: "id".into(), ttl: Some(Duration::from_secs(60)), path: "/".into() };
        let (parts, ()) = Request::get("/").body(()).expect("a request").into_parts();
        let (hash, made) = of(std::slice::from_ref(&policy), &parts, IpAddr::from([10, 0, 0, 1]));
        let text = made.expect("a cookie").text;
        assert!(text.ends_with("; Max-Age=60; Path=/; HttpOnly"), "{text}");
        let pair = text.split(';').next().unwrap_or_default();
        assert_eq!(hashed(policy, "/", ("cookie", pair)), hash);
    }
}
