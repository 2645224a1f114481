//! Regular expressions as Envoy reads them: RE2, matched against the whole value.

use regex_automata::meta::Regex;
use regex_syntax::ast::{self, Ast};

use super::fields::Read;

/// An expression that RE2 and our engine read alike.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression once. One that RE2 cannot read makes Envoy refuse the whole listener or route
    /// table and go on with the last good one, so it makes the whole object unmodelled.
    pub(super) fn new(text: &str) -> Read<Self> {
        let unread = |why: &dyn std::fmt::Display| format!("regular expression {text:?}: {why}");
        let ast = ast::parse::Parser::new().parse(text).map_err(|error| unread(error.kind()))?;
        ast::visit(&ast, Dialect).map_err(|why| unread(&why))?;
        // Envoy's SafeRegex is `RE2::FullMatch`; `$` alone would stop before a final line end in multi-line mode.
        let regex = Regex::new(&format!(r"\A(?:{text})\z")).map_err(|error| unread(&error))?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether the whole value matches; `None` where the two engines may differ, which is beyond ASCII: `\d` and
    /// `\w` are of ASCII only in RE2.
    pub(super) fn matches(&self, value: &str) -> Option<bool> {
        value.is_ascii().then(|| self.regex.is_match(value))
    }

    /// As written.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Finds what our engine reads and RE2 does not, or otherwise.
///
/// # Source
/// RE2 `doc/syntax.txt`; `parse.cc` (`kMaxRepeat` is 1000).
struct Dialect;

impl ast::Visitor for Dialect {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Repetition(repetition) if matches!(&*repetition.ast, Ast::Repetition(_)) => Err("RE2 refuses `**`"),
            Ast::Repetition(repetition) => match &repetition.op.kind {
                ast::RepetitionKind::Range(range) if most(range) > 1000 => Err("RE2 repeats 1000 times at most"),
                _ => Ok(()),
            },
            Ast::Flags(set) => flags(&set.flags),
            Ast::Group(group) => group.flags().map_or(Ok(()), flags),
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::StartLine
                | ast::AssertionKind::EndLine
                | ast::AssertionKind::StartText
                | ast::AssertionKind::EndText
                | ast::AssertionKind::WordBoundary
                | ast::AssertionKind::NotWordBoundary => Ok(()),
                _ => Err("RE2 knows no half word boundary"),
            },
            Ast::Literal(found) => literal(found),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ast::ClassSetItem::Bracketed(_) => Err("RE2 reads `[` in a class as itself"),
            ast::ClassSetItem::Literal(found) => literal(found),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), Self::Err> {
        Err("RE2 has no operators between classes")
    }
}

fn most(range: &ast::RepetitionRange) -> u32 {
    match range {
        ast::RepetitionRange::Exactly(count) | ast::RepetitionRange::AtLeast(count) => *count,
        ast::RepetitionRange::Bounded(low, high) => *low.max(high),
    }
}

fn flags(flags: &ast::Flags) -> Result<(), &'static str> {
    let known = |item: &ast::FlagsItem| match item.kind {
        ast::FlagsItemKind::Negation => true,
        ast::FlagsItemKind::Flag(flag) => {
            matches!(flag, ast::Flag::CaseInsensitive | ast::Flag::MultiLine | ast::Flag::DotMatchesNewLine | ast::Flag::SwapGreed)
        }
    };
    if flags.items.iter().all(known) { Ok(()) } else { Err("RE2 knows only the flags i, m, s, U") }
}

fn literal(literal: &ast::Literal) -> Result<(), &'static str> {
    use ast::HexLiteralKind::{UnicodeLong, UnicodeShort};
    match literal.kind {
        ast::LiteralKind::HexFixed(UnicodeShort | UnicodeLong) | ast::LiteralKind::HexBrace(UnicodeShort | UnicodeLong) => {
            Err("RE2 knows no `\\u`")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("ac", "acme", Some(false) ; "whole value")]
    #[test_case("/alt/a|/alt/b", "/alt/ab", Some(false) ; "alternatives are in a group")]
    #[test_case("^/a/[0-9]+$", "/a/1", Some(true) ; "anchors are harmless")]
    #[test_case(".*Firefox.*", "Mozilla Firefox/140,other", Some(true) ; "anything around")]
    #[test_case("a.c", "a\nc", Some(false) ; "a dot is no line end")]
    #[test_case("(?i)a", "A", Some(true) ; "flag")]
    #[test_case("\\d+", "\u{664}", None ; "beyond ASCII")]
    fn full_match(text: &str, value: &str, want: Option<bool>) {
        assert_eq!(Pattern::new(text).ok().and_then(|pattern| pattern.matches(value)), want);
    }

    #[test_case("[a&&b]" ; "operator")]
    #[test_case("a{1001}" ; "count")]
    #[test_case("(?x)a b" ; "flag")]
    #[test_case("(" ; "broken")]
    #[test_case("\\Qa.b\\E" ; "RE2 only")]
    fn not_read_alike(text: &str) {
        assert!(Pattern::new(text).is_err());
    }
}
