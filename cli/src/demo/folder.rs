//! The folder of the demo: written, and removed again with exactly what was made in it.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::manifests::with_image;
use super::place::Service;
use crate::exit::{Exit, Failure};
use crate::run::STATE_FOLDER;

/// The name of the folder where none is said.
const NAME: &str = "meshglot-demo";

/// So many names are tried.
const TRIES: usize = 99;

/// What a socket of a proxy adds to the folder, and the longest path of a socket.
const DEEPEST: &str = "/.meshglot/proxies/bookshop:reviews-v1/admin.sock";
const SOCKET_PATH: usize = 107;

const FILES: [(&str, &str); 10] = [
    ("README.md", include_str!("files/README.md")),
    (".meshglotskip", include_str!("files/meshglotskip")),
    ("policies/mesh.yaml", include_str!("files/policies/mesh.yaml")),
    ("policies/details.yaml", include_str!("files/policies/details.yaml")),
    ("policies/reviews.yaml", include_str!("files/policies/reviews.yaml")),
    ("policies/ratings.yaml", include_str!("files/policies/ratings.yaml")),
    ("services.yaml", include_str!("files/services.yaml")),
    ("kubernetes/deployments.yaml", include_str!("files/kubernetes/deployments.yaml")),
    ("tests/access.yaml", include_str!("files/tests/access.yaml")),
    ("tests/canary.yaml", include_str!("files/tests/canary.yaml")),
];

/// What the file of the workloads begins with.
const WORKLOADS: &str = "# What runs on this machine: each workload is a process, with a proxy at a loopback address of its own.\n";

/// The folders in it.
const FOLDERS: [&str; 3] = ["policies", "kubernetes", "tests"];

/// The folder. It is removed when this is dropped, unless it is to stay.
pub(super) struct Folder {
    path: PathBuf,
    /// Whether the folder itself is of the demo.
    made: bool,
    keep: bool,
    /// What it wrote, the last first.
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    /// Where keys and sockets are if the folder is too deep for them.
    state: Option<TempDir>,
}

impl Folder {
    /// A new folder, or an empty one.
    ///
    /// # Errors
    /// It has files, or cannot be made.
    pub(super) fn make(wanted: Option<&Path>, keep: bool) -> Result<Self, Failure> {
        let (path, made) = match wanted {
            Some(path) => named(path)?,
            None => (unnamed().map_err(|error| cannot(Path::new(NAME), &error))?, true),
        };
        Ok(Self { path, made, keep, files: Vec::new(), folders: Vec::new(), state: None })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where keys, sockets and logs are; `None`: at their usual place.
    pub(super) fn state(&self) -> Option<&Path> {
        self.state.as_ref().map(TempDir::path)
    }

    /// Writes policy and what runs; how many files these are.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn write(&mut self, services: &[Service]) -> Result<usize, Failure> {
        for name in FOLDERS {
            let folder = self.path.join(name);
            fs::create_dir(&folder).map_err(|error| cannot(&folder, &error))?;
            self.folders.push(folder);
        }
        let running = services.iter().map(workload).collect::<io::Result<Vec<_>>>().map_err(|error| cannot(&self.path, &error))?;
        let workloads = WORKLOADS.to_owned() + &running.join("---\n");
        for (name, text) in FILES.into_iter().chain([("workloads.yaml", workloads.as_str())]) {
            let file = self.path.join(name);
            fs::write(&file, with_image(text, None)).map_err(|error| cannot(&file, &error))?;
            self.files.push(file);
        }
        let written = self.files.len();
        self.place_state().map_err(|error| cannot(&self.path, &error))?;
        Ok(written)
    }

    /// Paths of sockets are short: those of a deep folder lie elsewhere, behind a link.
    fn place_state(&mut self) -> io::Result<()> {
        if std::path::absolute(&self.path)?.as_os_str().len() + DEEPEST.len() <= SOCKET_PATH {
            return Ok(());
        }
        let state = tempfile::Builder::new().prefix("meshglot-").tempdir()?;
        let link = self.path.join(STATE_FOLDER);
        std::os::unix::fs::symlink(state.path(), &link)?;
        self.files.push(link);
        self.state = Some(state);
        Ok(())
    }

