//! Whether one match takes every request that another takes, or any of them, decided by automata.
//!
//! Linkerd asks one route only, the most specific. Who is let in there must be told from what each match takes:
//! a wrong "yes" would open a door, a wrong "no" only keeps somebody out. What cannot be decided in bounded
//! memory is therefore "not contained" and "may meet".

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use meshglot_translator::ir::{HeaderMatch, HttpMatch, PathPattern};
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::{Anchored, MatchKind, util::start};

/// Bytes that one automaton may take.
const AUTOMATON_BYTES: usize = 1 << 20;
/// Pairs of states that are looked at for one question.
const MOST_PAIRS: usize = 20_000;

type Dfa = dense::DFA<Vec<u32>>;

/// Answers questions about matches; automata are made once per expression.
#[derive(Default)]
pub(crate) struct Languages(RefCell<HashMap<String, Option<Rc<Dfa>>>>);

/// What is asked of two languages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    /// Does a word of the first lack in the second?
    Lacks,
    /// Is there a word of both?
    Shared,
}

impl Languages {
    /// Whether every request that `inner` takes is surely taken by `outer` too.
    pub(crate) fn contains(&self, outer: &HttpMatch, inner: &HttpMatch) -> bool {
        let methods = outer.methods.is_empty() || (!inner.methods.is_empty() && inner.methods.is_subset(&outer.methods));
        let implied = |header: &HeaderMatch| {
            let same = inner.headers.iter().filter(|one| one.name == header.name);
            same.into_iter().any(|one| self.value_contains(header, one))
        };
        methods && outer.headers.iter().all(implied) && self.path_contains(&outer.path, &inner.path)
    }

    /// Whether some request may be taken by both. Headers keep none apart: a request may carry one twice, and one
    /// value that fits is enough.
    pub(crate) fn may_meet(&self, a: &HttpMatch, b: &HttpMatch) -> bool {
        let methods = a.methods.is_empty() || b.methods.is_empty() || !a.methods.is_disjoint(&b.methods);
        methods && self.paths_may_meet(&a.path, &b.path)
    }

    /// The match that takes exactly what both take; `None` if no single match says that.
    pub(crate) fn meet(&self, a: &HttpMatch, b: &HttpMatch) -> Option<HttpMatch> {
        let narrower = |first: &HttpMatch, second: &HttpMatch| self.path_contains(&first.path, &second.path);
        let of_path = if narrower(a, b) {
            b
        } else if narrower(b, a) {
            a
        } else {
            return None;
        };
        let methods = match (a.methods.is_empty(), b.methods.is_empty()) {
            (true, _) => b.methods.clone(),
            (_, true) => a.methods.clone(),
            _ => a.methods.intersection(&b.methods).copied().collect(),
        };
        let mut headers = a.headers.clone();
        for header in &b.headers {
            match headers.iter_mut().find(|one| one.name == header.name) {
                None => headers.push(header.clone()),
                Some(one) if self.value_contains(header, one) => {}
                Some(one) if self.value_contains(one, header) => *one = header.clone(),
                Some(_) => return None,
            }
        }
        headers.sort_by(|a, b| a.name.cmp(&b.name));
        Some(HttpMatch { path: of_path.path.clone(), methods, headers, ..of_path.clone() })
    }

    /// Whether a path pattern surely takes all that another takes.
    pub(crate) fn path_contains(&self, outer: &PathPattern, inner: &PathPattern) -> bool {
        match (outer, inner) {
            (PathPattern::Any, _) | (_, PathPattern::Never) => true,
            (PathPattern::Never, _) => false,
            (PathPattern::Exact(outer), PathPattern::Exact(inner)) => outer == inner,
            (PathPattern::Prefix(outer), PathPattern::Exact(inner) | PathPattern::Prefix(inner)) => inner.starts_with(outer.as_str()),
            (PathPattern::Prefix(outer), PathPattern::Any) => outer == "/",
            (PathPattern::Exact(_), PathPattern::Prefix(_) | PathPattern::Any) => false,
            (outer, inner) if outer == inner => true,
            (outer, inner) => self.ask(Question::Lacks, &language(inner), &language(outer)) == Some(false),
        }
    }

