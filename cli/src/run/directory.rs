//! The folder of a running mesh: read as a whole, put in force as a whole or not at all.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use meshglot_control::{Control, Reload, SourceState};
use meshglot_translator::diagnostic::{Code, Diagnostic};
use meshglot_translator::parse::Source as Text;
use meshglot_translator::plan::{Chosen, Plan};
use meshglot_translator::render::Backend;
use meshglot_web::{Live, Snapshot, Source, Staleness};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::objects::Board;
use super::observed::Observed;
use super::{InForce, Told};
use crate::args::Input;
use crate::exit::{Exit, Failure};
use crate::objects::wire::{Checked, Edit, Objects};
use crate::render::count;
use crate::watch::{Look, Wake, Watch, look};
use crate::{draw, input, plan};

/// An editor writes in several steps: files are read when nothing happened for so long.
const QUIET: Duration = Duration::from_millis(100);

/// File systems that tell nothing are looked at so often.
const RESCAN: Duration = Duration::from_secs(30);

/// Files that change while they are read are read again, so often.
const TORN: usize = 10;

/// What a folder says at one time.
pub(super) struct Reading {
    texts: Vec<Arc<Text>>,
    unreadable: Vec<Diagnostic>,
}

/// How a folder is read, and for whom.
pub(super) struct Reader {
    pub(super) input: Input,
    pub(super) backend: &'static dyn Backend,
    pub(super) accepted: BTreeSet<Code>,
}

impl Reader {
    /// Every file as it was at one time, as far as one can tell.
    pub(super) fn read(&self) -> Result<(Reading, Look), Failure> {
        let mut before = look(&self.input);
        for _ in 0..TORN {
            let (texts, unreadable) = input::texts(&self.input, &mut std::io::empty())?;
            let after = look(&self.input);
            if before == after {
                return Ok((Reading { texts, unreadable }, before));
            }
            before = after;
            std::thread::sleep(QUIET);
        }
        Err(Failure::new(Exit::Invalid, "the files change faster than they can be read"))
    }

    pub(super) fn plan(&self, reading: &Reading) -> Plan {
        let chosen = Chosen::These(vec![self.backend]);
        Plan::of(&reading.texts, reading.unreadable.clone(), plan::options(&self.input), chosen, self.accepted.clone())
    }

    fn folder(&self) -> &Path {
        // One that has no name is none, and no file lies in it.
        self.input.filenames.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// A reading with some files otherwise.
    fn edited(&self, mut reading: Reading, edit: &Edit) -> Reading {
        for (file, text) in &edit.files {
            let name = self.folder().join(file).to_string_lossy().into_owned();
            reading.texts.retain(|one| one.name() != name);
            reading.unreadable.retain(|one| one.place.as_ref().is_none_or(|place| place.source().name() != name));
            reading.texts.extend(text.as_ref().map(|text| Text::new(name, text.as_str())));
        }
        reading
    }

    /// Sleeps until the files look the same twice, and gives how they look.
    fn settled(&self) -> Look {
        let mut before = look(&self.input);
        for _ in 0..TORN {
            std::thread::sleep(QUIET);
            let after = look(&self.input);
            if before == after {
                break;
            }
            before = after;
        }
        before
    }
}

/// A folder that is followed.
pub(super) struct Directory {
    reader: Reader,
    control: Arc<Control>,
    tell: Sender<Told>,
    wake: Mutex<Option<Sender<()>>>,
    state: Mutex<State>,
    /// Whether there is a web view, for which snapshots are made.
    shown: bool,
    observed: Arc<Observed>,
    board: Board,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    /// What was read last, in force or not.
    texts: Option<Vec<Arc<Text>>>,
    source: SourceState,
    snapshot: Option<Arc<Snapshot>>,
}

impl Directory {
    pub(super) fn new(reader: Reader, control: Arc<Control>, tell: Sender<Told>, shown: bool, observed: Arc<Observed>) -> Self {
        let state = State {
            snapshot: shown.then(|| Arc::new(reader.snapshot(1, &Reading { texts: Vec::new(), unreadable: Vec::new() }))),
            ..State::default()
        };
        Self {
            board: Board::new(reader.folder()),
            reader,
            control,
            tell,
            wake: Mutex::default(),
            state: Mutex::new(state),
            shown,
            observed,
            changes: watch::channel(1).0,
        }
    }

