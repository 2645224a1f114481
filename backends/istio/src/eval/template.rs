//! Path templates of AuthorizationPolicy: `{*}` is one segment, `{**}` any rest.

use super::strings::Wildcard;

/// Characters that a variable takes: unreserved ones, escapes, and sub-delimiters; neither `[` nor `]`.
///
/// # Source
/// Envoy `source/extensions/path/uri_template_lib/uri_template_internal.cc`.
const VARIABLE: &str = r"[a-zA-Z0-9\-._~%!$&'()+,;:@=*";

/// The most characters that Envoy loads, counted as it gets them: `*` for `{*}`, `**` for `{**}`.
const LONGEST: usize = 256;

/// Whether a path is a template at all.
pub(super) fn is_template(path: &str) -> bool {
    path.contains("{*}") || path.contains("{**}")
}

/// Reads a template. What no webhook lets through, or what Envoy rejects, is not known.
pub(super) fn template(path: &str) -> Wildcard {
    let length = path.replace("{**}", "**").replace("{*}", "*").chars().count();
    let Some(rest) = path.strip_prefix('/').filter(|_| length <= LONGEST) else { return Wildcard::Regex(None) };
    let mut expression = String::new();
    let mut open = false;
    for segment in rest.split('/') {
        expression.push('/');
        let variable = matches!(segment, "{*}" | "{**}");
        let literal = |letter: char| letter.is_ascii_alphanumeric() || "-._~%!$&'()+,;:@=".contains(letter);
        // Nothing but literals may stand behind `{**}`, and a variable is a whole segment.
        if (open && variable) || (!variable && !segment.chars().all(literal)) {
            return Wildcard::Regex(None);
        }
        match segment {
            "{*}" => expression.push_str(&format!("{VARIABLE}]+")),
            "{**}" => expression.push_str(&format!("{VARIABLE}/]*")),
            literal => expression.push_str(&quoted(literal)),
        }
        open |= segment == "{**}";
    }
    Wildcard::regex(&expression)
}

fn quoted(literal: &str) -> String {
    let mut out = String::with_capacity(literal.len());
    for letter in literal.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(letter) {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/a/{*}/b", "/a/x/b", Some(true) ; "one segment")]
    #[test_case("/a/{*}/b", "/a/x/y/b", Some(false) ; "not two")]
    #[test_case("/a/{*}/b", "/a//b", Some(false) ; "not an empty one")]
    #[test_case("/a/{*}/b", "/a/x[y/b", Some(false) ; "no brackets")]
    #[test_case("/a/{*}/b", "/a/%5Bx=*/b", Some(true) ; "escapes and marks")]
    #[test_case("/a/{**}/b", "/a//b", Some(true) ; "a rest may be empty")]
    #[test_case("/a/{**}/b", "/a/x/y/b", Some(true) ; "a rest may be deep")]
    #[test_case("/a/{**}/b", "/a/b", Some(false) ; "but not its slash")]
    #[test_case("/{**}", "/", Some(true) ; "everything")]
    #[test_case("/a--b/{*}", "/a--b/c", Some(true) ; "dashes in literals")]
    #[test_case("/a{*}", "/ab", None ; "a part of a segment")]
    #[test_case("a/{*}", "a/b", None ; "not absolute")]
    #[test_case("/a b/{*}", "/a%20b/c", None ; "a literal that no webhook lets through")]
    #[test_case("/{**}/{*}", "/a/b", None ; "a variable behind a rest")]
    fn takes(path: &str, text: &str, want: Option<bool>) {
        assert_eq!(template(path).matches(|| None, text, false), want);
    }
}
