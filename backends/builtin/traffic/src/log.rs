//! A log that grows: what an Envoy writes of calls.

use std::fs::File;
use std::io;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

/// So much is read at once.
const PIECE: u64 = 256 << 10;

/// A file from where it ended when this was made.
pub(crate) struct Log {
    path: PathBuf,
    at: u64,
}

impl Log {
    /// # Errors
    /// There is no such file.
    pub(crate) fn end(path: PathBuf) -> io::Result<Self> {
        let at = std::fs::metadata(&path)?.len();
        Ok(Self { path, at })
    }

    /// What was written since; nothing, if nothing was.
    ///
    /// # Errors
    /// It cannot be read any more.
    pub(crate) fn more(&mut self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        // Whoever rotates it by copying cuts it to nothing, and another file may take its place.
        if file.metadata()?.len() < self.at {
            self.at = 0;
        }
        file.seek(SeekFrom::Start(self.at))?;
        let mut piece = Vec::new();
        self.at += file.take(PIECE).read_to_end(&mut piece)? as u64;
        Ok(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_appended_is_read_also_after_it_was_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        assert!(Log::end(path.clone()).is_err());
        fs::write(&path, "before\n").expect("written");
        let mut log = Log::end(path.clone()).expect("a file");
        assert_eq!(log.more().expect("read"), b"");
        let append = |text: &[u8]| File::options().append(true).open(&path).and_then(|mut file| file.write_all(text)).expect("written");
        append(b"one\ntw");
        assert_eq!(log.more().expect("read"), b"one\ntw");
        append(b"o\n");
        assert_eq!(log.more().expect("read"), b"o\n");
        fs::write(&path, "new\n").expect("written");
        assert_eq!(log.more().expect("read"), b"new\n");
        fs::remove_file(&path).expect("removed");
        assert!(log.more().is_err());
    }
}
