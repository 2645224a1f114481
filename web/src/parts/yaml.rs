//! YAML as it is shown: each line in pieces, so that keys, texts and remarks can be told apart. It knows less of YAML than a
//! parser; a piece may have the wrong colour, never another text.

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    /// In the style sheet; empty for plain text.
    pub(crate) class: &'static str,
    pub(crate) text: &'t str,
}

const PLAIN: &str = "";
const KEY: &str = "y-key";
const TEXT: &str = "y-string";
const NUMBER: &str = "y-number";
const REMARK: &str = "y-comment";
const MARK: &str = "y-mark";

/// Reads line after line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexer {
    /// How many brackets are open.
    open: usize,
    /// Within a text that is written as a block: the indent that its lines are beyond.
    block: Option<usize>,
}

/// A line that is being read.
struct Line<'t> {
    whole: &'t str,
    pieces: Vec<Piece<'t>>,
    rest: &'t str,
    /// Characters before the rest.
    at: usize,
    /// Where the innermost thing of the line begins that a block of text could belong to.
    owner: usize,
}

impl Lexer {
    /// The pieces of the next line, which is given without its end. Put together they are the line.
    pub(crate) fn pieces<'t>(&mut self, line: &'t str) -> Vec<Piece<'t>> {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if let Some(owner) = self.block {
            if line.trim().is_empty() || indent > owner {
                return vec![Piece { class: TEXT, text: line }];
            }
            self.block = None;
        }
        if line.starts_with("---") || line.starts_with("...") || line.starts_with('%') {
            self.open = 0;
            return vec![Piece { class: MARK, text: line }];
        }
        let mut line = Line { whole: line, pieces: Vec::new(), rest: line, at: 0, owner: indent };
        line.take(indent, PLAIN);
        while self.open == 0 && (line.rest == "-" || line.rest.starts_with("- ")) {
            line.owner = line.at;
            line.take(1, PLAIN);
            line.skip_spaces();
        }
        while !line.rest.is_empty() {
            self.token(&mut line);
        }
        line.pieces
    }

    fn token(&mut self, line: &mut Line<'_>) {
        let Some(first) = line.rest.chars().next() else { return };
        match first {
            ' ' | '\t' => line.skip_spaces(),
            '#' if line.is_after_space() => line.take(line.rest.len(), REMARK),
            '{' | '[' => {
                self.open += 1;
                line.take(1, PLAIN);
            }
            '}' | ']' if self.open > 0 => {
                self.open -= 1;
                line.take(1, PLAIN);
            }
            ',' if self.open > 0 => line.take(1, PLAIN),
            ':' => line.take(1, PLAIN),
            '"' | '\'' => {
                let end = quoted(line.rest, first);
                self.scalar(line, end, TEXT);
            }
            '|' | '>' if self.open == 0 && is_header(line.rest) => {
                self.block = Some(line.owner);
                let end = line.rest.find(' ').unwrap_or(line.rest.len());
                line.take(end, MARK);
            }
            '&' | '*' | '!' => {
                let end = line.rest.find([' ', ',', ']', '}']).unwrap_or(line.rest.len());
                line.take(end.max(1), MARK);
            }
            _ => {
                let end = plain(line.rest, self.open > 0);
                let class = if is_number(line.rest[..end].trim_end()) { NUMBER } else { PLAIN };
                self.scalar(line, end, class);
            }
        }
    }

    /// A value, or a key if a colon follows.
    fn scalar(&self, line: &mut Line<'_>, end: usize, class: &'static str) {
        let after = line.rest[end..].trim_start_matches(' ');
        let is_key =
            after.strip_prefix(':').is_some_and(|after| after.is_empty() || after.starts_with(' ') || (self.open > 0 && class == TEXT));
        if is_key && self.open == 0 {
            line.owner = line.at;
        }
        line.take(end, if is_key { KEY } else { class });
    }
}

impl<'t> Line<'t> {
    fn take(&mut self, bytes: usize, class: &'static str) {
        let (text, rest) = self.rest.split_at(bytes);
        let end = self.whole.len() - rest.len();
        self.rest = rest;
        self.at += text.chars().count();
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            // A piece for each sign would make a page twice as long.
            Some(last) if last.class == class => last.text = &self.whole[end - text.len() - last.text.len()..end],
            _ => self.pieces.push(Piece { class, text }),
        }
    }

    fn skip_spaces(&mut self) {
        self.take(self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len(), PLAIN);
    }

    fn is_after_space(&self) -> bool {
        self.pieces.last().is_none_or(|piece| piece.text.ends_with([' ', '\t']))
    }
}

