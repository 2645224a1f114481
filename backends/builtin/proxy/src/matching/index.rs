//! Many conditions on paths, of which a request looks at few.

use std::collections::HashMap;

use regex_syntax::hir::literal::{ExtractKind, Extractor};

use crate::table::{PathMatch, Text};

/// What a path has to be like for an entry to be worth a look.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Need {
    /// Whatever it is.
    Nothing,
    /// It is this.
    Exact(Box<[u8]>),
    /// It begins with this.
    Prefix(Box<[u8]>),
}

impl Need {
    /// What every path that matches has.
    pub(crate) fn of(path: &PathMatch) -> Self {
        match path {
            PathMatch::Exact(text) => Self::Exact(text.clone()),
            PathMatch::Prefix(text) | PathMatch::Separated(text) => Self::prefix(text),
            PathMatch::Regex(regex) => Self::prefix(&literal_prefix(regex)),
        }
    }

    fn prefix(text: &[u8]) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Prefix(text.into()) }
    }
}

/// How every text begins that an expression matches.
fn literal_prefix(regex: &Text) -> Vec<u8> {
    let parsed = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&regex.written);
    let Ok(hir) = parsed else { return Vec::new() };
    let literals = Extractor::new().kind(ExtractKind::Prefix).extract(&hir);
    literals.longest_common_prefix().map(<[u8]>::to_vec).unwrap_or_default()
}

/// Numbers by what a path needs for them, each list ascending.
#[derive(Debug, Default)]
pub(crate) struct PathIndex {
    exact: HashMap<Box<[u8]>, Vec<u32>>,
    prefixes: HashMap<Box<[u8]>, Vec<u32>>,
    /// Of `prefixes`, ascending.
    lengths: Vec<usize>,
    always: Vec<u32>,
}

impl PathIndex {
    /// Adds an entry; numbers have to come in ascending order.
    pub(crate) fn insert(&mut self, need: Need, number: u32) {
        let list = match need {
            Need::Nothing => &mut self.always,
            Need::Exact(path) => self.exact.entry(path).or_default(),
            Need::Prefix(prefix) => {
                if let Err(at) = self.lengths.binary_search(&prefix.len()) {
                    self.lengths.insert(at, prefix.len());
                }
                self.prefixes.entry(prefix).or_default()
            }
        };
        if list.last() != Some(&number) {
            list.push(number);
        }
    }

    /// The lowest number below `bound` that is worth a look and that `matches`.
    pub(crate) fn first(&self, path: &[u8], bound: u32, matches: impl Fn(u32) -> bool) -> u32 {
        let first = |list: &[u32], bound: u32| {
            let below = list.iter().copied().take_while(|number| *number < bound);
            below.into_iter().find(|number| matches(*number)).unwrap_or(bound)
        };
        let mut best = first(&self.always, bound);
        if let Some(list) = self.exact.get(path) {
            best = first(list, best);
        }
        for length in self.lengths.iter().take_while(|length| **length <= path.len()) {
            if let Some(list) = self.prefixes.get(&path[..*length]) {
                best = first(list, best);
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    fn regex(written: &str) -> PathMatch {
        PathMatch::Regex(Text { written: written.into(), compiled: Regex::new(&format!("^(?:{written})$")).expect("it is one") })
    }

    #[test]
    fn what_an_expression_needs() {
        let need = |written: &str| Need::of(&regex(written));
        assert_eq!(need("(?:/users/[0-9]+).*"), Need::Prefix((*b"/users/").into()));
        assert_eq!(need("(?:/a|/ab).*"), Need::Prefix((*b"/a").into()));
        assert_eq!(need(".*/x"), Need::Nothing);
        assert_eq!(need("(?i)/a"), Need::Prefix((*b"/").into()));
    }

    fn conditions() -> impl Strategy<Value = Vec<PathMatch>> {
        let text = "/[ab/]{0,4}";
        let one = prop_oneof![
            text.prop_map(|text| PathMatch::Exact(text.into_bytes().into())),
            text.prop_map(|text| PathMatch::Prefix(text.into_bytes().into())),
            text.prop_map(|text| PathMatch::Separated(text.into_bytes().into())),
            ("(?:/[ab]{0,2}|/b?[ab]).*|/[ab]?b*".prop_flat_map(|_| "[/ab.]{1,3}[*+?]?")).prop_map(|text| regex(&text)),
        ];
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

        /// It finds what looking at one after the other finds.
        #[test]
        fn it_finds_the_first(conditions in conditions(), path in "/[ab/]{0,5}") {
            let mut index = PathIndex::default();
            for (number, condition) in conditions.iter().enumerate() {
                index.insert(Need::of(condition), number as u32);
            }
            let end = conditions.len() as u32;
            let found = index.first(path.as_bytes(), end, |number| conditions[number as usize].matches(&path));
            let plain = conditions.iter().position(|condition| condition.matches(&path)).map_or(end, |at| at as u32);
            prop_assert_eq!(found, plain);
        }
    }
}
