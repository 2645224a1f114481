//! The log of a controller: what it tells as lines on standard error, and which of them, changed while it runs.

use std::io;

use meshglot_controller::Told;
use meshglot_translator::plan::Chosen;
use meshglot_translator::render::{Backend, ObjectId};
use tracing::{info, warn};
use tracing_appender::non_blocking;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, fmt};

use crate::Io;
use crate::args::{ControllerArgs, LogFormat, LogLevel};
use crate::exit::{Exit, Failure};

/// What the client of the API server finds wrong, the controller says itself.
const USUAL: &str = "info,kube=off";

/// The same with `-q`.
const QUIET: &str = "warn,kube=off";

/// What is logged now. Clones are the same.
#[derive(Clone)]
pub(super) struct Level(Handle<EnvFilter, Registry>);

impl Level {
    /// As `--log-level` spells it.
    pub(super) fn now(&self) -> Option<String> {
        self.0.with_current(ToString::to_string).ok()
    }

    /// Changes it for as long as the process lives.
    ///
    /// # Errors
    /// It is none, in words.
    pub(super) fn set(&self, text: &str) -> Result<(), String> {
        let LogLevel(text) = text.parse()?;
        self.0.reload(EnvFilter::new(text)).map_err(|error| error.to_string())
    }
}

/// Logs from now on, until the process ends; what is written last is there once the guard is dropped. Whoever logs never waits:
/// where nobody reads, lines are lost.
///
/// # Errors
/// Somebody else logs already in this process.
pub(super) fn begin(args: &ControllerArgs, io: &Io<'_>) -> Result<(Level, WorkerGuard), Failure> {
    let usual = if io.quiet { QUIET } else { USUAL };
    let text = args.log_level.as_ref().map_or(usual, |level| &level.0);
    let (filter, handle) = reload::Layer::new(EnvFilter::new(text));
    let (stderr, guard) = non_blocking(io::stderr());
    let lines = fmt::layer().with_writer(stderr).with_ansi(io.colour);
    let lines = match args.log_format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
    };
    let begun = tracing_subscriber::registry().with(filter).with(lines).try_init();
    begun.map_err(|error| Failure::new(Exit::Internal, format!("cannot log: {error}")))?;
    Ok((Level(handle), guard))
}

/// Logs what a controller of these meshes tells.
pub(super) fn line(chosen: &Chosen, told: &Told) {
    let object = match told {
        Told::Applied(id) | Told::Corrected(id) | Told::Deleted(id) | Told::Refused(id, _) => Some(id),
        _ => None,
    };
    let (withheld, code) = if let Told::Withheld(backend, codes) = told { (Some(*backend), Some(codes.join(","))) } else { (None, None) };
    let renders = |backend: &&&'static dyn Backend, id: &ObjectId| {
        backend.kinds().iter().any(|kind| kind.kind == id.kind && id.api_version.split('/').next() == Some(kind.group))
    };
    let backend = match (chosen.backends(), object) {
        ([only], _) => Some(only.name()),
        (several, Some(id)) => several.iter().find(|backend| renders(backend, id)).map(|backend| backend.name()),
        (_, None) => withheld,
    };
    let object = object.map(ObjectId::path);
    if told.is_warning() {
        warn!(object, backend, code, "{told}");
    } else {
        info!(object, backend, code, "{told}");
    }
}
