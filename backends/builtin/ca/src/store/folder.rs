//! A folder of secrets: nobody else may read it, and each file is whole or not there.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::StoreError;

/// Modes of the folder and of each file in it.
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// How often, and how long after one another, a folder is asked for that seems to be in use: a process that another is just being made
/// from is held by both for a moment, also when it has ended.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(20);

/// How unfinished files end; they are removed by [`Folder::keep_only`].
const UNFINISHED: &str = ".tmp";

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// How many steps are left before every further one fails, as after a crash.
    #[cfg(test)]
    pub(super) fuse: std::cell::Cell<u32>,
}

impl Folder {
    /// Makes it where it is missing.
    pub(super) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let failed = |error| StoreError::io("open", &path, error);
        match fs::metadata(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&path).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        let metadata = fs::metadata(&path).map_err(failed)?;
        if !metadata.is_dir() {
            return Err(failed(io::ErrorKind::NotADirectory.into()));
        }
        check_mode(metadata.mode(), &path, FOLDER_MODE)?;
        Ok(Self {
            path,
            #[cfg(test)]
            fuse: std::cell::Cell::new(u32::MAX),
        })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A file that is open for this process alone, as long as it is held.
    pub(super) fn lock(&self, name: &str) -> Result<File, StoreError> {
        let path = self.path(name);
        let failed = |error| StoreError::io("lock", &path, error);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(&path).map_err(failed)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        Err(StoreError::InUse { path: self.path.clone() })
    }

    /// The text of a file, where there is one; refused where others can read it too.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, StoreError> {
        let path = self.path(name);
        let failed = |error| StoreError::io("read", &path, error);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        // Of the open file, so that nobody changes it in between.
        check_mode(file.metadata().map_err(failed)?.mode(), &path, FILE_MODE)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        Ok(Some(text))
    }

    /// Writes a file as a whole: a reader, and who comes after a crash, sees the old text or the new one.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let path = self.path(name);
        self.replace(&path, text).map_err(|error| StoreError::io("write", &path, error))
    }

    /// Removes every file but these: keys that are not used any more, and what a crash has left.
    pub(super) fn keep_only(&self, keep: impl Fn(&str) -> bool) -> Result<(), StoreError> {
        let failed = |error| StoreError::io("clean", &self.path, error);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_str().is_some_and(|name| name.ends_with(UNFINISHED) || !keep(name)) {
                self.step().and_then(|()| fs::remove_file(entry.path())).map_err(|error| StoreError::io("remove", &entry.path(), error))?;
            }
        }
        Ok(())
    }

    fn replace(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(UNFINISHED);
        self.step()?;
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Never an existing file: that one might have another mode, or be a link.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&unfinished)?;
        self.step()?;
        let (first, second) = text.as_bytes().split_at(text.len() / 2);
        file.write_all(first)?;
        self.step()?;
        file.write_all(second)?;
        file.sync_all()?;
        self.step()?;
        fs::rename(&unfinished, path)?;
        self.step()?;
        // The name is on disk only with its folder.
        File::open(&self.path)?.sync_all()
    }

    /// Between two steps a test can let the process die.
    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        match self.fuse.get().checked_sub(1) {
            Some(left) => {
                self.fuse.set(left);
                Ok(())
            }
            None => Err(io::Error::other("the fuse is burnt")),
        }
    }

    #[cfg(not(test))]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }
}

fn check_mode(found: u32, path: &Path, wanted: u32) -> Result<(), StoreError> {
    if found & OTHERS == 0 {
        return Ok(());
    }
    Err(StoreError::Readable { path: path.to_owned(), mode: found & 0o777, wanted })
}
