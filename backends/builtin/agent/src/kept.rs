//! The secrets of a proxy on its own disk, so that an agent that is started again needs no other token.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use meshglot_join::Held;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Nobody but the owner.
const MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;

/// The form of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    chain: String,
    key: String,
    roots: String,
}

/// A file for the certificate, the key and the roots of one proxy.
#[derive(Clone, Debug)]
pub struct Kept(PathBuf);

impl Kept {
    /// The file in the folder of a proxy.
    pub fn of(folder: &Path) -> Self {
        Self(folder.join("identity.json"))
    }

    /// What was written last and can still be used at `now`; none where there is nothing, or where it has ended.
    ///
    /// # Errors
    /// Others can read the file, or it cannot be read.
    pub fn read(&self, now: OffsetDateTime) -> io::Result<Option<Held>> {
        let mut file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.told(&error)),
        };
        // Of the open file, so that nobody changes it in between.
        let mode = file.metadata()?.mode() & 0o777;
        if mode & OTHERS != 0 {
            let why =
                format!("{}: a key that others can read (mode {mode:o}) is not used: chmod 600, and ask why it was open", self.0.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| self.told(&error))?;
        // One that is broken is worth no more than none: there may be a token. What is wrong with it is not told, as it holds a key.
        let Ok(Texts { chain, key, roots }) = serde_json::from_str(&text) else { return Ok(None) };
        Ok(Held::new(chain, key, roots, now).ok())
    }

    /// Writes it as a whole.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, held: &Held) -> io::Result<()> {
        let texts = Texts { chain: held.chain_pem.clone(), key: held.key_pem.clone(), roots: held.bundle_pem.clone() };
        self.replace(&serde_json::to_string(&texts)?).map_err(|error| self.told(&error))
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let unfinished = self.0.with_extension("tmp");
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // Never an existing file: that one might have another mode, or be a link.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.0)
    }

    fn told(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.0.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use meshglot_ca::{Authority, KeyPair};

    use super::*;

    fn held(now: OffsetDateTime) -> Held {
        let authority = Authority::new("cluster.local".parse().expect("a name"), now).expect("an authority");
        let id = "spiffe://cluster.local/ns/bank/sa/ledger".parse().expect("an ID");
        let key = KeyPair::generate().expect("a key");
        let issued = authority.issue(&key.csr(&id).expect("a request"), &id, now).expect("a certificate");
        Held::new(issued.chain_pem(), key.private_key_pem(), issued.bundle_pem(), now).expect("secrets")
    }

    #[test]
    fn what_is_written_is_read_as_long_as_it_lives() {
        let folder = tempfile::tempdir().expect("a folder");
        let (kept, now) = (Kept::of(folder.path()), OffsetDateTime::now_utc());
        assert_eq!(kept.read(now).expect("nothing there"), None);
        let held = held(now);
        kept.write(&held).expect("it is written");
        kept.write(&held).expect("it is written again");
        assert_eq!(kept.read(now).expect("it is read"), Some(held.clone()));
        assert_eq!(kept.read(held.not_after + time::Duration::seconds(2)).expect("it is read"), None, "it has ended");
        let mode = fs::metadata(folder.path().join("identity.json")).expect("a file").mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_key_that_others_can_read_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let (kept, now) = (Kept::of(folder.path()), OffsetDateTime::now_utc());
        kept.write(&held(now)).expect("it is written");
        fs::set_permissions(folder.path().join("identity.json"), Permissions::from_mode(0o644)).expect("a mode");
        let error = kept.read(now).expect_err("it is open").to_string();
        assert!(error.contains("644") && !error.contains("PRIVATE"), "{error}");
    }

    #[test]
    fn a_broken_file_is_as_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let (kept, now) = (Kept::of(folder.path()), OffsetDateTime::now_utc());
        kept.write(&held(now)).expect("it is written");
        fs::write(folder.path().join("identity.json"), "{").expect("it is broken");
        assert_eq!(kept.read(now).expect("it is read"), None);
    }
}