    /// Reads, and puts in force what was read if it is good. Whether it is.
    pub(super) fn load(&self) -> (bool, Look) {
        let since = Instant::now();
        match self.reader.read() {
            Ok((reading, look)) => (self.take(&reading, since), look),
            Err(failure) => {
                self.block(None, &failure.message());
                (false, Look::new())
            }
        }
    }

    /// Follows the folder on a thread of its own, as long as the process runs.
    pub(super) fn follow(self: &Arc<Self>, mut looks: Look, runtime: Handle) {
        let directory = self.clone();
        let mut watch = Watch::of(&self.reader.input, QUIET, RESCAN);
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch.hint());
        // What changed before anybody watched.
        let _ = watch.hint().send(());
        std::thread::spawn(move || {
            // The first good reading opens the control plane's doors.
            let _context = runtime.enter();
            while let Some(wake) = watch.wait() {
                // A system that gives no hints may show a file that is just being written.
                if wake == Wake::Hinted || directory.reader.settled() != looks {
                    (_, looks) = directory.load();
                }
            }
        });
    }

    fn take(&self, reading: &Reading, since: Instant) -> bool {
        let same = |texts: &Vec<Arc<Text>>| {
            let equal = |(one, other): (&Arc<Text>, &Arc<Text>)| one.name() == other.name() && one.text() == other.text();
            reading.unreadable.is_empty() && texts.len() == reading.texts.len() && texts.iter().zip(&reading.texts).all(equal)
        };
        // Only of what is in force: what was blocked may have been so for something that stands in no text.
        let state = self.state();
        let known = state.source.blocked.is_none() && state.texts.as_ref().is_some_and(same);
        drop(state);
        if known {
            return true;
        }
        let plan = Arc::new(self.reader.plan(reading));
        let before = self.state().texts.replace(reading.texts.clone());
        let blocked = self.objection(&plan).map_or_else(|| self.control.publish(&plan).map_err(|error| error.to_string()), Err);
        match blocked {
            Ok(revision) => {
                self.state().source.blocked = None;
                let (took, at) = (since.elapsed(), Instant::now());
                self.observed.learn(&plan);
                self.board.enforce(&plan, revision);
                self.show(reading);
                self.state().source.good += 1;
                let (files, changed) = (reading.texts.len(), changed(before.as_deref().unwrap_or_default(), &reading.texts));
                self.tell(Told::InForce(Box::new(InForce { revision, files, changed, plan, took, at })));
                true
            }
            Err(why) => {
                self.block(Some(&plan), &why);
                false
            }
        }
    }

    /// Why a plan is not put in force.
    fn objection(&self, plan: &Plan) -> Option<String> {
        if let Some(why) = objection(plan) {
            return Some(why);
        }
        let wanted = trust_domain(plan);
        let own = self.control.trust_domain().to_string();
        (wanted != own)
            .then(|| format!("the Mesh says trust domain {wanted}, and this process signs for {own}: start it again for another one"))
    }

    fn block(&self, plan: Option<&Arc<Plan>>, why: &str) {
        self.board.block(plan, why);
        let before = self.state().source.blocked.replace(why.to_owned());
        if before.as_deref() == Some(why) {
            return;
        }
        self.state().source.bad += 1;
        // Open pages draw themselves again, with the reason.
        self.changes.send_modify(|_| ());
        let errors = plan.map(|plan| plan.errors().cloned().collect()).unwrap_or_default();
        self.tell(Told::Blocked { why: why.to_owned(), errors, anything: self.control.is_ready() });
    }

