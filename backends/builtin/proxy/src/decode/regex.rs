//! Regular expressions: what RE2 and the crate `regex` read alike, and no more.

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;
use regex_syntax::ast::{self, Ast};

use super::at::At;
use super::refusal::Refusal;

/// Characters of an expression, at most.
const CHARACTERS: usize = 4096;
/// Bytes of a compiled expression, at most.
const COMPILED: usize = 1 << 20;
/// As many repetitions as RE2 takes.
const REPETITIONS: u32 = 1000;

/// An expression that a whole text has to match.
pub(super) fn whole(at: &At<'_>, written: &str) -> Result<meta::Regex, Refusal> {
    checked(at, written)?;
    // Only whether it matches is asked, of short texts, by one of thousands: a table of all its states would be five times as large.
    let config = meta::Config::new().which_captures(WhichCaptures::None).dfa(false).nfa_size_limit(Some(COMPILED)).utf8_empty(false);
    let mut builder = meta::Regex::builder();
    let built = builder.configure(config).syntax(syntax::Config::new().unicode(false).utf8(false)).build(&format!("^(?:{written})$"));
    built.map_err(|error| match error.syntax_error() {
        Some(error) => at.refuse(short(&error.to_string())),
        None if error.size_limit().is_some() => too_large(at),
        None => at.refuse(error.to_string()),
    })
}

/// An expression that is looked for anywhere in a text.
pub(super) fn within(at: &At<'_>, written: &str) -> Result<Regex, Refusal> {
    checked(at, written)?;
    // Bytes and not characters: what is matched need not be UTF-8.
    let built = RegexBuilder::new(written).unicode(false).size_limit(COMPILED).build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => too_large(at),
        other => at.refuse(short(&other.to_string())),
    })
}

fn too_large(at: &At<'_>) -> Refusal {
    at.refuse(format!("takes more than {} KiB when compiled", COMPILED >> 10))
}

/// The last line says what; those before draw the place.
fn short(error: &str) -> String {
    error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

fn checked(at: &At<'_>, written: &str) -> Result<(), Refusal> {
    if written.chars().count() > CHARACTERS {
        return Err(at.refuse(format!("is longer than {CHARACTERS} characters")));
    }
    // Alone: in parentheses, `a)(b` would be an expression too.
    let parsed = ast::parse::ParserBuilder::new().nest_limit(100).build().parse(written);
    let parsed = parsed.map_err(|error| at.refuse(error.kind().to_string()))?;
    ast::visit(&parsed, Common(written)).map_err(|why| at.refuse(why))
}

/// Finds what one of the two does not know or reads differently.
struct Common<'t>(&'t str);

impl ast::Visitor for Common<'_> {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Flags(set) => flags(&set.flags),
            Ast::Group(group) => match &group.kind {
                ast::GroupKind::NonCapturing(set) => flags(set),
                ast::GroupKind::CaptureName { .. } => Err("names a group, in which RE2 differs"),
                ast::GroupKind::CaptureIndex(_) => Ok(()),
            },
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::StartLine
                | ast::AssertionKind::EndLine
                | ast::AssertionKind::StartText
                | ast::AssertionKind::EndText
                | ast::AssertionKind::WordBoundary
                | ast::AssertionKind::NotWordBoundary => Ok(()),
                _ => Err("has a word boundary that RE2 does not know"),
            },
            Ast::Literal(one) => literal(one),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ast::ClassSetItem::Bracketed(_) => Err("has a class within a class"),
            ast::ClassSetItem::Literal(one) => literal(one),
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), Self::Err> {
        Err("combines classes with &&, -- or ~~")
    }
}

impl Common<'_> {
    fn repetition(&self, repetition: &ast::Repetition) -> Result<(), &'static str> {
        if matches!(&*repetition.ast, Ast::Repetition(_)) {
            return Err("repeats a repetition without a group");
        }
        let ast::RepetitionKind::Range(range) = &repetition.op.kind else { return Ok(()) };
        let most = match range {
            ast::RepetitionRange::Exactly(times) | ast::RepetitionRange::AtLeast(times) => *times,
            ast::RepetitionRange::Bounded(least, most) => *least.max(most),
        };
        if most > REPETITIONS {
            return Err("repeats more than 1000 times");
        }
        let is_open = self.0[repetition.op.span.start.offset..].starts_with("{,");
        if is_open { Err("has a repetition without a lower bound") } else { Ok(()) }
    }
}

fn flags(flags: &ast::Flags) -> Result<(), &'static str> {
    let is_common = |item: &ast::FlagsItem| match item.kind {
        ast::FlagsItemKind::Negation => true,
        ast::FlagsItemKind::Flag(flag) => {
            matches!(flag, ast::Flag::CaseInsensitive | ast::Flag::MultiLine | ast::Flag::DotMatchesNewLine | ast::Flag::SwapGreed)
        }
    };
    if flags.items.iter().all(is_common) { Ok(()) } else { Err("has a flag that RE2 does not know") }
}

fn literal(literal: &ast::Literal) -> Result<(), &'static str> {
    use ast::HexLiteralKind::{UnicodeLong, UnicodeShort};
    match literal.kind {
        ast::LiteralKind::HexFixed(UnicodeShort | UnicodeLong) | ast::LiteralKind::HexBrace(UnicodeShort | UnicodeLong) => {
            Err("has an escape \\u, which RE2 does not know")
        }
        _ => Ok(()),
    }
}
