//! Whether one match takes every request of another, or one that the other takes too. What is not proved is no.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

use regex_syntax::escape;
use regex_syntax::hir::{Hir, HirKind};

use crate::ir::{HeaderMatch, HttpMatch, Method, PathPattern};
use crate::sorts::{Domain, Languages};

/// Comparisons that are cheap: so many of them cost as much as a state of an automaton.
const PAIRS_OF_A_STATE: usize = 8;

/// Compares matches as long as the work is within a bound.
#[derive(Debug)]
pub(super) struct Covers {
    languages: Languages,
    /// What the texts of an expression begin with.
    starts: HashMap<String, Rc<str>>,
    /// Cheap comparisons that are left.
    pairs: usize,
    /// Whether a question was left open.
    gave_up: bool,
}

/// A request that two matches take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Example {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
}

impl fmt::Display for Example {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, " with `{name}: {value}`"))
    }
}

impl Covers {
    /// Looks at so many states before it gives up.
    pub(super) fn within(states: usize) -> Self {
        Self { languages: Languages::within(states), starts: HashMap::new(), pairs: states * PAIRS_OF_A_STATE, gave_up: false }
    }

    /// Whether a question was left open since this was last asked.
    pub(super) fn gave_up(&mut self) -> bool {
        std::mem::take(&mut self.gave_up)
    }

    /// Pays for a cheap comparison; false if nothing is left.
    pub(super) fn pay(&mut self) -> bool {
        let left = self.pairs > 0;
        self.pairs = self.pairs.saturating_sub(1);
        self.gave_up |= !left;
        left
    }

    /// Whether `wide` takes every request that `narrow` takes.
    pub(super) fn covers(&mut self, wide: &HttpMatch, narrow: &HttpMatch) -> bool {
        let methods = wide.methods.is_empty() || (!narrow.methods.is_empty() && narrow.methods.is_subset(&wide.methods));
        let named = |header: &HeaderMatch| narrow.headers.iter().any(|other| other.name == header.name);
        let cheap = self.pay() && methods && wide.headers.iter().all(named);
        cheap && self.path_covers(&wide.path, &narrow.path) && self.headers_cover(&wide.headers, &narrow.headers)
    }

    fn path_covers(&mut self, wide: &PathPattern, narrow: &PathPattern) -> bool {
        use PathPattern::{Any, Exact, Never, Prefix, Regex};
        match (wide, narrow) {
            (Any, _) | (_, Never) => true,
            (Never, _) | (Exact(_), Any | Prefix(_)) => false,
            (Exact(wide), Exact(narrow)) => wide == narrow,
            (Prefix(wide), Any) => wide == "/",
            (Prefix(wide), Exact(narrow) | Prefix(narrow)) => narrow.starts_with(wide.as_str()),
            (Regex(wide), Regex(narrow)) if wide == narrow => true,
            (Regex(_), _) | (_, Regex(_)) if self.apart(wide, narrow) => false,
            (Regex(_), _) | (_, Regex(_)) => {
                let answer = self.languages.contains(Domain::Path, &expression(wide), &expression(narrow));
                self.decided(answer).unwrap_or(false)
            }
        }
    }

    /// All conditions of the one follow from those of the other.
    fn headers_cover(&mut self, wide: &[HeaderMatch], narrow: &[HeaderMatch]) -> bool {
        wide.iter().all(|wide| {
            let mut same_name = narrow.iter().filter(|narrow| narrow.name == wide.name);
            same_name.any(|narrow| {
                let (wide, narrow) = (wide.value.regex(), narrow.value.regex());
                let answer = if wide == narrow { Ok(true) } else { self.languages.contains(Domain::Header, wide, narrow) };
                self.decided(answer).unwrap_or(false)
            })
        })
    }

    /// The shortest request that both take.
    pub(super) fn common(&mut self, one: &HttpMatch, other: &HttpMatch) -> Option<Example> {
        let takes = |one: &HttpMatch, method| one.methods.is_empty() || one.methods.contains(&method);
        let usual = [Method::Get, Method::Post].into_iter().chain(Method::ALL);
        let method = usual.into_iter().find(|method| takes(one, *method) && takes(other, *method))?;
        if !self.pay() || self.apart(&one.path, &other.path) {
            return None;
        }
        let answer = self.languages.common(Domain::Path, &[&expression(&one.path), &expression(&other.path)]);
        let path = self.decided(answer)??;
        let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for header in one.headers.iter().chain(&other.headers) {
            by_name.entry(&header.name).or_default().push(header.value.regex());
        }
        let mut headers = Vec::new();
        for (name, expressions) in by_name {
            let answer = self.languages.common(Domain::Header, &expressions);
            headers.push((name.to_owned(), self.decided(answer)??));
        }
        Some(Example { method, path, headers })
    }

    /// Whether two paths plainly have nothing in common, by what they begin with.
    fn apart(&mut self, one: &PathPattern, other: &PathPattern) -> bool {
        use PathPattern::{Any, Exact, Never, Prefix, Regex};
        let mut start = |path: &PathPattern| -> Option<(Rc<str>, bool)> {
            match path {
                Any | Never => None,
                Exact(text) => Some((text.as_str().into(), true)),
                Prefix(text) => Some((text.as_str().into(), false)),
                Regex(text) => Some((self.starts.entry(text.clone()).or_insert_with(|| literal_start(text).into()).clone(), false)),
            }
        };
        let (Some((a, a_ends)), Some((b, b_ends))) = (start(one), start(other)) else { return false };
        let a_goes_on = !a_ends && b.starts_with(&*a);
        let b_goes_on = !b_ends && a.starts_with(&*b);
        a != b && !a_goes_on && !b_goes_on
    }

    fn decided<T, E>(&mut self, answer: Result<T, E>) -> Option<T> {
        self.gave_up |= answer.is_err();
        answer.ok()
    }
}

/// For the whole path.
fn expression(path: &PathPattern) -> Cow<'_, str> {
    match path {
        PathPattern::Any => "(?s:.*)".into(),
        PathPattern::Prefix(text) => format!("{}(?s:.*)", escape(text)).into(),
        PathPattern::Exact(text) => escape(text).into(),
        PathPattern::Regex(text) => text.as_str().into(),
        // No byte at all.
        PathPattern::Never => r"[^\x00-\xff]".into(),
    }
}

/// What every text begins with that an expression matches as a whole.
fn literal_start(expression: &str) -> String {
    fn of(hir: &Hir) -> &[u8] {
        match hir.kind() {
            HirKind::Literal(text) => &text.0,
            HirKind::Concat(parts) => parts.first().map_or(&[], of),
            HirKind::Capture(capture) => of(&capture.sub),
            HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => &[],
        }
    }
    let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(expression);
    hir.map(|hir| String::from_utf8_lossy(of(&hir)).into_owned()).unwrap_or_default()
}
