//! The path that an instance's proxy decides on: normalised by Envoy, as the Mesh entry says.

use std::borrow::Cow;

/// What an instance's proxy does with a path before intentions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Normalisation {
    /// Dot segments and escapes of unreserved characters; on unless switched off.
    pub(super) canonical: bool,
    /// `//` becomes `/`; off unless switched on.
    pub(super) merge_slashes: bool,
    /// What becomes of `%2f` and `%5c`.
    pub(super) escaped_slashes: EscapedSlashes,
}

/// `pathWithEscapedSlashesAction`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EscapedSlashes {
    /// They stay; the default.
    Keep,
    /// 400.
    Reject,
    /// Decoded, then sent back to the caller as a redirect.
    Redirect,
    /// Decoded.
    Forward,
}

impl Normalisation {
    /// Without a word in the Mesh entry.
    ///
    /// # Source
    /// Consul `setNormalizationOptions` (`agent/xds/listeners.go`).
    pub(super) const DEFAULT: Self = Self { canonical: true, merge_slashes: false, escaped_slashes: EscapedSlashes::Keep };

    /// The target as the instance's proxy compares and forwards it; `None`: it answers itself.
    ///
    /// # Source
    /// Envoy `ConnectionManagerUtility::maybeNormalizePath`: escaped slashes, then canonical form, then merging.
    pub(super) fn apply<'t>(&self, target: &'t str) -> Option<Cow<'t, str>> {
        let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        let mut path = Cow::Borrowed(path);
        if self.escaped_slashes != EscapedSlashes::Keep {
            let decoded = path.replace("%2F", "/").replace("%2f", "/").replace("%5C", "\\").replace("%5c", "\\");
            match self.escaped_slashes {
                _ if decoded == *path => {}
                EscapedSlashes::Reject | EscapedSlashes::Redirect => return None,
                EscapedSlashes::Keep | EscapedSlashes::Forward => path = Cow::Owned(decoded),
            }
        }
        if self.canonical && path.bytes().any(|byte| flags(byte) == Byte::Special || flags(byte) == Byte::Escape) {
            path = Cow::Owned(canonical(path.as_bytes())?);
        }
        if self.merge_slashes && path.contains("//") {
            path = Cow::Owned(merged(&path));
        }
        match path {
            Cow::Borrowed(_) => Some(Cow::Borrowed(target)),
            Cow::Owned(path) => Some(Cow::Owned(path + query)),
        }
    }
}

/// What the canonical form does with a byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Byte {
    /// Copied; its escape stays an escape.
    Pass,
    /// Copied; its escape is decoded.
    Unreserved,
    /// Escaped; its escape stays one.
    Escape,
    /// A dot, a percent sign, a backslash.
    Special,
    /// Never valid, not even as an escape.
    Invalid,
}

/// # Source
/// googleurl `url_canon_path.cc`, `kPathCharLookup`: Envoy's `PathCanonicalizer`.
fn flags(byte: u8) -> Byte {
    match byte {
        0 => Byte::Invalid,
        b'.' | b'%' | b'\\' => Byte::Special,
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'~' => Byte::Unreserved,
        b'!' | b'$' | b'&'..=b',' | b'/' | b':' | b';' | b'=' | b'@' | b'[' | b']' => Byte::Pass,
        _ => Byte::Escape,
    }
}

/// # Source
/// googleurl `DoPartialPath`.
fn canonical(path: &[u8]) -> Option<String> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut at = 0;
    while at < path.len() {
        let byte = path[at];
        if let Some(dot) = dot_at(path, at) {
            at += dot;
            if out.last() != Some(&b'/') {
                out.push(b'.');
                continue;
            }
            match after_dot(path, at) {
                Dots::Name => out.push(b'.'),
                Dots::Here(used) => at += used,
                Dots::Up(used) => {
                    back_to_slash(&mut out);
                    at += used;
                }
            }
            continue;
        }
        match flags(byte) {
            Byte::Special if byte == b'\\' => out.push(b'/'),
            Byte::Special => match escaped(path, at) {
                Some(decoded) => {
                    match flags(decoded) {
                        Byte::Invalid => return None,
                        Byte::Unreserved => out.push(decoded),
                        _ => out.extend_from_slice(&path[at..at + 3]),
                    }
                    at += 2;
                }
                None => out.push(b'%'),
            },
            Byte::Invalid => return None,
            Byte::Escape => out.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            Byte::Pass | Byte::Unreserved => out.push(byte),
        }
        at += 1;
    }
    // Bytes beyond ASCII were escaped.
    Some(String::from_utf8_lossy(&out).into_owned())
}

