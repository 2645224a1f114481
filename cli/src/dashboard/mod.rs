//! `meshglot dashboard`: the web view of files or of a cluster, which are followed while it is open.

mod cluster;
mod follow;
mod serve;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use meshglot_web::{Door, Host, Hosts, Pipe, Settings, Source};

use crate::Io;
use crate::args::DashboardArgs;
use crate::cluster::{Asked, asked};
use crate::exit::{Exit, Failure, Outcome};
use crate::plan;
use crate::render::count;
use follow::Followed;
use serve::Server;

/// What other threads have to say; only this one writes.
enum Told {
    /// The next token: the one before was used.
    Token(String),
    /// Another state is shown.
    State { files: usize, errors: usize },
    /// It could not be read; what was shown before stays.
    Unread(String),
    /// It can be read again; the number of mistakes, in words.
    Back(String),
    /// A signal, or the server failed.
    End(Result<(), std::io::Error>),
}

pub(crate) fn run(args: &DashboardArgs, io: &mut Io<'_>) -> Outcome {
    let (tell, told) = channel();
    let Shown { source, input, pipe, follow } = shown(args, io, &tell)?;
    let next = tell.clone();
    let token = move |token: &str| {
        // Nobody listens any more when it ends.
        let _ = next.send(Told::Token(token.to_owned()));
    };
    let door = if args.no_token { None } else { Some(door(token)?) };
    let server = Server::bind(SocketAddr::new(args.address, args.port)).map_err(|error| cannot_listen(args, &error))?;
    let address = server.address();
    let settings = Settings {
        base: args.base_path.clone(),
        hosts: hosts(address, &args.allow_host).named_by("--allow-host"),
        door: door.clone(),
        input,
        pipe,
    };
    follow();
    let _running = server.start(meshglot_web::router(source, settings), tell)?;

    let view = View { address, base: &args.base_path };
    writeln!(io.stdout, "{}", view.url(door.as_ref().map(|door| door.token()).as_deref()))?;
    io.stdout.flush()?;
    if !args.address.is_loopback() {
        writeln!(io.stderr, "warning: others than this machine can reach it, and nothing on the way is encrypted")?;
        io.stderr.flush()?;
    }
    listen(&told, &view, io)
}

/// What is shown.
struct Shown {
    source: Arc<dyn Source>,
    /// The arguments that give every other command the same policy.
    input: Vec<String>,
    pipe: Option<Pipe>,
    /// Begins to follow it.
    follow: Box<dyn FnOnce()>,
}

/// Files where they are named, else a cluster.
fn shown(args: &DashboardArgs, io: &mut Io<'_>, tell: &Sender<Told>) -> Result<Shown, Failure> {
    match asked(&args.input, &args.cluster)? {
        Some(Asked::Plane(_)) => {
            let failure = Failure::new(Exit::Usage, "MESHGLOT_CONFIG_DIR names a standalone mesh: which policy is shown?");
            Err(failure.help("-f or --context names it; meshglot run --web shows a mesh that runs"))
        }
        Some(Asked::Cluster(cluster)) => {
            let opened = cluster::open(*cluster, &args.cluster, plan::options(&args.input), tell.clone())?;
            let (source, pipe) = (opened.watched.clone(), Some(opened.pipe.clone()));
            Ok(Shown { source, input: ["-f", "-"].map(str::to_owned).into(), pipe, follow: Box::new(|| opened.follow()) })
        }
        None => {
            let mut stdin = Vec::new();
            if args.input.filenames.iter().any(|path| path == Path::new("-")) {
                io.stdin.read_to_end(&mut stdin)?;
            }
            let followed = Followed::open(&args.input, stdin, tell.clone())?;
            let watch = follow::watch_of(&args.input);
            let source = followed.clone();
            Ok(Shown { source, input: words(args), pipe: None, follow: Box::new(|| follow::watch(followed, watch)) })
        }
    }
}

/// Says what happens until it ends.
fn listen(told: &Receiver<Told>, view: &View<'_>, io: &mut Io<'_>) -> Outcome {
    // All senders gone is an end, too.
    while let Ok(one) = told.recv() {
        match one {
            Told::Token(token) => writeln!(io.stderr, "opened; in another browser: {}", view.url(Some(&token)))?,
            Told::State { files, errors } if !io.quiet => {
                writeln!(io.stderr, "read again: {}, {}", count(files, "file"), count(errors, "mistake"))?;
            }
            Told::State { .. } => {}
            Told::Back(mistakes) => writeln!(io.stderr, "it answers again: {mistakes}")?,
            Told::Unread(why) => writeln!(io.stderr, "warning: {why}: the state before stays")?,
            Told::End(Ok(())) => break,
            Told::End(Err(error)) => return Err(Failure::new(Exit::Internal, format!("cannot serve: {error}"))),
        }
        io.stderr.flush()?;
    }
    Ok(Exit::Ok)
}

/// Where the view is.
pub(crate) struct View<'v> {
    pub(crate) address: SocketAddr,
    pub(crate) base: &'v str,
}

impl View<'_> {
    /// What opens it, once where there is a token.
    pub(crate) fn url(&self, token: Option<&str>) -> String {
        let Self { mut address, base } = *self;
        // Nobody can open an address that means all of them.
        if address.ip().is_unspecified() {
            address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
        }
        match token {
            Some(token) => format!("http://{address}{base}session?token={token}"),
            None => format!("http://{address}{base}"),
        }
    }
}

/// Lets in whoever has the newest token; `next` is told each further one.
pub(crate) fn door(next: impl Fn(&str) + Send + 'static) -> Result<Arc<Door>, Failure> {
    let next = Mutex::new(next);
    let door = Door::new(move |token| next.lock().unwrap_or_else(PoisonError::into_inner)(token));
    door.map(Arc::new).map_err(|error| Failure::new(Exit::Internal, format!("no random numbers: {error}")))
}

/// The names by which a view is called: its own, and others.
pub(crate) fn hosts(address: SocketAddr, others: &[String]) -> Hosts {
    let port = address.port();
    let own = [address.to_string(), format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")];
    Hosts::new(own.iter().map(String::as_str).chain(others.iter().map(String::as_str)).map(Host::new).collect())
}

/// The arguments that give every other command the same policy.
fn words(args: &DashboardArgs) -> Vec<String> {
    let input = &args.input;
    let mut words: Vec<String> = input.filenames.iter().flat_map(|path| ["-f".to_owned(), path.display().to_string()]).collect();
    let flags = [(input.recursive, "-R"), (input.lenient, "--lenient"), (input.strict, "--strict")];
    words.extend(flags.into_iter().filter(|(given, _)| *given).map(|(_, flag)| flag.to_owned()));
    if input.namespace != "default" {
        words.extend(["-n".to_owned(), input.namespace.clone()]);
    }
    words
}

fn cannot_listen(args: &DashboardArgs, error: &std::io::Error) -> Failure {
    let DashboardArgs { address, port, .. } = args;
    Failure::new(Exit::of_address(error), format!("cannot listen on {address}, port {port}: {error}"))
        .help("--port 0 takes one that is free")
}
