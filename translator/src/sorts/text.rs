//! The shortest text of each sort: texts are of one sort if the same languages contain them.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;
use std::rc::Rc;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

use super::Doubt;

/// Bytes that an automaton, and the work of making it, may take.
pub(super) const AUTOMATON_BYTES: usize = 1 << 20;

/// States of the product of all automata.
const STATES: usize = 50_000;

/// Decides byte by byte whether a text as a whole is in a language.
#[derive(Debug)]
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// A language over the beginning of a text.
pub(super) struct Language {
    /// Who decides.
    pub(super) automaton: Rc<Automaton>,
    /// The byte before which the text ends for this language.
    pub(super) until: Option<u8>,
}

thread_local! {
    /// Expressions come again for every port of every Service.
    static KNOWN: RefCell<HashMap<(String, bool), Rc<Automaton>>> = RefCell::default();
}

impl Automaton {
    /// Of all texts that an expression matches as a whole. `first`: only by the match that it prefers; then
    /// alternatives are tried in order, and `a|ab` does not contain `ab`.
    pub(super) fn of(expression: &str, first: bool) -> Result<Rc<Self>, Doubt> {
        let key = (expression.to_owned(), first);
        if let Some(known) = KNOWN.with_borrow(|known| known.get(&key).cloned()) {
            return Ok(known);
        }
        let automaton = Rc::new(Self::build(expression, first).ok_or(Doubt::TooLarge)?);
        KNOWN.with_borrow_mut(|known| known.insert(key, automaton.clone()));
        Ok(automaton)
    }

    fn build(expression: &str, first: bool) -> Option<Self> {
        let (kind, text) =
            if first { (MatchKind::LeftmostFirst, expression.to_owned()) } else { (MatchKind::All, format!(r"\A(?:{expression})\z")) };
        let config = dense::Config::new().start_kind(StartKind::Anchored).match_kind(kind);
        let config = config.dfa_size_limit(Some(AUTOMATON_BYTES)).determinize_size_limit(Some(AUTOMATON_BYTES));
        let build = |unicode: bool| {
            let syntax = syntax::Config::new().unicode(unicode).utf8(false);
            dense::Builder::new().configure(config.clone()).syntax(syntax).build(&text).ok()
        };
        // Texts here are ASCII, on which both read alike, and without Unicode automata are far smaller.
        let dfa = build(false).or_else(|| build(true))?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self { dfa, start })
    }

    /// Bytes that it takes.
    pub(super) fn size(&self) -> usize {
        self.dfa.memory_usage()
    }

    /// Whether a text is in the language.
    pub(super) fn takes(&self, text: &str) -> bool {
        self.ends(text.bytes().fold(self.start, |state, byte| self.dfa.next_state(state, byte)))
    }

    /// Whether the text may end here.
    fn ends(&self, state: StateID) -> bool {
        self.dfa.is_match_state(self.dfa.next_eoi_state(state))
    }
}

/// Where one language is on the way through a text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum At {
    Within(StateID),
    /// Its part of the text is over.
    Over(bool),
}

impl Language {
    fn next(&self, at: At, byte: u8) -> At {
        match at {
            At::Within(state) if self.until == Some(byte) => At::Over(self.automaton.ends(state)),
            At::Within(state) => At::Within(self.automaton.dfa.next_state(state, byte)),
            over @ At::Over(_) => over,
        }
    }

    fn ends(&self, at: At) -> bool {
        match at {
            At::Within(state) => self.automaton.ends(state),
            At::Over(contained) => contained,
        }
    }
}

/// A text, and which languages contain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Witness {
    pub(super) text: String,
    pub(super) within: Vec<bool>,
}

