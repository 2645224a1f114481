//! The command that answers what a page shows.

use std::fmt;

/// A line for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine {
    words: Vec<String>,
    /// The command that gives it standard input.
    before: Option<Vec<String>>,
}

impl CommandLine {
    /// `meshglot COMMAND`.
    pub(crate) fn new(command: &str) -> Self {
        Self { words: ["meshglot", command].map(str::to_owned).into(), before: None }
    }

    /// Of any words.
    pub(crate) fn of(words: Vec<String>) -> Self {
        Self { words, before: None }
    }

    /// Adds one word.
    pub(crate) fn word(self, word: impl Into<String>) -> Self {
        self.words([word.into()])
    }

    /// Adds words.
    pub(crate) fn words(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words.extend(words);
        self
    }

    /// Reads what another command prints, if there is one.
    pub(crate) fn after(self, before: Option<Vec<String>>) -> Self {
        Self { before, ..self }
    }

    /// Adds an option with its value, if there is one.
    pub(crate) fn option(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.word(name).word(value),
            None => self,
        }
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |words: &[String]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
        if let Some(before) = &self.before {
            write!(f, "{} | ", line(before))?;
        }
        f.write_str(&line(&self.words))
    }
}

/// As a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_same_words() {
        let line = CommandLine::new("can").option("-f", Some("my shop")).option("-n", None).word("it's").word("").word("http://a/b?c=$d");
        assert_eq!(line.to_string(), "meshglot can -f 'my shop' 'it'\\''s' '' 'http://a/b?c=$d'");
    }
}
