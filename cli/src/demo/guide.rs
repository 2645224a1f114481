//! What the demo says: what there is, what to try, and what an edit has done.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use meshglot_control::Control;
use meshglot_observed::Sync;
use meshglot_translator::effect::Effect;
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::commands::Commands;
use super::keys::Keys;
use super::{load, rendered};
use crate::exit::Failure;
use crate::plan::Plan;
use crate::render::count;
use crate::run::{Audience, InForce, Opened, Told, say};
use crate::{Io, diff};

/// How often it is looked whether proxies have what is in force, and for how long.
const LOOK: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(20);

/// Changes of access that one edit shows.
const MOST: usize = 6;

/// The demo's own words.
pub(super) struct Guide {
    /// When it began.
    pub(super) since: Instant,
    /// Whether it was to end before anybody listened for that.
    pub(super) interrupted: Arc<AtomicBool>,
    pub(super) shop: SocketAddr,
    /// Of the workloads.
    pub(super) addresses: Vec<String>,
    pub(super) commands: Commands,
    pub(super) folder: PathBuf,
    /// Whether what each mesh gets is kept beside the policy.
    pub(super) all: bool,
    pub(super) state: State,
}

/// What it knows once the mesh listens.
#[derive(Default)]
pub(super) struct State {
    mesh: Option<Mesh>,
    web: Option<String>,
    /// What was in force last, and whether it was said that all is ready.
    plan: Option<Arc<Plan>>,
    ready: bool,
    visitors: Option<JoinHandle<()>>,
    keys: Option<Keys>,
}

#[derive(Clone)]
struct Mesh {
    control: Arc<Control>,
    tell: Sender<Told>,
    runtime: Handle,
}

impl Audience for Guide {
    fn opened(&mut self, opened: &Opened<'_>, _: &mut Io<'_>) -> Result<(), Failure> {
        let Opened { control, tell, runtime, web, .. } = opened;
        self.state.mesh = Some(Mesh { control: (*control).clone(), tell: (*tell).clone(), runtime: (*runtime).clone() });
        self.state.web.clone_from(web);
        if self.interrupted.load(Ordering::Relaxed) {
            // It is listened for now, and was not then.
            let _ = tell.send(Told::End(Ok(())));
        }
        Ok(())
    }

    fn told(&mut self, one: Told, io: &mut Io<'_>) -> Result<(), Failure> {
        match one {
            Told::InForce(state) => self.in_force(*state, io),
            Told::Synced { revision, proxies, after } => self.synced(revision, proxies, after, io),
            Told::Key(key) => self.pressed(key, io),
            // That proxies have certificates and run is told when all of them do.
            Told::Said { warning: false, .. } => Ok(()),
            Told::Web(url) => Ok(writeln!(io.stdout, "{}  the web view is open; in another browser: {url}", clock())?),
            Told::Blocked { .. } | Told::Said { .. } | Told::Trouble { .. } | Told::Note(_) | Told::End(_) => say(&one, io),
        }
    }

    fn ending(&mut self) {
        self.state.keys = None;
        if let Some(visitors) = self.state.visitors.take() {
            visitors.abort();
        }
    }
}

impl Guide {
    fn in_force(&mut self, state: InForce, io: &mut Io<'_>) -> Result<(), Failure> {
        let InForce { revision, changed, plan, took, at, .. } = state;
        if let Some(before) = &self.state.plan {
            let changed: Vec<&str> = changed.iter().map(|name| self.below(name)).collect();
            let what = if changed.is_empty() { "the same files".to_owned() } else { changed.join(", ") };
            writeln!(io.stdout, "{}  {what}: in force, read and planned in {} ms", clock(), took.as_millis())?;
            for line in lines(&diff::effect_between(before, &plan), io.arrow()) {
                writeln!(io.stdout, "          {line}")?;
            }
        }
        if let Some(mesh) = self.state.mesh.clone() {
            mesh.runtime.clone().spawn(watch(mesh, revision, at, self.addresses.len()));
        }
        if self.all {
            let folder = self.folder.clone();
            std::thread::spawn(move || rendered::again(&folder));
        }
        self.state.plan = Some(plan);
        Ok(())
    }

