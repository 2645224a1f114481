//! Regular expressions of SMI: which are taken, and what they say about a path or a header value.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::OnceLock;

use regex_syntax::ast::{self, Ast};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::parse::limits;

/// What a path regex means, in the simplest form that says exactly the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathPattern {
    /// Every path.
    Any,
    /// Paths that begin with this text; `/a` includes `/ab`. Begins with `/`.
    Prefix(String),
    /// This path alone. Begins with `/`.
    Exact(String),
    /// Paths that this expression matches *whole*; SMI's open end is already in it.
    Regex(String),
    /// No path at all: paths begin with `/` and the expression cannot.
    Never,
}

/// Writes a literal as Envoy has normalised the path before it compares: these characters arrive escaped.
///
/// # Source
/// Seen on Envoy 1.40, whose proxies Istio and the built-in mesh share.
pub fn as_envoy_normalises(literal: &str) -> String {
    literal.chars().fold(String::with_capacity(literal.len()), |mut out, c| {
        match c {
            '"' => out.push_str("%22"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '^' => out.push_str("%5E"),
            '`' => out.push_str("%60"),
            '{' => out.push_str("%7B"),
            '|' => out.push_str("%7C"),
            '}' => out.push_str("%7D"),
            other => out.push(other),
        }
        out
    })
}

/// Where an SMI path regex is anchored (`Mesh.spec.smi.pathAnchoring`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PathAnchoring {
    /// At the start only, as the specification says: `/a` takes `/ab`.
    #[default]
    Start,
    /// At both ends, as Open Service Mesh and Envoy read it.
    Full,
}

/// What a header regex means; always of the whole value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderPattern(String);

impl HeaderPattern {
    /// The expression, to be matched whole. Outer anchors are gone.
    pub fn regex(&self) -> &str {
        &self.0
    }
}

/// An expression that was checked, with its tree.
pub struct Checked {
    text: String,
    ast: Ast,
    /// Many splits may use one group: its meaning is worked out once.
    open: OnceLock<PathPattern>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checked({:?})", self.text)
    }
}

/// Checks that RE2 (Istio, Consul, Envoy) and the crate `regex` (Linkerd) read an expression alike.
///
/// # Errors
/// What it uses that one of them has not or reads differently, in words (MG0009).
/// # Source
/// RE2's syntax page; `regex` 1.13 syntax documentation.
pub fn check(text: &str) -> Result<Checked, String> {
    if text.chars().count() > limits::REGEX_CHARS {
        return Err(format!("longer than {} characters", limits::REGEX_CHARS));
    }
    let ast = ast::parse::ParserBuilder::new().nest_limit(100).build().parse(text).map_err(|error| format!("{}", error.kind()))?;
    outside_common_subset(text, &ast)?;
    let counted = text.contains('{') || text.len() > 200;
    if counted {
        // Only counted repetition makes an expression larger than its text.
        regex_automata::nfa::thompson::Compiler::new()
            .configure(regex_automata::nfa::thompson::Config::new().nfa_size_limit(Some(limits::REGEX_BYTES)))
            .build(text)
            .map_err(|_| format!("takes more than {} KiB when compiled", limits::REGEX_BYTES >> 10))?;
    }
    Ok(Checked { text: text.to_owned(), ast, open: OnceLock::new() })
}

