//! Headers of every answer: names in policy are other people's input, so a page may load and run nothing of theirs.

use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, Entry, HeaderName, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::Response;

use crate::graph::style_hash;

/// Script, style and pictures from here alone, nothing inline, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 7] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Other sites learn nothing; with less, a browser would not name the origin of our own forms.
    (REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (CACHE_CONTROL, "private, no-cache"),
];

/// The policy of a picture that is a document of its own: the style in it, and nothing else.
pub(crate) fn of_picture() -> HeaderValue {
    let policy = format!("default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", style_hash());
    // A hash is ASCII; what could not be a header would leave the policy of pages, under which a picture has no style.
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(POLICY))
}

/// Adds them; what an answer says itself stands.
pub(crate) async fn secure(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        if let Entry::Vacant(vacant) = response.headers_mut().entry(name) {
            vacant.insert(HeaderValue::from_static(value));
        }
    }
    // The theme and the session are cookies.
    response.headers_mut().append(VARY, HeaderValue::from_static("cookie"));
    response
}
