//! What an input is compared with: another folder, the same paths in a commit, or nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::parse::Source;

use crate::args::Input;
use crate::exit::{Exit, Failure};
use crate::{Io, git, input};

/// A base as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// `none`.
    Nothing,
    /// Files and folders.
    Paths(Vec<PathBuf>),
    /// `git:REF`.
    Git(String),
}

impl Base {
    /// Reads what stands behind `flag`; at least one.
    pub(crate) fn parse(flag: &str, words: &[String]) -> Result<Self, Failure> {
        let usage = |text: String| Failure::new(Exit::Usage, format!("{flag}: {text}"));
        match words {
            [one] if one == "none" => return Ok(Self::Nothing),
            [one] if one == "git:" => return Err(usage("git: names no commit".to_owned()).help("such as git:main or git:HEAD~1")),
            [one] if one.starts_with("git:") => return Ok(Self::Git(one["git:".len()..].to_owned())),
            _ => {}
        }
        match words.iter().find(|word| *word == "none" || word.starts_with("git:")) {
            Some(word) => Err(usage(format!("`{word}` stands alone"))),
            None => Ok(Self::Paths(words.iter().map(PathBuf::from).collect())),
        }
    }

    /// Reads the base of an input as the input is read. It may be empty, and it may be wrong: that is history.
    pub(crate) fn sources(&self, like: &Input, io: &mut Io<'_>) -> Result<(Vec<Arc<Source>>, Vec<Diagnostic>), Failure> {
        match self {
            Self::Nothing => Ok((Vec::new(), Vec::new())),
            Self::Paths(paths) => {
                let (filenames, namespace) = (paths.clone(), like.namespace.clone());
                input::read(&Input { filenames, namespace, ..*like }, io)
            }
            Self::Git(_) if like.filenames.iter().any(|path| path == Path::new("-")) => {
                let failure = Failure::new(Exit::Usage, "standard input is in no commit");
                Err(failure.help("name the files with -f, or the base by a folder"))
            }
            Self::Git(reference) => git::read(reference, &like.filenames, like.recursive),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_case::test_case;

    #[test_case(&["none"], Some(Base::Nothing) ; "nothing")]
    #[test_case(&["git:main"], Some(Base::Git("main".into())) ; "a branch")]
    #[test_case(&["git:v1:2"], Some(Base::Git("v1:2".into())) ; "the rest is git's")]
    #[test_case(&["old/git", "b.yaml"], Some(Base::Paths(vec!["old/git".into(), "b.yaml".into()])) ; "paths")]
    #[test_case(&["git:"], None ; "no commit")]
    #[test_case(&["git:main", "old"], None ; "a commit and a path")]
    fn parsed(words: &[&str], want: Option<Base>) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(Base::parse("--base", &words).ok(), want);
    }
}
