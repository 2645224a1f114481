//! The path as Envoy normalises it before any filter sees it.

use std::borrow::Cow;

/// MeshConfig `pathNormalization.normalization`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Normalization {
    /// As sent.
    None,
    /// Istio's default.
    Base,
    /// `//` becomes `/`, too.
    MergeSlashes,
    /// `%2f` and `%5c` are decoded before.
    DecodeAndMergeSlashes,
}

/// A request target after normalisation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target<'t> {
    /// Path, and the query without its `?`.
    Path(String, Option<&'t str>),
    /// Envoy answers 400.
    Rejected,
    /// A form that is not read here: `*`, or with scheme and host.
    Unknown,
}

impl Normalization {
    /// Splits a target, and normalises its path.
    ///
    /// # Source
    /// Envoy `ConnectionManagerUtility::maybeNormalizePath`: fragment, escaped slashes, canonical form, slashes.
    pub(super) fn target(self, target: &str) -> Target<'_> {
        let target = target.split('#').next().unwrap_or_default();
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        if !path.starts_with(['/', '\\']) {
            return Target::Unknown;
        }
        match self.path(path) {
            Some(path) => Target::Path(path, query),
            None => Target::Rejected,
        }
    }

    /// Normalises a path without query; `None`: Envoy answers 400.
    pub(super) fn path(self, path: &str) -> Option<String> {
        let path = match self {
            Self::None => return Some(path.to_owned()),
            Self::DecodeAndMergeSlashes => decode_slashes(path),
            Self::Base | Self::MergeSlashes => Cow::Borrowed(path),
        };
        let canonical = without_dot_segments(&escaped_alike(&path)?);
        Some(if self == Self::Base { canonical } else { merge_slashes(&canonical) })
    }
}

fn decode_slashes(path: &str) -> Cow<'_, str> {
    if !path.contains('%') {
        return Cow::Borrowed(path);
    }
    Cow::Owned(path.replace("%2f", "/").replace("%2F", "/").replace("%5c", "\\").replace("%5C", "\\"))
}

/// Escapes and decodes as `googleurl` does for Envoy; `None` for an escaped NUL.
///
/// # Source
/// `url/url_canon_path.cc`: letters, digits and `-._~` are decoded; other escapes stay as sent, also broken ones;
/// `\` is a slash; controls, space, `"<>^{|}` and backtick are escaped.
fn escaped_alike(path: &str) -> Option<String> {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        match byte {
            b'%' => {
                let digit = |at: usize| bytes.get(at).and_then(|digit| char::from(*digit).to_digit(16));
                let Some((high, low)) = digit(at).zip(digit(at + 1)) else {
                    out.push('%');
                    continue;
                };
                match char::from_u32(high * 16 + low).filter(char::is_ascii) {
                    Some('\0') => return None,
                    Some(plain) if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => out.push(plain),
                    _ => out.push_str(&path[at - 1..at + 2]),
                }
                at += 2;
            }
            b'\\' => out.push('/'),
            b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=b' ' | 0x7f.. => out.push_str(&format!("%{byte:02X}")),
            plain => out.push(char::from(plain)),
        }
    }
    Some(out)
}

fn without_dot_segments(path: &str) -> String {
    if !path.contains("/.") {
        return path.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if segments.peek().is_none() {
                    kept.push("");
                }
            }
            name => kept.push(name),
        }
    }
    format!("/{}", kept.join("/"))
}

fn merge_slashes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for letter in path.chars() {
        if letter != '/' || !out.ends_with('/') {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(Normalization::Base, "/a/../b?c=/../d", Some("/b") ; "dot segments, not those of the query")]
    #[test_case(Normalization::Base, "/x/%2E%2e/%61", Some("/a") ; "escapes of unreserved characters")]
    #[test_case(Normalization::Base, "/a%2fb%zz%", Some("/a%2fb%zz%") ; "other escapes stay as sent")]
    #[test_case(Normalization::Base, "/a{b|\"^`<>", Some("/a%7Bb%7C%22%5E%60%3C%3E") ; "characters that are escaped")]
    #[test_case(Normalization::Base, "/a\\b//c", Some("/a/b//c") ; "backslash and two slashes")]
    #[test_case(Normalization::Base, "/é", Some("/%C3%A9") ; "beyond ASCII")]
    #[test_case(Normalization::Base, "/a#b?c", Some("/a") ; "fragment")]
    #[test_case(Normalization::Base, "/%00", None ; "NUL")]
    #[test_case(Normalization::Base, "/a//../b/.", Some("/a/b/") ; "two dots take an empty segment")]
    #[test_case(Normalization::MergeSlashes, "//a///b/", Some("/a/b/") ; "merged")]
    #[test_case(Normalization::MergeSlashes, "/a%2f/b", Some("/a%2f/b") ; "merged, not decoded")]
    #[test_case(Normalization::DecodeAndMergeSlashes, "/a%2F%5cb", Some("/a/b") ; "decoded")]
    #[test_case(Normalization::DecodeAndMergeSlashes, "/a%252fb", Some("/a%252fb") ; "decoded once")]
    #[test_case(Normalization::None, "/a/../b", Some("/a/../b") ; "as sent")]
    fn normalised(normalization: Normalization, target: &str, want: Option<&str>) {
        let got = match normalization.target(target) {
            Target::Path(path, _) => Some(path),
            Target::Rejected | Target::Unknown => None,
        };
        assert_eq!(got.as_deref(), want);
    }
}
