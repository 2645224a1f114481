//! `meshglot demo`: a whole mesh in one command, with something wrong on purpose. It is `meshglot run` with sample services, and a
//! guide in place of its plain words.

mod commands;
mod folder;
mod guide;
mod keys;
mod load;
mod manifests;
mod place;
mod rendered;
mod service;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

pub(crate) use service::run as serve;
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::Io;
use crate::args::{DemoArgs, RunArgs};
use crate::exit::{Exit, Failure, Outcome};
use crate::run::host;
use crate::supervise::{Input, Unit, Voice, own_program};
use commands::Commands;
use folder::Folder;
use guide::Guide;
use place::{DOOR, Place, Service};

pub(crate) fn run(args: &DemoArgs, io: &mut Io<'_>) -> Outcome {
    if args.manifests {
        write!(io.stdout, "{}", manifests::manifests(args.image.as_ref()))?;
        return Ok(Exit::Ok);
    }
    let since = Instant::now();
    let interrupted = interrupted()?;
    let mut folder = Folder::make(args.dir.as_deref(), args.keep)?;
    let end = if args.keep { "Ctrl-C stops it" } else { "Ctrl-C stops it and cleans up" };
    writeln!(io.stdout, "meshglot {} demo    folder {}    {end}", env!("CARGO_PKG_VERSION"), folder.path().display())?;
    io.stdout.flush()?;
    let ended = running(args, &mut folder, (since, interrupted), io);
    for left in folder.remove() {
        writeln!(io.stderr, "note: {} stays: something in it is not of the demo", left.display())?;
    }
    ended
}

/// From the first file to the end of the last process.
fn running(args: &DemoArgs, folder: &mut Folder, (since, interrupted): (Instant, Arc<AtomicBool>), io: &mut Io<'_>) -> Outcome {
    let place = Place::take(args.port).map_err(|error| cannot_listen(args, &error))?;
    let shop = place.shop()?;
    let web = place::web(shop);
    let files = folder.write(&place.services)?;
    writeln!(
        io.stdout,
        "  {} wrote {files} files    policies/ (4)  services.yaml  workloads.yaml  kubernetes/ (1)  tests/ (2)",
        io.mark(true)
    )?;
    io.stdout.flush()?;
    let run = run_args(folder, web);
    let addresses = place.services.iter().map(|service| service.address.to_string()).collect::<Vec<_>>();
    let units = place.services.iter().map(|service| unit(service, web)).collect::<std::io::Result<_>>()?;
    let mut guide = Guide {
        since,
        interrupted,
        shop,
        addresses,
        commands: Commands::of(folder.path()),
        folder: folder.path().to_owned(),
        all: args.backend == "all",
        state: guide::State::default(),
    };
    // Held until the last proxy has ended.
    let ended = host(&run, units, &mut guide, io);
    drop(place);
    ended
}

/// Becomes true with the first signal that is to end it: from the first file on none may end it before that is removed.
fn interrupted() -> std::io::Result<Arc<AtomicBool>> {
    let interrupted = Arc::<AtomicBool>::default();
    for signal in [SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, interrupted.clone())?;
    }
    Ok(interrupted)
}

fn run_args(folder: &Folder, web: SocketAddr) -> RunArgs {
    RunArgs {
        config_dir: folder.path().to_owned(),
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        advertise: None,
        state_dir: folder.state().map(Into::into),
        ca: None,
        kubernetes_tokens: false,
        proxy: Some("meshglot".to_owned()),
        exec: Vec::new(),
        envoy: "envoy".into(),
        web: Some(web),
        namespace: "default".to_owned(),
        lenient: false,
        strict: false,
        accepted: crate::args::Accepted::default(),
        smi_metrics: crate::args::SmiMetricsArgs::default(),
        ours: crate::args::OursArgs::default(),
    }
}

/// A sample service as a process that is handed its socket.
fn unit(service: &Service, web: SocketAddr) -> std::io::Result<Unit> {
    let door = SocketAddr::from((service.address, DOOR)).to_string();
    let mut command: Vec<OsString> = vec![own_program(), "demo-service".into(), service.name.into(), "--door".into(), door.into()];
    if web.port() != 0 {
        command.extend(["--web".into(), format!("http://{web}/").into()]);
    }
    let input = Some(Input::Socket(service.listener.try_clone()?));
    Ok(Unit { name: service.name.to_owned(), command, input, voice: Voice::Folder })
}

fn cannot_listen(args: &DemoArgs, error: &std::io::Error) -> Failure {
    match args.port {
        Some(port) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Failure::new(Exit::Conflict, format!("port {port} is taken")).help("without --port it takes one that is free")
        }
        _ => Failure::new(Exit::Usage, format!("the services cannot listen: {error}")),
    }
}