enum Dots {
    /// Part of a name.
    Name,
    /// This directory; bytes to skip.
    Here(usize),
    /// The directory above; bytes to skip.
    Up(usize),
}

/// What a dot at the start of a segment means, from the byte after it.
fn after_dot(path: &[u8], at: usize) -> Dots {
    let slash = |at: usize| path.get(at).map(|byte| matches!(byte, b'/' | b'\\'));
    match (slash(at), dot_at(path, at)) {
        (None, _) => Dots::Here(0),
        (Some(true), _) => Dots::Here(1),
        (_, Some(second)) => match slash(at + second) {
            None => Dots::Up(second),
            Some(true) => Dots::Up(second + 1),
            Some(false) => Dots::Name,
        },
        _ => Dots::Name,
    }
}

/// The length of a dot, escaped or not.
fn dot_at(path: &[u8], at: usize) -> Option<usize> {
    match path.get(at)? {
        b'.' => Some(1),
        b'%' if escaped(path, at) == Some(b'.') => Some(3),
        _ => None,
    }
}

fn escaped(path: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| path.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let value = digit(at + 1)? * 16 + digit(at + 2)?;
    u8::try_from(value).ok()
}

/// Drops the last directory; the root stays.
fn back_to_slash(out: &mut Vec<u8>) {
    if out.len() > 1 {
        out.pop();
        let slash = out.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        out.truncate(slash + 1);
    }
}

/// # Source
/// Envoy `PathUtil::mergeSlashes`.
fn merged(path: &str) -> String {
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let (start, end) = (if path.starts_with('/') { "/" } else { "" }, if path.ends_with('/') { "/" } else { "" });
    format!("{start}{}{end}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    const STRICT: Normalisation = Normalisation { canonical: true, merge_slashes: true, escaped_slashes: EscapedSlashes::Forward };
    const REJECT: Normalisation = Normalisation { escaped_slashes: EscapedSlashes::Reject, ..Normalisation::DEFAULT };

    #[test_case(Normalisation::DEFAULT, "/zz/../a?b=/../c", Some("/a?b=/../c") ; "dot segments, not those of the query")]
    #[test_case(Normalisation::DEFAULT, "/p/%73ecret/%2e%2E/x", Some("/p/x") ; "escaped dots and letters")]
    #[test_case(Normalisation::DEFAULT, "/p//secret", Some("/p//secret") ; "double slash stays")]
    #[test_case(Normalisation::DEFAULT, "/p//../x", Some("/p/x") ; "an empty name is a name")]
    #[test_case(Normalisation::DEFAULT, "/a%2fb", Some("/a%2fb") ; "escaped slash stays")]
    #[test_case(Normalisation::DEFAULT, "/a\\..\\b", Some("/b") ; "backslash")]
    #[test_case(Normalisation::DEFAULT, "/a%zz%3F", Some("/a%zz%3F") ; "other escapes stay")]
    #[test_case(Normalisation::DEFAULT, "/a%00", None ; "NUL")]
    #[test_case(Normalisation::DEFAULT, "/..", Some("/") ; "above the root")]
    #[test_case(Normalisation::DEFAULT, "/..a/.b/c.", Some("/..a/.b/c.") ; "dots in names")]
    #[test_case(Normalisation::DEFAULT, "/a/.", Some("/a/") ; "dot at the end")]
    #[test_case(STRICT, "/%2fadmin//x", Some("/admin/x") ; "slashes decoded and merged")]
    #[test_case(REJECT, "/%2Fadmin", None ; "rejected")]
    #[test_case(REJECT, "/admin?a=%2F", Some("/admin?a=%2F") ; "the query may")]
    fn inbound(normalisation: Normalisation, target: &str, want: Option<&str>) {
        assert_eq!(normalisation.apply(target).as_deref(), want);
    }
}
