//! `Route`: which requests it takes, and what becomes of them.

use envoy_types::pb::envoy::config::core::v3 as core;
use envoy_types::pb::envoy::config::route::v3 as pb;
use http::StatusCode;

use super::at::{At, open};
use super::forward;
use super::header;
use super::known::{Known, short};
use super::matching;
use super::overrides;
use super::refusal::Refusal;
use super::value;
use crate::table::{HeaderMatch, PathMatch, Redirect, RedirectPath, Response, Route, RouteAction};

/// Bytes of an answer's body, at most: as many as Envoy takes.
const BODY: usize = 4096;

/// All of it.
pub(super) fn route(at: &At<'_>, message: pb::Route, known: &mut Known<'_>) -> Result<Route, Refusal> {
    open!(at, message => pb::Route {
        name, r#match, typed_per_filter_config, request_headers_to_add, request_headers_to_remove, response_headers_to_add,
        response_headers_to_remove, action,
    } unset {
        metadata, decorator, tracing, per_request_buffer_limit_bytes, stat_prefix, request_body_buffer_limit, route_specifiers,
    });
    let (path, headers) = matches(&at.field("match"), at.needed("match", r#match)?, known)?;
    Ok(Route {
        name: short(&at.field("name"), &name)?,
        action: self::action(at, action, &path, known)?,
        path,
        headers,
        request_headers: header::edits(at, "request_headers_to", request_headers_to_remove, request_headers_to_add)?,
        response_headers: header::edits(at, "response_headers_to", response_headers_to_remove, response_headers_to_add)?,
        overrides: overrides::overrides(&at.field("typed_per_filter_config"), typed_per_filter_config, known)?,
    })
}

fn matches(at: &At<'_>, message: pb::RouteMatch, known: &mut Known<'_>) -> Result<(PathMatch, Vec<HeaderMatch>), Refusal> {
    open!(at, message => pb::RouteMatch { path_specifier, headers }
        unset { case_sensitive, runtime_fraction, query_parameters, cookies, grpc, tls_context, dynamic_metadata, filter_state });
    use pb::route_match::PathSpecifier;
    let path = match path_specifier {
        Some(PathSpecifier::Prefix(prefix)) => PathMatch::Prefix(prefix.into_bytes().into()),
        Some(PathSpecifier::Path(path)) => PathMatch::Exact(path.into_bytes().into()),
        Some(PathSpecifier::PathSeparatedPrefix(prefix)) => {
            let is_open = prefix.ends_with('/') || prefix.contains(['?', '#']) || prefix.is_empty();
            at.has_to("path_separated_prefix", !is_open, "a path that ends neither in / nor in a query")?;
            PathMatch::Separated(prefix.into_bytes().into())
        }
        Some(PathSpecifier::SafeRegex(regex)) => PathMatch::Regex(matching::regex(&at.field("safe_regex"), regex, known)?),
        Some(PathSpecifier::ConnectMatcher(_)) => return Err(at.unread("connect_matcher")),
        Some(PathSpecifier::PathMatchPolicy(_)) => return Err(at.unread("path_match_policy")),
        None => return Err(at.refuse("holds no condition on the path: prefix, path, path_separated_prefix and safe_regex are known")),
    };
    let field = at.field("headers");
    let headers = headers.into_iter().enumerate().map(|(index, header)| matching::header(&field.index(index), header, known));
    Ok((path, headers.collect::<Result<_, _>>()?))
}

fn action(at: &At<'_>, action: Option<pb::route::Action>, path: &PathMatch, known: &mut Known<'_>) -> Result<RouteAction, Refusal> {
    use pb::route::Action;
    match action {
        Some(Action::Route(route)) => forward::forward(&at.field("route"), route, path, known).map(|it| RouteAction::Forward(Box::new(it))),
        Some(Action::Redirect(to)) => redirect(&at.field("redirect"), to, path).map(|it| RouteAction::Redirect(Box::new(it))),
        Some(Action::DirectResponse(response)) => respond(&at.field("direct_response"), response).map(RouteAction::Respond),
        Some(Action::FilterAction(_)) => Err(at.unread("filter_action")),
        Some(Action::NonForwardingAction(_)) => Err(at.unread("non_forwarding_action")),
        None => Err(at.refuse("leads nowhere: route, redirect and direct_response are known")),
    }
}

fn redirect(at: &At<'_>, message: pb::RedirectAction, matched: &PathMatch) -> Result<Redirect, Refusal> {
    open!(at, message => pb::RedirectAction {
        host_redirect, port_redirect, response_code, strip_query, scheme_rewrite_specifier, path_rewrite_specifier,
    } unset {});
    use pb::redirect_action::{PathRewriteSpecifier, RedirectResponseCode, SchemeRewriteSpecifier};
    let scheme = match scheme_rewrite_specifier {
        Some(SchemeRewriteSpecifier::SchemeRedirect(scheme)) => {
            at.has_to("scheme_redirect", scheme == "http" || scheme == "https", "http or https")?;
            Some(scheme.into())
        }
        Some(SchemeRewriteSpecifier::HttpsRedirect(_)) => return Err(at.unread("https_redirect")),
        None => None,
    };
    let path = match path_rewrite_specifier {
        Some(PathRewriteSpecifier::PathRedirect(path)) => Some(RedirectPath::Path(value::line(&at.field("path_redirect"), path)?)),
        Some(PathRewriteSpecifier::PrefixRewrite(prefix)) => {
            forward::has_prefix(at, matched)?;
            Some(RedirectPath::Prefix(value::line(&at.field("prefix_rewrite"), prefix)?))
        }
        Some(PathRewriteSpecifier::RegexRewrite(_)) => return Err(at.unread("regex_rewrite")),
        Some(PathRewriteSpecifier::PathRewrite(_)) => return Err(at.unread("path_rewrite")),
        None => None,
    };
    let host = value::line(&at.field("host_redirect"), host_redirect)?;
    Ok(Redirect {
        scheme,
        host: Some(host).filter(|host| !host.is_empty()),
        port: if port_redirect == 0 { None } else { Some(value::port(&at.field("port_redirect"), port_redirect)?) },
        path,
        strip_query,
        status: match RedirectResponseCode::try_from(response_code) {
            Ok(RedirectResponseCode::MovedPermanently) => StatusCode::MOVED_PERMANENTLY,
            Ok(RedirectResponseCode::Found) => StatusCode::FOUND,
            Ok(RedirectResponseCode::SeeOther) => StatusCode::SEE_OTHER,
            Ok(RedirectResponseCode::TemporaryRedirect) => StatusCode::TEMPORARY_REDIRECT,
            Ok(RedirectResponseCode::PermanentRedirect) => StatusCode::PERMANENT_REDIRECT,
            Err(_) => return Err(at.field("response_code").refuse("is unknown")),
        },
    })
}

fn respond(at: &At<'_>, message: pb::DirectResponseAction) -> Result<Response, Refusal> {
    open!(at, message => pb::DirectResponseAction { status, body } unset { body_format });
    let status = value::status(&at.field("status"), status)?;
    let Some(body) = body else { return Ok(Response { status, body: Box::default() }) };
    let at = &at.field("body");
    open!(at, body => core::DataSource { specifier } unset { watched_directory });
    use core::data_source::Specifier;
    let body = match specifier {
        Some(Specifier::InlineString(body)) => body,
        Some(Specifier::Filename(_)) => return Err(at.unread("filename")),
        Some(Specifier::InlineBytes(_)) => return Err(at.unread("inline_bytes")),
        Some(Specifier::EnvironmentVariable(_)) => return Err(at.unread("environment_variable")),
        None => return Err(at.field("inline_string").refuse("is missing")),
    };
    at.has_to("inline_string", body.len() <= BODY, format_args!("at most {BODY} bytes"))?;
    Ok(Response { status, body: body.into() })
}
