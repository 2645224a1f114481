//! The lines of a file that hold one object.

use std::sync::Arc;

use meshglot_translator::parse::{Document, Source};

/// Lines of a file, both ends included, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// Lines of one page.
pub(crate) const LINES: usize = 1_000;

impl Excerpt {
    /// The lines of a document, with the remarks that stand directly above it.
    pub(crate) fn of(document: &Arc<Document>) -> Self {
        let (source, span) = (document.source(), document.root().span());
        let mut first = source.position(span.start).line;
        // A mapping ends where something else begins.
        let mut last = source.position(span.end.saturating_sub(1)).line.max(first);
        while last > first && is(source, last, str::is_empty) {
            last -= 1;
        }
        while first > 1 && is(source, first - 1, |line| line.starts_with('#')) {
            first -= 1;
        }
        Self { first, last }
    }

    /// How many there are.
    pub(crate) fn len(self) -> usize {
        (self.last - self.first) as usize + 1
    }

    pub(crate) fn contains(self, line: u32) -> bool {
        (self.first..=self.last).contains(&line)
    }

    /// The page on which a line stands, from 1.
    pub(crate) fn page(self, line: u32) -> usize {
        line.saturating_sub(self.first) as usize / LINES + 1
    }

    /// Their texts, without ends.
    pub(crate) fn lines(self, source: &Source) -> impl Iterator<Item = &str> {
        (self.first..=self.last).filter_map(|line| source.line(line))
    }
}

fn is(source: &Source, line: u32, what: impl Fn(&str) -> bool) -> bool {
    source.line(line).is_some_and(|line| what(line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use meshglot_translator::parse::parse;
    use test_case::test_case;

    #[test_case("a: 1\n", &[(1, 1)] ; "one line")]
    #[test_case("# About a.\n\n# Of it.\na: 1\nb: 2\n\n---\n# c\nc: 3\n", &[(3, 5), (8, 9)] ; "remarks above")]
    #[test_case("---\na:\n- 1\n- 2\n# behind\n---\nb: 1", &[(2, 5), (7, 7)] ; "remarks behind")]
    #[test_case("{\"a\": [\n1]}\n---\n{b: 1}\n", &[(1, 2), (4, 4)] ; "brackets")]
    #[test_case("a: |\n  x\n\n  y\n\nb: 1\n", &[(1, 6)] ; "blocks")]
    fn lines(text: &str, want: &[(u32, u32)]) {
        let (documents, _) = parse(&[Source::new("t", text)]);
        let found: Vec<(u32, u32)> = documents.iter().map(Excerpt::of).map(|lines| (lines.first, lines.last)).collect();
        assert_eq!(found, want);
    }
}