    /// Removes what was made; what is left there that was not.
    pub(super) fn remove(&mut self) -> Vec<PathBuf> {
        if std::mem::replace(&mut self.keep, true) {
            // What lies elsewhere goes with the process, and the next one makes a folder in place of the link.
            if self.state.take().is_some() {
                let _ = fs::remove_file(self.path.join(STATE_FOLDER));
            }
            return Vec::new();
        }
        // What is gone already is gone.
        for file in self.files.drain(..) {
            let _ = fs::remove_file(file);
        }
        let _ = self.state.take().map(TempDir::close);
        for own in [STATE_FOLDER, super::rendered::FOLDER] {
            let _ = fs::remove_dir_all(self.path.join(own));
        }
        self.folders.extend(self.made.then(|| self.path.clone()));
        // Folders in which somebody else has put something stay.
        self.folders.drain(..).filter(|folder| fs::remove_dir(folder).is_err_and(|error| error.kind() != ErrorKind::NotFound)).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The folder that was asked for, and whether it was made.
fn named(path: &Path) -> Result<(PathBuf, bool), Failure> {
    match DirBuilder::new().mode(0o755).create(path) {
        Ok(()) => Ok((path.to_owned(), true)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let mut entries = fs::read_dir(path).map_err(|error| cannot(path, &error))?;
            if entries.next().is_none() {
                return Ok((path.to_owned(), false));
            }
            let failure = Failure::new(Exit::Conflict, format!("{}: it has files, and stays as it is", path.display()));
            Err(failure.help(format!("--dir names a new folder; `meshglot run --config-dir {}` runs what is there", path.display())))
        }
        Err(error) => Err(cannot(path, &error)),
    }
}

/// A folder of its own: here, or where files of a moment are if nothing can be written here.
fn unnamed() -> io::Result<PathBuf> {
    let names = std::iter::once(NAME.to_owned()).chain((2..=TRIES).map(|number| format!("{NAME}-{number}")));
    for name in names {
        match fs::create_dir(&name) {
            Ok(()) => return Ok(name.into()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(_) => break,
        }
    }
    Ok(tempfile::Builder::new().prefix(&format!("{NAME}-")).tempdir()?.keep())
}

fn workload(service: &Service) -> io::Result<String> {
    let Service { name, labels, account, address, listener } = service;
    let port = listener.local_addr()?.port();
    Ok(format!(
        "apiVersion: meshglot.dev/v1alpha1\nkind: Workload\nmetadata: {{name: {name}, namespace: bookshop, labels: {{{labels}}}}}\n\
         spec: {{serviceAccountName: {account}, address: {address}, ports: [{{name: web, port: {port}}}]}}\n"
    ))
}

fn cannot(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Invalid, format!("{}: {error}", path.display())).help("--dir names another folder")
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    fn written(path: &Path) -> Folder {
        let mut folder = Folder::make(Some(path), false).expect("a folder");
        assert_eq!(folder.write(&Place::take(None).expect("a place").services).expect("it can be written"), 11);
        folder
    }

    #[test]
    fn what_was_made_is_removed() {
        let above = tempfile::tempdir().expect("a folder");
        let path = above.path().join("shop");
        let folder = written(&path);
        assert!(path.join("services.yaml").is_file());
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn what_was_there_stays() {
        let above = tempfile::tempdir().expect("a folder");
        drop(written(above.path()));
        assert!(above.path().is_dir());
        fs::write(above.path().join("mine"), "").expect("a file");
        let failure = Folder::make(Some(above.path()), false).map(|_| ()).expect_err("it has files");
        assert!(failure.message().contains("it has files"));
    }

    #[test]
    fn what_others_put_there_stays() {
        let above = tempfile::tempdir().expect("a folder");
        let path = above.path().join("shop");
        let mut folder = written(&path);
        fs::write(path.join("policies/mine.yaml"), "").expect("a file");
        assert_eq!(folder.remove(), [path.join("policies"), path.clone()]);
        assert!(path.join("policies/mine.yaml").is_file() && !path.join("services.yaml").exists());
    }

    #[test]
    fn sockets_of_a_deep_folder_lie_elsewhere() {
        let above = tempfile::tempdir().expect("a folder");
        let path = above.path().join("x".repeat(90));
        let folder = written(&path);
        let state = folder.state().expect("it is elsewhere").to_owned();
        assert_eq!(path.join(STATE_FOLDER).canonicalize().expect("a link"), state.canonicalize().expect("a folder"));
        drop(folder);
        assert!(!state.exists() && !path.exists());
    }
}
