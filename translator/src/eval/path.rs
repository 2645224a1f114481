//! Which path is compared: the neutral reading of what was sent.

use std::borrow::Cow;

/// What a path is under the neutral reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spelling<'p> {
    /// Compared in this form: dot segments resolved, escapes of unreserved characters decoded.
    Plain(Cow<'p, str>),
    /// `//`, `%2f`, `%5c`, `\`, NUL or a broken escape: applications disagree on it, so the answer is 400.
    Ambiguous,
}

/// The path of a request target as it is compared, without query and fragment.
///
/// # Source
/// `docs/design.md` section 5; RFC 3986 section 6.2.2.
pub fn normalised(target: &str) -> Spelling<'_> {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    if is_ambiguous(path) {
        return Spelling::Ambiguous;
    }
    let decoded = decode_unreserved(path);
    if !decoded.contains("/.") {
        return Spelling::Plain(decoded);
    }
    Spelling::Plain(Cow::Owned(without_dot_segments(&decoded)))
}

fn is_ambiguous(path: &str) -> bool {
    let bytes = path.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let escape = |at: usize| {
        !hex(at + 1) || !hex(at + 2) || ["2f", "5c", "00"].iter().any(|word| bytes[at + 1..at + 3].eq_ignore_ascii_case(word.as_bytes()))
    };
    path.contains("//") || bytes.iter().enumerate().any(|(at, byte)| matches!(byte, b'\\' | 0) || (*byte == b'%' && escape(at)))
}

fn decode_unreserved(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    let bytes = path.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let decoded = path.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match decoded.filter(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(byte)) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    // Only ASCII was put in the place of ASCII.
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (index, segment) in segments.iter().enumerate() {
        let last = index + 1 == segments.len();
        match *segment {
            "." | ".." => {
                if *segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/a", Some("/a") ; "plain")]
    #[test_case("/x/../a?b=/../c", Some("/a") ; "dot segments, not those of the query")]
    #[test_case("/x/%2e%2E/%61", Some("/a") ; "escaped")]
    #[test_case("/a/.", Some("/a/") ; "dot at the end")]
    #[test_case("/a/..", Some("/") ; "two dots at the end")]
    #[test_case("/../../a", Some("/a") ; "above the root")]
    #[test_case("/a%3fb", Some("/a%3fb") ; "other escapes stay")]
    #[test_case("/.hidden/..x", Some("/.hidden/..x") ; "dots in names stay")]
    #[test_case("//a", None ; "two slashes")]
    #[test_case("/a%2Fb", None ; "escaped slash")]
    #[test_case("/a\\b", None ; "backslash")]
    #[test_case("/a%", None ; "broken escape")]
    #[test_case("/a%zz", None ; "escape that is none")]
    fn neutral_path(target: &str, want: Option<&str>) {
        let got = match normalised(target) {
            Spelling::Plain(path) => Some(path.into_owned()),
            Spelling::Ambiguous => None,
        };
        assert_eq!(got.as_deref(), want);
    }
}
