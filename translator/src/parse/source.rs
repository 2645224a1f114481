//! A text that was read, and where its lines begin.

use std::fmt;
use std::sync::Arc;

/// One file, or standard input, whole and decoded.
pub struct Source {
    name: String,
    text: String,
    /// Byte offset of the first character of each line.
    lines: Vec<u32>,
}

/// Line and column in a [`Source`], both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in characters, not bytes.
    pub column: u32,
}

/// A range of bytes of a [`Source`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Source {
    /// Takes a text under the name that messages show (a path as the user wrote it, or `<stdin>`).
    ///
    /// A byte order mark is dropped, so that it is neither part of the first key nor of a column.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let mut text: String = text.into();
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        let mut lines = vec![0];
        lines.extend(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1));
        Arc::new(Self { name: name.into(), text, lines })
    }

    /// The name that messages show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines there are; one that is empty ends a text that ends with its line.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.lines.len()).unwrap_or(u32::MAX)
    }

    /// A line, counted from 1, without its end.
    pub fn line(&self, line: u32) -> Option<&str> {
        let at = (line as usize).checked_sub(1)?;
        let start = *self.lines.get(at)? as usize;
        let end = self.lines.get(at + 1).map_or(self.text.len(), |next| *next as usize);
        let line = self.text.get(start..end)?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        Some(line.strip_suffix('\r').unwrap_or(line))
    }

    /// Line and column of a byte.
    pub fn position(&self, byte: u32) -> Position {
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.lines[line - 1] as usize;
        let end = (byte as usize).clamp(start, self.text.len());
        let column = self.text.get(start..end).map_or(end - start, |before| before.chars().count());
        Position { line: line as u32, column: column as u32 + 1 }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({}, {} bytes)", self.name, self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_with_lf_or_crlf() {
        let source = Source::new("x", "\u{feff}a: é: b\r\nc: d\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(6), Position { line: 1, column: 6 });
        assert_eq!(source.position(10), Position { line: 2, column: 1 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
        let lines: Vec<Option<&str>> = (0..5).map(|line| source.line(line)).collect();
        assert_eq!(lines, [None, Some("a: é: b"), Some("c: d"), Some(""), None]);
        assert_eq!(source.line_count(), 3);
    }
}
