//! Bash: it is asked with the text before the cursor and the text behind it, and given what stands behind the last break.
//!
//! Bash breaks words at `:` and `=` as well, so that its own list of words tells `http://web` as three. The whole line does
//! not.

use std::ffi::OsString;
use std::io::{Error, Write};
use std::path::Path;

use clap::Command;
use clap_complete::engine::complete;
use clap_complete::env::EnvCompleter;

use super::line::split;

/// Bash 3.2 or newer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bash;

const SCRIPT: &str = r#"_meshglot() {
    local word before="${COMP_LINE:0:COMP_POINT}" behind="${COMP_LINE:COMP_POINT}"
    if [[ -z $COMP_LINE ]]; then
        local IFS=' '
        before="${COMP_WORDS[*]:0:COMP_CWORD+1}" behind="${COMP_WORDS[*]:COMP_CWORD+1}"
    fi
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(VARIABLE=bash _MESHGLOT_BREAKS="$COMP_WORDBREAKS" COMPLETER -- "$before" "$behind" 2> /dev/null)
    # What goes on behind these signs goes on without a space.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
for name in meshglot kubectl-meshglot; do
    complete -o nosort -F _meshglot "$name" 2> /dev/null || complete -F _meshglot "$name"
done
unset name
"#;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(&self, var: &str, _name: &str, _bin: &str, completer: &str, buf: &mut dyn Write) -> Result<(), Error> {
        write!(buf, "{}", SCRIPT.replace("VARIABLE", var).replace("COMPLETER", completer))
    }

    fn write_complete(&self, cmd: &mut Command, args: Vec<OsString>, folder: Option<&Path>, buf: &mut dyn Write) -> Result<(), Error> {
        let before = args.first().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
        let words = split(&before);
        let index = words.len() - 1;
        let written = Written::of(&before, &words[index], std::env::var("_MESHGLOT_BREAKS").unwrap_or_default());
        for candidate in complete(cmd, words.into_iter().map(OsString::from).collect(), index, folder)? {
            writeln!(buf, "{}", written.rest(&candidate.get_value().to_string_lossy()))?;
        }
        Ok(())
    }
}

/// How the word that is being typed stands there.
struct Written {
    /// What bash takes as a word of its own, in front of what it replaces.
    broken_off: String,
    /// In quotes nothing breaks and nothing needs a backslash.
    quoted: bool,
}

impl Written {
    fn of(before: &str, word: &str, breaks: String) -> Self {
        let quoted =
            !word.is_empty() && !before.ends_with(word) || before.ends_with(&format!("'{word}")) || before.ends_with(&format!("\"{word}"));
        let is_break = |character: char| breaks.contains(character) && !character.is_whitespace();
        let end = word.rfind(is_break).filter(|_| !quoted).map_or(0, |at| at + 1);
        Self { broken_off: word[..end].to_owned(), quoted }
    }

    /// What replaces it for a candidate.
    fn rest(&self, candidate: &str) -> String {
        let rest = candidate.strip_prefix(&self.broken_off).unwrap_or(candidate);
        if self.quoted {
            return rest.to_owned();
        }
        let special = |character: char| character.is_whitespace() || "'\"\\$&;()<>|`*?[]{}!#~".contains(character);
        rest.chars().flat_map(|character| special(character).then_some('\\').into_iter().chain([character])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case("can http://w", "http://w", "http://web/", "//web/" ; "behind a colon")]
    #[test_case("can --backend=is", "--backend=is", "--backend=istio", "istio" ; "behind an equals sign")]
    #[test_case("can 'http://w", "http://w", "http://web/", "http://web/" ; "in quotes")]
    #[test_case("can -f my", "my", "my file.yaml", "my\\ file.yaml" ; "a space")]
    #[test_case("can -f \"my f", "my f", "my file.yaml", "my file.yaml" ; "a space in quotes")]
    fn what_bash_replaces(before: &str, word: &str, candidate: &str, want: &str) {
        assert_eq!(Written::of(before, word, " \t\n\"'@><=;|&(:".to_owned()).rest(candidate), want);
    }
}
