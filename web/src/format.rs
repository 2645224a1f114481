//! The forms in which a page can be had, told by the end of its path: `/policies.json`.

use axum::http::{Request, Uri};

/// A form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Html,
    Json,
    Yaml,
    Svg,
    Csv,
    Atom,
}

impl Format {
    const ALL: [Self; 6] = [Self::Html, Self::Json, Self::Yaml, Self::Svg, Self::Csv, Self::Atom];

    /// What stands behind the dot.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Json => "json",
            Self::Yaml => "yaml",
            Self::Svg => "svg",
            Self::Csv => "csv",
            Self::Atom => "atom",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Json => "application/json",
            Self::Yaml => "application/yaml; charset=utf-8",
            Self::Svg => "image/svg+xml",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Atom => "application/atom+xml; charset=utf-8",
        }
    }
}

/// Takes the form off the path and puts it into the request's extensions. The start page is `/index`.
pub(crate) fn take_off<B>(mut request: Request<B>) -> Request<B> {
    let path = request.uri().path();
    // Assets are files: what stands behind their dot is part of the name.
    if path.starts_with("/assets/") {
        return request;
    }
    let found = path.rsplit_once('.').filter(|(_, end)| !end.contains('/'));
    let found = found.and_then(|(rest, end)| Some((rest, Format::ALL.into_iter().find(|format| format.word() == end)?)));
    let Some((rest, format)) = found else { return request };
    let rest = if rest == "/index" { "/" } else { rest };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(uri) = format!("{rest}{query}").parse::<Uri>() {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(format);
    }
    request
}

/// A path in this form. A name that ends like a form is told apart by `.html`.
pub(crate) fn with(path: &str, format: Format) -> String {
    let ends_like_one = Format::ALL.iter().any(|format| path.ends_with(&format!(".{}", format.word())));
    match format {
        Format::Html if !ends_like_one => path.to_owned(),
        format if path == "/" => format!("/index.{}", format.word()),
        format => format!("{path}.{}", format.word()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use test_case::test_case;

    #[test_case("/policies", "/policies", None ; "none")]
    #[test_case("/policies.json?kind=x", "/policies?kind=x", Some(Format::Json) ; "before the query")]
    #[test_case("/index.json", "/", Some(Format::Json) ; "the start page")]
    #[test_case("/policies/trafficsplit/a/b.v1", "/policies/trafficsplit/a/b.v1", None ; "a dot in a name")]
    #[test_case("/policies/trafficsplit/a/b.json.html", "/policies/trafficsplit/a/b.json", Some(Format::Html) ; "a name like a form")]
    #[test_case("/assets/app.svg", "/assets/app.svg", None ; "a file")]
    fn paths(uri: &str, want: &str, format: Option<Format>) {
        let request = Request::builder().uri(uri).body(Body::empty()).expect("a request");
        let request = take_off(request);
        assert_eq!((request.uri().to_string().as_str(), request.extensions().get::<Format>().copied()), (want, format));
    }

    #[test_case("/", Format::Json, "/index.json")]
    #[test_case("/a/b.json", Format::Html, "/a/b.json.html" ; "a name like a form")]
    #[test_case("/a/b.json", Format::Json, "/a/b.json.json" ; "its json")]
    fn links(path: &str, format: Format, want: &str) {
        assert_eq!(with(path, format), want);
    }
}
