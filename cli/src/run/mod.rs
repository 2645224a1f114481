//! `meshglot run`: the built-in mesh without Kubernetes. A folder is followed, its policy served to proxies.

mod audience;
mod directory;
mod events;
mod exec;
mod found;
mod local;
mod objects;
mod observed;
mod smi_metrics;
mod state;
mod web;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use meshglot_control::{BACKEND, Control, ControlError, Given, Reviews, Settings, Terms, TokenReviewer, TrustDomain};
use meshglot_translator::diagnostic::{Diagnostic, Severity};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use crate::args::{Input, RunArgs};
use crate::ends::Ends;
use crate::exit::{Exit, Failure, Outcome};
use crate::plan::Plan;
use crate::proxy::{Ours, Words};
use crate::render::count;
use crate::supervise::Unit;
use crate::{Io, draw, plan};
use audience::Plain;
pub(crate) use audience::{Audience, Opened};
use directory::{Directory, Reader};
use found::Found;
use local::Local;
use observed::Observed;
use state::StateFolder;
pub(crate) use state::{STATE_FOLDER, admin_socket, proxy_folder};

/// How long connections may take to end.
const GRACE: Duration = Duration::from_millis(500);

/// What other threads have to say; only this one writes.
pub(crate) enum Told {
    /// Policy is in force.
    InForce(Box<InForce>),
    /// Policy is not, and that of before stays, if there is any.
    Blocked { why: String, errors: Vec<Diagnostic>, anything: bool },
    /// The proxy of a workload has said something.
    Said { unit: String, warning: bool, text: String },
    /// A process that is started here does not run, and is started again after a pause.
    Trouble { unit: String, why: String, pause: Duration },
    /// For people.
    Note(String),
    /// The next address of the web view: the one before was used.
    Web(String),
    /// All proxies that are connected have what is in force, so long after it was.
    Synced { revision: u64, proxies: usize, after: Duration },
    /// A key was pressed.
    Key(u8),
    /// A signal, or a server failed.
    End(Result<(), String>),
}

/// What is in force.
pub(crate) struct InForce {
    pub(crate) revision: u64,
    pub(crate) files: usize,
    /// The names of those that are new, gone, or say something else than before.
    pub(crate) changed: Vec<String>,
    pub(crate) plan: Arc<Plan>,
    /// From reading the first file on.
    pub(crate) took: Duration,
    /// Since when.
    pub(crate) at: Instant,
}

pub(crate) fn run(args: &RunArgs, io: &mut Io<'_>) -> Outcome {
    let units = args.exec.iter().map(|text| exec::unit(text)).collect::<Result<_, _>>()?;
    host(args, units, &mut Plain, io)
}

/// Runs the mesh of a folder, with other processes besides, until a signal comes. `audience` says what happens.
pub(crate) fn host(args: &RunArgs, units: Vec<Unit>, audience: &mut dyn Audience, io: &mut Io<'_>) -> Outcome {
    if !args.config_dir.is_dir() {
        return Err(Failure::new(Exit::Invalid, format!("{}: no such folder", args.config_dir.display())));
    }
    let ours = Ours::of(&args.ours, args.proxy.as_deref())?;
    let (reader, state) = (reader(args)?, StateFolder::open(args)?);
    let setup = Setup { args, ours, reader, state, units, given: args.ca.as_deref().map(given).transpose()? };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = serve(setup, audience, &runtime, io);
    runtime.shutdown_timeout(GRACE);
    ended
}

/// What is known before anything runs.
struct Setup<'a> {
    args: &'a RunArgs,
    ours: Ours,
    reader: Reader,
    state: StateFolder,
    /// Processes besides proxies.
    units: Vec<Unit>,
    given: Option<Given>,
}

