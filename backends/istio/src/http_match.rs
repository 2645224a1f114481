//! Request matches on Istio: `VirtualService.spec.http[].match[]`.
//!
//! Istio reads RE2 over the whole path without its query, after Envoy's normalisation (`docs/mapping/istio.md`).

use std::collections::{BTreeMap, BTreeSet};

use meshglot_translator::diagnostic::Code;
use meshglot_translator::ir::pattern::as_envoy_normalises;
use meshglot_translator::ir::{HeaderMatch, HttpMatch, Method, ObjectKey, PathPattern};
use meshglot_translator::render::{Capability, Report, Verdict};

use crate::resource::virtual_service::{HttpMatchRequest, StringMatch};

pub(crate) const CAPABILITIES: &[Capability] = &[
    Capability {
        feature: "match.path",
        verdict: Verdict::Exact,
        note: "prefix, exact or RE2; at most 1024 characters (MG1127)",
        proof: "match/path",
    },
    Capability { feature: "match.method", verdict: Verdict::Exact, note: "", proof: "match/methods" },
    Capability { feature: "match.header", verdict: Verdict::Exact, note: "one expression per header (MG1105)", proof: "match/headers" },
];

/// Istio's webhook refuses longer expressions.
const LONGEST_REGEX: usize = 1024;

/// One match.
///
/// # Errors
/// The code of what Istio cannot say; it is told.
pub(crate) fn http_match(one: &HttpMatch, port: Option<u16>, split: &ObjectKey, report: &mut Report) -> Result<HttpMatchRequest, Code> {
    if let Some(header) = one.repeated_header() {
        let message = format!("match `{}` names header `{}` twice: Istio takes one expression per header", one.name, header.name);
        report.lose(Code::MG1105, Verdict::Refused, split, &header.origin, message);
        return Err(Code::MG1105);
    }
    let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = one;
    let request = HttpMatchRequest { uri: uri(path), method: method(methods), headers: header_map(headers), port };

    let too_long = |form: &StringMatch| matches!(form, StringMatch::Regex(text) if text.len() > LONGEST_REGEX);
    let long_header = headers.iter().find(|header| request.headers.get(&*header.name).is_some_and(&too_long));
    let place = match long_header {
        Some(header) => Some(&header.origin),
        None if request.uri.as_ref().is_some_and(too_long) => one.path_origin.as_ref(),
        None => return Ok(request),
    };
    let message = format!("match `{}` has an expression of more than {LONGEST_REGEX} characters", one.name);
    report.lose(Code::MG1127, Verdict::Refused, split, place.unwrap_or(&one.origin), message);
    Err(Code::MG1127)
}

fn uri(path: &PathPattern) -> Option<StringMatch> {
    match path {
        PathPattern::Any | PathPattern::Never => None,
        PathPattern::Prefix(literal) => Some(StringMatch::Prefix(as_envoy_normalises(literal))),
        PathPattern::Exact(literal) => Some(StringMatch::Exact(as_envoy_normalises(literal))),
        PathPattern::Regex(regex) => Some(StringMatch::Regex(regex.clone())),
    }
}

fn method(methods: &BTreeSet<Method>) -> Option<StringMatch> {
    let mut words = methods.iter().map(|method| method.word());
    match methods.len() {
        0 => None,
        1 => words.next().map(|word| StringMatch::Exact(word.to_owned())),
        _ => Some(StringMatch::Regex(words.collect::<Vec<_>>().join("|"))),
    }
}

fn header_map(headers: &[HeaderMatch]) -> BTreeMap<String, StringMatch> {
    let value = |header: &HeaderMatch| match header.value.regex() {
        // An empty expression is refused; this one says the same.
        "" => StringMatch::Regex("^$".to_owned()),
        regex => StringMatch::Regex(regex.to_owned()),
    };
    headers.iter().map(|header| (header.name.to_string(), value(header))).collect()
}
