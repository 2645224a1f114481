//! Lines of a text with their numbers, each an anchor, and what is told of them.

use meshglot_translator::lint::Finding;

use super::verdict::Badge;
use super::yaml::{Lexer, Piece};

/// Longer lines are cut: nobody reads them, and they hold up the browser.
const LONGEST: usize = 4_000;

/// Lines of YAML.
pub(crate) struct Listing<'t> {
    /// Whether there are places to lead to; a page has them in one text at most.
    pub(crate) anchored: bool,
    pub(crate) lines: Vec<Line<'t>>,
}

/// One line.
pub(crate) struct Line<'t> {
    /// From 1; the anchor is `L` and the number.
    pub(crate) number: u32,
    pub(crate) pieces: Vec<Piece<'t>>,
    /// How many bytes were cut.
    pub(crate) cut: usize,
    /// Whether it is a part of what the page is about.
    pub(crate) own: bool,
    /// What decided it, or what begins there.
    pub(crate) trails: Vec<Trail>,
    pub(crate) told: Vec<Told>,
}

/// A way to what decided a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trail {
    pub(crate) label: String,
    pub(crate) href: Option<String>,
    /// Whether it leads to what the page is about.
    pub(crate) own: bool,
}

/// Something that is told of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) badge: Badge,
    pub(crate) code: &'static str,
    /// The mesh that it is about; empty: the input.
    pub(crate) backend: &'static str,
    pub(crate) message: String,
    pub(crate) help: String,
    /// Further places with a word on each.
    pub(crate) also: Vec<String>,
}

impl<'t> Listing<'t> {
    /// Lines without their ends, the first of which has this number.
    pub(crate) fn of(lines: impl IntoIterator<Item = &'t str>, first: u32) -> Self {
        let mut lexer = Lexer::default();
        let line = |(number, text): (u32, &'t str)| {
            let shown = &text[..boundary(text, LONGEST)];
            Line { number, pieces: lexer.pieces(shown), cut: text.len() - shown.len(), own: false, trails: Vec::new(), told: Vec::new() }
        };
        Self { anchored: true, lines: (first..).zip(lines).map(line).collect() }
    }

    /// The same without anchors, from the first line on: half as many bytes.
    pub(crate) fn plain(self) -> Self {
        Self { anchored: false, ..self }
    }

    /// A line by its number.
    pub(crate) fn line(&mut self, number: u32) -> Option<&mut Line<'t>> {
        let at = number.checked_sub(self.lines.first()?.number)?;
        self.lines.get_mut(at as usize)
    }
}

impl Line<'_> {
    /// In the style sheet, by the worst that is told.
    pub(crate) fn class(&self) -> &'static str {
        let has = |class| self.told.iter().any(|told| told.badge.class == class);
        match () {
            () if has("bad") => "bad",
            () if has("fair") => "fair",
            () if self.own => "decided",
            () => "",
        }
    }
}

impl Told {
    pub(crate) fn of(finding: &Finding) -> Self {
        let (badge, backend, message) = match finding {
            Finding::Diagnostic(diagnostic) => (Badge::of_severity(&diagnostic.severity.to_string()), "", &diagnostic.message),
            Finding::Loss(loss) => (Badge::of_loss(loss.verdict.word()), loss.backend, &loss.message),
        };
        let also = finding.also().iter().map(|(place, label)| format!("{label}: {}", place.location()));
        Self {
            badge,
            code: finding.code().info().name,
            backend,
            message: message.clone(),
            help: finding.help().to_owned(),
            also: also.collect(),
        }
    }
}

/// The last character boundary at or before a byte.
fn boundary(text: &str, byte: usize) -> usize {
    if text.len() <= byte { text.len() } else { (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_numbers_and_long_ones_are_cut() {
        let long = "é".repeat(LONGEST);
        let mut listing = Listing::of(["a: b", long.as_str()], 7);
        assert!(listing.line(6).is_none() && listing.line(9).is_none());
        let line = listing.line(8).expect("the second");
        assert_eq!((line.number, line.cut), (8, LONGEST));
        assert_eq!(listing.line(7).map(|line| line.pieces.len()), Some(2));
    }
}