    /// The objects of the kinds that are wanted, with their statuses.
    pub(super) fn objects(&self, wanted: impl Fn(&str) -> bool) -> Objects {
        self.board.objects(wanted, &self.control.status())
    }

    /// Whether the folder could be in force with these files.
    pub(super) fn check(&self, edit: &Edit) -> Checked {
        match self.reader.read() {
            Ok((reading, _)) => {
                let plan = self.reader.plan(&self.reader.edited(reading, edit));
                let errors = plan.errors().map(|error| draw::diagnostic_text(error, false)).collect();
                Checked { objection: self.objection(&plan), errors }
            }
            Err(failure) => Checked { objection: Some(failure.message()), errors: Vec::new() },
        }
    }

    fn show(&self, reading: &Reading) {
        if !self.shown {
            return;
        }
        let next = self.snapshot().revision() + 1;
        let snapshot = Arc::new(self.reader.snapshot(next, reading));
        self.state().snapshot = Some(snapshot);
        self.changes.send_replace(next);
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, one: Told) {
        // Nobody listens any more when it ends.
        let _ = self.tell.send(one);
    }
}

/// The names of texts that are in one list alone, or differ.
fn changed(before: &[Arc<Text>], now: &[Arc<Text>]) -> Vec<String> {
    let missing = |from: &[Arc<Text>], one: &Arc<Text>| !from.iter().any(|other| other.name() == one.name() && other.text() == one.text());
    let gone = before.iter().filter(|one| missing(now, one));
    let names = gone.chain(now.iter().filter(|one| missing(before, one))).map(|one| one.name().to_owned());
    names.collect::<BTreeSet<_>>().into_iter().collect()
}

impl Reader {
    fn snapshot(&self, revision: u64, reading: &Reading) -> Snapshot {
        Snapshot::new(revision, reading.texts.clone(), reading.unreadable.clone(), plan::options(&self.input))
    }
}

/// Why a plan is not put in force, whoever signs.
pub(super) fn objection(plan: &Plan) -> Option<String> {
    // A folder that is not mounted looks so, and would end every proxy's listeners.
    if plan.is_empty() {
        return Some("there is no object in the folder".to_owned());
    }
    let errors: Vec<&Diagnostic> = plan.errors().collect();
    if let Some(first) = errors.first() {
        let place = first.place.as_ref().map(|place| format!("{}: ", place.location())).unwrap_or_default();
        let others = if errors.len() > 1 { format!(", and {} more", count(errors.len() - 1, "mistake")) } else { String::new() };
        return Some(format!("{place}{} {}{others}", first.code.info().name, first.message));
    }
    let withheld: Vec<&str> = plan.all_withheld().flat_map(|(_, codes)| codes).collect();
    (!withheld.is_empty()).then(|| format!("it would allow more than the policy says ({})", withheld.join(", ")))
}

/// The trust domain that the Meshes of a plan say; the first where they differ.
pub(super) fn trust_domain(plan: &Plan) -> String {
    plan.model.meshes().first().map_or_else(|| "cluster.local".to_owned(), |mesh| mesh.trust_domain.to_string())
}

impl Reload for Directory {
    fn reload(&self) {
        if let Some(wake) = &*self.wake.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = wake.send(());
        }
    }

    fn state(&self) -> SourceState {
        self.state().source.clone()
    }
}

impl Source for Directory {
    fn snapshot(&self) -> Arc<Snapshot> {
        let snapshot = self.state().snapshot.clone();
        snapshot.unwrap_or_else(|| Arc::new(self.reader.snapshot(0, &Reading { texts: Vec::new(), unreadable: Vec::new() })))
    }

    fn staleness(&self) -> Option<Staleness> {
        self.state().source.blocked.clone().map(|why| Staleness { why })
    }

    fn live(&self) -> Option<Arc<dyn Live>> {
        Some(self.observed.clone())
    }

    fn changes(&self) -> Option<watch::Receiver<u64>> {
        Some(self.changes.subscribe())
    }
}
