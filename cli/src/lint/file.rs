//! Names of files as other programs want them: URIs, and paths with slashes.

use std::fmt::Write as _;

/// Whether this system separates folders by a backslash.
const WINDOWS: bool = cfg!(windows);

/// A relative URI for a relative path, `file:///...` for one that is not.
pub(super) fn uri(path: &str) -> String {
    uri_on(path, WINDOWS)
}

/// The path with slashes, as annotations of repositories name files.
pub(super) fn slashed(path: &str) -> String {
    slashed_on(path, WINDOWS)
}

fn slashed_on(path: &str, windows: bool) -> String {
    let path = if windows { path.replace('\\', "/") } else { path.to_owned() };
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

fn uri_on(path: &str, windows: bool) -> String {
    let path = slashed_on(path, windows);
    let has_drive = windows && path.as_bytes().get(1) == Some(&b':');
    let start = match path.strip_prefix("//") {
        // A share of another machine.
        Some(_) if windows => "file:",
        _ if has_drive => "file:///",
        _ if path.starts_with('/') => "file://",
        _ => "",
    };
    let mut out = start.to_owned();
    for byte in path.bytes() {
        // A colon in the first segment of a relative URI would be taken for a scheme.
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || (byte == b':' && has_drive) {
            out.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("policies/a.yaml", false, "policies/a.yaml" ; "relative")]
    #[test_case("./a b.yaml", false, "a%20b.yaml" ; "of this folder, with a space")]
    #[test_case("../a.yaml", false, "../a.yaml" ; "of the folder above")]
    #[test_case("/tmp/é.yaml", false, "file:///tmp/%C3%A9.yaml" ; "absolute")]
    #[test_case("http:x%.yaml", false, "http%3Ax%25.yaml" ; "no scheme and no escape")]
    #[test_case(r"a\b.yaml", false, "a%5Cb.yaml" ; "a backslash is a letter elsewhere")]
    #[test_case(r".\policies\a.yaml", true, "policies/a.yaml" ; "relative on Windows")]
    #[test_case(r"C:\policies\a.yaml", true, "file:///C:/policies/a.yaml" ; "drive")]
    #[test_case(r"\\host\share\a.yaml", true, "file://host/share/a.yaml" ; "share")]
    #[test_case("<stdin>", false, "%3Cstdin%3E" ; "standard input")]
    fn uris(path: &str, windows: bool, want: &str) {
        assert_eq!(uri_on(path, windows), want);
    }
}
