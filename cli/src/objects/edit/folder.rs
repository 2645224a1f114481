//! Files of the folder as they are and as they are to be.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use meshglot_translator::parse::Source;
use tempfile::NamedTempFile;

use super::super::wire::Edit;
use crate::exit::{Exit, Failure};

/// A folder with edits that are not written yet.
pub(super) struct Folder {
    root: PathBuf,
    files: BTreeMap<String, File>,
}

/// One file, by its path in the folder.
struct File {
    /// As it was read; `None`: it is not there.
    before: Option<String>,
    /// As it is to be; `None`: it is to be gone.
    after: Option<String>,
}

impl Folder {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), files: BTreeMap::new() }
    }

    /// A file as it is to be so far; `None`: it is not there.
    pub(super) fn text(&mut self, file: &str) -> Result<Option<Arc<Source>>, Failure> {
        let path = self.path(file)?;
        if !self.files.contains_key(file) {
            let before = match fs::read_to_string(&path) {
                Ok(text) => Some(text),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(Failure::new(Exit::Invalid, format!("{}: {error}", path.display()))),
            };
            self.files.insert(file.to_owned(), File { after: before.clone(), before });
        }
        let text = self.files.get(file).and_then(|one| one.after.clone());
        Ok(text.map(|text| Source::new(path.to_string_lossy(), text)))
    }

    /// Says how a file is to be that was looked at before.
    pub(super) fn put(&mut self, file: &str, text: Option<String>) {
        if let Some(one) = self.files.get_mut(file) {
            one.after = text;
        }
    }

    pub(super) fn is_unchanged(&self) -> bool {
        self.changed().next().is_none()
    }

    fn changed(&self) -> impl Iterator<Item = (&String, &File)> {
        self.files.iter().filter(|(_, file)| file.before != file.after)
    }

    /// What the mesh is asked about.
    pub(super) fn edit(&self) -> Edit {
        Edit { files: self.changed().map(|(name, file)| (name.clone(), file.after.clone())).collect() }
    }

    /// Writes every file that is to change, each at once. What somebody else has written meanwhile stays.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let mut staged = Vec::new();
        for (name, file) in self.changed() {
            let path = self.path(name)?;
            let failed = |error: std::io::Error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display()));
            if fs::read_to_string(&path).ok() != file.before {
                return Err(Failure::new(Exit::Conflict, format!("{}: somebody else has edited it: nothing was written", path.display())));
            }
            let Some(text) = &file.after else {
                staged.push((path, None));
                continue;
            };
            // Beside a link there may be nothing else of its folder.
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            let folder = real.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder).map_err(failed)?;
            // Hidden, so that the mesh does not read it as policy.
            let mut temporary = tempfile::Builder::new().prefix(".meshglot-").tempfile_in(folder).map_err(failed)?;
            temporary.write_all(text.as_bytes()).and_then(|()| temporary.as_file().sync_all()).map_err(failed)?;
            permissions(&real, &temporary).map_err(failed)?;
            staged.push((real, Some(temporary)));
        }
        // All bytes are on disk: only renames are left.
        for (path, temporary) in staged {
            let done = match temporary {
                Some(temporary) => temporary.persist(&path).map(drop).map_err(|error| error.error),
                None => fs::remove_file(&path),
            };
            done.map_err(|error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display())))?;
        }
        Ok(())
    }

    fn path(&self, file: &str) -> Result<PathBuf, Failure> {
        // What a mesh says of its files leads nowhere else.
        if file.is_empty() || !Path::new(file).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(Failure::new(Exit::Conflict, format!("`{file}` is no file below {}", self.root.display())));
        }
        Ok(self.root.join(file))
    }
}

/// Those of the file that is there, else those that any new file has.
fn permissions(path: &Path, temporary: &NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let wanted = match fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(_) => fs::Permissions::from_mode(0o644),
    };
    temporary.as_file().set_permissions(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().expect("a folder");
        fs::write(root.path().join("a.yaml"), "a: 1\n").expect("written");
        let folder = Folder::new(root.path());
        (root, folder)
    }

    #[test]
    fn files_are_written_removed_and_made() {
        let (root, mut folder) = folder();
        fs::write(root.path().join("b.yaml"), "b: 1\n").expect("written");
        for (name, text) in [("a.yaml", Some("a: 2\n")), ("b.yaml", None), ("new/c.yaml", Some("c: 1\n"))] {
            folder.text(name).expect("readable");
            folder.put(name, text.map(str::to_owned));
        }
        assert_eq!(folder.edit().files.len(), 3);
        folder.write().expect("written");
        let read = |name: &str| fs::read_to_string(root.path().join(name)).ok();
        assert_eq!([read("a.yaml"), read("b.yaml"), read("new/c.yaml")], [Some("a: 2\n".to_owned()), None, Some("c: 1\n".to_owned())]);
        let left: Vec<_> = fs::read_dir(root.path()).expect("a folder").map(|one| one.expect("an entry").file_name()).collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[test]
    fn what_somebody_else_writes_meanwhile_stays() {
        let (root, mut folder) = folder();
        folder.text("a.yaml").expect("readable");
        folder.put("a.yaml", None);
        fs::write(root.path().join("a.yaml"), "a: 3\n").expect("written");
        let Err(failure) = folder.write() else { panic!("it was written") };
        assert!(failure.message().contains("somebody else"));
        assert_eq!(fs::read_to_string(root.path().join("a.yaml")).expect("is there"), "a: 3\n");
    }

    #[test]
    fn paths_stay_in_the_folder() {
        let (_root, mut folder) = folder();
        for path in ["../x.yaml", "/etc/passwd", "", "a/../../x.yaml"] {
            assert!(folder.text(path).is_err(), "{path}");
        }
    }
}