    fn synced(&mut self, revision: u64, proxies: usize, after: Duration, io: &mut Io<'_>) -> Result<(), Failure> {
        if self.state.ready {
            writeln!(io.stdout, "{}  all {proxies} proxies have it, {} ms later (revision {revision})", clock(), after.as_millis())?;
            return Ok(());
        }
        self.state.ready = true;
        self.introduce(io)?;
        if let Some(Mesh { tell, runtime, .. }) = &self.state.mesh {
            self.state.visitors = Some(runtime.spawn(load::visit(self.shop)));
            let tell = tell.clone();
            // Asked at each look whether anybody listens.
            self.state.keys = Keys::listen(move |key| key == 0 || tell.send(Told::Key(key)).is_ok());
        }
        if self.state.keys.is_some() {
            writeln!(io.stdout, "Or press the number of a command here.")?;
        }
        Ok(())
    }

    /// Everything that a newcomer needs, on one screen.
    fn introduce(&self, io: &mut Io<'_>) -> Result<(), Failure> {
        let mark = io.mark(true);
        let (first, last) = (self.addresses.first().map_or("", String::as_str), self.addresses.last().map_or("", String::as_str));
        let number = self.addresses.len();
        writeln!(
            io.stdout,
            "  {mark} started {number} services and {number} proxies on {first} to {last}, mutual TLS between all of them"
        )?;
        if let Some(plan) = &self.state.plan {
            let losses = plan.losses().len();
            let how = if losses == 0 { "all exact".to_owned() } else { count(losses, "loss") };
            let objects = count(plan.neutral_objects().len(), "object");
            writeln!(io.stdout, "  {mark} in force: {objects} of policy, {how}; ready after {} ms", self.since.elapsed().as_millis())?;
        }
        writeln!(io.stdout, "\n  Bookshop  http://{}/    the sample application, its calls through the mesh", self.shop)?;
        if let Some(web) = &self.state.web {
            writeln!(io.stdout, "  Web view  {web}    opens once: policy, topology, who may call what")?;
        }
        writeln!(io.stdout, "\nSomething is wrong on purpose: the stars are missing, and \"batch\" knocks at the reviews.")?;
        writeln!(io.stdout, "Try in another terminal:")?;
        for (number, command) in self.commands.all() {
            writeln!(io.stdout, "  {number}  {}\n       {}", command.line, command.what)?;
        }
        Ok(())
    }

    /// Runs a command as somebody in another terminal would.
    fn pressed(&self, key: u8, io: &mut Io<'_>) -> Result<(), Failure> {
        let Some(command) = self.commands.key(key) else { return Ok(()) };
        writeln!(io.stdout, "\n$ {}", command.line)?;
        io.stdout.flush()?;
        let mut words = shlex::split(&command.line).unwrap_or_default().into_iter();
        let Some(program) = words.next() else { return Ok(()) };
        if let Err(error) = Process::new(&program).args(words).stdin(Stdio::null()).status() {
            writeln!(io.stderr, "warning: {program}: {error}")?;
        }
        Ok(())
    }

    /// A file as people call it who stand in the folder.
    fn below<'n>(&self, name: &'n str) -> &'n str {
        name.strip_prefix(&*self.folder.to_string_lossy()).map_or(name, |rest| rest.trim_start_matches('/'))
    }
}

fn lines(effect: &Effect, arrow: &str) -> Vec<String> {
    if effect.is_none() {
        return vec!["no call is decided otherwise".to_owned()];
    }
    let mut lines = diff::lines(effect, arrow, usize::MAX);
    let more = lines.len().saturating_sub(MOST);
    lines.truncate(MOST);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

/// Waits until so many proxies are there, and all have that revision; a newer one is another's to wait for.
async fn watch(mesh: Mesh, revision: u64, since: Instant, proxies: usize) {
    while since.elapsed() < PATIENCE {
        let status = mesh.control.status();
        if status.revision != revision {
            return;
        }
        let synced = status.proxies.iter().filter(|one| one.sync == Sync::Synced).count();
        if synced >= proxies {
            // Nobody listens any more when it ends.
            let _ = mesh.tell.send(Told::Synced { revision, proxies: synced, after: since.elapsed() });
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
    let why = format!("not all proxies have revision {revision}: `meshglot proxy status` says which, their logs lie in .meshglot");
    let _ = mesh.tell.send(Told::Note(why));
}

/// `12:00:07`, as the clocks of logs say it.
fn clock() -> String {
    let now = OffsetDateTime::now_utc();
    format!("{:02}:{:02}:{:02}", now.hour(), now.minute(), now.second())
}
