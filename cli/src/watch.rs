//! Files that are followed: hints of the system, looks now and then for systems that give none, and when to read again.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::args::Input;
use crate::input;
use crate::run::STATE_FOLDER;

/// Files that change without an end are read all the same.
const LONGEST: Duration = Duration::from_secs(1);

/// Name, size and time of each file: what changes when a file does.
pub(crate) type Look = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// How the files of an input look now.
pub(crate) fn look(input: &Input) -> Look {
    let files = input.filenames.iter().flat_map(|path| input::files(path, input.recursive).unwrap_or_default());
    let seen = files.map(|file| {
        let metadata = std::fs::metadata(&file).ok();
        let (size, time) = (metadata.as_ref().map_or(0, std::fs::Metadata::len), metadata.and_then(|metadata| metadata.modified().ok()));
        (file, size, time)
    });
    seen.collect()
}

/// Why to read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Somebody says that something changed.
    Hinted,
    /// It is time to look.
    Rescan,
}

/// Which folder it is: another one may take its name.
#[derive(PartialEq, Eq)]
struct Identity(PathBuf, u64, u64);

/// Follows the files of an input.
pub(crate) struct Watch {
    hint: Sender<()>,
    hints: Receiver<()>,
    watcher: Option<RecommendedWatcher>,
    /// Folders as they were when they were watched: one that is replaced by another has to be watched anew.
    watched: Vec<(PathBuf, RecursiveMode, Option<Identity>)>,
    quiet: Duration,
    rescan: Duration,
}

impl Watch {
    /// Wakes when nothing happened for `quiet` after a hint, since an editor writes in several steps, and after `rescan` without any.
    pub(crate) fn of(input: &Input, quiet: Duration, rescan: Duration) -> Self {
        let (hint, hints) = channel();
        let wake = hint.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is an event, too, on some systems.
            let matters =
                |event: &notify::Event| !event.kind.is_access() && (event.paths.is_empty() || !event.paths.iter().all(|path| is_own(path)));
            if event.is_ok_and(|event| matters(&event)) {
                let _ = wake.send(());
            }
        });
        let mut folders = Vec::new();
        for path in &input.filenames {
            // A file that is replaced is another one, and so is a folder that is a link: what holds it is watched.
            folders.push((parent(path).to_owned(), RecursiveMode::NonRecursive));
            if path.is_dir() {
                folders.push((path.clone(), if input.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive }));
            }
        }
        let watched = folders.into_iter().map(|(folder, mode)| (folder, mode, None)).collect();
        // Where the system has no such thing, looking now and then is enough.
        let mut watch = Self { hint, hints, watcher: watcher.ok(), watched, quiet, rescan };
        watch.renew();
        watch
    }

    /// Wakes it from elsewhere.
    pub(crate) fn hint(&self) -> Sender<()> {
        self.hint.clone()
    }

    /// Sleeps until there is something to do. `None`: nobody can wake it any more.
    pub(crate) fn wait(&mut self) -> Option<Wake> {
        let wake = match self.hints.recv_timeout(self.rescan) {
            Ok(()) => {
                let end = Instant::now() + LONGEST;
                while Instant::now() < end && self.hints.recv_timeout(self.quiet).is_ok() {}
                Wake::Hinted
            }
            Err(RecvTimeoutError::Timeout) => Wake::Rescan,
            Err(RecvTimeoutError::Disconnected) => return None,
        };
        self.renew();
        Some(wake)
    }

    fn renew(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        for (folder, mode, seen) in &mut self.watched {
            let now = identity(folder);
            if now != *seen {
                let _ = watcher.unwatch(folder);
                // One that cannot be watched is looked at now and then.
                *seen = now.filter(|_| watcher.watch(folder, *mode).is_ok());
            }
        }
    }
}

fn identity(folder: &Path) -> Option<Identity> {
    let path = folder.canonicalize().ok()?;
    let metadata = path.metadata().ok()?;
    Some(Identity(path, metadata.dev(), metadata.ino()))
}

/// Keys, logs and sockets of a running mesh change all the time, and are no policy.
fn is_own(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == STATE_FOLDER)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
