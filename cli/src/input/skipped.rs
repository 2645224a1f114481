//! `.meshglotskip`: files of a folder that are no policy, in the words of `.gitignore`.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::exit::{Exit, Failure};

/// The name of the file. It counts in the folder that is read, for everything below; files of this name further down are nobody's.
pub(crate) const NAME: &str = ".meshglotskip";

/// What is left out of a folder.
pub(super) struct Skipped(Gitignore);

impl Skipped {
    /// # Errors
    /// The file is there and cannot be read, or a line of it is no pattern: what it meant would be read as policy.
    pub(super) fn of(folder: &Path) -> Result<Self, Failure> {
        let file = folder.join(NAME);
        let mut builder = GitignoreBuilder::new(folder);
        if file.exists()
            && let Some(error) = builder.add(&file)
        {
            return Err(wrong(&error));
        }
        builder.build().map(Self).map_err(|error| wrong(&error))
    }

    pub(super) fn has(&self, path: &Path, is_folder: bool) -> bool {
        self.0.matched(path, is_folder).is_ignore()
    }
}

fn wrong(error: &ignore::Error) -> Failure {
    Failure::new(Exit::Invalid, format!("{NAME}: {error}")).help("its lines are patterns as in .gitignore")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::files;
    use super::*;

    fn read(lines: &str) -> Result<Vec<PathBuf>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["rendered", "teams/rendered"] {
            fs::create_dir_all(folder.path().join(name)).expect("a folder");
        }
        for name in ["a.yaml", "b.json", "rendered/c.yaml", "teams/d.yaml", "teams/rendered/e.yaml"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        fs::write(folder.path().join(NAME), lines).expect("a file");
        let found = files(folder.path(), true).map_err(|failure| failure.message())?;
        Ok(found.iter().map(|file| file.strip_prefix(folder.path()).expect("in it").to_owned()).collect())
    }

    #[test]
    fn patterns_are_those_of_git() {
        let all = ["a.yaml", "b.json", "rendered/c.yaml", "teams/d.yaml", "teams/rendered/e.yaml"].map(PathBuf::from);
        assert_eq!(read("# nothing\n").expect("files"), all);
        assert_eq!(read("/rendered/\n").expect("files"), ["a.yaml", "b.json", "teams/d.yaml", "teams/rendered/e.yaml"].map(PathBuf::from));
        assert_eq!(read("rendered/\n*.json\n").expect("files"), ["a.yaml", "teams/d.yaml"].map(PathBuf::from));
        assert_eq!(read("*.yaml\n!a.yaml\n").expect("files"), ["a.yaml", "b.json"].map(PathBuf::from));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        assert!(read("[z-a]\n").expect_err("it is wrong").starts_with(".meshglotskip: "));
    }
}