/// Where a quoted text ends, its quote included; at the end of the line if it goes on.
fn quoted(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            // Two of them stand for one.
            '\'' if quote == '\'' && text[at + 1..].starts_with('\'') => drop(letters.next()),
            letter if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Where a text without quotes ends: before a colon that makes it a key, a remark, or what ends it within brackets.
fn plain(text: &str, in_brackets: bool) -> usize {
    let ends = |(at, letter): (usize, char)| match letter {
        ':' => {
            matches!(text[at + 1..].chars().next(), None | Some(' ' | '\t')) || (in_brackets && text[at + 1..].starts_with([',', ']', '}']))
        }
        '#' => text[..at].ends_with([' ', '\t']),
        ',' | ']' | '}' | '[' | '{' => in_brackets,
        _ => false,
    };
    let end = text.char_indices().skip(1).find(|one| ends(*one)).map_or(text.len(), |(at, _)| at);
    text[..end].trim_end_matches([' ', '\t']).len()
}

/// Whether a block of text begins: nothing but its settings follows.
fn is_header(text: &str) -> bool {
    let settings = text[1..].trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '+' || letter == '-');
    settings.trim_start().is_empty() || settings.trim_start().starts_with('#')
}

/// Numbers, truths and nothing.
fn is_number(text: &str) -> bool {
    let number = text.parse::<f64>().is_ok() && text.starts_with(|letter: char| letter.is_ascii_digit() || "+-.".contains(letter));
    number || ["true", "false", "null", "~"].contains(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    /// The pieces of lines, with the first letter of what each is; plain text as it is.
    fn read(text: &str) -> String {
        let mut lexer = Lexer::default();
        let piece = |piece: &Piece<'_>| match piece.class.strip_prefix("y-") {
            None => piece.text.to_owned(),
            Some(class) => format!("<{} {}>", &class[..1], piece.text),
        };
        let line = |line| lexer.pieces(line).iter().map(piece).collect::<String>();
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }

    #[test_case("a: b", "<k a>: b" ; "key and value")]
    #[test_case("- a: 1 # x", "- <k a>: <n 1> <c # x>" ; "item, number, remark")]
    #[test_case("a: b#c:d", "<k a>: b#c:d" ; "marks within a text")]
    #[test_case("\"@type\": 'it''s'", "<k \"@type\">: <s 'it''s'>" ; "quoted")]
    #[test_case("a: \"b: \\\" # c\" # d", "<k a>: <s \"b: \\\" # c\"> <c # d>" ; "marks within quotes")]
    #[test_case("{a: 1, b: [x, y z]}", "{<k a>: <n 1>, <k b>: [x, y z]}" ; "brackets")]
    #[test_case("{\"a\":1}", "{<k \"a\">:<n 1>}" ; "json")]
    #[test_case("a: |\n  b: c\n\n  # d\ne: f", "<k a>: <m |>\n<s   b: c>\n\n<s   # d>\n<k e>: f" ; "a block of text")]
    #[test_case("- a: >-\n    b\n  c: d", "- <k a>: <m >->\n<s     b>\n  <k c>: d" ; "a block in an item")]
    #[test_case("a: &x b\n---\n*x", "<k a>: <m &x> b\n<m --->\n<m *x>" ; "names of values")]
    #[test_case("a: [\n  b: c,\n]", "<k a>: [\n  <k b>: c,\n]" ; "brackets over lines")]
    #[test_case("url: http://x:80/", "<k url>: http://x:80/" ; "colons in a text")]
    #[test_case("a: \"open", "<k a>: <s \"open>" ; "quotes that go on")]
    fn pieces(text: &str, want: &str) {
        // Lines of a block that are empty have no piece to show.
        assert_eq!(read(text).replace("<s >", ""), want);
    }

    #[test]
    fn pieces_are_the_line_whatever_it_is() {
        let mut lexer = Lexer::default();
        let parts = [
            "", " ", "-", "- ", ":", ": ", "#", " #", "'", "\"", "\\", "{", "}", "[", "]", ",", "|", ">", "&", "*", "!", "é", "a", "1",
            "\t", "%", "---",
        ];
        for one in parts {
            for two in parts {
                for three in parts {
                    let line = format!("{one}{two}{three}{one}");
                    let whole: String = lexer.pieces(&line).iter().map(|piece| piece.text).collect();
                    assert_eq!(whole, line);
                }
            }
        }
    }
}