fn outside_common_subset(text: &str, ast: &Ast) -> Result<(), String> {
    struct Find<'t>(&'t str);
    impl ast::Visitor for Find<'_> {
        type Output = ();
        type Err = String;

        fn finish(self) -> Result<(), String> {
            Ok(())
        }

        fn visit_pre(&mut self, ast: &Ast) -> Result<(), String> {
            match ast {
                Ast::Repetition(repetition) => {
                    if matches!(&*repetition.ast, Ast::Repetition(_)) {
                        return Err("repeats a repetition without a group".into());
                    }
                    if let ast::RepetitionKind::Range(range) = &repetition.op.kind {
                        let (low, high) = match range {
                            ast::RepetitionRange::Exactly(n) | ast::RepetitionRange::AtLeast(n) => (*n, *n),
                            ast::RepetitionRange::Bounded(low, high) => (*low, *high),
                        };
                        if low.max(high) > 1000 {
                            return Err("repeats more than 1000 times".into());
                        }
                        if self.0[repetition.op.span.start.offset..].starts_with("{,") {
                            return Err("has a repetition without a lower bound".into());
                        }
                    }
                    Ok(())
                }
                Ast::Flags(flags) => flags_in_common(&flags.flags),
                Ast::Group(group) => match &group.kind {
                    ast::GroupKind::NonCapturing(flags) => flags_in_common(flags),
                    ast::GroupKind::CaptureName { .. } => Err("names a group, in which the two differ".into()),
                    ast::GroupKind::CaptureIndex(_) => Ok(()),
                },
                Ast::Assertion(assertion) => match assertion.kind {
                    ast::AssertionKind::StartLine
                    | ast::AssertionKind::EndLine
                    | ast::AssertionKind::StartText
                    | ast::AssertionKind::EndText
                    | ast::AssertionKind::WordBoundary
                    | ast::AssertionKind::NotWordBoundary => Ok(()),
                    _ => Err("has a word boundary that RE2 does not know".into()),
                },
                Ast::Literal(literal) => literal_in_common(literal),
                _ => Ok(()),
            }
        }

        fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), String> {
            match item {
                ast::ClassSetItem::Bracketed(_) => Err("has a class within a class".into()),
                ast::ClassSetItem::Literal(literal) => literal_in_common(literal),
                _ => Ok(()),
            }
        }

        fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), String> {
            Err("combines classes with &&, -- or ~~".into())
        }
    }
    ast::visit(ast, Find(text))
}

fn flags_in_common(flags: &ast::Flags) -> Result<(), String> {
    for item in &flags.items {
        if let ast::FlagsItemKind::Flag(flag) = &item.kind {
            match flag {
                ast::Flag::CaseInsensitive | ast::Flag::MultiLine | ast::Flag::DotMatchesNewLine | ast::Flag::SwapGreed => {}
                _ => return Err("has a flag that RE2 does not know".into()),
            }
        }
    }
    Ok(())
}

fn literal_in_common(literal: &ast::Literal) -> Result<(), String> {
    match &literal.kind {
        ast::LiteralKind::HexFixed(ast::HexLiteralKind::UnicodeShort | ast::HexLiteralKind::UnicodeLong)
        | ast::LiteralKind::HexBrace(ast::HexLiteralKind::UnicodeShort | ast::HexLiteralKind::UnicodeLong) => {
            Err("has an escape \\u, which RE2 does not know".into())
        }
        _ => Ok(()),
    }
}

impl Checked {
    /// The expression as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The meaning as a condition on a header's value: the whole value, outer anchors are redundant.
    pub fn header(&self) -> HeaderPattern {
        let body = self.without_start();
        let text = body.strip_suffix('$').filter(|_| self.ends_with_anchor()).unwrap_or(body);
        HeaderPattern(text.to_owned())
    }

    /// The meaning as a condition on a path.
    pub fn path(&self, anchoring: PathAnchoring) -> PathPattern {
        match anchoring {
            PathAnchoring::Start => self.open.get_or_init(|| self.pattern(self.ends_with_anchor())).clone(),
            PathAnchoring::Full => self.pattern(true),
        }
    }

    fn pattern(&self, closed: bool) -> PathPattern {
        let body = self.without_start();
        let body = body.strip_suffix('$').filter(|_| self.ends_with_anchor()).unwrap_or(body);
        let Some(hir) = hir_of(body) else { return regex(body, closed) };
        if starts_with_slash(&hir) == Start::Cannot {
            return PathPattern::Never;
        }
        match simple(&hir) {
            // The query and what follows it are not in the path.
            Some((literal, _)) if literal.contains(['?', '#']) => PathPattern::Never,
            Some((literal, any_after)) => match (literal.is_empty(), any_after || !closed) {
                (true, true) => PathPattern::Any,
                (false, true) => PathPattern::Prefix(literal),
                // An empty path does not occur.
                (true, false) => PathPattern::Never,
                (false, false) => PathPattern::Exact(literal),
            },
            None => regex(body, closed),
        }
    }

