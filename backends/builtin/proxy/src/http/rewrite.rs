//! The path that the server gets in place of the one that was called.

use http::Uri;
use http::uri::PathAndQuery;

use crate::matching::path_of;
use crate::table::PathRewrite;

/// `None`: what comes of it is no path. `matched`: how many bytes of the path are the prefix of the route.
pub(super) fn rewrite(uri: &Uri, how: &PathRewrite, matched: usize) -> Option<Uri> {
    let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let (path, query) = target.split_at(path_of(target).len());
    let path = match how {
        PathRewrite::Prefix(prefix) => format!("{prefix}{}", path.get(matched..)?),
        PathRewrite::Regex { pattern, replacement } => {
            String::from_utf8(pattern.replace_all(path.as_bytes(), replacement.as_bytes()).into_owned()).ok()?
        }
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path + query).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::bytes::Regex;
    use test_case::test_case;

    #[test_case("/old", "/" ; "the prefix alone")]
    #[test_case("/old/", "/" ; "with a slash")]
    #[test_case("/old/x?q=1", "/x?q=1" ; "the query stays")]
    fn a_prefix_by_expression(called: &str, want: &str) {
        let how = PathRewrite::Regex { pattern: Regex::new("^/old/?").expect("one"), replacement: "/".into() };
        assert_eq!(rewrite(&called.parse().expect("a path"), &how, 0), Some(want.parse().expect("a path")));
    }

    #[test]
    fn a_prefix() {
        let how = PathRewrite::Prefix("/new".into());
        let called = "http://api/old/x".parse().expect("a URI");
        assert_eq!(rewrite(&called, &how, 4), Some("http://api/new/x".parse().expect("a URI")));
    }
}
