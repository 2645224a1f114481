//! The routes of a Server, and who is let in by each: Linkerd asks one route, the most specific, where the
//! neutral policy adds up all rules.
//!
//! A caller is let in by a route only if one of its own matches takes everything that the route takes, so that
//! no order of routes can let in too many. What two matches share gets a route of its own where one match can
//! say it; else the callers of the route that is not asked are kept out, and that is told.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use meshglot_translator::ir::{HttpMatch, PathPattern};

use crate::containment::Languages;
use crate::resource::http_route::{HttpPathMatch, HttpRouteMatch};

/// Numbers 01 to 98: 00 are the probes, 99 everything else.
pub(crate) const MOST_ROUTES: usize = 98;

/// Requests of one kind, and whose they are.
#[derive(Clone, Debug)]
pub(crate) struct Class {
    /// What they look like.
    pub(crate) one: Arc<HttpMatch>,
    /// Indexes of the callers that a match of theirs lets in, whatever else is written.
    pub(crate) callers: BTreeSet<usize>,
}

/// Callers of `loser` that `winner` keeps out.
#[derive(Debug)]
pub(crate) struct Overlap {
    pub(crate) winner: Arc<HttpMatch>,
    pub(crate) loser: Arc<HttpMatch>,
    pub(crate) callers: BTreeSet<usize>,
}

/// Puts matches into classes, narrowest first. `everywhere` are callers that no route keeps out.
pub(crate) fn classes(
    written: &[(Arc<HttpMatch>, usize)],
    everywhere: &BTreeSet<usize>,
    languages: &Languages,
) -> (Vec<Class>, Vec<Overlap>) {
    let mut distinct: Vec<Arc<HttpMatch>> = Vec::new();
    for (one, _) in written {
        if !distinct.iter().any(|known| is_same(known, one)) {
            distinct.push(one.clone());
        }
    }
    let allowed = |one: &HttpMatch| -> BTreeSet<usize> {
        let own = written.iter().filter(|(wider, _)| languages.contains(wider, one)).map(|(_, caller)| *caller);
        own.chain(everywhere.iter().copied()).collect()
    };
    let mut classes: Vec<Class> = distinct.into_iter().map(|one| Class { callers: allowed(&one), one }).collect();
    add_shared(&mut classes, &allowed, languages);
    sort(&mut classes, languages);
    let overlaps = overlaps(&classes, languages);
    (classes, overlaps)
}

/// Adds what two classes of different callers share, until nothing is new.
fn add_shared(classes: &mut Vec<Class>, allowed: &impl Fn(&HttpMatch) -> BTreeSet<usize>, languages: &Languages) {
    let mut second = 1;
    while second < classes.len() {
        for first in 0..second {
            let (a, b) = (&classes[first], &classes[second]);
            let nested = languages.contains(&a.one, &b.one) || languages.contains(&b.one, &a.one);
            if a.callers == b.callers || nested || !languages.may_meet(&a.one, &b.one) {
                continue;
            }
            let Some(shared) = languages.meet(&a.one, &b.one) else { continue };
            if classes.len() < MOST_ROUTES && !classes.iter().any(|known| is_same(&known.one, &shared)) {
                classes.push(Class { callers: allowed(&shared), one: Arc::new(shared) });
            }
        }
        second += 1;
    }
}

/// Linkerd's order, and among what it holds for equal the narrower first.
fn sort(classes: &mut [Class], languages: &Languages) {
    let all: Vec<Arc<HttpMatch>> = classes.iter().map(|class| class.one.clone()).collect();
    let wider = |one: &HttpMatch| all.iter().filter(|other| languages.contains(other, one)).count();
    classes.sort_by_cached_key(|class| (Reverse(rank(&class.one)), Reverse(wider(&class.one)), line(&class.one)));
}

/// What Linkerd compares: the length of the path that matched, which is the request's for everything but no path
/// at all; then headers; then whether there is a method.
fn rank(one: &HttpMatch) -> (bool, usize, bool) {
    (one.path != PathPattern::Any, one.headers.len(), !one.methods.is_empty())
}

fn overlaps(classes: &[Class], languages: &Languages) -> Vec<Overlap> {
    let mut found = Vec::new();
    for (second, later) in classes.iter().enumerate() {
        for (first, earlier) in classes[..second].iter().enumerate() {
            if !languages.may_meet(&earlier.one, &later.one) {
                continue;
            }
            let shared = languages.meet(&earlier.one, &later.one);
            // An earlier class takes all that they share: it is asked instead.
            if shared.is_some_and(|shared| classes[..first].iter().any(|class| languages.contains(&class.one, &shared))) {
                continue;
            }
            let mut lose = |winner: &Class, loser: &Class| {
                let callers: BTreeSet<usize> = loser.callers.difference(&winner.callers).copied().collect();
                if !callers.is_empty() {
                    found.push(Overlap { winner: winner.one.clone(), loser: loser.one.clone(), callers });
                }
            };
            lose(earlier, later);
            if !surely_first(&earlier.one, &later.one) {
                lose(later, earlier);
            }
        }
    }
    found
}

/// Whether proxies of every age ask the earlier one first, also for the root path, which is as long as no path.
fn surely_first(earlier: &HttpMatch, later: &HttpMatch) -> bool {
    let at_least = earlier.headers.len() >= later.headers.len() && !earlier.methods.is_empty() >= !later.methods.is_empty();
    let no_root = |path: &PathPattern| matches!(path, PathPattern::Exact(text) | PathPattern::Prefix(text) if text != "/");
    at_least || (no_root(&earlier.path) && later.path == PathPattern::Any)
}

