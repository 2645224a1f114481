//! The command that answers what a page shows.

use std::fmt;

/// A line for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandLine(Vec<String>);

impl CommandLine {
    /// `meshglot COMMAND`.
    pub(crate) fn new(command: &str) -> Self {
        Self(["meshglot", command].map(str::to_owned).into())
    }

    /// Adds one word.
    pub(crate) fn word(self, word: impl Into<String>) -> Self {
        self.words([word.into()])
    }

    /// Adds words.
    pub(crate) fn words(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.0.extend(words);
        self
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
        let words: Vec<String> = self.0.iter().map(|word| quoted(word)).collect();
        f.write_str(&words.join(" "))
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
