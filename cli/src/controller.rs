//! `meshglot controller`: the mesh objects of a cluster follow its policy until a signal comes.

use std::sync::mpsc::channel;
use std::time::Duration;

use meshglot_controller::{ConnectError, Crashed, Settings, connect};

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
    let settings = Settings { backend, accepted: plan::accepted(&args.accepted)? };
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

fn cannot_connect(error: &ConnectError) -> Failure {
    let exit = match error {
        ConnectError::Kubeconfig(_) => Exit::Invalid,
        ConnectError::Nowhere(_) | ConnectError::Silent { .. } => Exit::Unreachable,
    };
    Failure::new(exit, error.to_string())
}
