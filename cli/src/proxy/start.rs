//! `meshglot proxy run`: a proxy beside a workload, in the foreground.

use std::net::TcpListener;

use meshglot_agent::{AgentError, Event};
use tokio::sync::{mpsc, watch};

use super::beside::{Beside, BesideError, Chosen};
use super::invited::invitation;
use super::ours::{Ours, listen};
use super::{probes, say};
use crate::Io;
use crate::args::ProxyRunArgs;
use crate::ends::Ends;
use crate::exit::{Exit, Failure, Outcome};

pub(super) fn run(args: &ProxyRunArgs, io: &mut Io<'_>) -> Outcome {
    let ours = Ours::of(&args.ours, Some(&args.proxy))?;
    let metrics = ours.metrics_url();
    let invitation = invitation(args, io)?;
    let probing = args.probes.map(|address| listen("--probes", address)).transpose()?;
    let looked = looked(args)?;
    let workload = invitation.workload.clone();
    let beside = Beside {
        chosen: Chosen::of(&args.proxy, &args.envoy, ours),
        instance: args.instance.clone().unwrap_or_else(|| workload.rsplit('/').next().unwrap_or(&workload).to_owned()),
        folder: std::path::absolute(&args.folder)?,
        token_file: args.token_file.clone(),
        invitation,
        looked,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ends = Ends::of(&runtime)?;
    if let Some(listener) = probing {
        runtime.spawn(probes::serve(listener, args.probe.clone()));
    }
    writeln!(io.stdout, "proxy          {workload}")?;
    writeln!(io.stdout, "folder         {}", beside.folder.display())?;
    writeln!(io.stdout, "control plane  {}", beside.invitation.control_plane)?;
    if let Some(metrics) = metrics {
        writeln!(io.stdout, "metrics        {metrics}")?;
    }
    io.stdout.flush()?;
    let ended = runtime.block_on(foreground(beside, &workload, ends, io));
    // The thread that waits for a name or a file is not waited for.
    runtime.shutdown_background();
    ended
}

/// Where the control plane looks; before a token may be used up.
fn looked(args: &ProxyRunArgs) -> Result<Option<TcpListener>, Failure> {
    if args.look.is_some() && args.proxy != "meshglot" {
        return Err(Failure::new(Exit::Usage, "--look: Envoy is not told it").help("--proxy meshglot starts our own, which obeys it"));
    }
    args.look.map(|address| listen("--look", address)).transpose()
}

async fn foreground(beside: Beside, workload: &str, mut ends: Ends, io: &mut Io<'_>) -> Outcome {
    let (stop, stopped) = watch::channel(false);
    let (events, mut heard) = mpsc::unbounded_channel::<Event>();
    let running = beside.run(stopped, events);
    tokio::pin!(running);
    loop {
        tokio::select! {
            ended = &mut running => return ended.map(|()| Exit::Ok).map_err(cannot),
            Some(event) = heard.recv() => {
                say(workload, &event, io)?;
                io.stderr.flush()?;
            }
            () = ends.asked() => { stop.send_replace(true); }
        }
    }
}

fn cannot(error: BesideError) -> Failure {
    let exit = match &error {
        BesideError::Agent(AgentError::Invitation(_) | AgentError::Folder(_)) => Exit::Invalid,
        BesideError::Agent(AgentError::Start(_)) | BesideError::Run(_) => Exit::Internal,
    };
    let failure = Failure::new(exit, error.to_string());
    if matches!(error, BesideError::Agent(AgentError::Start(_))) { failure.help("--envoy names the program of Envoy") } else { failure }
}