    /// The text after a `^` that stands before everything else; matching begins at the start anyway.
    fn without_start(&self) -> &str {
        let first = match &self.ast {
            Ast::Concat(concat) => concat.asts.first(),
            other => Some(other),
        };
        let anchored = matches!(first, Some(Ast::Assertion(a)) if a.kind == ast::AssertionKind::StartLine);
        if anchored { &self.text[1..] } else { &self.text }
    }

    /// Whether the whole expression, not just one of its alternatives, ends with `$`.
    fn ends_with_anchor(&self) -> bool {
        let last = match &self.ast {
            Ast::Concat(concat) => concat.asts.last(),
            other => Some(other),
        };
        matches!(last, Some(Ast::Assertion(a)) if a.kind == ast::AssertionKind::EndLine)
    }
}

fn hir_of(text: &str) -> Option<Hir> {
    regex_syntax::ParserBuilder::new().utf8(false).build().parse(text).ok()
}

/// The expression that matches whole what `body` matches at the start, or whole if it is closed.
fn regex(body: &str, closed: bool) -> PathPattern {
    PathPattern::Regex(if closed { format!("(?:{body})") } else { format!("(?:{body}).*") })
}

/// Literal text, and whether `.*` follows it; `None` for anything else.
fn simple(hir: &Hir) -> Option<(String, bool)> {
    let parts: &[Hir] = match hir.kind() {
        HirKind::Concat(parts) => parts,
        HirKind::Empty => &[],
        _ => std::slice::from_ref(hir),
    };
    let mut literal = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        match part.kind() {
            HirKind::Literal(text) => literal.extend_from_slice(&text.0),
            _ if index + 1 == parts.len() && is_any(part) => return Some((String::from_utf8(literal).ok()?, true)),
            _ => return None,
        }
    }
    Some((String::from_utf8(literal).ok()?, false))
}

/// `.*`, greedy or not: everything but a line feed, which no path holds.
fn is_any(hir: &Hir) -> bool {
    let HirKind::Repetition(repetition) = hir.kind() else { return false };
    let HirKind::Class(class) = repetition.sub.kind() else { return false };
    // Counting would not do: `[^/]` lacks one character too.
    let lacks_line_feed_at_most = match class.clone() {
        Class::Unicode(mut class) => {
            class.negate();
            class.ranges().iter().all(|range| range.start() == '\n' && range.end() == '\n')
        }
        Class::Bytes(mut class) => {
            class.negate();
            class.ranges().iter().all(|range| range.start() == b'\n' && range.end() == b'\n')
        }
    };
    repetition.min == 0 && repetition.max.is_none() && lacks_line_feed_at_most
}

/// Whether a match can begin with `/`.
#[derive(PartialEq)]
enum Start {
    Can,
    Cannot,
    /// Nothing is consumed: what follows decides.
    Empty,
}

fn starts_with_slash(hir: &Hir) -> Start {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Start::Empty,
        HirKind::Literal(text) => {
            if text.0.first() == Some(&b'/') {
                Start::Can
            } else {
                Start::Cannot
            }
        }
        HirKind::Class(Class::Unicode(class)) => slash_if(class.ranges().iter().any(|r| r.start() <= '/' && '/' <= r.end())),
        HirKind::Class(Class::Bytes(class)) => slash_if(class.ranges().iter().any(|r| r.start() <= b'/' && b'/' <= r.end())),
        HirKind::Capture(capture) => starts_with_slash(&capture.sub),
        HirKind::Repetition(repetition) => match starts_with_slash(&repetition.sub) {
            // An optional part that cannot begin with a slash may be left out.
            Start::Cannot if repetition.min == 0 => Start::Empty,
            start => start,
        },
        HirKind::Alternation(parts) => {
            let starts: Vec<Start> = parts.iter().map(starts_with_slash).collect();
            if starts.contains(&Start::Can) {
                Start::Can
            } else if starts.contains(&Start::Empty) {
                Start::Empty
            } else {
                Start::Cannot
            }
        }
        HirKind::Concat(parts) => {
            let decided = parts.iter().try_for_each(|part| match starts_with_slash(part) {
                Start::Empty => ControlFlow::Continue(()),
                start => ControlFlow::Break(start),
            });
            decided.break_value().unwrap_or(Start::Empty)
        }
    }
}

