//! Whether one expression contains another, or meets it, over the paths and header values that everybody reads alike.

use std::collections::HashMap;
use std::rc::Rc;

use super::Doubt;
use super::space;
use super::text::{AUTOMATON_BYTES, Automaton, Language, first};

/// What an expression is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Domain {
    /// The path without the query.
    Path,
    /// A value of a header.
    Header,
}

/// Compares expressions as long as the work is within a bound. What was compared before never changes an answer, so
/// that the same questions in the same order are answered alike.
#[derive(Debug)]
pub(crate) struct Languages {
    /// States of automata that may still be looked at.
    left: usize,
    /// Those that were made, and paid for.
    known: HashMap<String, Result<Rc<Automaton>, Doubt>>,
}

/// What a question costs that is answered at once, in states.
const STATES_OF_A_QUESTION: usize = 32;

/// Bytes of an automaton that cost as much to make as a state of a product to look at.
const BYTES_OF_A_STATE: usize = 256;

impl Languages {
    /// Looks at so many states before it gives up.
    pub(crate) fn within(states: usize) -> Self {
        Self { left: states, known: HashMap::new() }
    }

    /// Whether every text that one expression matches as a whole is matched by the other too, spellings included on
    /// which readers disagree.
    ///
    /// # Errors
    /// It would take more work than is left.
    pub(crate) fn contains(&mut self, domain: Domain, wide: &str, narrow: &str) -> Result<bool, Doubt> {
        let every = match domain {
            Domain::Path => r#"/[!"$->@-~]*"#,
            Domain::Header => "[\t -~]*",
        };
        Ok(self.first(every, &[narrow, wide], &[true, false])?.is_none())
    }

    /// The shortest text that all of these expressions match as a whole; `None`: there is none.
    ///
    /// # Errors
    /// As [`Self::contains`].
    pub(crate) fn common(&mut self, domain: Domain, expressions: &[&str]) -> Result<Option<String>, Doubt> {
        let plain = match domain {
            Domain::Path => space::path(),
            Domain::Header => space::VALUE.to_owned(),
        };
        self.first(&plain, expressions, &vec![true; expressions.len()])
    }

    fn first(&mut self, domain: &str, expressions: &[&str], wanted: &[bool]) -> Result<Option<String>, Doubt> {
        self.left = self.left.saturating_sub(STATES_OF_A_QUESTION);
        if self.left == 0 {
            return Err(Doubt::TooLarge);
        }
        let automata = expressions.iter().map(|expression| self.automaton(expression));
        let languages = automata.map(|made| made.map(|automaton| Language { automaton, until: None }));
        let languages = languages.collect::<Result<Vec<_>, _>>()?;
        first(&*Automaton::of(domain, false)?, &languages, wanted, &mut self.left)
    }

    fn automaton(&mut self, expression: &str) -> Result<Rc<Automaton>, Doubt> {
        if let Some(known) = self.known.get(expression) {
            return known.clone();
        }
        let made = Automaton::of(expression, false);
        let bytes = made.as_ref().map_or(AUTOMATON_BYTES, |automaton| automaton.size());
        self.left = self.left.saturating_sub(bytes / BYTES_OF_A_STATE);
        self.known.insert(expression.to_owned(), made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("/a/[0-9a-f]+", "/a/[0-9]+", true ; "contained")]
    #[test_case("/a/[0-9]+", "/a/[0-9a-f]+", false ; "not contained")]
    #[test_case("/(?:a|b).*", "/a.*", true ; "one of two")]
    #[test_case("/.*", "(?s:.*)", true ; "every path begins with a slash")]
    #[test_case("/[a-zA-Z0-9/]*", "/.*", false ; "whatever the spelling")]
    fn contains(wide: &str, narrow: &str, want: bool) {
        assert_eq!(Languages::within(1000).contains(Domain::Path, wide, narrow), Ok(want));
    }

    #[test]
    fn the_shortest_that_both_match() {
        let common = |a, b| Languages::within(1000).common(Domain::Path, &[a, b]);
        assert_eq!(common("/a(?s:.*)", ".*/b").expect("small automata").as_deref(), Some("/a/b"));
        assert_eq!(common("/a", "/b"), Ok(None));
    }

    #[test]
    fn nothing_is_answered_that_costs_too_much() {
        let mut languages = Languages::within(40);
        assert_eq!(languages.contains(Domain::Header, "[a-y]{40}", "[a-z]{40}"), Err(Doubt::TooLarge));
        assert_eq!(languages.contains(Domain::Header, "a", "b"), Err(Doubt::TooLarge), "and nothing after it");
    }
}