fn serve(setup: Setup<'_>, audience: &mut dyn Audience, runtime: &Runtime, io: &mut Io<'_>) -> Outcome {
    let Setup { args, ours, reader, state, units, given } = setup;
    let (tell, told) = channel();
    listen_for_signals(runtime, &tell)?;
    let trust_domain = match found::trust_domain(&reader, &state, args.strict, &told, io)? {
        Found::Domain(domain) => domain,
        Found::End(exit) => return Ok(exit),
    };
    let reviewer = if args.kubernetes_tokens { Some(reviewer(runtime, &trust_domain)?) } else { None };
    let settings = Settings {
        listen: args.listen,
        advertise: args.advertise,
        trust_domain,
        folder: Some(state.authority()),
        given,
        terms: Terms::default(),
        cluster: None,
        reviewer,
    };
    let notes = tell.clone();
    let note = Arc::new(move |text: &str| {
        // Nobody listens any more when it ends.
        let _ = notes.send(Told::Note(text.to_owned()));
    });
    let control = Arc::new(runtime.block_on(Control::open(settings, note)).map_err(|error| cannot_open(&error))?);
    let observed = {
        let _context = runtime.enter();
        Arc::new(Observed::new(control.clone(), state.proxies(), args.smi_metrics.listen.is_some()))
    };
    let directory = Arc::new(Directory::new(reader, control.clone(), tell.clone(), args.web.is_some(), observed.clone()));
    hang_up(runtime, &directory)?;
    let (listener, socket) = state.listen(runtime)?;
    let admin = meshglot_control::router(control.clone(), directory.clone()).merge(crate::live::router(observed.clone()));
    let admin = admin.merge(objects::router(directory.clone()));
    runtime.spawn(async move { axum::serve(listener, admin).await });

    let (good, looks) = {
        let _context = runtime.enter();
        directory.load()
    };
    let web = args.web.map(|address| web::open(address, &args.config_dir, directory.clone(), runtime, &tell)).transpose()?;
    let smi_metrics = smi_metrics::open(&args.smi_metrics, observed.clone(), runtime, &tell)?;
    let opened = Opened {
        control: &control,
        admin: socket.path(),
        web,
        metrics: ours.metrics_url(),
        smi_metrics,
        tell: &tell,
        runtime: runtime.handle(),
    };
    audience.opened(&opened, io)?;
    if args.listen.ip().is_unspecified() && args.advertise.is_none() {
        writeln!(io.stderr, "note: proxies elsewhere need --advertise ADDRESS:PORT, since {} is no address to call", args.listen.ip())?;
    }
    if !good && args.strict {
        tell_once(&told, io)?;
        return Ok(Exit::Invalid);
    }
    directory.follow(looks, runtime.handle().clone());
    let besides = exec::start(units, &state, tell.clone(), runtime)?;
    let words = args.proxy.as_ref().map(|word| Words::of(word, &args.envoy, ours, io.quiet));
    let mut local = words.map(|words| Local::new(control, words, state.proxies(), tell.clone()));
    let ended = tell_all(&told, audience, &observed, runtime, local.as_mut(), io);
    audience.ending();
    runtime.block_on(async {
        // What they proxy for first, so that nobody calls any more.
        besides.end().await;
        if let Some(local) = local {
            local.end().await;
        }
    });
    ended
}

/// Says what happens until it ends.
fn tell_all(
    told: &Receiver<Told>,
    audience: &mut dyn Audience,
    observed: &Observed,
    runtime: &Runtime,
    mut local: Option<&mut Local>,
    io: &mut Io<'_>,
) -> Outcome {
    // All senders gone is an end, too.
    while let Ok(one) = told.recv() {
        observed.record(&one);
        if let (Told::InForce(_), Some(local)) = (&one, &mut local) {
            let _context = runtime.enter();
            local.follow();
        }
        if let Told::End(ended) = one {
            return ended.map(|()| Exit::Ok).map_err(|why| Failure::new(Exit::Internal, why));
        }
        audience.told(one, io)?;
        io.stdout.flush()?;
        io.stderr.flush()?;
    }
    Ok(Exit::Ok)
}

/// Says what has been told already.
fn tell_once(told: &Receiver<Told>, io: &mut Io<'_>) -> Result<(), Failure> {
    told.try_iter().try_for_each(|one| say(&one, io))
}

