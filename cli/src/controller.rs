//! `meshglot controller`: the mesh objects of a cluster follow its policy until a signal comes.

use std::sync::mpsc::channel;
use std::time::Duration;

use meshglot_controller::{ConnectError, Crashed, Election, Settings, connect};

use crate::args::ControllerArgs;
use crate::ends::Ends;
use crate::exit::{Exit, Failure, Outcome};
use crate::{Io, plan};

/// How long connections may take to end.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) fn run(args: &ControllerArgs, io: &mut Io<'_>) -> Outcome {
    let backend = meshglot_registry::find(&args.backend);
    let backend = backend.ok_or_else(|| Failure::new(Exit::Usage, format!("there is no backend `{}`", args.backend)))?;
    if backend.kinds().is_empty() {
        let message = format!("--backend {}: it renders nothing that a cluster could keep", args.backend);
        return Err(Failure::new(Exit::Usage, message).help("meshglot run serves it to its proxies"));
    }
    let settings = Settings { backend, accepted: plan::accepted(&args.accepted)?, election: election(args) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (client, address) =
        runtime.block_on(connect(args.kubeconfig.as_deref(), args.context.as_deref())).map_err(|error| cannot_connect(&error))?;
    let mut ends = Ends::of(&runtime)?;
    let shutdown = async move { ends.asked().await };
    writeln!(io.stdout, "cluster        {address}")?;
    io.stdout.flush()?;
    let (tell, told) = channel();
    let end = tell.clone();
    // Nobody listens any more when it has ended.
    let tell = move |one| drop(tell.send(Some(one)));
    let running = runtime.spawn(async move {
        let ended = meshglot_controller::run(client, settings, tell, shutdown).await;
        let _ = end.send(None);
        ended
    });
    while let Ok(Some(one)) = told.recv() {
        if one.is_warning() {
            writeln!(io.stderr, "warning: {one}")?;
        } else if !io.quiet {
            writeln!(io.stderr, "{one}")?;
        }
        io.stderr.flush()?;
    }
    let ended = runtime.block_on(running);
    runtime.shutdown_timeout(GRACE);
    match ended {
        Ok(Ok(())) => Ok(Exit::Ok),
        _ => Err(Failure::new(Exit::Internal, Crashed.to_string())),
    }
}

/// `None`: nobody else is asked.
fn election(args: &ControllerArgs) -> Option<Election> {
    let system = rustix::system::uname();
    let host = system.nodename();
    // Another run on the same host, and another pod of the same name, are others.
    let identity = format!("{}_{:08x}", host.to_string_lossy(), fastrand::u32(..));
    let duration = Duration::from_secs(args.lease_duration.into());
    args.leader_elect.then(|| Election { namespace: args.lease_namespace.clone(), identity, duration })
}

fn cannot_connect(error: &ConnectError) -> Failure {
    let exit = match error {
        ConnectError::Kubeconfig(_) => Exit::Invalid,
        ConnectError::Nowhere(_) | ConnectError::Silent { .. } => Exit::Unreachable,
    };
    Failure::new(exit, error.to_string())
}
