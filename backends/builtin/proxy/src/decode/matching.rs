//! Conditions on texts, headers and paths.

use envoy_types::pb::envoy::config::route::v3 as route;
use envoy_types::pb::envoy::r#type::matcher::v3 as matcher;
use http::HeaderName;

use super::at::{At, open};
use super::known::Known;
use super::refusal::Refusal;
use crate::table::{HeaderMatch, HeaderSource, PathMatch, Text, TextMatch};

/// A `StringMatcher`.
pub(super) fn text(at: &At<'_>, matcher: matcher::StringMatcher, known: &mut Known<'_>) -> Result<TextMatch, Refusal> {
    open!(at, matcher => matcher::StringMatcher { match_pattern } unset { ignore_case });
    use matcher::string_matcher::MatchPattern;
    match match_pattern {
        Some(MatchPattern::Exact(exact)) => Ok(TextMatch::Exact(exact.into_bytes().into())),
        Some(MatchPattern::Prefix(prefix)) => Ok(TextMatch::Prefix(prefix.into_bytes().into())),
        Some(MatchPattern::SafeRegex(regex)) => self::regex(&at.field("safe_regex"), regex, known).map(TextMatch::Regex),
        Some(MatchPattern::Suffix(_)) => Err(at.unread("suffix")),
        Some(MatchPattern::Contains(_)) => Err(at.unread("contains")),
        Some(MatchPattern::Custom(_)) => Err(at.unread("custom")),
        None => Err(at.refuse("holds no condition: exact, prefix and safe_regex are known")),
    }
}

/// A `StringMatcher` of a path.
pub(super) fn path(at: &At<'_>, matcher: matcher::StringMatcher, known: &mut Known<'_>) -> Result<PathMatch, Refusal> {
    Ok(match text(at, matcher, known)? {
        TextMatch::Exact(exact) => PathMatch::Exact(exact),
        TextMatch::Prefix(prefix) => PathMatch::Prefix(prefix),
        TextMatch::Regex(regex) => PathMatch::Regex(regex),
    })
}

/// A `RegexMatcher` of a whole text.
pub(super) fn regex(at: &At<'_>, matcher: matcher::RegexMatcher, known: &mut Known<'_>) -> Result<Text, Refusal> {
    known.text(&at.field("regex"), &written(at, matcher)?)
}

/// The expression of a `RegexMatcher`.
pub(super) fn written(at: &At<'_>, matcher: matcher::RegexMatcher) -> Result<String, Refusal> {
    open!(at, matcher => matcher::RegexMatcher { regex, engine_type } unset {});
    match engine_type {
        None if regex.is_empty() => Err(at.field("regex").refuse("is missing")),
        None => Ok(regex),
        Some(matcher::regex_matcher::EngineType::GoogleRe2(_)) => Err(at.unread("google_re2")),
    }
}

/// A `HeaderMatcher`.
pub(super) fn header(at: &At<'_>, matcher: route::HeaderMatcher, known: &mut Known<'_>) -> Result<HeaderMatch, Refusal> {
    open!(at, matcher => route::HeaderMatcher { name, invert_match, header_match_specifier } unset { treat_missing_header_as_empty });
    use route::header_matcher::HeaderMatchSpecifier;
    let source = source(&at.field("name"), &name)?;
    let value = match header_match_specifier {
        Some(HeaderMatchSpecifier::StringMatch(matcher)) => Some(text(&at.field("string_match"), matcher, known)?),
        Some(HeaderMatchSpecifier::PresentMatch(true)) => None,
        Some(HeaderMatchSpecifier::PresentMatch(false)) => {
            return Err(at.field("present_match").refuse("has to be true: absence is told by invert_match"));
        }
        Some(HeaderMatchSpecifier::ExactMatch(_)) => return Err(at.unread("exact_match")),
        Some(HeaderMatchSpecifier::SafeRegexMatch(_)) => return Err(at.unread("safe_regex_match")),
        Some(HeaderMatchSpecifier::RangeMatch(_)) => return Err(at.unread("range_match")),
        Some(HeaderMatchSpecifier::PrefixMatch(_)) => return Err(at.unread("prefix_match")),
        Some(HeaderMatchSpecifier::SuffixMatch(_)) => return Err(at.unread("suffix_match")),
        Some(HeaderMatchSpecifier::ContainsMatch(_)) => return Err(at.unread("contains_match")),
        None => return Err(at.refuse("holds no condition: string_match and present_match are known")),
    };
    Ok(HeaderMatch { source, value, invert: invert_match })
}

fn source(at: &At<'_>, name: &str) -> Result<HeaderSource, Refusal> {
    Ok(match name.to_ascii_lowercase().as_str() {
        ":method" => HeaderSource::Method,
        ":path" => HeaderSource::Path,
        // HTTP/1.1 says it in one way and HTTP/2 in the other.
        ":authority" | "host" => HeaderSource::Authority,
        // HTTP/1.1 says none, and what HTTP/2 says is the caller's word.
        ":scheme" => return Err(at.refuse("is :scheme, of which nothing certain is known")),
        other => HeaderSource::Header(header_name(at, other)?),
    })
}

/// The name of a header that is no pseudo header.
pub(super) fn header_name(at: &At<'_>, name: &str) -> Result<HeaderName, Refusal> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| at.refuse(format!("is {name:?}, which is no name of a header")))
}