    /// Whether some path may be taken by both.
    pub(crate) fn paths_may_meet(&self, a: &PathPattern, b: &PathPattern) -> bool {
        match (a, b) {
            (PathPattern::Never, _) | (_, PathPattern::Never) => false,
            (PathPattern::Any, _) | (_, PathPattern::Any) => true,
            (PathPattern::Exact(a), PathPattern::Exact(b)) => a == b,
            (PathPattern::Exact(exact), PathPattern::Prefix(prefix)) | (PathPattern::Prefix(prefix), PathPattern::Exact(exact)) => {
                exact.starts_with(prefix.as_str())
            }
            (PathPattern::Prefix(a), PathPattern::Prefix(b)) => a.starts_with(b.as_str()) || b.starts_with(a.as_str()),
            (a, b) => self.ask(Question::Shared, &language(a), &language(b)) != Some(false),
        }
    }

    fn value_contains(&self, outer: &HeaderMatch, inner: &HeaderMatch) -> bool {
        outer.value == inner.value || self.ask(Question::Lacks, &whole(inner.value.regex()), &whole(outer.value.regex())) == Some(false)
    }

    /// `None` if an automaton, or the walk through both, would be too large.
    fn ask(&self, question: Question, first: &str, second: &str) -> Option<bool> {
        walk(question, &*self.automaton(first)?, &*self.automaton(second)?)
    }

    fn automaton(&self, regex: &str) -> Option<Rc<Dfa>> {
        self.0.borrow_mut().entry(regex.to_owned()).or_insert_with(|| build(regex).map(Rc::new)).clone()
    }
}

/// A path pattern as an expression of whole paths.
fn language(path: &PathPattern) -> String {
    match path {
        PathPattern::Any => whole("/.*"),
        PathPattern::Prefix(literal) => whole(&format!("{}.*", escaped(literal))),
        PathPattern::Exact(literal) => whole(&escaped(literal)),
        PathPattern::Regex(regex) => whole(regex),
        // Nothing comes after the end.
        PathPattern::Never => "^$x".to_owned(),
    }
}

/// Literal text as an expression.
fn escaped(literal: &str) -> String {
    literal.chars().map(|c| if c.is_ascii_punctuation() { format!("\\{c}") } else { c.to_string() }).collect()
}

fn whole(regex: &str) -> String {
    format!("^(?:{regex})$")
}

fn build(regex: &str) -> Option<Dfa> {
    let config = dense::Config::new()
        .start_kind(StartKind::Anchored)
        // Every way to match counts, not the leftmost alternative alone.
        .match_kind(MatchKind::All)
        .unicode_word_boundary(true)
        .dfa_size_limit(Some(AUTOMATON_BYTES))
        .determinize_size_limit(Some(4 * AUTOMATON_BYTES));
    let nfa = thompson::Config::new().nfa_size_limit(Some(AUTOMATON_BYTES));
    dense::Builder::new().configure(config).thompson(nfa).build(regex).ok()
}

/// Walks both automata over every text that can stand in a path or a header: neither holds a line end or NUL.
fn walk(question: Question, first: &Dfa, second: &Dfa) -> Option<bool> {
    let anchored = start::Config::new().anchored(Anchored::Yes);
    let begin = (first.start_state(&anchored).ok()?, second.start_state(&anchored).ok()?);
    let mut seen: HashSet<(StateID, StateID)> = HashSet::from([begin]);
    let mut left = vec![begin];
    let bytes = representatives(first, second);
    while let Some((a, b)) = left.pop() {
        let accepts = |dfa: &Dfa, state: StateID| dfa.is_match_state(dfa.next_eoi_state(state));
        let second_accepts = accepts(second, b);
        if accepts(first, a) && (question == Question::Shared) == second_accepts {
            return Some(true);
        }
        for byte in &bytes {
            let next = (first.next_state(a, *byte), second.next_state(b, *byte));
            if first.is_quit_state(next.0) || second.is_quit_state(next.1) {
                return None;
            }
            let settled = first.is_dead_state(next.0) || (question == Question::Shared && second.is_dead_state(next.1));
            if !settled && seen.insert(next) {
                if seen.len() > MOST_PAIRS {
                    return None;
                }
                left.push(next);
            }
        }
    }
    Some(false)
}