/// The shortest text of each sort within a domain, in the order of their length.
pub(super) fn witnesses(domain: &Automaton, languages: &[Language]) -> Result<Vec<Witness>, Doubt> {
    let mut found: Vec<Witness> = Vec::new();
    let mut sorts: HashSet<Vec<bool>> = HashSet::new();
    walk(domain, languages, STATES, |within, text| {
        if sorts.insert(within.clone()) {
            found.push(Witness { text: text(), within });
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// The shortest text of a domain that these languages contain or not, as wanted; `None`: there is none. `states` is
/// how far to look, and then how far it did not have to.
pub(super) fn first(domain: &Automaton, languages: &[Language], wanted: &[bool], states: &mut usize) -> Result<Option<String>, Doubt> {
    let mut found = None;
    let seen = walk(domain, languages, (*states).min(STATES), |within, text| {
        if within != wanted {
            return ControlFlow::Continue(());
        }
        found = Some(text());
        ControlFlow::Break(())
    });
    *states = states.saturating_sub(*seen.as_ref().unwrap_or(&STATES));
    seen.map(|_| found)
}

/// Shows the texts of a domain in the order of their length, one for each state of all automata together, until
/// somebody has seen enough. Tells how many states that were.
fn walk(
    domain: &Automaton,
    languages: &[Language],
    limit: usize,
    mut see: impl FnMut(Vec<bool>, &dyn Fn() -> String) -> ControlFlow<()>,
) -> Result<usize, Doubt> {
    let bytes = distinct(domain, languages);
    let start: (StateID, Vec<At>) = (domain.start, languages.iter().map(|language| At::Within(language.automaton.start)).collect());
    // Each state with the one that it was reached from.
    let mut seen: HashMap<(StateID, Vec<At>), usize> = HashMap::from([(start.clone(), 0)]);
    let mut ways: Vec<(usize, u8)> = vec![(0, 0)];
    let mut queue = VecDeque::from([(start, 0)]);
    while let Some(((of_domain, ats), way)) = queue.pop_front() {
        if domain.ends(of_domain) {
            let within: Vec<bool> = languages.iter().zip(&ats).map(|(language, at)| language.ends(*at)).collect();
            if see(within, &|| text(&ways, way)).is_break() {
                break;
            }
        }
        for byte in &bytes {
            let next = domain.dfa.next_state(of_domain, *byte);
            if domain.dfa.is_dead_state(next) {
                continue;
            }
            let next = (next, languages.iter().zip(&ats).map(|(language, at)| language.next(*at, *byte)).collect::<Vec<_>>());
            if seen.contains_key(&next) {
                continue;
            }
            if seen.len() >= limit {
                return Err(Doubt::TooLarge);
            }
            seen.insert(next.clone(), ways.len());
            queue.push_back((next, ways.len()));
            ways.push((way, *byte));
        }
    }
    Ok(seen.len())
}

/// The bytes that led to a state.
fn text(ways: &[(usize, u8)], mut way: usize) -> String {
    let mut bytes = Vec::new();
    while way != 0 {
        let (before, byte) = ways[way];
        bytes.push(byte);
        way = before;
    }
    bytes.reverse();
    // Domains are of ASCII.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// One byte of each class that any of the automata tells apart, those that read well first.
fn distinct(domain: &Automaton, languages: &[Language]) -> Vec<u8> {
    let pleasant = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(*b"/-_.");
    let mut classes = HashMap::new();
    let mut bytes = Vec::new();
    for byte in pleasant.chain(0..=u8::MAX) {
        let class = |automaton: &Automaton| automaton.dfa.byte_classes().get(byte);
        let key: Vec<(u8, bool)> = languages
            .iter()
            .map(|language| (class(&language.automaton), language.until == Some(byte)))
            .chain([(class(domain), false)])
            .collect();
        if classes.insert(key, byte).is_none() {
            bytes.push(byte);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/a|/ab", true, "/ab", false ; "the first alternative is preferred")]
    #[test_case("/ab|/a", true, "/ab", true ; "the longer one first")]
    #[test_case("/a.*?", true, "/ab", false ; "lazy")]
    #[test_case("^(?:/a|/ab)$", true, "/ab", true ; "bound at both ends")]
    #[test_case("/a|/ab", false, "/ab", true ; "any match")]
    #[test_case("(?i:/a)", false, "/A", true ; "any case")]
    #[test_case(r"/\d+", false, "/42", true ; "classes")]
    fn contains(expression: &str, first: bool, text: &str, want: bool) {
        assert_eq!(Automaton::of(expression, first).expect("an expression").takes(text), want);
    }

    fn sorts(languages: &[(&str, Option<u8>)]) -> Vec<String> {
        let of = |text: &str| Automaton::of(text, false).expect("an expression");
        let languages: Vec<Language> = languages.iter().map(|(text, until)| Language { automaton: of(text), until: *until }).collect();
        let found = witnesses(&of(r"/[a-z/]*(?:\?[a-z]*)?"), &languages).expect("few states");
        found.into_iter().map(|witness| witness.text).collect()
    }

    #[test]
    fn shortest_of_each_sort() {
        assert_eq!(sorts(&[]), ["/"]);
        assert_eq!(sorts(&[("/api.*", None), ("/api/v", None)]), ["/", "/api", "/api/v"]);
        // Past the question mark the path is over; the whole target is not.
        assert_eq!(sorts(&[("/a", Some(b'?'))]), ["/", "/a"]);
        assert_eq!(sorts(&[("/a", Some(b'?')), ("/a", None)]), ["/", "/a", "/a?"]);
    }
}
