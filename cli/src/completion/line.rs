//! The line that is being typed: its words, and the values of options in them.

use std::ffi::OsString;

/// All words behind the program's name, those behind the cursor too.
#[derive(Debug, Default)]
pub(super) struct Line {
    words: Vec<String>,
}

impl Line {
    /// Of the words that a shell gives, the program first; a word may be a whole piece of a line, as bash gives it.
    pub(super) fn of(words: &[OsString]) -> Self {
        let words = words.iter().flat_map(|word| split(&word.to_string_lossy()));
        Self { words: words.filter(|word| !word.is_empty()).skip(1).collect() }
    }

    /// The values of an option: `-f X`, `-fX`, `--filename X`, `--filename=X`.
    pub(super) fn values(&self, short: &str, long: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut words = self.words.iter();
        while let Some(word) = words.next() {
            let glued = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
            let short_glued = || word.strip_prefix(short).filter(|rest| !rest.is_empty() && !word.starts_with("--"));
            if word == short || word == long {
                found.extend(words.next().map(String::as_str));
            } else if let Some(value) = glued.or_else(short_glued) {
                found.push(value);
            }
        }
        found
    }

    /// The line without an option and its values.
    pub(super) fn without(&self, short: &str, long: &str) -> Self {
        let mut words = Vec::new();
        let mut rest = self.words.iter();
        while let Some(word) = rest.next() {
            if word == short || word == long {
                rest.next();
            } else {
                words.push(word.clone());
            }
        }
        Self { words }
    }

    /// Whether a flag is there.
    pub(super) fn has(&self, short: &str, long: &str) -> bool {
        self.words.iter().any(|word| word == short || word == long)
    }
}

/// Words as a shell reads them: quotes and backslashes are taken off. The last one is what is being typed, maybe empty.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let last = words.len() - 1;
        match (character, quote) {
            ('\\', None | Some('"')) => words[last].extend(characters.next()),
            (character, Some(open)) if character == open => quote = None,
            ('"' | '\'', None) => quote = Some(character),
            (character, None) if character.is_whitespace() => {
                if !words[last].is_empty() {
                    words.push(String::new());
                }
            }
            (character, _) => words[last].push(character),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("meshglot can web", &["meshglot", "can", "web"] ; "in the middle of a word")]
    #[test_case("meshglot can ", &["meshglot", "can", ""] ; "behind a word")]
    #[test_case("a 'b c' \"d e\" f\\ g", &["a", "b c", "d e", "f g"] ; "quotes")]
    #[test_case("a \"b c", &["a", "b c"] ; "an open quote")]
    fn words(text: &str, want: &[&str]) {
        assert_eq!(split(text), want);
    }

    #[test]
    fn values_of_options_in_all_spellings() {
        let line = Line::of(&["meshglot can -f a -fb".into(), "--filename".into(), "c".into(), "--filename=d".into(), "-R".into()]);
        assert_eq!(line.values("-f", "--filename"), ["a", "b", "c", "d"]);
        assert!(line.has("-R", "--recursive") && !line.has("-q", "--quiet"));
        assert_eq!(line.values("-n", "--namespace"), [""; 0]);
    }
}
