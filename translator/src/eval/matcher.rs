//! Whether a request meets a match of the neutral model.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::asked::{Part, Test, asks};
use super::path::{Spelling, normalised};
use super::request::{Call, Request};
use crate::ir::{HttpMatch, Method, PathPattern};

/// Regular expressions that were compiled, by their text.
#[derive(Debug, Default)]
pub(super) struct Patterns(Mutex<HashMap<String, Option<Regex>>>);

impl Patterns {
    /// Whether an expression matches a whole text. One that cannot be compiled matches nothing: the resolver lets
    /// none of those into the model.
    pub(super) fn whole(&self, expression: &str, text: &str) -> bool {
        // A poisoned cache is still a cache.
        let mut compiled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(regex) = compiled.get(expression) {
            return regex.as_ref().is_some_and(|regex| regex.is_match(text));
        }
        let anchored = format!("^(?:{expression})$");
        let regex = Regex::builder().syntax(syntax::Config::new().unicode(false).utf8(false)).build(&anchored).ok();
        let matches = regex.as_ref().is_some_and(|regex| regex.is_match(text));
        compiled.insert(expression.to_owned(), regex);
        matches
    }

    /// Whether all conditions of a match hold; the first that does not.
    pub(super) fn miss(&self, one: &HttpMatch, request: &Request) -> Option<String> {
        let Call::Http { method, target, .. } = &request.call else { return Some("not HTTP".to_owned()) };
        let HttpMatch { name: _, path, methods, headers, origin: _, path_origin: _ } = one;
        let is_method = |known: &Method| {
            asks(|| Some(Part::Method), Test::Exact(known.word()), false);
            known.word() == method
        };
        if !methods.is_empty() && !methods.iter().any(is_method) {
            let words: Vec<&str> = methods.iter().map(|method| method.word()).collect();
            return Some(format!("{} only", words.join(", ")));
        }
        if !self.path(path, target) {
            return Some("another path".to_owned());
        }
        let missed = headers.iter().find(|header| {
            // Of a header that is sent several times one value is enough: so do Envoy 1.40 and Linkerd, seen on both.
            asks(|| Part::header(&header.name), Test::Regex(header.value.regex()), false);
            !request.header(&header.name).any(|value| self.whole(header.value.regex(), value))
        });
        missed.map(|header| format!("header {}", header.name))
    }

    fn path(&self, pattern: &PathPattern, target: &str) -> bool {
        let Spelling::Plain(path) = normalised(target) else { return false };
        let ask = |test: Test<'_>| asks(|| Some(Part::Path), test, false);
        match pattern {
            PathPattern::Any => true,
            PathPattern::Never => false,
            PathPattern::Prefix(prefix) => {
                ask(Test::Prefix(prefix));
                path.starts_with(prefix.as_str())
            }
            PathPattern::Exact(exact) => {
                ask(Test::Exact(exact));
                *path == **exact
            }
            PathPattern::Regex(regex) => {
                ask(Test::Regex(regex));
                self.whole(regex, &path)
            }
        }
    }
}
