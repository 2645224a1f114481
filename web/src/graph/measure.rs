//! How wide a text will be, without a font: the fonts of the reader's system are not known here, so that a wide one of
//! each family is assumed.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

/// A font of the style sheet; its size in units of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    /// Names. `.graph .name`.
    Mono,
    /// Most else. `.graph text`.
    Sans,
    /// Badges and shares. `.graph .badge`, `.graph .split text`.
    Bold,
}

impl Font {
    fn size(self) -> f64 {
        match self {
            Self::Mono => 13.0,
            Self::Sans | Self::Bold => 12.0,
        }
    }

    /// In parts of its size.
    fn advance(self, character: char) -> f64 {
        let columns = character.width().unwrap_or(0) as f64;
        match self {
            Self::Mono => columns * 0.61,
            Self::Bold => Self::Sans.advance(character) * 1.12,
            Self::Sans if columns != 1.0 => columns * 0.55,
            Self::Sans => match character {
                ' ' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | '/' | '\\' | '-' | '(' | ')' | '[' | ']' | 'i' | 'j' | 'l' | 'I' => 0.4,
                'f' | 'r' | 't' | '"' | '`' | '*' => 0.5,
                'w' | '&' => 0.85,
                'm' | 'M' | 'W' | '%' | '@' => 1.0,
                character if character.is_lowercase() || character.is_ascii_digit() => 0.64,
                _ => 0.8,
            },
        }
    }

    /// The width of a text in units of the picture, rounded up.
    pub(super) fn width(self, text: &str) -> i32 {
        let size = self.size();
        // A name of the API server has at most 253 characters, but a label may be any text.
        let width: f64 = text.chars().map(|character| self.advance(character) * size).sum();
        width.min(1e6).ceil() as i32
    }

    /// The text where it fits, else its beginning and its end with an ellipsis between: names that begin alike often
    /// differ in their ends.
    pub(super) fn cut(self, text: &str, width: i32) -> Cow<'_, str> {
        if self.width(text) <= width {
            return Cow::Borrowed(text);
        }
        let characters: Vec<char> = text.chars().collect();
        let room = (f64::from(width - self.width("…")) / self.size()).max(0.0);
        let (head, tail) = (self.fitting(characters.iter(), room * 0.65), self.fitting(characters.iter().rev(), room * 0.35));
        // A mark that belongs to the character before it would stand on the ellipsis.
        let marks = characters[characters.len() - tail..].iter().take_while(|character| character.width() == Some(0)).count();
        let kept = |part: &[char]| part.iter().collect::<String>();
        Cow::Owned(format!("{}…{}", kept(&characters[..head]), kept(&characters[characters.len() - tail + marks..])))
    }

    /// How many of the characters fit.
    fn fitting<'c>(self, characters: impl Iterator<Item = &'c char>, room: f64) -> usize {
        let mut used = 0.0;
        let fits = |character: &&char| {
            used += self.advance(**character);
            used <= room
        };
        characters.take_while(fits).count()
    }
}

/// A text without what no XML document may hold, and without what turns the direction of the text after it.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let foul = |character: char| {
        character.is_control() || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}')
    };
    if text.contains(foul) { Cow::Owned(text.replace(foul, "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use test_case::test_case;

    use super::*;

    #[test_case(Font::Mono, "", 0 ; "nothing")]
    #[test_case(Font::Mono, "reviews", 56 ; "a column each")]
    #[test_case(Font::Mono, "評価", 32 ; "wide characters take two columns")]
    #[test_case(Font::Mono, "e\u{301}", 8 ; "a combining mark takes none")]
    fn width(font: Font, text: &str, want: i32) {
        assert_eq!(font.width(text), want);
    }

    #[test_case("reviews", 100, "reviews" ; "it fits")]
    #[test_case("reviews-of-everything-v2", 100, "reviews…g-v2" ; "the end is kept")]
    #[test_case("reviews", 1, "…" ; "no room at all")]
    fn cut(text: &str, width: i32, want: &str) {
        assert_eq!(Font::Mono.cut(text, width), want);
    }

    #[test]
    fn what_no_document_may_hold_is_replaced() {
        assert_eq!(clean("a\u{0}b\u{1b}[31m\u{202e}c\n"), "a\u{fffd}b\u{fffd}[31m\u{fffd}c\u{fffd}");
        assert!(matches!(clean("<plain & simple>"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn what_is_cut_fits(text in "\\PC{0,60}", width in 20..300) {
            for font in [Font::Mono, Font::Sans, Font::Bold] {
                let cut = font.cut(&text, width);
                prop_assert!(font.width(&cut) <= width, "{cut:?}");
                prop_assert!(cut == text || cut.contains('…'));
            }
        }
    }
}