fn is_same(a: &HttpMatch, b: &HttpMatch) -> bool {
    let headers = |one: &HttpMatch| -> Vec<_> { one.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect() };
    a.path == b.path && a.methods == b.methods && headers(a) == headers(b)
}

/// Only to have an order.
fn line(one: &HttpMatch) -> String {
    let headers: Vec<String> = one.headers.iter().map(|header| format!("{}={}", header.name, header.value.regex())).collect();
    format!("{:?}|{:?}|{}", one.path, one.methods, headers.join(","))
}

/// A line of the list whose hash stands in the names of all routes: a change to one replaces them all, in order,
/// and neither age nor name can contradict the other.
pub(crate) fn list_line(number: usize, entries: &[HttpRouteMatch]) -> String {
    let methods: Vec<&str> = entries.iter().filter_map(|entry| entry.method).collect();
    let methods = if methods.is_empty() { "*".to_owned() } else { methods.join(",") };
    let (path, headers) = entries.first().map_or((None, &[][..]), |entry| (entry.path.as_ref(), &entry.headers[..]));
    let path = match path {
        Some(HttpPathMatch::Exact(value)) => format!("Exact:{value}"),
        Some(HttpPathMatch::PathPrefix(value)) => format!("PathPrefix:{value}"),
        Some(HttpPathMatch::RegularExpression(value)) => format!("RegularExpression:{value}"),
        None => String::new(),
    };
    let headers: Vec<String> = headers.iter().map(|header| format!("{}={}:{}", header.name, header.kind, header.value)).collect();
    format!("{number:02}|{methods}|{path}|{}\n", headers.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_match::tests::http_match;
    use meshglot_translator::name;
    use test_case::test_case;

    /// Matches of caller 0, 1, ... to `number of the written match or +: callers`, and the losing callers.
    fn sorted(written: &[&str]) -> (Vec<String>, Vec<usize>) {
        let matches: Vec<_> = written.iter().enumerate().map(|(caller, text)| (Arc::new(http_match(text)), caller)).collect();
        let (classes, overlaps) = classes(&matches, &BTreeSet::new(), &Languages::default());
        let name = |class: &Class| matches.iter().position(|(one, _)| is_same(one, &class.one)).map_or("+".to_owned(), |at| at.to_string());
        let text = |class: &Class| format!("{}:{}", name(class), class.callers.iter().map(usize::to_string).collect::<String>());
        (classes.iter().map(text).collect(), overlaps.into_iter().flat_map(|overlap| overlap.callers).collect())
    }

    #[test_case(&["GET /api", "GET /api/v1"], &["1:01", "0:0"], &[] ; "who may call the broad one may call the narrow one")]
    #[test_case(&["* *", "* /a", "* /a/b$"], &["2:012", "1:01", "0:0"], &[] ; "narrowest first")]
    #[test_case(&["GET /a", "GET /b"], &["0:0", "1:1"], &[] ; "apart")]
    #[test_case(&["GET,HEAD /a", "GET,POST /a"], &["+:01", "0:0", "1:1"], &[] ; "a method that both name")]
    #[test_case(&["GET /api", "* /api/v1"], &["+:01", "0:0", "1:1"], &[] ; "method and path")]
    #[test_case(&["* /a x", "* /a y"], &["+:01", "0:0", "1:1"], &[] ; "two headers")]
    #[test_case(&["* * x", "* /a"], &["+:01", "1:1", "0:0"], &[] ; "header and path")]
    #[test_case(&["* /a[bc]", "* /a[cd]"], &["0:0", "1:1"], &[1] ; "expressions overlap in part")]
    #[test_case(&["* /a[bc]", "* /a[de]"], &["0:0", "1:1"], &[] ; "expressions that do not overlap")]
    #[test_case(&["* /a x=1", "* /a x=2"], &["0:0", "1:1"], &[1] ; "two values of one header, both of which may be there")]
    #[test_case(&["* *", "GET /"], &["1:01", "0:0"], &[] ; "the root prefix is every path")]
    #[test_case(&["GET /a", "GET /a"], &["0:01"], &[] ; "one match of two callers")]
    fn order(written: &[&str], want: &[&str], losers: &[usize]) {
        let (classes, overlaps) = sorted(written);
        assert_eq!((&classes[..], &overlaps[..]), (&want.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()[..], losers));
    }

    #[test]
    fn the_lists_of_the_mapping_have_its_hashes() {
        let path = |text: &str| Some(HttpPathMatch::RegularExpression(text.to_owned()));
        let entry = |path: &Option<HttpPathMatch>, method| HttpRouteMatch { path: path.clone(), headers: Vec::new(), method };
        let probes = list_line(0, &[entry(&Some(HttpPathMatch::Exact("/healthz".into())), Some("GET"))]);
        let rest = list_line(99, &[entry(&Some(HttpPathMatch::PathPrefix("/".into())), None)]);
        let orders = path("^(?:/api/v1/orders).*$");
        let hash = |between: &[String]| name::short_hash(format!("{probes}{}{rest}", between.concat()).as_bytes());
        assert_eq!(hash(&[list_line(1, &[entry(&orders, Some("GET")), entry(&orders, Some("HEAD"))])]), "0744b0b3");
        let all = list_line(2, &[entry(&path("^(?:/api/.*).*$"), Some("GET"))]);
        assert_eq!(hash(&[list_line(1, &[entry(&orders, Some("GET"))]), all]), "cf1a9dfd");
    }
}
