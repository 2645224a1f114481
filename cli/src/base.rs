//! What an input is compared with: another folder, the same paths in a commit, or nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::parse::Source;

use crate::args::{Choice, Input};
use crate::exit::{Exit, Failure};
use crate::plan::Plan;
use crate::{Io, git, input};

/// A base as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// `none`.
    Nothing,
    /// A file or folder.
    Path(PathBuf),
    /// `git:REF`.
    Git(String),
}

impl Base {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        match text.split_once(':') {
            _ if text == "none" => Ok(Self::Nothing),
            Some(("git", "")) => Err(Failure::new(Exit::Usage, "git: names no commit").help("such as git:main or git:HEAD~1")),
            Some(("git", reference)) => Ok(Self::Git(reference.to_owned())),
            _ => Ok(Self::Path(text.into())),
        }
    }

    /// Reads the base of an input as the input is read. It may be empty, and it may be wrong: that is history.
    pub(crate) fn plan(&self, like: &Input, choice: &Choice, io: &mut Io<'_>) -> Result<Plan, Failure> {
        let (sources, diagnostics) = self.sources(like, io)?;
        Plan::of(&sources, diagnostics, like, choice)
    }

    fn sources(&self, like: &Input, io: &mut Io<'_>) -> Result<(Vec<Arc<Source>>, Vec<Diagnostic>), Failure> {
        match self {
            Self::Nothing => Ok((Vec::new(), Vec::new())),
            Self::Path(path) => {
                let (filenames, namespace) = (vec![path.clone()], like.namespace.clone());
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

    #[test_case("none", Base::Nothing)]
    #[test_case("git:main", Base::Git("main".into()) ; "a branch")]
    #[test_case("git:v1:2", Base::Git("v1:2".into()) ; "the rest is git's")]
    #[test_case("old/git", Base::Path("old/git".into()) ; "a folder")]
    fn parsed(text: &str, want: Base) {
        assert_eq!(Base::parse(text).ok(), Some(want));
    }
}