fn slash_if(yes: bool) -> Start {
    if yes { Start::Can } else { Start::Cannot }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    fn start(text: &str) -> PathPattern {
        check(text).map(|checked| checked.path(PathAnchoring::Start)).expect("in the common subset")
    }

    #[test_case("/api", PathPattern::Prefix("/api".into()) ; "P1 literal is open at the end")]
    #[test_case("^/api$", PathPattern::Exact("/api".into()) ; "anchors close it")]
    #[test_case("/api/.*", PathPattern::Prefix("/api/".into()) ; "literal and any")]
    #[test_case("/api/.*$", PathPattern::Prefix("/api/".into()) ; "any closed is still any")]
    #[test_case(".*", PathPattern::Any ; "any")]
    #[test_case("", PathPattern::Any ; "empty matches at the start of everything")]
    #[test_case("/a\\.b", PathPattern::Prefix("/a.b".into()) ; "escaped dot is a dot")]
    #[test_case("/a|/b$", PathPattern::Regex("(?:/a|/b$).*".into()) ; "the anchor of one alternative stays in it")]
    #[test_case("/a.b", PathPattern::Regex("(?:/a.b).*".into()) ; "a dot is not literal")]
    #[test_case("/a/[0-9]+$", PathPattern::Regex("(?:/a/[0-9]+)".into()) ; "closed regex")]
    #[test_case("(?i)/a", PathPattern::Regex("(?:(?i)/a).*".into()) ; "case folding is not literal")]
    #[test_case("/a/[^/]*$", PathPattern::Regex("(?:/a/[^/]*)".into()) ; "everything but a slash is not everything")]
    #[test_case("/a/[^x]*", PathPattern::Regex("(?:/a/[^x]*).*".into()) ; "nor everything but a letter")]
    #[test_case("/a/(?s:.)*", PathPattern::Prefix("/a/".into()) ; "with line feeds it is")]
    #[test_case("api", PathPattern::Never ; "no path begins with a letter")]
    #[test_case("a?/b", PathPattern::Regex("(?:a?/b).*".into()) ; "an optional letter may be absent")]
    #[test_case("a+|b", PathPattern::Never ; "neither alternative can")]
    #[test_case("^$", PathPattern::Never ; "no path is empty")]
    #[test_case(r"/a\?b", PathPattern::Never ; "no path holds a query")]
    #[test_case("/a#b$", PathPattern::Never ; "no path holds a fragment")]
    fn paths(text: &str, want: PathPattern) {
        assert_eq!(start(text), want);
    }

    #[test]
    fn full_anchoring_closes_the_end() {
        let full = |text: &str| check(text).map(|c| c.path(PathAnchoring::Full)).expect("in the common subset");
        assert_eq!(full("/api"), PathPattern::Exact("/api".into()));
        assert_eq!(full("/api/.*"), PathPattern::Prefix("/api/".into()));
        assert_eq!(full("/[ab]"), PathPattern::Regex("(?:/[ab])".into()));
    }

    #[test_case("^(.*?;)?(type=insider)(;.*)?$", "(.*?;)?(type=insider)(;.*)?" ; "both anchors")]
    #[test_case(".*Firefox.*", ".*Firefox.*" ; "none")]
    #[test_case("a|^b$", "a|^b$" ; "of one alternative")]
    fn headers(text: &str, want: &str) {
        assert_eq!(check(text).expect("in the common subset").header().regex(), want);
    }

    #[test_case("/a(?=b)" ; "look ahead")]
    #[test_case("(a)\\1" ; "back reference")]
    #[test_case("[a&&b]" ; "class intersection")]
    #[test_case("[[a]b]" ; "class in a class")]
    #[test_case("a**" ; "repeated repetition")]
    #[test_case("a{1001}" ; "repetition over 1000")]
    #[test_case("(?x)a b" ; "verbose flag")]
    #[test_case("\\u0041" ; "unicode escape")]
    #[test_case("\\bx\\b{start}" ; "half word boundary")]
    #[test_case("(((a{1000}){1000}){1000})" ; "huge when compiled")]
    #[test_case("/(?<id>x)" ; "named group")]
    #[test_case("(" ; "unbalanced")]
    fn refused(text: &str) {
        assert!(check(text).is_err());
    }
}
