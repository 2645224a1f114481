//! One call of each sort.

use std::collections::{BTreeMap, BTreeSet};

use super::Doubt;
use super::sorts::{Automaton, Language, witnesses};
use crate::eval::Call;
use crate::eval::asked::{Asked, Part};
use crate::ir::Method;

/// Paths with a query that mean one thing to everybody: no empty or dot segments; escapes of delimiters only, neither
/// of what needs none, nor of slash and backslash, nor of what proxies escape when it was sent as it is.
fn target() -> String {
    const PLAIN: &str = r"[a-zA-Z0-9\-_~!$&'()*+,;=:@]";
    const ESCAPE: &str = "%(?:2[134-9A-Ca-c]|3[ABDFabdf]|40|5[BDbd])";
    let letter = format!("(?:{PLAIN}|{ESCAPE})");
    let segment = format!(r"(?:\.*{letter}(?:{letter}|\.)*|\.{{3,}})");
    format!(r"(?:/|(?:/{segment})+/?)(?:\?(?:{letter}|[./?])*)?")
}

/// A header's value: visible characters, space between them.
const VALUE: &str = "(?:[!-~](?:[ -~]*[!-~])?)?";

/// Values of one header, in the order sent; none: it is absent.
type Values = Vec<String>;

/// One text of each sort, for each part of a request.
pub(super) struct Space {
    methods: Vec<&'static str>,
    targets: Vec<String>,
    headers: BTreeMap<String, Vec<Values>>,
}

impl Space {
    /// Cuts requests by what was asked of them.
    pub(super) fn of(asked: &BTreeSet<Asked>) -> Result<Self, Doubt> {
        let mut headers: BTreeMap<&str, Vec<Language>> = BTreeMap::new();
        let mut paths = Vec::new();
        let mut methods = Vec::new();
        for Asked { part, expression, first } in asked {
            let language = expression.as_deref().map(|text| Automaton::of(text, *first)).transpose()?;
            match (part, language) {
                (Part::Path, Some(automaton)) => paths.push(Language { automaton, until: Some(b'?') }),
                (Part::Target, Some(automaton)) => paths.push(Language { automaton, until: None }),
                (Part::Method, Some(automaton)) => methods.push(automaton),
                (Part::Header(name), language) => {
                    headers.entry(name).or_default().extend(language.map(|automaton| Language { automaton, until: None }));
                }
                (Part::Path | Part::Target | Part::Method, None) | (Part::Other(_), _) => {}
            }
        }
        let headers = headers.into_iter().map(|(name, languages)| Ok((name.to_owned(), values(languages)?)));
        Ok(Self {
            methods: one_of_each(&methods),
            targets: witnesses(Automaton::of(&target(), false)?, &paths)?,
            headers: headers.collect::<Result<_, Doubt>>()?,
        })
    }

    /// All calls, if there are not more than `limit`.
    pub(super) fn calls(&self, limit: usize) -> Result<Vec<Call>, Doubt> {
        let sets = self.header_sets();
        if self.methods.len().saturating_mul(self.targets.len()).saturating_mul(sets.len()) > limit {
            return Err(Doubt::TooLarge);
        }
        let mut calls = vec![Call::Tcp];
        for method in &self.methods {
            for target in &self.targets {
                calls.extend(sets.iter().map(|headers| Call::Http {
                    method: (*method).to_owned(),
                    target: target.clone(),
                    headers: headers.clone(),
                }));
            }
        }
        Ok(calls)
    }

    /// Every combination of headers that are sent once or not at all; and beside each, where one of them is sent twice
    /// with the others absent.
    fn header_sets(&self) -> Vec<Vec<(String, String)>> {
        let mut sets = vec![Vec::new()];
        let mut twice = Vec::new();
        for (name, options) in &self.headers {
            let named = |values: &Values| values.iter().map(|value| (name.clone(), value.clone())).collect::<Vec<_>>();
            let (once, repeated): (Vec<&Values>, Vec<&Values>) = options.iter().partition(|values| values.len() < 2);
            twice.extend(repeated.into_iter().map(named));
            sets = sets.iter().flat_map(|before| once.iter().map(|values| [before.clone(), named(values)].concat())).collect();
        }
        sets.extend(twice);
        sets
    }
}

/// Absent, one value of each sort, and pairs of them.
fn values(languages: Vec<Language>) -> Result<Vec<Values>, Doubt> {
    let sorts = witnesses(Automaton::of(VALUE, false)?, &languages)?;
    let mut all = vec![Vec::new()];
    all.extend(sorts.iter().map(|value| vec![value.clone()]));
    all.extend(sorts.iter().flat_map(|first| sorts.iter().map(|second| vec![first.clone(), second.clone()])));
    Ok(all)
}

/// One method of each sort. `CONNECT` is not among them: it is not a request for a path.
fn one_of_each(asked: &[std::rc::Rc<Automaton>]) -> Vec<&'static str> {
    let mut sorts: BTreeMap<Vec<bool>, &'static str> = BTreeMap::new();
    for method in [Method::Get, Method::Post, Method::Put, Method::Delete, Method::Head, Method::Patch, Method::Options, Method::Trace] {
        sorts.entry(asked.iter().map(|automaton| automaton.takes(method.word())).collect()).or_insert(method.word());
    }
    sorts.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/", true ; "root")]
    #[test_case("/a/b.c/", true ; "segments")]
    #[test_case("/a?b=/../c", true ; "query")]
    #[test_case("/.../x", true ; "three dots")]
    #[test_case("/a%3Fb", true ; "escape")]
    #[test_case("/./a", false ; "dot segment")]
    #[test_case("/a/..", false ; "dots at the end")]
    #[test_case("//a", false ; "two slashes")]
    #[test_case("/a%2fb", false ; "escaped slash")]
    #[test_case("/a#b", false ; "fragment")]
    fn domain(text: &str, want: bool) {
        assert_eq!(Automaton::of(&target(), false).expect("an expression").takes(text), want);
    }

    #[test]
    fn one_call_of_each_sort() {
        let asked = |part: Part, expression: &str| Asked { part, expression: Some(expression.to_owned()), first: false };
        let asked = BTreeSet::from([
            asked(Part::Method, "GET"),
            asked(Part::Path, "/api(?s:.*)"),
            asked(Part::Path, "/api/x"),
            asked(Part::Header("x-a".to_owned()), "1"),
        ]);
        let space = Space::of(&asked).expect("a small space");
        assert_eq!(space.methods.len(), 2);
        assert_eq!(space.targets, ["/", "/api", "/api/x"]);
        // Absent, another value, this value; and four pairs.
        assert_eq!(space.headers["x-a"].len(), 7);
        assert_eq!(space.calls(100).expect("few calls").len(), 1 + 2 * 3 * 7);
        assert_eq!(space.calls(10), Err(Doubt::TooLarge));
    }
}