/// One byte of each kind that either automaton tells apart.
fn representatives(first: &Dfa, second: &Dfa) -> Vec<u8> {
    let mut kinds = BTreeSet::new();
    let (first, second) = (first.byte_classes(), second.byte_classes());
    (0..=u8::MAX)
        .filter(|byte| !matches!(byte, 0 | b'\n' | b'\r'))
        .filter(|byte| kinds.insert((first.get(*byte), second.get(*byte))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http_match::tests::http_match;
    use meshglot_translator::ir::pattern::{PathAnchoring, check};
    use proptest::prelude::*;
    use regex::Regex;
    use test_case::test_case;

    #[test_case("* /api", "* /api/v1", true ; "a prefix of a prefix")]
    #[test_case("* /api", "* /ap", false ; "a shorter prefix")]
    #[test_case("* /api", "* /api$", true ; "an exact path below a prefix")]
    #[test_case("* /a(b|c)", "* /ab", true ; "a literal in an expression")]
    #[test_case("* /a[bc]$", "* /a(c|b)$", true ; "two spellings of one set")]
    #[test_case("* /a[bc]$", "* /a[b-d]$", false ; "a larger class")]
    #[test_case("* /[a-z]+/x", "* /ab/xy", true ; "a literal prefix in an open expression")]
    #[test_case("* /[a-z]+/x$", "* /ab/x", false ; "an open prefix is more")]
    #[test_case("* *", "* /(a|b)", true ; "everything")]
    #[test_case("* /", "* *", true ; "the root prefix is everything")]
    #[test_case("* /.?", "* *", true ; "so is this expression")]
    #[test_case("GET /a", "* /a", false ; "any method is more")]
    #[test_case("* /a", "GET /a", true ; "one method is less")]
    #[test_case("GET,HEAD /a", "GET /a", true ; "of two methods")]
    #[test_case("* /a", "* /a x", true ; "a header is less")]
    #[test_case("* /a x", "* /a", false ; "no header is more")]
    #[test_case("* /(a|b)*a(a|b){18}$", "* /a(a|b){18}$", false ; "too large to decide")]
    fn containment(outer: &str, inner: &str, want: bool) {
        assert_eq!(Languages::default().contains(&http_match(outer), &http_match(inner)), want);
    }

    #[test_case("* /a[bc]", "* /a[cd]", true ; "a common letter")]
    #[test_case("* /a[bc]", "* /a[de]", false ; "no common letter")]
    #[test_case("GET /a", "POST /a", false ; "methods")]
    #[test_case("* /a", "* /b", false ; "paths")]
    #[test_case("* /a x", "* /a y", true ; "both headers may be there")]
    #[test_case("* /a x=1", "* /a x=2", true ; "one header may be there twice")]
    fn meeting(a: &str, b: &str, want: bool) {
        assert_eq!(Languages::default().may_meet(&http_match(a), &http_match(b)), want);
    }

    #[test]
    fn what_two_matches_share_is_a_match() {
        let languages = Languages::default();
        let shared = languages.meet(&http_match("GET,HEAD /api x"), &http_match("GET,POST /api/v1 y"));
        let (shared, want) = (shared.expect("one path holds the other"), http_match("GET /api/v1 x y"));
        assert_eq!((shared.path, shared.methods), (want.path, want.methods));
        assert_eq!(shared.headers.len(), 2);
        assert!(languages.meet(&http_match("* /a[bc]"), &http_match("* /a[cd]")).is_none());
    }

    fn pattern() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec!["a", "b", "/", "[ab]", "(a|ab)", "(a|b)*", "b?", ".", ".*", "a+", "[^a]"]);
        (prop::collection::vec(part, 0..4), prop::sample::select(vec!["", "$"]))
            .prop_map(|(parts, end)| format!("/{}{end}", parts.concat()))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn what_is_contained_is_taken(outer in pattern(), inner in pattern(), paths in prop::collection::vec("/[ab/c]{0,5}", 40)) {
            let read = |text: &str| check(text).map(|checked| checked.path(PathAnchoring::Start)).ok();
            let (Some(outer), Some(inner)) = (read(&outer), read(&inner)) else { return Ok(()) };
            let takes = |pattern: &PathPattern| Regex::new(&language(pattern)).expect("a good regex");
            let (first, second) = (takes(&outer), takes(&inner));
            let languages = Languages::default();
            let (contains, meets) = (languages.path_contains(&outer, &inner), languages.paths_may_meet(&outer, &inner));
            for path in &paths {
                prop_assert!(!contains || !second.is_match(path) || first.is_match(path), "{outer:?} {inner:?} {path}");
                prop_assert!(meets || !(first.is_match(path) && second.is_match(path)), "{outer:?} {inner:?} {path}");
            }
        }
    }
}
