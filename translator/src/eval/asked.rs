//! What a decision depended on: readers tell every comparison that they make with a part of a request.
//!
//! Two requests of which all comparisons that were asked come out alike are decided alike. That is what lets
//! [`verify`](crate::verify) speak of all requests after it has tried one of each sort.

use std::cell::RefCell;

use regex_syntax::escape;

/// A part of an HTTP request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The method.
    Method,
    /// The path without the query.
    Path,
    /// Path and query.
    Target,
    /// A value of the header of this name, in lower case.
    Header(String),
    /// Something else, or something that was changed on the way, such as a rewritten path.
    Other(&'static str),
}

impl Part {
    /// The part that a header's name means: pseudo headers are parts of their own. `None`: the host, which a call of
    /// a Service has by itself.
    pub fn header(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase() {
            name if name == ":method" => Some(Self::Method),
            name if name == ":path" => Some(Self::Target),
            name if name == "host" || name.starts_with(':') => None,
            name => Some(Self::Header(name)),
        }
    }
}

/// What the whole text was compared with.
#[derive(Clone, Copy, Debug)]
pub enum Test<'t> {
    /// Whether it is there at all.
    Present,
    /// This text.
    Exact(&'t str),
    /// A start.
    Prefix(&'t str),
    /// An end.
    Suffix(&'t str),
    /// A part.
    Contains(&'t str),
    /// This path, or one below it: whole segments.
    Below(&'t str),
    /// The whole text by an expression.
    Regex(&'t str),
    /// The whole text by the first match that an expression prefers, as in `find`.
    First(&'t str),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// With what part of the request.
    pub part: Part,
    /// An expression for the texts that compare well; `None`: presence was asked for.
    pub expression: Option<String>,
    /// The expression's preferred match has to be the whole text; else some match.
    pub first: bool,
}

thread_local! {
    static ASKED: RefCell<Option<Vec<Asked>>> = const { RefCell::new(None) };
}

/// Tells of a comparison. Costs next to nothing unless somebody listens.
pub fn asks(part: impl FnOnce() -> Option<Part>, test: Test<'_>, ignore_case: bool) {
    ASKED.with_borrow_mut(|asked| {
        let Some(asked) = asked else { return };
        let Some(part) = part() else { return };
        // Every request has these.
        if matches!((&part, test), (Part::Method | Part::Path | Part::Target, Test::Present)) {
            return;
        }
        let (expression, first) = match test {
            Test::Present => (None, false),
            Test::Exact(text) => (Some(escape(text)), false),
            Test::Prefix(text) => (Some(format!("{}(?s:.*)", escape(text))), false),
            Test::Suffix(text) => (Some(format!("(?s:.*){}", escape(text))), false),
            Test::Contains(text) => (Some(format!("(?s:.*){}(?s:.*)", escape(text))), false),
            Test::Below(text) => (Some(format!("{}(?:/(?s:.*))?", escape(text))), false),
            Test::Regex(text) => (Some(text.to_owned()), false),
            Test::First(text) => (Some(text.to_owned()), true),
        };
        let expression = expression.map(|text| if ignore_case { format!("(?i:{text})") } else { text });
        let one = Asked { part, expression, first };
        if !asked.contains(&one) {
            asked.push(one);
        }
    });
}

/// What was asked on this thread while `decide` ran, each once, in the order of the first time.
pub fn listen<T>(decide: impl FnOnce() -> T) -> (T, Vec<Asked>) {
    let before = ASKED.replace(Some(Vec::new()));
    let decided = decide();
    (decided, ASKED.replace(before).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_asked_while_somebody_listened() {
        asks(|| Some(Part::Path), Test::Exact("/before"), false);
        let ((), asked) = listen(|| {
            asks(|| Some(Part::Path), Test::Prefix("/a.b"), false);
            asks(|| Part::header("Host"), Test::Exact("web"), false);
            asks(|| Part::header("X-A"), Test::Present, false);
        });
        let path = Asked { part: Part::Path, expression: Some(r"/a\.b(?s:.*)".to_owned()), first: false };
        let header = Asked { part: Part::Header("x-a".to_owned()), expression: None, first: false };
        assert_eq!(asked, [path, header]);
    }
}
