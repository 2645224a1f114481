//! The path as Envoy compares it and passes it on: `normalize_path` with `REJECT_REQUEST` for escaped slashes.
//!
//! Source: Envoy 1.40 `source/common/http/path_utility.cc`, and googleurl's `url_canon_path.cc`, which it calls.

/// What a proxy makes of a request target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Path and query that are compared and passed on.
    Path(String),
    /// Answered 400 before any route or rule is looked at.
    Refused,
    /// Not modelled.
    Unknown(&'static str),
}

/// Reads the target of a request line as sent.
pub(super) fn seen(target: &str) -> Seen {
    // The absolute form is taken apart by the codec, which goes on with the path.
    let target = match ["http://", "https://"].iter().find_map(|scheme| target.strip_prefix(scheme)) {
        Some(rest) => rest.find(['/', '?']).map_or("/", |at| &rest[at..]),
        None if target == "*" => return Seen::Unknown("a target without path"),
        None => target,
    };
    // Bytes that no request line may hold are refused by the codec, a fragment by the connection manager.
    if !target.starts_with('/') || target.bytes().any(|byte| !byte.is_ascii_graphic()) || target.contains('#') {
        return Seen::Refused;
    }
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    if ["%2f", "%2F", "%5c", "%5C"].iter().any(|escape| path.contains(escape)) {
        return Seen::Refused;
    }
    match canonical(path.as_bytes()) {
        Some(path) => Seen::Path(path + query),
        None => Seen::Refused,
    }
}

/// Dot segments resolved, unreserved characters unescaped, `\` turned, some characters escaped. `None`: NUL.
fn canonical(path: &[u8]) -> Option<String> {
    let mut out = Vec::with_capacity(path.len());
    // Where in the output a `%` stands that began no escape as sent.
    let mut loose: Option<usize> = None;
    let mut at = 0;
    while at < path.len() {
        let dot = dot(path, at);
        match path[at] {
            _ if dot > 0 && out.last() == Some(&b'/') => {
                at += dot;
                match after_dot(path, at) {
                    Dots::Name => out.push(b'.'),
                    Dots::Here(more) => at += more,
                    Dots::Up(more) => {
                        up(&mut out);
                        loose = loose.filter(|loose| *loose < out.len());
                        at += more;
                    }
                }
                continue;
            }
            _ if dot > 0 => {
                out.push(b'.');
                at += dot;
                continue;
            }
            b'\\' => out.push(b'/'),
            b'%' => match escaped(path, at) {
                Some(byte) if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) => {
                    out.push(byte);
                    at += 3;
                    if let Some(loose) = loose.filter(|loose| *loose + 3 >= out.len()) {
                        keep_apart(&mut out, loose, path.get(at).copied());
                    }
                    continue;
                }
                Some(0) => return None,
                Some(_) => {
                    out.extend(&path[at..at + 3]);
                    at += 3;
                    continue;
                }
                None => {
                    loose = Some(out.len());
                    out.push(b'%');
                }
            },
            byte if b"\"<>^`{|}".contains(&byte) => out.extend(format!("%{byte:02X}").bytes()),
            byte => out.push(byte),
        }
        at += 1;
    }
    // Only ASCII comes in, and escapes of more than that stay escapes.
    String::from_utf8(out).ok()
}

/// How long a dot is here, also an escaped one; 0: there is none.
fn dot(path: &[u8], at: usize) -> usize {
    match path.get(at) {
        Some(b'.') => 1,
        Some(b'%') if escaped(path, at) == Some(b'.') => 3,
        _ => 0,
    }
}

fn escaped(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (high, low) = (digit(at + 1)?, digit(at + 2)?);
    u8::try_from(high * 16 + low).ok()
}

/// What a dot after a slash means.
enum Dots {
    /// It begins a name.
    Name,
    /// This folder; so many bytes more belong to it.
    Here(usize),
    /// The folder above.
    Up(usize),
}

fn after_dot(path: &[u8], at: usize) -> Dots {
    let slash = |at: usize| path.get(at).map(|byte| matches!(byte, b'/' | b'\\'));
    let second = dot(path, at);
    match (slash(at), slash(at + second)) {
        (None, _) => Dots::Here(0),
        (Some(true), _) => Dots::Here(1),
        (Some(false), None) if second > 0 => Dots::Up(second),
        (Some(false), Some(true)) if second > 0 => Dots::Up(second + 1),
        _ => Dots::Name,
    }
}

/// Back to the slash before the last one, if there is one.
fn up(out: &mut Vec<u8>) {
    let before = out.len().saturating_sub(1);
    if let Some(slash) = out[..before].iter().rposition(|byte| *byte == b'/') {
        out.truncate(slash + 1);
    }
}

/// A loose `%` must not become an escape by what was unescaped behind it: it is escaped itself then.
fn keep_apart(out: &mut Vec<u8>, loose: usize, next: Option<u8>) {
    let mut ahead = out[loose..].to_vec();
    if ahead.len() == 2 {
        ahead.extend(next);
    }
    if escaped(&ahead, 0).is_some() {
        out.splice(loose..=loose, *b"%25");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/users/./42", Some("/users/42") ; "this folder")]
    #[test_case("/users/../users/42", Some("/users/42") ; "folder above")]
    #[test_case("/%75sers/4%32", Some("/users/42") ; "unreserved escapes")]
    #[test_case("/users/42/%2e%2e/%2E./internal", Some("/internal") ; "escaped dots")]
    #[test_case("/users/42/../../internal", Some("/internal") ; "two up")]
    #[test_case("/users/42;x=/../y", Some("/users/y") ; "a parameter is part of its segment")]
    #[test_case("/users//../42", Some("/users/42") ; "two slashes before dots vanish")]
    #[test_case("/a\\b", Some("/a/b") ; "a backslash is a slash")]
    #[test_case("//a", Some("//a") ; "two slashes stay, for the routes to refuse")]
    #[test_case("/users/42%252f", Some("/users/42%252f") ; "escaped twice")]
    #[test_case("/a%3fb?c=//%2f%5c\\", Some("/a%3fb?c=//%2f%5c\\") ; "the query stays")]
    #[test_case("http://x/users/42", Some("/users/42") ; "absolute form")]
    #[test_case("http://x", Some("/") ; "absolute form without path")]
    #[test_case("/{a}|^`<\">", Some("/%7Ba%7D%7C%5E%60%3C%22%3E") ; "characters that are escaped")]
    #[test_case("/a%", Some("/a%") ; "loose percent, for the routes to refuse")]
    #[test_case("/%%341", Some("/%2541") ; "no escape comes to be")]
    #[test_case("/..", Some("/") ; "above the root")]
    #[test_case("/a/.b/..c", Some("/a/.b/..c") ; "dots in names")]
    #[test_case("/a%2Fb", None ; "escaped slash")]
    #[test_case("/a%5cb", None ; "escaped backslash")]
    #[test_case("/a%00", None ; "escaped NUL")]
    #[test_case("/a#b", None ; "fragment")]
    #[test_case("/\u{e9}", None ; "beyond ASCII")]
    #[test_case("a", None ; "no slash")]
    fn normalised(target: &str, want: Option<&str>) {
        let want = want.map_or(Seen::Refused, |path| Seen::Path(path.to_owned()));
        assert_eq!(seen(target), want);
        if let Seen::Path(path) = &want {
            assert_eq!(seen(path), want, "the next proxy sees the same");
        }
    }
}