/// Says one thing, as `meshglot run` does.
pub(crate) fn say(one: &Told, io: &mut Io<'_>) -> Result<(), Failure> {
    match one {
        Told::InForce(state) => in_force(state, io)?,
        Told::Blocked { why, errors, anything } => {
            errors.iter().try_for_each(|error| draw::diagnostic(error, io))?;
            let rest = if *anything { "what was in force stays" } else { "nothing is in force, and proxies are not answered" };
            writeln!(io.stderr, "error: {why}: {rest}")?;
        }
        Told::Said { unit, warning, text } => writeln!(io.stderr, "{}{unit}: {text}", if *warning { "warning: " } else { "" })?,
        Told::Trouble { unit, why, pause } => {
            writeln!(io.stderr, "warning: {unit}: {why}; it is started again in {} s", pause.as_secs_f64())?;
        }
        Told::Note(text) => writeln!(io.stderr, "note: {text}")?,
        Told::Web(url) => writeln!(io.stderr, "opened; in another browser: {url}")?,
        Told::Synced { .. } | Told::Key(_) | Told::End(_) => {}
    }
    io.stderr.flush()?;
    Ok(())
}

fn in_force(state: &InForce, io: &mut Io<'_>) -> Result<(), Failure> {
    let InForce { revision, files, plan, .. } = state;
    for loss in plan.losses().into_iter().filter(|loss| loss.fails()) {
        draw::loss(loss, io)?;
    }
    for diagnostic in plan.diagnostics.iter().filter(|one| one.severity == Severity::Warning) {
        draw::diagnostic(diagnostic, io)?;
    }
    if !io.quiet {
        let objects = plan.model.keys().count();
        writeln!(io.stderr, "in force: {}, {} (revision {revision})", count(*files, "file"), count(objects, "object"))?;
    }
    Ok(())
}

fn reader(args: &RunArgs) -> Result<Reader, Failure> {
    let backend = meshglot_registry::find(BACKEND);
    let backend = backend.ok_or_else(|| Failure::new(Exit::Internal, "this program has no built-in mesh"))?;
    let input = Input {
        filenames: vec![args.config_dir.clone()],
        recursive: true,
        namespace: args.namespace.clone(),
        lenient: args.lenient,
        strict: false,
    };
    Ok(Reader { input, backend, accepted: plan::accepted(&args.accepted)? })
}

/// The API server that the kubeconfig names, or that is around this pod.
fn reviewer(runtime: &Runtime, trust_domain: &TrustDomain) -> Result<Reviews, Failure> {
    let found = runtime.block_on(TokenReviewer::find(trust_domain.clone()));
    let failed = |error: String| Failure::new(Exit::Invalid, format!("--kubernetes-tokens: {error}"));
    Ok(Reviews(Arc::new(found.map_err(failed)?)))
}

/// An intermediate CA by the names that a Kubernetes Secret has.
fn given(folder: &Path) -> Result<Given, Failure> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path).map_err(|error| Failure::new(Exit::Invalid, format!("{}: {error}", path.display())))
    };
    Ok(Given { chain: read("tls.crt")?, key: read("tls.key")?, roots: read("ca.crt")? })
}

fn listen_for_signals(runtime: &Runtime, tell: &Sender<Told>) -> Result<(), Failure> {
    let mut ends = Ends::of(runtime)?;
    let tell = tell.clone();
    runtime.spawn(async move {
        ends.asked().await;
        // Nobody listens any more when it has ended already.
        let _ = tell.send(Told::End(Ok(())));
    });
    Ok(())
}

/// SIGHUP reads again.
fn hang_up(runtime: &Runtime, directory: &Arc<Directory>) -> Result<(), Failure> {
    let mut hang_up = {
        let _context = runtime.enter();
        signal(SignalKind::hangup())?
    };
    let directory = directory.clone();
    runtime.spawn(async move {
        while hang_up.recv().await.is_some() {
            meshglot_control::Reload::reload(&*directory);
        }
    });
    Ok(())
}

pub(crate) fn cannot_open(error: &ControlError) -> Failure {
    let exit = match error {
        ControlError::Listen { error, .. } => Exit::of_address(error),
        ControlError::Store(meshglot_control::StoreError::InUse { .. }) => Exit::Conflict,
        _ => Exit::Invalid,
    };
    let failure = Failure::new(exit, error.to_string());
    if matches!(error, ControlError::Listen { .. }) { failure.help("--listen 127.0.0.1:0 takes a port that is free") } else { failure }
}
