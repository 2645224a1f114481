//! Paths and headers as they are sent: Linkerd resolves nothing, so that an allow may take more, and
//! less, than the neutral policy means. A guard route refuses the paths on which it matters.

use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::diagnostic::Code;
use meshglot_translator::eval::{Spelling, normalised};
use meshglot_translator::ir::{HttpMatch, MeshSettings, Method, PathPattern};
use meshglot_translator::render::{Report, Verdict};

use crate::containment::Languages;
use crate::policy::{PortPolicy, Route};
use crate::resource::http_route::{HttpHeaderMatch, HttpPathMatch, HttpRouteMatch};

/// Dot segments, empty segments, backslashes, and all of them escaped.
const GUARD: &str = r"^.*(?:/\.{1,2}(?:/|$)|//|\\|%(?i:2e|2f|5c)).*$";
/// Paths that may mean another one: those, and every escape.
const AMBIGUOUS: &str = r".*(?:/\.{1,2}(?:/.*|$)|//.*|\\.*|%.*)";
/// Sets of header names whose guards fit into one route: ten matches each, 128 at most.
const SETS_PER_ROUTE: usize = 12;

/// Whether ambiguous paths are refused: where the Mesh says so, and where a match would take more than is meant and
/// nobody accepts that.
pub(crate) fn is_guarded(written: &[(Arc<HttpMatch>, usize)], mesh: &MeshSettings, languages: &Languages, report: &Report) -> bool {
    let widens = || written.iter().any(|(one, _)| takes_other_paths(&one.path, languages));
    mesh.linkerd_reject_ambiguous || (!report.accepts(Code::MG1223) && widens())
}

/// Tells each target once what its matches take more and less.
pub(crate) fn tell(written: &[(Arc<HttpMatch>, usize)], policy: &PortPolicy, guarded: bool, languages: &Languages, report: &mut Report) {
    for (index, caller) in policy.callers.iter().enumerate() {
        if policy.everywhere.contains(&index) {
            continue;
        }
        let own = written.iter().filter(|(_, of)| *of == index).map(|(one, _)| &**one);
        if let Some(one) = own.clone().find(|one| guarded || one.path != PathPattern::Any) {
            let message = format!(
                "match `{}` compares the path as it was sent: requests that spell it otherwise, as `/x/../` or `/%61` do, are denied",
                one.name
            );
            let place = one.path_origin.as_ref().unwrap_or(&one.origin);
            report.lose(Code::MG1210, Verdict::Narrowed, &caller.target.key, place, message);
        }
        if let Some(one) = own.clone().find(|one| !guarded && takes_other_paths(&one.path, languages)) {
            let message = format!("match `{}` also takes paths such as `/../`, which applications resolve to others", one.name);
            let place = one.path_origin.as_ref().unwrap_or(&one.origin);
            report.lose(Code::MG1223, Verdict::Widened, &caller.target.key, place, message);
        }
    }
}

/// Whether it takes a path as it is sent that it would not take as it is meant. A literal does not, if it is
/// what it means.
fn takes_other_paths(path: &PathPattern, languages: &Languages) -> bool {
    match path {
        PathPattern::Any | PathPattern::Never => false,
        PathPattern::Exact(text) => !matches!(normalised(text), Spelling::Plain(plain) if plain == *text),
        PathPattern::Prefix(_) => true,
        PathPattern::Regex(_) => languages.paths_may_meet(path, &PathPattern::Regex(AMBIGUOUS.to_owned())),
    }
}

/// Routes that no policy opens. They stand first by name; to tie with every other route they repeat its headers,
/// and each method.
pub(crate) fn guards(others: &[&HttpMatch]) -> Vec<Route> {
    let names = |one: &HttpMatch| -> Vec<Arc<str>> { one.headers.iter().map(|header| header.name.clone()).collect() };
    let sets: BTreeSet<Vec<Arc<str>>> = others.iter().map(|one| names(one)).chain([Vec::new()]).collect();
    let presence = |name: &Arc<str>| HttpHeaderMatch { kind: "RegularExpression", name: name.to_string(), value: "^.*$".to_owned() };
    let entries = |set: &Vec<Arc<str>>| -> Vec<HttpRouteMatch> {
        let headers: Vec<HttpHeaderMatch> = set.iter().map(presence).collect();
        let entry =
            |method| HttpRouteMatch { path: Some(HttpPathMatch::RegularExpression(GUARD.to_owned())), headers: headers.clone(), method };
        let methods = Method::ALL.into_iter().map(|method| Some(method.word()));
        [None].into_iter().chain(methods).map(entry).collect()
    };
    let sets: Vec<_> = sets.iter().map(entries).collect();
    sets.chunks(SETS_PER_ROUTE).enumerate().map(|(index, sets)| Route::guard(index, sets.to_vec())).collect()
}
