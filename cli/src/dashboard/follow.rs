//! Files that are read again when they change. The last state that could be read stays until a newer one can be.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use meshglot_translator::diagnostic::Diagnostic;
use meshglot_translator::parse::Source as Text;
use meshglot_web::{Snapshot, Source, Staleness};
use tokio::sync::watch;

use super::Told;
use crate::args::Input;
use crate::exit::Failure;
use crate::watch::{Look, Wake, Watch, look};
use crate::{input, plan};

/// An editor writes in several steps: files are read when nothing happened for so long.
const QUIET: Duration = Duration::from_millis(80);

/// File systems that tell nothing are looked at so often.
const RESCAN: Duration = Duration::from_secs(2);

/// The newest state of files.
pub(super) struct Followed {
    input: Input,
    stdin: Vec<u8>,
    /// How the files looked before they were read for the first time.
    first: Look,
    snapshot: RwLock<Arc<Snapshot>>,
    staleness: RwLock<Option<Staleness>>,
    changes: watch::Sender<u64>,
    tell: Mutex<Sender<Told>>,
}

impl Source for Followed {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn staleness(&self) -> Option<Staleness> {
        self.staleness.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.changes.subscribe())
    }
}

impl Followed {
    /// Reads the input for the first time. Policy that is wrong is shown as such; files that are not there are not.
    pub(super) fn open(input: &Input, stdin: Vec<u8>, tell: Sender<Told>) -> Result<Arc<Self>, Failure> {
        let input = Input { filenames: input.filenames.clone(), namespace: input.namespace.clone(), ..*input };
        // Before they are read: what changes in between looks otherwise afterwards.
        let first = look(&input);
        let (texts, diagnostics) = input::texts(&input, &mut stdin.as_slice())?;
        let snapshot = Snapshot::new(1, texts, diagnostics, plan::options(&input));
        let (changes, _) = watch::channel(1);
        Ok(Arc::new(Self {
            input,
            stdin,
            first,
            snapshot: RwLock::new(Arc::new(snapshot)),
            staleness: RwLock::default(),
            changes,
            tell: Mutex::new(tell),
        }))
    }

    /// Reads everything again; whether there is another state, or another reason for none.
    fn reload(&self) {
        match input::texts(&self.input, &mut self.stdin.as_slice()) {
            Ok((texts, diagnostics)) => self.show(texts, diagnostics),
            Err(failure) => self.keep(failure.message()),
        }
    }

    fn show(&self, texts: Vec<Arc<Text>>, diagnostics: Vec<Diagnostic>) {
        let old = self.snapshot();
        let was_stale = self.staleness.write().unwrap_or_else(PoisonError::into_inner).take().is_some();
        if !was_stale && old.has_texts(&texts) {
            return;
        }
        let files = texts.len();
        let next = Arc::new(Snapshot::new(old.revision() + 1, texts, diagnostics, plan::options(&self.input)));
        let errors = next.errors();
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = next.clone();
        self.changes.send_replace(next.revision());
        self.tell(Told::State { files, errors });
        next.warm();
    }

    /// The state before stays, and pages say why.
    fn keep(&self, why: String) {
        let told = Some(Staleness { why: why.clone() });
        let before = std::mem::replace(&mut *self.staleness.write().unwrap_or_else(PoisonError::into_inner), told.clone());
        if before != told {
            // Open pages draw themselves again, with the reason.
            self.changes.send_modify(|_| ());
            self.tell(Told::Unread(why));
        }
    }

    fn tell(&self, one: Told) {
        // Nobody listens any more when it ends.
        let _ = self.tell.lock().unwrap_or_else(PoisonError::into_inner).send(one);
    }
}

/// What tells that files of an input may have changed.
pub(super) fn watch_of(input: &Input) -> Watch {
    Watch::of(input, QUIET, RESCAN)
}

/// Follows the files on a thread of its own, as long as the process runs.
pub(super) fn watch(followed: Arc<Followed>, mut watch: Watch) {
    std::thread::spawn(move || {
        followed.snapshot().warm();
        let mut looks = followed.first.clone();
        while let Some(wake) = watch.wait() {
            let now = look(&followed.input);
            if wake == Wake::Hinted || now != looks || followed.staleness().is_some() {
                looks = now;
                followed.reload();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Instant;

    use super::*;

    #[test]
    fn an_edit_between_the_first_reading_and_the_watching_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("policy.yaml");
        std::fs::write(&file, "kind: One\n").expect("a file");
        let input =
            Input { filenames: vec![file.clone()], recursive: false, namespace: "default".to_owned(), lenient: false, strict: false };
        let (tell, _told) = channel();
        let followed = Followed::open(&input, Vec::new(), tell).expect("it is read");
        std::fs::write(&file, "kind: Another\n").expect("a file");
        watch(followed.clone(), watch_of(&input));
        let end = Instant::now() + Duration::from_secs(20);
        while followed.snapshot().revision() == 1 {
            assert!(Instant::now() < end, "the edit is never seen");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
