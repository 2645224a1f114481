//! The path of a request as it is compared and sent on: one spelling for each resource, or 400.
//!
//! What is refused here the route `ambiguous-path` of Envoy refuses; two spellings more than there (`docs/mapping/builtin.md`, MG1402).

/// What becomes of the target of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// It is spelt as it is compared.
    Same,
    /// Path and query in another spelling.
    Other(String),
    /// Nobody can say what a server takes it for.
    Ambiguous,
}

/// Bytes of a path that mean themselves wherever they stand.
const PLAIN: [bool; 256] = plain();

const fn plain() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        table[byte] = true;
        byte += 1;
    }
    let special = b"%\\\"<>^`{|}#?/";
    let mut at = 0;
    while at < special.len() {
        table[special[at] as usize] = false;
        at += 1;
    }
    table
}

/// Reads a path with its query, as it came.
pub(crate) fn normalise(target: &str) -> Target {
    let bytes = target.as_bytes();
    if bytes.first() != Some(&b'/') {
        return Target::Ambiguous;
    }
    let mut at = 1;
    let mut after_slash = true;
    while at < bytes.len() {
        let byte = bytes[at];
        if PLAIN[byte as usize] {
            // A segment that begins with a dot may be one of those that name another folder.
            if after_slash && byte == b'.' {
                return rewrite(target);
            }
            after_slash = false;
        } else if byte == b'/' {
            if after_slash {
                return Target::Ambiguous;
            }
            after_slash = true;
        } else if byte == b'?' {
            return if is_query(&bytes[at + 1..]) { Target::Same } else { Target::Ambiguous };
        } else {
            return rewrite(target);
        }
        at += 1;
    }
    Target::Same
}

/// Bytes that a query may hold; a fragment has no place in a request.
fn is_query(query: &[u8]) -> bool {
    query.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#')
}

fn rewrite(target: &str) -> Target {
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    if !is_query(query.as_bytes()) {
        return Target::Ambiguous;
    }
    let Some(mut out) = unescape(path.as_bytes()).and_then(|path| resolve(&path)) else { return Target::Ambiguous };
    out.push_str(query);
    if out == target { Target::Same } else { Target::Other(out) }
}

/// Escapes of unreserved characters are taken away, and characters that have to be escaped are.
fn unescape(path: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(path.len() + 8);
    let mut at = 0;
    while at < path.len() {
        match path[at] {
            b'%' => {
                let digit = |at: usize| path.get(at).and_then(|byte| char::from(*byte).to_digit(16));
                let (high, low) = (digit(at + 1)?, digit(at + 2)?);
                match u8::try_from(high * 16 + low).ok()? {
                    0 | b'/' | b'\\' => return None,
                    byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => out.push(byte),
                    _ => out.extend(&path[at..at + 3]),
                }
                at += 3;
                continue;
            }
            b'\\' | b'#' => return None,
            b'/' if out.last() == Some(&b'/') => return None,
            byte if b"\"<>^`{|}".contains(&byte) => out.extend([b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]),
            byte if byte.is_ascii_graphic() => out.push(byte),
            _ => return None,
        }
        at += 1;
    }
    Some(out)
}

const HEX: [u8; 16] = *b"0123456789ABCDEF";

/// Dot segments are gone through.
fn resolve(path: &[u8]) -> Option<String> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut segments = path.get(1..)?.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            // Some servers drop parameters first, and then see a folder.
            _ if segment.starts_with(b".;") || segment.starts_with(b"..;") => return None,
            b"." | b".." => {
                if segment.len() == 2 {
                    let parent = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                    out.truncate(parent);
                }
                if is_last {
                    out.push(b'/');
                }
            }
            name => {
                out.push(b'/');
                out.extend(name);
            }
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use test_case::test_case;

    #[test_case("/users/42" ; "a path")]
    #[test_case("/" ; "the root")]
    #[test_case("/users/42/" ; "a slash at the end")]
    #[test_case("/users/42%252f" ; "escaped twice")]
    #[test_case("/a%3fb;x=y?c=//%2f%5c\\" ; "the query stays")]
    #[test_case("/a/.b/..c" ; "dots in names")]
    fn as_it_is(target: &str) {
        assert_eq!(normalise(target), Target::Same);
    }

    #[test_case("/users/./42", "/users/42" ; "this folder")]
    #[test_case("/users/../users/42?q", "/users/42?q" ; "folder above")]
    #[test_case("/%75sers/4%32", "/users/42" ; "unreserved escapes")]
    #[test_case("/users/42/%2e%2e/%2E./internal", "/internal" ; "escaped dots")]
    #[test_case("/users/42;x=/../y", "/users/y" ; "a parameter is part of its segment")]
    #[test_case("/{a}|^`<\">", "/%7Ba%7D%7C%5E%60%3C%22%3E" ; "characters that are escaped")]
    #[test_case("/..", "/" ; "above the root")]
    #[test_case("/a/..", "/" ; "back to the root")]
    #[test_case("/a/.", "/a/" ; "a folder")]
    fn otherwise(target: &str, want: &str) {
        assert_eq!(normalise(target), Target::Other(want.to_owned()));
        assert_eq!(normalise(want), Target::Same, "the next proxy sees the same");
    }

    #[test_case("//users/42" ; "two slashes")]
    #[test_case("/users//42" ; "two slashes within")]
    #[test_case("/users//../42" ; "two slashes before dots")]
    #[test_case("/a/..//b" ; "two slashes after dots")]
    #[test_case("/a\\b" ; "a backslash")]
    #[test_case("/a%2fb" ; "an escaped slash")]
    #[test_case("/a%5Cb" ; "an escaped backslash")]
    #[test_case("/a%00" ; "an escaped NUL")]
    #[test_case("/a%" ; "a loose percent")]
    #[test_case("/a%4" ; "half an escape")]
    #[test_case("/a%zz" ; "no escape")]
    #[test_case("/a/..;/b" ; "dots with a parameter")]
    #[test_case("/a/%2e;x/b" ; "an escaped dot with a parameter")]
    #[test_case("/a#b" ; "a fragment")]
    #[test_case("/a?b#c" ; "a fragment after the query")]
    #[test_case("/\u{e9}" ; "beyond ASCII")]
    #[test_case("a" ; "no slash")]
    #[test_case("" ; "nothing")]
    #[test_case("*" ; "no path")]
    fn refused(target: &str) {
        assert_eq!(normalise(target), Target::Ambiguous);
    }

    /// What `<ambiguous>` of the mapping refuses in a path.
    const AMBIGUOUS: &str = r"^(?:.*(?://|\\|%(?:00|2[Ff]|5[Cc]|$|[^0-9A-Fa-f]|[0-9A-Fa-f](?:$|[^0-9A-Fa-f]))).*)$";

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

        /// A path that came through needs no other spelling, names no other folder, and is nothing that the routes would refuse.
        #[test]
        fn what_comes_through_stays(target in "/[a-c/.%25Ff{\\\\?# ]{0,12}") {
            let once = match normalise(&target) {
                Target::Same => target,
                Target::Other(other) => other,
                Target::Ambiguous => return Ok(()),
            };
            prop_assert_eq!(normalise(&once), Target::Same);
            let path = once.split('?').next().unwrap_or_default();
            prop_assert!(!regex::Regex::new(AMBIGUOUS).expect("it is one").is_match(path), "{}", path);
            prop_assert!(!path.split('/').any(|segment| segment == "." || segment == ".."), "{}", path);
        }
    }
}
